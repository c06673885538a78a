// The search box of the start page: what was said in all webinars, each hit with its sound.

import { getAll } from "./api.js";
import { button, byId, clock, day, el, fill, say, sayProblem } from "./dom.js";

const AT_ONCE = 20;
const AROUND = 0.5; // seconds that play before a hit
const PATIENCE = 2000; // milliseconds after which it is said why it takes so long
const FIELDS = { q: "vraag", speaker: "spreker", since: "vanaf" };
const audio = new Audio();
let playing = null; // the button of what plays
let asked = 0;
let slow = 0; // the timer of what is being asked

/** Show the box, and search what the address asks: whoever comes back from a webinar finds her results again. */
export async function startSearch() {
  byId("zoek").hidden = false;
  const address = new URLSearchParams(location.search);
  for (const [name, id] of Object.entries(FIELDS)) byId(id).value = address.get(name) ?? "";
  byId("zoek").addEventListener("submit", (event) => {
    event.preventDefault();
    history.replaceState(null, "", `/?${wanted()}`);
    look(wanted(), AT_ONCE);
  });
  for (const event of ["play", "pause", "ended", "emptied"]) audio.addEventListener(event, showPlaying);
  if (address.get("q")) await look(wanted(), AT_ONCE);
}

/** What is typed, as it stands in an address. */
function wanted() {
  const typed = Object.entries(FIELDS).map(([name, id]) => [name, byId(id).value.trim()]);
  return new URLSearchParams(typed.filter(([, value]) => value));
}

/** Search, and show what is found; whether it is shown: something else may be asked meanwhile, and only that counts. */
async function look(asking, limit) {
  const mine = (asked += 1);
  clearTimeout(slow);
  say("Bezig met zoeken …");
  slow = setTimeout(() => say("Nieuwe en gewijzigde webinars worden eerst doorgenomen; dat kan enkele minuten duren …"), PATIENCE);
  const found = await getAll(`/api/search?${asking}&limit=${limit}`).catch((problem) => problem);
  if (mine !== asked) return false;
  clearTimeout(slow);
  const failed = found instanceof Error;
  if (!failed || limit === AT_ONCE) stop();
  if (!failed) show(found, asking, limit);
  else if (limit === AT_ONCE) byId("gevonden").hidden = true;
  if (failed) sayProblem(found);
  return !failed;
}

function stop() {
  audio.pause();
  playing = null;
}

function show(found, asking, limit) {
  byId("gevonden").hidden = !found.hits.length;
  say(told(found));
  fill(byId("vondsten"), found.hits.map(shown));
  fill(byId("verder"), found.more ? button("Meer tonen", (pressed) => more(pressed, asking, limit)) : null);
}

/** Twice as many of the same; the focus goes to the first that is new, or stays where it was. */
async function more(pressed, asking, limit) {
  if (await look(asking, 2 * limit)) {
    const all = byId("vondsten");
    (all.children[limit] ?? all.lastElementChild)?.querySelector("a").focus();
  } else if (document.activeElement === document.body || document.activeElement === pressed) {
    pressed.disabled = false;
    pressed.focus();
  }
}

function told({ hits, more: others, behind, unread }) {
  const many = hits.length === 1 ? "1 fragment gevonden." : `${hits.length} fragmenten gevonden${others ? ", en er zijn er meer" : ""}.`;
  return [
    hits.length ? many : "Geen fragment gevonden met al deze woorden.",
    behind ? "Wat er te vinden is kon nu niet worden bijgewerkt: het nieuwste ontbreekt misschien nog." : "",
    unread.length ? `Niet doorzocht, want niet leesbaar: ${unread.join(", ")}.` : "",
  ].join(" ");
}

function shown(hit) {
  const at = clock(hit.start);
  const address = `/w/${encodeURIComponent(hit.slug)}#t=${hit.start},${hit.end}`;
  const play = el("button.klein", { type: "button", "aria-label": `Afspelen vanaf ${at}, ${hit.title}` }, "Afspelen");
  play.addEventListener("click", () => toggle(play, hit));
  return el(
    "li.vondst",
    {},
    el("h3", {}, el("a", { href: address }, hit.title, el("span.stil", {}, ` op ${at}`))),
    el(
      "p.rij",
      {},
      hit.sound ? play : null,
      el("span", {}, at),
      el("b", {}, hit.who),
      el("span.fijn", {}, [hit.date && day(hit.date), !hit.sound && "geen opname", ...hit.marks].filter(Boolean).join(" · ")),
    ),
    el("p.gezegd", {}, hit.runs.flatMap(([text, found]) => [found ? el("mark", {}, text) : text, " "])),
  );
}

function toggle(play, hit) {
  if (playing === play && !audio.paused) {
    audio.pause();
    return;
  }
  if (playing !== play || audio.ended) {
    playing = play;
    audio.src = `/w/${encodeURIComponent(hit.slug)}/sound#t=${Math.max(0, hit.start - AROUND)}`;
  }
  audio.play().catch((problem) => problem.name !== "AbortError" && say("Deze opname kan niet worden afgespeeld.", true));
}

function showPlaying() {
  for (const play of byId("vondsten").querySelectorAll("button")) {
    const sounds = play === playing && !audio.paused && !audio.ended;
    play.textContent = sounds ? "Pauze" : "Afspelen";
    play.setAttribute("aria-label", play.getAttribute("aria-label").replace(/^\S+/, play.textContent));
  }
}
