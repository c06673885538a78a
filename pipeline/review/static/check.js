// Controle: what to settle first, with counts that go down, and the approval at the end of it.

import { base, post } from "./api.js";
import { choose } from "./article.js";
import { button, byId, clock, dialog, el, field, fill, say, when } from "./dom.js";
import { play } from "./player.js";
import { on, store, take } from "./store.js";
import { reveal } from "./transcript.js";

const STATEMENT = "Ik heb de citaten, namen en cijfers nagelezen en sta in voor deze tekst.";
const EXPORTS = [
  ["docx", "Word"],
  ["docx-met-bronnen", "Word met bron bij elk citaat"],
  ["html", "HTML voor de website"],
  ["md", "Markdown"],
  ["transcript.docx", "Transcript (Word)"],
  ["vtt", "Ondertitels (vtt)"],
  ["srt", "Ondertitels (srt)"],
  ["pack", "Voor de sprekers (zip)"],
];
let who = "";

/** Show the check, and again whenever the article changes. */
export function startCheck() {
  on("article", show);
  byId("goedkeuren").addEventListener("click", approve);
}

const openOnes = (article) => article.obstacles.filter((one) => !one.waived);

function show(article) {
  const todo = openOnes(article);
  const unheard = article.quotes.filter((quote) => !quote.listened).length;
  byId("tellers").textContent = `Nog ${todo.length} te regelen · ${article.quotes.length - unheard} van ${article.quotes.length} citaten beluisterd · ${article.words} woorden, ${Math.round(100 * article.share)} % citaat`;
  byId("controle-teller").textContent = String(todo.length);
  const approval = article.approval;
  fill(
    byId("besluit"),
    approval ? el("p.goed", {}, `Goedgekeurd door ${approval.who} op ${when(approval.when)}.`) : null,
    article.lapsed ? el("p.let-op", {}, `De goedkeuring door ${article.lapsed.who} van ${when(article.lapsed.when)} geldt niet meer: de tekst is daarna gewijzigd.`) : null,
  );
  byId("goedkeuren").hidden = Boolean(approval);
  const look = article.findings.filter((one) => one.severity === "look");
  const notes = article.findings.filter((one) => one.severity === "note");
  fill(
    byId("controle"),
    group("Eerst regelen", todo.map((one) => obstacle(one))),
    group("Om naar te kijken", look.map((one) => el("li", {}, one.text, places(one)))),
    group("Vorm", notes.map((one) => el("li", {}, one.text, places(one)))),
    group("Toegestaan", article.obstacles.filter((one) => one.waived).map((one) => el("li", {}, one.text, el("p.fijn", {}, `Toegestaan door ${one.waived.who}: ${one.waived.reason}`)))),
    !todo.length && !look.length && !notes.length ? el("p.goed", {}, "Er is niets gevonden om te regelen.") : null,
  );
  fill(byId("uitvoer"), EXPORTS.map(([kind, name]) => el("li", {}, el("a", { href: `${base}export/${kind}`, download: true }, approval || kind.startsWith("transcript") ? name : `${name} (concept)`))));
}

function group(title, items) {
  return items.length ? [el("h3", {}, `${title} (${items.length})`), el("ul.lijst", {}, items)] : null;
}

function obstacle(one) {
  return el("li", {}, one.text, places(one, button("Toch toestaan …", () => waive(one), "klein")));
}

function places(one, ...more) {
  return el(
    "span.knoppen",
    {},
    one.quote !== undefined && one.quote !== null ? el("button.klein", { type: "button", onclick: () => choose(one.quote) }, "Luister en bekijk") : null,
    (one.quote === undefined || one.quote === null) && one.at !== null ? el("button.klein.geluid", { type: "button", onclick: () => (reveal(one.at, one.at + 3), play(one.at, one.at + 6)) }, `Hoor ${clock(one.at)}`) : null,
    one.kind === "name" ? el("a", { href: "#deel-stemmen" }, "Naar de stemmen") : null,
    one.block !== null ? el("button.klein", { type: "button", onclick: () => toBlock(one.block) }, "Naar de tekst") : null,
    more,
  );
}

function toBlock(index) {
  const block = byId("artikel").querySelector(`[data-blok="${index}"]`);
  block?.scrollIntoView({ block: "center" });
  block?.querySelector("button")?.focus();
}

function waive(one) {
  const reason = el("input", { type: "text" });
  const name = el("input", { type: "text", value: who, autocomplete: "name" });
  const save = async () => {
    who = name.value;
    take({ article: await post("waive", { objection: one.text, reason: reason.value, who }) });
    made.close();
    say("Toegestaan, met uw reden erbij.");
  };
  const made = dialog("Toch toestaan", el("p", {}, one.text), field("Waarom mag dit zo blijven?", reason), field("Uw naam", name), el("p.knoppen", {}, button("Toestaan", save, "hoofd")));
}

function approve() {
  const todo = openOnes(store.article);
  if (todo.length) {
    dialog("Nog niet goed te keuren", el("p", {}, todo.length === 1 ? "Er is nog één punt te regelen." : `Er zijn nog ${todo.length} punten te regelen.`), el("ul.lijst", {}, todo.map((one) => obstacle(one))));
    return;
  }
  const name = el("input", { type: "text", value: who, autocomplete: "name" });
  const sure = el("input", { type: "checkbox" });
  const save = async () => {
    if (!sure.checked) return say("Zet een vinkje bij de verklaring.", true);
    who = name.value;
    take({ article: await post("approve", { was: store.article.sha, who, statement: STATEMENT }) });
    made.close();
    return say(`Goedgekeurd door ${who}.`);
  };
  const made = dialog("Goedkeuren", field("Uw naam", name), el("label.regel", {}, sure, el("span", {}, STATEMENT)), el("p.knoppen", {}, button("Keur goed", save, "hoofd")));
}
