// Editing in place: what is typed is kept here until the server has it, and two tabs never overwrite each other.

import { post, Problem } from "./api.js";
import { refresh } from "./article.js";
import { button, byId, careful, confirmed, dialog, el, field, fill, say } from "./dom.js";
import * as drafts from "./drafts.js";
import { store, take } from "./store.js";

/** Edit a block in place. */
export function edit(block, typed = block.source) {
  const place = byId("artikel").querySelector(`[data-blok="${block.index}"]`);
  editor(place, { op: "replace", index: block.index, base: block.source }, typed, "Deze tekst bewerken");
}

/** A new paragraph before block `index`. */
export function insert(index, typed = "") {
  const place = el("div.blok", { role: "group", "aria-label": "Nieuwe alinea" });
  const before = byId("artikel").querySelector(`[data-blok="${index}"]`);
  if (before) before.before(place);
  else byId("artikel").append(place);
  editor(place, { op: "insert", index }, typed, "Nieuwe alinea");
}

/** A button that adds a paragraph. */
export const insertButton = (index) => el("button.klein", { type: "button", onclick: () => insert(index) }, "Alinea toevoegen");

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

/** What was typed and never saved, offered again. */
export function offer(name, value) {
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
