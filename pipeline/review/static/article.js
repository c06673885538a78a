// The article, block by block: read it, click a quote.

import { post } from "./api.js";
import { redraft } from "./changes.js";
import { button, byId, careful, clock, dialog, difference, el, field, fill, say } from "./dom.js";
import * as drafts from "./drafts.js";
import { edit, insert, insertButton, offer } from "./editor.js";
import { play } from "./player.js";
import { on, store, take } from "./store.js";
import { reveal } from "./transcript.js";

const open = { quote: null }; // the quote whose details are shown

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
    return; // somebody is typing: the article is shown anew when that editor closes
  }
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
