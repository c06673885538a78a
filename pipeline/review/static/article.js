// The article, block by block: read, click a quote, edit in place.

import { get, post, Problem } from "./api.js";
import { button, byId, careful, clock, confirmed, dialog, difference, el, field, fill, say } from "./dom.js";
import * as drafts from "./drafts.js";
import { play } from "./player.js";
import { on, store, take } from "./store.js";
import { reveal } from "./transcript.js";

const open = { quote: null, edit: null, insert: null }; // what is open beneath which block

/** Show the article, and again whenever it changes. */
export function startArticle() {
  let offered = false;
  on("article", (article) => {
    byId("leeg").hidden = true;
    show(article);
    if (!offered) for (const [name, value] of drafts.kept()) offer(name, value);
    offered = true;
  });
  on("voices", () => store.article && show(store.article));
}

function show(article) {
  const focused = document.activeElement?.closest?.("[data-blok]")?.dataset.blok;
  if (byId("artikel").querySelector("textarea")) {
    // somebody is typing: refresh all but that editor when it closes
    open.waiting = true;
    return;
  }
  open.waiting = false;
  byId("stand").textContent = article.edited ? "Uw tekst." : "Concept van de computer; wat u wijzigt wordt uw tekst.";
  byId("nieuwer").hidden = !article.newer_draft;
  fill(byId("artikel"), article.blocks.map((block) => blockOf(article, block)), insertButton(article.blocks.length));
  if (focused) byId("artikel").querySelector(`[data-blok="${focused}"] button`)?.focus();
}

/** Show the article anew after an editor was closed. */
export const refresh = () => show(store.article);

function blockOf(article, block) {
  const tag = { title: "h2.titel", heading: "h3", paragraph: "p" }[block.kind];
  const text = el(tag, {}, block.runs.map((run) => runOf(article, run)));
  const about = article.findings.filter((one) => one.block === block.index && one.severity !== "note");
  const made = el(
    "div.blok",
    { "data-blok": block.index, role: "group", "aria-label": block.kind === "paragraph" ? `Alinea ${block.index}` : "Kop" },
    text,
    about.length ? el("ul.merkjes", {}, about.map((one) => el(`li.${one.severity}`, {}, one.text))) : null,
    el(
      "div.hulp",
      {},
      el("button.klein", { type: "button", onclick: () => edit(block) }, "Bewerken"),
      el("button.klein", { type: "button", onclick: () => insert(block.index) }, "Alinea hiervoor"),
      block.section ? button("Sectie opnieuw", () => redraft(block.section), "klein") : null,
    ),
  );
  if (open.quote !== null && block.runs.some((run) => run.quote === open.quote)) made.append(details(article.quotes[open.quote]));
  return made;
}

function runOf(article, run) {
  if (run.quote !== undefined) {
    const quote = article.quotes[run.quote];
    const worry = !["exact", "cleaned"].includes(quote.status);
    const press = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      choose(run.quote);
    };
    return el( // no <button>: that would not break over lines as text does
      `span.citaat${worry ? ".fout" : quote.listened ? ".beluisterd" : ""}`,
      { role: "button", tabindex: "0", "data-citaat": run.quote, "aria-expanded": String(open.quote === run.quote), onclick: () => choose(run.quote), onkeydown: press },
      run.text,
      el("span.stil", {}, ` (${quote.status_nl}${quote.listened ? ", beluisterd" : ""})`),
    );
  }
  if (run.href) return el("a", { href: run.href, rel: "noreferrer", target: "_blank" }, run.text);
  const inner = run.em ? el("em", {}, run.text) : run.text;
  return run.strong ? el("strong", {}, inner) : inner;
}

/** Open a quote: its sound, its place, its details. */
export function choose(number) {
  const quote = store.article.quotes[number];
  open.quote = number;
  if (quote.start !== null) {
    listen(quote);
    reveal(quote.start, quote.end);
  }
  refresh();
  const shown = byId("artikel").querySelector(`[data-citaat="${number}"]`);
  shown?.focus({ preventScroll: true });
  shown?.closest(".blok").scrollIntoView({ block: "nearest" });
}

