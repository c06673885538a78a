// The transcript: who said what, the word that sounds now, and quotes taken out of it by hand.

import { post } from "./api.js";
import { button, byId, careful, clock, dialog, el, fill, say } from "./dom.js";
import { audio, now, passageAt, play, seek } from "./player.js";
import { on, store, take, voiceOf } from "./store.js";

const CHUNK = 25; // passages that are put on the page at once
let shown = new Map(); // passage id → its element
let lit = null;

/** Show the transcript and keep the words alight that sound. */
export function startTranscript() {
  on("transcript", show);
  on("voices", label);
  setInterval(() => audio.paused || light(), 100);
  audio.addEventListener("seeked", light);
  document.addEventListener("selectionchange", selected);
}

function show(transcript) {
  const list = byId("transcript");
  shown = new Map();
  lit = null;
  list.replaceChildren();
  let at = 0;
  const more = () => {
    if (store.transcript !== transcript) return;
    const part = transcript.passages.slice(at, at + CHUNK).map(passageOf);
    list.append(...part);
    at += CHUNK;
    if (at < transcript.passages.length) setTimeout(more);
  };
  more();
}

function passageOf(passage) {
  const voice = voiceOf(passage.voice);
  const marks = [passage.barred && "niet citeren", passage.doubt, passage.overlapped && "door elkaar gesproken"].filter(Boolean);
  const made = el(
    `li.passage.stem${voice?.colour ?? 0}${passage.barred ? ".geweerd" : ""}`,
    { "data-passage": passage.id },
    el(
      "div.wie",
      {},
      el("button.tijd", { type: "button", onclick: () => (seek(passage.start), audio.play()) }, clock(passage.start)),
      el("b.naam", { "data-stem": passage.voice }, voice?.label ?? passage.voice),
      el("span.fijn", {}, marks.join(" · ")),
      el("button.klein", { type: "button", "aria-label": `Kies woorden van ${clock(passage.start)}`, onclick: () => choosing(passage) }, "Kies …"),
    ),
    el("p", {}, textOf(passage)),
  );
  shown.set(passage.id, made);
  return made;
}

/** Plain text but for the words that were hardly understood. */
function textOf(passage) {
  const parts = [];
  for (const [, , text, doubt] of passage.words) {
    if (doubt) parts.push(el("span.onzeker", { title: "onzeker verstaan" }, text), " ");
    else if (typeof parts.at(-1) === "string") parts[parts.length - 1] += `${text} `;
    else parts.push(`${text} `);
  }
  return parts;
}

function label() {
  for (const name of byId("transcript").querySelectorAll("[data-stem]")) {
    const voice = voiceOf(name.dataset.stem);
    if (!voice) continue;
    name.textContent = `${voice.voice} · ${voice.label}`;
    const item = name.closest("li");
    item.className = item.className.replace(/stem\d/, `stem${voice.colour}`);
  }
}

/** The words of a passage as elements, so that one can light up or be chosen. */
function worded(passage) {
  const item = shown.get(passage.id);
  if (!item) return [];
  if (!item.words) {
    item.words = passage.words.map(([start, , text, doubt], i) => el(`span.w${doubt ? ".onzeker" : ""}`, { "data-i": i, "data-t": start }, text));
    fill(item.lastElementChild, item.words.flatMap((word) => [word, " "]));
  }
  return item.words;
}

function light() {
  const passage = passageAt(now());
  if (!passage) return;
  const words = worded(passage);
  let at = passage.words.findIndex(([, end]) => end > now());
  if (at < 0) at = passage.words.length - 1;
  if (lit === words[at]) return;
  lit?.classList.remove("klinkt");
  const other = lit?.closest("li") !== words[at]?.closest("li");
  lit = words[at];
  lit?.classList.add("klinkt");
  if (other && byId("volg").checked) scroll(lit);
}

const calm = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

function scroll(element) {
  element?.closest("li").scrollIntoView({ block: "center", behavior: calm() });
}

