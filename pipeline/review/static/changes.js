// Bigger changes, each shown as a difference first: a section again, an earlier version, a name that changed.

import { get, post } from "./api.js";
import { button, byId, confirmed, dialog, difference, el, field, fill, say } from "./dom.js";
import { on, store, take } from "./store.js";

/** A section again: shown as a difference, then taken or left. */
export function redraft(number) {
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