const sounds = () => store.transcript?.sound;

function listen(quote) {
  if (sounds()) play(quote.start, quote.end, () => quote.listened || careful(() => heard(quote)));
}

async function heard(quote) {
  take({ article: await post("listened", { quote: quote.text, start: quote.start, end: quote.end }) });
  say("Dit citaat is beluisterd.");
}

/** The next (1) or previous (-1) quote that was not listened to yet. */
export function nextQuote(way) {
  const all = store.article.quotes;
  for (let step = 1; step <= all.length; step += 1) {
    const at = (((open.quote ?? (way > 0 ? -1 : all.length)) + way * step) % all.length + all.length) % all.length;
    if (!all[at].listened) return choose(at);
  }
  return say("Alle citaten zijn beluisterd.");
}

/** What the person who is quoted said of it, as it came back with her pack. */
function answer(quote) {
  const what = el("select", {}, el("option", { value: "agreed" }, "akkoord"), el("option", { value: "changed" }, "wil het anders"), el("option", { value: "withdrawn" }, "trekt het in"));
  const wanted = el("textarea", { rows: "3" });
  const who = el("input", { type: "text", autocomplete: "name" });
  const save = async () => {
    take({ article: await post("answer", { name: quote.name, quote: quote.text, answer: what.value, wanted: wanted.value, who: who.value }) });
    made.close();
    say("Het antwoord is vastgelegd.");
  };
  const made = dialog(`Antwoord van ${quote.name}`, el("blockquote", {}, quote.text), field("Antwoord", what), field("Hoe dan wel (als het anders moet)", wanted), field("Vastgelegd door", who), el("p.knoppen", {}, button("Leg vast", save, "hoofd")));
}

function details(quote) {
  const second = { alike: "Twee keer gelijk verstaan.", differently: "De tweede keer anders verstaan:", not: "Nog geen tweede keer verstaan." };
  return el(
    "aside.details",
    { "aria-label": "Over dit citaat" },
    el(
      "p",
      {},
      el("strong", {}, quote.status_nl),
      quote.name ? ` · gezegd door ${quote.name}` : "",
      quote.start !== null ? ` · ${clock(quote.start)}` : "",
      quote.confidence !== null ? ` · zekerheid van de herkenning ${Math.round(100 * quote.confidence)} %` : "",
      ` · ${quote.listened ? "beluisterd" : "nog niet beluisterd"}`,
    ),
    quote.diff && quote.status !== "exact" ? [el("h4", {}, "Gezegd → gedrukt"), difference(quote.diff)] : null,
    quote.edits.filter((one) => one.kind !== "punctuation").map((one) => el("p.fijn", {}, `${one.kind_nl}: ‘${one.text}’`)),
    quote.answer ? el("p", {}, `Antwoord van ${quote.name}: ${quote.answer}.`) : null,
    el("p", {}, second[quote.heard_twice]),
    quote.heard_twice === "differently" && quote.second_diff ? difference(quote.second_diff) : null,
    el(
      "p.knoppen",
      {},
      quote.start !== null && sounds() ? el("button", { type: "button", onclick: () => listen(quote) }, "Nog eens luisteren") : null,
      quote.link && !sounds() && !quote.listened ? button("Ik heb het daar beluisterd", () => heard(quote)) : null,
      quote.name ? el("button", { type: "button", onclick: () => answer(quote) }, "Antwoord van de spreker …") : null,
      quote.link ? el("a", { href: quote.link, rel: "noreferrer", target: "_blank" }, `Op YouTube op ${clock(quote.start)}`) : null,
      el("button", { type: "button", onclick: () => ((open.quote = null), refresh()) }, "Dichtklappen"),
    ),
  );
}