/** Show a stretch in the transcript, marked. */
export function reveal(start, end) {
  for (const old of byId("transcript").querySelectorAll(".gekozen")) old.classList.remove("gekozen");
  let first = null;
  for (const passage of store.transcript?.passages ?? []) {
    if (passage.end < start || passage.start > end) continue;
    const words = worded(passage);
    passage.words.forEach(([a, b], i) => {
      if ((a + b) / 2 >= start && (a + b) / 2 <= end) {
        words[i]?.classList.add("gekozen");
        first ??= words[i];
      }
    });
  }
  scroll(first);
}

/** Go to the moment that a link names, once the page is that far. */
export function arrive(start, end) {
  const passage = passageAt(start);
  if (passage && !shown.has(passage.id)) setTimeout(arrive, 50, start, end);
  if (!passage || !shown.has(passage.id)) return;
  seek(start);
  reveal(start, end > start ? end : start + 1);
  shown.get(passage.id).querySelector(".tijd").focus({ preventScroll: true });
}

// Choosing words ------------------------------------------------------------------------------------

/** The stretch of time that the browser's own selection covers in the transcript. */
function selected() {
  const selection = getSelection();
  const bar = byId("selectie");
  const inside = selection && !selection.isCollapsed && byId("transcript").contains(selection.anchorNode) && byId("transcript").contains(selection.focusNode);
  bar.hidden = !inside;
}

/** Ends of what is selected, by counting the words before it in its passage. */
function span() {
  const range = getSelection().getRangeAt(0);
  const moment = (node, offset, last) => {
    const item = (node.nodeType === 1 ? node : node.parentElement).closest("li");
    const passage = store.transcript.passages.find((one) => one.id === item?.dataset.passage);
    if (!passage) return null;
    const before = document.createRange();
    before.selectNodeContents(item.lastElementChild);
    if (item.lastElementChild.contains(node)) before.setEnd(node, offset);
    const count = before.toString().trimStart().split(/\s+/).filter(Boolean).length;
    const whole = /\s$/.test(before.toString()) || count === 0;
    const at = Math.min(passage.words.length - 1, Math.max(0, last || !whole ? count - 1 : count));
    return last ? passage.words[at][1] : passage.words[at][0];
  };
  const start = moment(range.startContainer, range.startOffset, false);
  const end = moment(range.endContainer, range.endOffset, true);
  return start === null || end === null ? null : { start, end, text: getSelection().toString().trim() };
}

/** What can be done with what is selected. */
export function startSelection() {
  const use = (work) => () => {
    const chosen = span();
    if (chosen) careful(() => work(chosen));
  };
  byId("als-citaat").addEventListener("click", use(({ start, end }) => quote(start, end)));
  byId("niet-citeren").addEventListener("click", use(({ start, end }) => bar(start, end, true)));
  byId("verbeter").addEventListener("click", use((chosen) => correct(chosen)));
  byId("luister").addEventListener("click", use(({ start, end }) => play(start, end)));
}

