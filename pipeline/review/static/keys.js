// The keyboard for all of the player; never while somebody types, and it can be switched off (WCAG 2.1.4).

import { nextQuote } from "./article.js";
import { byId, dialog, el } from "./dom.js";
import { faster, skip, toggle } from "./player.js";

const OFF = "impressie/toetsen-uit";
const KEYS = [
  ["k of spatie", "afspelen of pauze"],
  ["← →", "5 seconden terug of vooruit"],
  ["j / l", "10 seconden terug of vooruit"],
  ["< / >", "langzamer of sneller"],
  ["n / p", "volgend of vorig citaat dat nog niet is beluisterd"],
  ["1 / 2 / 3", "naar artikel, transcript of controle"],
  ["?", "deze lijst"],
];
const DOES = {
  k: toggle,
  " ": toggle,
  ArrowLeft: () => skip(-5),
  ArrowRight: () => skip(5),
  j: () => skip(-10),
  l: () => skip(10),
  "<": () => faster(-1),
  ">": () => faster(1),
  n: () => nextQuote(1),
  p: () => nextQuote(-1),
  1: () => part("deel-artikel"),
  2: () => part("deel-transcript"),
  3: () => part("deel-controle"),
  "?": help,
};

function part(id) {
  byId(id).scrollIntoView({ block: "start" });
  byId(id).querySelector("h2").focus();
}

/** Listen to the keyboard. */
export function startKeys() {
  byId("toetsen").addEventListener("click", help);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable], dialog, [role=slider]");
    const pressing = event.key === " " && event.target.closest("button, a, summary");
    if (typing || pressing || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF)) return;
    if (!(event.key in DOES)) return;
    event.preventDefault();
    DOES[event.key]();
  });
}

function help() {
  const box = el("input", { type: "checkbox", checked: !localStorage.getItem(OFF) });
  box.addEventListener("change", () => (box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  dialog(
    "Toetsen",
    el("dl.toetsen", {}, KEYS.map(([keys, does]) => [el("dt", {}, keys), el("dd", {}, does)])),
    el("label.regel", {}, box, el("span", {}, "Deze toetsen gebruiken")),
  );
}
