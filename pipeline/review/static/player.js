// The sound: one audio element, a waveform to seek in, and stretches that play and stop by themselves.

import { get, here } from "./api.js";
import { byId, clock, el, fill } from "./dom.js";
import { on, store, voiceOf } from "./store.js";

const AROUND = 0.5; // seconds kept on either side of a quote
const STEP = 5;
export const audio = new Audio();
let stretch = null; // {until, ended, going: to its beginning, jumped: by other means than our own}
let peaks = null;

export const now = () => audio.currentTime;

/** Play or pause. */
export function toggle() {
  stretch = null;
  if (audio.paused) audio.play();
  else audio.pause();
}

/** Go somewhere, and say so to whoever follows. */
export function seek(seconds) {
  stretch = null;
  audio.currentTime = Math.min(Math.max(0, seconds), audio.duration || seconds);
}

export const skip = (seconds) => seek(now() + seconds);

/** One of the speeds up or down. */
export function faster(by) {
  const speeds = [...byId("snelheid").options].map((option) => Number(option.value));
  const at = Math.min(speeds.length - 1, Math.max(0, speeds.indexOf(audio.playbackRate) + by));
  audio.playbackRate = speeds[at];
  byId("snelheid").value = String(speeds[at]);
}

/** Play from half a second before a stretch to half a second after it; `ended` is called if it was heard whole. */
export function play(start, end, ended = () => {}) {
  stretch = { ended, until: end + AROUND, going: true };
  audio.currentTime = Math.max(0, start - AROUND);
  audio.play();
}

function follow() {
  if (stretch) {
    if (now() >= stretch.until || audio.ended) {
      const done = stretch;
      stretch = null;
      audio.pause();
      if (!done.jumped) done.ended();
    }
  }
  show();
}

function show() {
  const total = store.transcript?.duration ?? 0;
  byId("tijd").textContent = `${clock(now())} / ${clock(total)}`;
  const bar = byId("golf");
  bar.setAttribute("aria-valuenow", String(Math.round(now())));
  bar.setAttribute("aria-valuetext", clock(now()));
  byId("speel").textContent = audio.paused ? "Afspelen" : "Pauze";
  const passage = passageAt(now());
  byId("wie").textContent = passage ? (voiceOf(passage.voice)?.label ?? "") : "";
  draw();
}

/** The passage that sounds at a moment. */
export function passageAt(seconds) {
  const all = store.transcript?.passages ?? [];
  let low = 0;
  let high = all.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (all[middle].start <= seconds) low = middle;
    else high = middle - 1;
  }
  return all[low];
}

function draw() {
  const canvas = byId("golf").firstElementChild;
  const { width, height } = canvas;
  const context = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const total = store.transcript?.duration || 1;
  context.clearRect(0, 0, width, height);
  const played = (now() / total) * width;
  const colours = Array.from({ length: 8 }, (_, i) => style.getPropertyValue(`--stem${i}`));
  for (let x = 0; x < width; x += 3) {
    const from = Math.floor((x / width) * (peaks?.length ?? 0));
    const to = Math.max(from + 1, Math.floor(((x + 3) / width) * (peaks?.length ?? 0)));
    let loud = 0;
    for (let i = from; peaks && i < to; i += 1) loud = Math.max(loud, peaks[i] ?? 0);
    const tall = Math.max(2, (loud / 255) * height);
    const passage = passageAt((x / width) * total); // who spoke when, at a glance
    const spoken = passage && passage.end >= (x / width) * total;
    context.fillStyle = spoken ? (colours[voiceOf(passage.voice)?.colour ?? 0]) : style.getPropertyValue("--rustig");
    context.globalAlpha = x < played ? 1 : 0.55;
    context.fillRect(x, (height - tall) / 2, 2, tall);
  }
  context.globalAlpha = 1;
  context.fillStyle = style.getPropertyValue("--inkt");
  for (const quote of store.article?.quotes ?? []) {
    if (quote.start !== null) context.fillRect((quote.start / total) * width, 0, Math.max(3, ((quote.end - quote.start) / total) * width), 3);
  }
  context.fillRect(played, 0, 2, height);
}

/** Wire the bar at the bottom of the page, once it is known whether there is sound. */
export function startPlayer() {
  let wired = false;
  on("transcript", (transcript) => {
    if (!wired) wire(transcript);
    wired = true;
  });
}

function wire(transcript) {
  const bar = byId("speler");
  document.body.classList.toggle("zonder-geluid", !transcript.sound);
  if (!transcript.sound) {
    fill(bar, el("p", {}, "Bij dit webinar is geen opname; luisteren kan hier niet."));
    return;
  }
  audio.preload = "metadata"; // what is nearer than a disk? and a tab that waits keeps no connection busy
  audio.src = `/w/${encodeURIComponent(here.slug)}/sound`;
  byId("speel").addEventListener("click", toggle);
  byId("terug").addEventListener("click", () => skip(-STEP));
  byId("vooruit").addEventListener("click", () => skip(STEP));
  byId("snelheid").addEventListener("change", (event) => (audio.playbackRate = Number(event.target.value)));
  const wave = byId("golf");
  wave.setAttribute("aria-valuemax", String(Math.round(transcript.duration)));
  wave.addEventListener("click", (event) => seek(((event.clientX - wave.getBoundingClientRect().left) / wave.clientWidth) * transcript.duration));
  wave.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -STEP, ArrowRight: STEP, PageDown: -60, PageUp: 60 };
    if (event.key in moves) skip(moves[event.key]);
    else if (event.key === "Home") seek(0);
    else if (event.key === "End") seek(transcript.duration);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  for (const event of ["play", "pause", "seeked"]) audio.addEventListener(event, show);
  audio.addEventListener("seeking", () => stretch && (stretch.going ? (stretch.going = false) : (stretch.jumped = true)));
  setInterval(() => (audio.paused || follow()), 100);
  audio.addEventListener("ended", follow);
  get("waveform").then(({ peaks: given }) => {
    peaks = Uint8Array.from(atob(given), (c) => c.charCodeAt(0));
    const fit = () => {
      const canvas = wave.firstElementChild;
      canvas.width = wave.clientWidth;
      canvas.height = wave.clientHeight;
      draw();
    };
    new ResizeObserver(fit).observe(wave);
  });
  on("voices", show);
  on("article", draw);
}