/** Choose words of one passage without a mouse: from word to word. */
function choosing(passage) {
  const range = { from: 0, to: passage.words.length - 1 };
  const text = el("p.uit", { "aria-live": "polite" });
  const draw = () => fill(text, passage.words.map(([, , word], i) => [el(i >= range.from && i <= range.to ? "mark" : "span", {}, word), " "]));
  const slider = (name, key) => {
    const input = el("input", { type: "range", min: "0", max: String(passage.words.length - 1), value: String(range[key]) });
    input.addEventListener("input", () => {
      range[key] = Number(input.value);
      input.setAttribute("aria-valuetext", passage.words[range[key]][2]);
      draw();
    });
    return el("label.veld", {}, el("span", {}, name), input);
  };
  const chosen = () => ({ start: passage.words[Math.min(range.from, range.to)][0], end: passage.words[Math.max(range.from, range.to)][1], text: passage.words.slice(range.from, range.to + 1).map((w) => w[2]).join(" ") });
  const use = (name, work) => button(name, async () => (made.close(), work(chosen())));
  draw();
  const voices = store.voices?.voices ?? [];
  const to = el("select", {}, voices.filter((one) => one.voice !== passage.voice).map((one) => el("option", { value: one.voice }, `${one.voice} · ${one.label}`)), el("option", { value: "new" }, "een nieuwe stem"));
  const made = dialog(
    `Woorden van ${clock(passage.start)}`,
    text,
    slider("Eerste woord", "from"),
    slider("Laatste woord", "to"),
    el(
      "p.knoppen",
      {},
      use("Als citaat", ({ start, end }) => quote(start, end)),
      use("Luister", ({ start, end }) => play(start, end)),
      use("Verbeter", correct),
      use(passage.barred ? "Mag weer geciteerd" : "Niet citeren", ({ start, end }) => bar(passage.barred ? passage.start : start, passage.barred ? passage.end : end, !passage.barred)),
    ),
    el("p.knoppen", {}, el("label.veld", {}, el("span", {}, "Dit fragment is van"), to), use("Verplaats", async () => take(await post("voices/move", { at: passage.start, to: to.value })))),
  );
}

async function bar(start, end, barred) {
  take(await post("passages/bar", { start, end, barred }));
  say(barred ? "Dit wordt niet geciteerd." : "Dit mag weer worden geciteerd.");
}

function correct({ start, text }) {
  const written = el("input", { type: "text", value: text });
  const save = (at) => async () => {
    take(await post("words/set", { heard: text, written: written.value, at }));
    made.close();
    say(`‘${text}’ is nu ‘${written.value}’.`);
  };
  const made = dialog("Woorden verbeteren", el("p", {}, "Verstaan is: ", el("q", {}, text)), el("label.veld", {}, el("span", {}, "Geschreven wordt"), written), el("p.knoppen", {}, button("Overal", save(null), "hoofd"), button("Alleen hier", save(start))));
}

/** Words of the transcript as a quote: what may go is a suggestion; then where it goes. */
async function quote(start, end) {
  const found = await post("quote", { start, end });
  const keep = new Set();
  const printed = el("p.uit", { "aria-live": "polite" });
  let markdown = "";
  const refresh = async () => {
    const made = await post("quote/text", { start, end, keep: [...keep] });
    markdown = made.markdown;
    printed.textContent = made.markdown;
  };
  const words = found.words.map((word, i) => {
    if (!word.drop) return [word.text, " "];
    const mark = el("button.vervalt", { type: "button", "aria-pressed": "true", title: word.kind_nl }, word.text);
    mark.addEventListener("click", () => {
      if (keep.has(i)) keep.delete(i);
      else keep.add(i);
      mark.setAttribute("aria-pressed", String(!keep.has(i)));
      careful(refresh);
    });
    return [mark, " "];
  });
  const place = el("select", {}, store.article.blocks.map((block) => el("option", { value: String(block.index + 1) }, `na: ${block.source.slice(0, 60)}`)));
  const insert = async () => {
    const article = await post("article/block", { was: store.article.sha, op: "insert", index: Number(place.value), source: markdown });
    made.close();
    take({ article });
    say("Het citaat staat in het artikel.");
  };
  await refresh();
  const made = dialog(
    `Citaat van ${found.name}`,
    found.barred ? el("p.let-op", {}, `Let op, dit hoort niet in het artikel: ${found.barred}.`) : null,
    el("p", {}, "Doorgestreepte woorden vervallen; klik op een woord om het te laten staan."),
    el("p.uit", {}, words),
    el("h3", {}, "Zo komt het in het artikel"),
    printed,
    el("label.veld", {}, el("span", {}, "Plaats"), place),
    el("p.knoppen", {}, button("Zet in het artikel", insert, "hoofd")),
  );
}
