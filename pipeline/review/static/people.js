// Stemmen and Woorden: who is who, and which words were misheard.

import { post } from "./api.js";
import { button, byId, careful, clock, dialog, el, field, fill, say } from "./dom.js";
import { now, play } from "./player.js";
import { on, take } from "./store.js";

const SAMPLE = 8; // seconds of a voice that are played
const STATUS = { confirmed: "bevestigd", proposed: "voorstel", unknown: "onbekend" };

/** Show the voices and the words, and again whenever they change. */
export function startPeople() {
  on("voices", showVoices);
  on("words", showWords);
}

function showVoices(found) {
  fill(
    byId("stemmen"),
    found.misfits.map((line) => el("p.let-op", {}, line)),
    found.voices.map((voice) => voiceOf(found, voice)),
    el("p.knoppen", {}, found.undo ? button(`Maak ongedaan: ${found.undo}`, async () => take(await post("voices/undo"))) : null),
  );
}

function voiceOf(found, voice) {
  const known = [...new Set([...voice.candidates.map((one) => one.name), ...found.speakers.map((one) => one.name)])];
  const options = el("datalist", { id: `namen-${voice.voice}` }, known.map((name) => el("option", { value: name })));
  const name = el("input", { type: "text", value: voice.name ?? voice.candidates[0]?.name ?? "", list: `namen-${voice.voice}`, autocomplete: "off" });
  const confirm = async () => {
    take(await post("voices/name", { voice: voice.voice, name: name.value }));
    say(`Stem ${voice.voice} is ${name.value}, overal.`);
  };
  name.addEventListener("keydown", (event) => event.key === "Enter" && careful(confirm));
  return el(
    `article.kaart.stem${voice.colour}`,
    { "aria-label": `Stem ${voice.voice}` },
    el("h3", {}, el("span.letter", {}, voice.voice), ` ${voice.label.replace(" (voorstel)", "")} `, el(`span.status.${voice.status}`, {}, STATUS[voice.status])),
    el("p.fijn", {}, `${clock(voice.seconds)} gesproken, ${Math.round(100 * voice.share)} %`, voice.why_nl ? ` · ${voice.why_nl}` : ""),
    el("div.rij", {}, field(`Naam van stem ${voice.voice}`, name), options, button(voice.status === "confirmed" ? "Wijzig" : "Bevestig", confirm, "hoofd")),
    el("p.knoppen", {}, voice.moments.map((at) => el("button.klein.geluid", { type: "button", onclick: () => play(at, at + SAMPLE) }, `Hoor ${clock(at)}`)), button("Meer …", () => more(found, voice), "klein")),
  );
}

function more(found, voice) {
  const listed = found.speakers.find((one) => one.name === voice.name);
  const role = el("input", { type: "text", value: listed?.role ?? "" });
  const organisation = el("input", { type: "text", value: listed?.organisation ?? "" });
  const other = el("select", {}, found.voices.filter((one) => one.voice !== voice.voice).map((one) => el("option", { value: one.voice }, `${one.voice} · ${one.label}`)));
  const act = (text, path, body, done) =>
    button(text, async () => {
      take(await post(path, body()));
      made.close();
      say(done);
    });
  const made = dialog(
    `Stem ${voice.voice}: ${voice.label}`,
    voice.candidates.length ? [el("h3", {}, "Waar de naam op rust"), el("ul.lijst", {}, voice.candidates.map((one) => el("li", {}, `${one.name}: ${one.kind_nl} (${one.strength_nl}) op ${clock(one.at)} ${one.said}`)))] : null,
    voice.name
      ? [
          el("h3", {}, "Functie en organisatie"),
          field("Functie", role),
          field("Organisatie", organisation),
          el("p.knoppen", {}, act("Bewaar", "speakers", () => ({ name: voice.name, role: role.value, organisation: organisation.value, was: listed ? voice.name : null }), "Bewaard in de lijst van sprekers.")),
        ]
      : null,
    found.voices.length > 1
      ? [el("h3", {}, "Twee stemmen zijn één persoon"), field(`Wat deze stem zei, geven aan deze stem ${voice.voice}`, other), el("p.knoppen", {}, act("Samenvoegen", "voices/merge", () => ({ into: voice.voice, from: other.value }), "Samengevoegd."))]
      : null,
    el("h3", {}, "Een stem zijn twee personen"),
    el("p", {}, `Vanaf ${clock(now())} (waar de speler nu staat) een nieuwe stem.`),
    el("p.knoppen", {}, act("Splitsen", "voices/split", () => ({ voice: voice.voice, at: now() }), "Gesplitst.")),
  );
}

function showWords(found) {
  const put = (heard, written, at, done) => async () => {
    take(await post("words/set", { heard, written, at }));
    say(done);
  };
  fill(
    byId("woorden"),
    found.misfits.map((line) => el("p.let-op", {}, line)),
    found.proposed.map((one) =>
      el(
        "article.kaart",
        {},
        el("h3", {}, `‘${one.heard}’ → ‘${one.written}’?`),
        el("p.fijn", {}, `${one.times} keer; … ${one.around} …`),
        el(
          "p.knoppen",
          {},
          button("Overal", put(one.heard, one.written, null, `Overal ‘${one.written}’.`), "hoofd"),
          button("Alleen de eerste", put(one.heard, one.written, one.at[0], "Daar verbeterd.")),
          button("Klopt zo", put(one.heard, one.heard, null, "Zo laten staan.")),
          el("button.klein.geluid", { type: "button", onclick: () => play(one.at[0], one.at[0] + 2) }, "Hoor"),
        ),
      ),
    ),
    found.made.length ? el("h3", {}, "Verbeterd") : null,
    found.made.map((one) => el("p.rij", {}, `‘${one.heard}’ → ‘${one.written}’`, button("Neem terug", async () => take(await post("words/undo", { heard: one.heard })), "klein"))),
    found.doubtful.length ? el("h3", {}, "Twijfelachtig") : null,
    found.doubtful.map((one) => el("p.rij", {}, el("button.klein.geluid", { type: "button", onclick: () => play(one.at, one.end) }, clock(one.at)), ` ${one.reason_nl}: ${one.text}`)),
    !found.proposed.length && !found.made.length && !found.doubtful.length ? el("p", {}, "Geen naam of term lijkt verkeerd verstaan. Selecteer woorden in het transcript om ze te verbeteren.") : null,
  );
}