// Editing -------------------------------------------------------------------------------------------

function edit(block, typed = block.source) {
  const place = byId("artikel").querySelector(`[data-blok="${block.index}"]`);
  editor(place, { op: "replace", index: block.index, base: block.source }, typed, "Deze tekst bewerken");
}

function insert(index, typed = "") {
  const place = el("div.blok", { role: "group", "aria-label": "Nieuwe alinea" });
  const before = byId("artikel").querySelector(`[data-blok="${index}"]`);
  if (before) before.before(place);
  else byId("artikel").append(place);
  editor(place, { op: "insert", index }, typed, "Nieuwe alinea");
}

const insertButton = (index) => el("button.klein", { type: "button", onclick: () => insert(index) }, "Alinea toevoegen");

function editor(place, change, typed, label) {
  const name = `${change.op}/${change.index}`;
  const was = store.article.sha;
  const area = el("textarea", { rows: "7", "aria-label": `${label} (Markdown)`, value: typed });
  const keep = () => drafts.keep(name, { text: area.value, base: change.base ?? null, index: change.index, op: change.op });
  const close = () => {
    drafts.keep(name, null);
    area.remove();
    refresh();
  };
  const cancel = async () => {
    const same = area.value === (change.base ?? "");
    if (same || (await confirmed("Wijziging weggooien?", "Wat u hier typte is nog niet bewaard.", "Weggooien"))) close();
  };
  const save = async () => {
    try {
      const article = await post("article/block", { ...change, was, source: area.value });
      close();
      take({ article });
      say(`Bewaard om ${new Date().toLocaleTimeString("nl-NL", { hour: "2-digit", minute: "2-digit" })}.`);
      byId("artikel").querySelector(`[data-blok="${change.index}"] button`)?.focus();
    } catch (problem) {
      keep();
      if (problem instanceof Problem && problem.body.theirs !== undefined) conflict(place, change, area.value, problem.body);
      else throw problem;
    }
  };
  area.addEventListener("input", keep);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") careful(cancel);
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) careful(save);
    else return;
    event.preventDefault();
  });
  const remove = async () => {
    area.value = "";
    await save();
  };
  fill(
    place,
    area,
    el("p.fijn", {}, "Ctrl+Enter bewaart, Esc annuleert. Citaten staan tussen ‘ en ’."),
    el("p.knoppen", {}, button("Bewaren", save, "hoofd"), button("Annuleren", cancel), change.op === "replace" ? button("Verwijderen", remove) : null),
  );
  area.focus();
}

function conflict(place, change, mine, body) {
  take({ article: body.article });
  const area = el("textarea", { rows: "7", "aria-label": "Uw tekst", value: mine });
  const finish = async (text) => {
    const at = store.article.blocks.find((block) => block.source === body.theirs) ?? store.article.blocks[change.index];
    const article = await post("article/block", { was: store.article.sha, op: at ? "replace" : "insert", index: at?.index ?? change.index, base: at?.source, source: text });
    drafts.keep(`${change.op}/${change.index}`, null);
    both.close();
    place.querySelector("textarea")?.remove();
    take({ article });
  };
  const both = dialog(
    "Iemand anders wijzigde dezelfde tekst",
    el("p", {}, "Niets is verloren. Kies welke tekst blijft, of voeg ze links samen."),
    el("div.naast", {}, field("Uw tekst", area), el("div", {}, el("span", {}, "De tekst zoals die nu is"), el("blockquote", {}, body.theirs))),
    el("p.knoppen", {}, button("Mijn tekst bewaren", () => finish(area.value), "hoofd"), button("De andere tekst laten staan", () => finish(body.theirs))),
  );
}

function offer(name, value) {
  const [op, index] = name.split("/");
  const line = el(
    "div.aanbod",
    { role: "status" },
    el("p", {}, "Er staat nog een niet bewaarde wijziging van u: "),
    el("blockquote", {}, value.text.slice(0, 300)),
    el(
      "p.knoppen",
      {},
      el(
        "button.hoofd",
        {
          type: "button",
          onclick: () => {
            line.remove();
            const block = store.article.blocks.find((one) => one.source === value.base) ?? store.article.blocks[Number(index)];
            if (op === "replace" && block) edit(block, value.text);
            else insert(Number(index), value.text);
          },
        },
        "Overnemen",
      ),
      el("button", { type: "button", onclick: () => (drafts.keep(name, null), line.remove()) }, "Weggooien"),
    ),
  );
  byId("aanbod").append(line);
}

// A section again, versions, new names --------------------------------------------------------------

function redraft(number) {
  const hint = el("input", { type: "text", placeholder: "bijvoorbeeld: meer over uitvoering" });
  const result = el("div", { role: "status" });
  const ask = async () => {
    fill(result, el("p", {}, "De sectie wordt opnieuw geschreven …"));
    const made = await post(`sections/${number}/redraft`, { hint: hint.value }).catch((problem) => {
      fill(result);
      throw problem;
    });
    const accept = async () => {
      take({ article: await post(`sections/${number}/take`, { id: made.id }) });
      asking.close();
      say("De nieuwe sectie staat in het artikel.");
    };
    fill(
      result,
      el("h3", {}, "Van de huidige naar de nieuwe tekst"),
      difference(made.diff),
      el("p.knoppen", {}, button("Overnemen", accept, "hoofd"), el("button", { type: "button", onclick: () => asking.close() }, "Laat zoals het was")),
    );
  };
  const asking = dialog(`Sectie ${number} opnieuw`, field("Wat leest u liever? (mag leeg)", hint), el("p.knoppen", {}, button("Schrijf opnieuw", ask, "hoofd")), result);
}

/** Earlier versions: look, compare, take back. */
export async function versions() {
  const all = await get("article/versions");
  const shown = el("div", { role: "status" });
  const view = async (one) => {
    const found = await get(`article/versions/${one.id}`);
    const back = async () => {
      take({ article: await post(`article/versions/${one.id}/restore`, { was: store.article.sha }) });
      list.close();
      say("Die versie is weer het artikel; de vorige is bewaard.");
    };
    fill(shown, el("h3", {}, "Van die versie naar nu"), difference(found.diff), el("p.knoppen", {}, button("Zet deze versie terug", back, "hoofd")));
  };
  const list = dialog(
    "Eerdere versies",
    all.length
      ? el("ul.lijst", {}, all.map((one) => el("li", {}, button(`${new Date(one.saved).toLocaleString("nl-NL")} · ${one.words} woorden`, () => view(one)))))
      : el("p", {}, "U hebt nog niets gewijzigd."),
    shown,
  );
}

/** The machine's newer draft in the place of hers, which stays a version. */
export async function takeMachine() {
  if (await confirmed("Nieuw concept nemen?", "Uw tekst blijft bewaard bij ‘Eerdere versies’.", "Neem het concept")) {
    take({ article: await post("article/machine", { was: store.article.sha }) });
  }
}

/** Names or roles that changed since they were written. */
export function startRenames() {
  on("article", (article) => {
    fill(
      byId("hernoemd"),
      article.renames.map((change) => {
        const boxes = change.places.map((place, i) => el("label.regel", {}, el("input", { type: "checkbox", value: String(i), checked: true }), el("span", {}, el("del", {}, place.before), " → ", el("ins", {}, place.after))));
        const go = async () => {
          const places = boxes.map((box, i) => (box.firstChild.checked ? i : -1)).filter((i) => i >= 0);
          take({ article: await post("article/rename", { was: store.article.sha, old: change.old, new: change.new, places }) });
        };
        return el("div.aanbod", {}, el("h3", {}, `‘${change.old}’ heet nu ‘${change.new}’`), boxes, el("p.knoppen", {}, button("Vervang", go, "hoofd")));
      }),
    );
  });
}

