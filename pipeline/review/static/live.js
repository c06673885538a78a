// What goes on elsewhere: a run step by step, another tab, the terminal.

import { base, get, here, post } from "./api.js";
import { button, byId, careful, confirmed, el, fill, say } from "./dom.js";
import { on, take } from "./store.js";

const steps = new Map();

/** Read everything again. */
export async function reload() {
  const [article, transcript, voices, words, stages] = await Promise.all(
    ["article", "transcript", "voices", "words", "stages"].map((what) => get(what).catch((problem) => ({ problem }))),
  );
  take(Object.fromEntries(Object.entries({ voices, transcript, article, words, stages }).filter(([, value]) => !value.problem)));
  return [article, transcript].find((one) => one.problem)?.problem ?? null;
}

/** Listen to the server until the page goes. */
export function startLive() {
  on("stages", showStages);
  const source = new EventSource(`${base}events`);
  source.addEventListener("stage", (event) => {
    const step = JSON.parse(event.data);
    steps.set(step.stage, { ...steps.get(step.stage), ...step });
    showSteps();
  });
  source.addEventListener("note", (event) => say(JSON.parse(event.data).text));
  source.addEventListener("done", (event) => {
    const { problem, hint } = JSON.parse(event.data);
    steps.clear();
    careful(reload);
    say(problem ? [problem, hint].filter(Boolean).join(" ") : "Alles is bijgewerkt.", Boolean(problem));
  });
  source.addEventListener("changed", (event) => {
    if (JSON.parse(event.data).by !== here.tab) careful(reload);
  });
}

function showStages(found) {
  const old = found.stages.filter((one) => one.state !== "fresh" && one.state !== "edited");
  const start = async () => {
    await post("run");
    say("Bijwerken is begonnen.");
    byId("loopt").hidden = false;
  };
  const again = async () => {
    if (!byId("artikel").querySelector("textarea") || (await confirmed("Bijwerken?", "U bent nog aan het typen; dat blijft staan.", "Bijwerken"))) await start();
  };
  byId("loopt").hidden = !found.busy && !old.length;
  fill(
    byId("stappen"),
    found.busy
      ? el("p", {}, "Er wordt aan dit webinar gewerkt.", button("Stop", () => post("run/stop"), "klein"))
      : el("p", {}, `Niet meer bij: ${old.map((one) => one.name_nl).join(", ")}.`, button("Bijwerken", again, "hoofd")),
  );
}

function showSteps() {
  byId("loopt").hidden = false;
  fill(
    byId("stappen"),
    el(
      "ol.stappen",
      {},
      [...steps.values()].map((step) =>
        el(
          "li",
          {},
          `${step.name_nl}: ${step.state === "klaar" ? (step.summary_nl ?? "klaar") : (step.far ?? "begonnen")} `,
          step.state !== "klaar" ? el("progress", { max: "1", value: step.share ?? undefined, "aria-label": step.name_nl }) : null,
        ),
      ),
    ),
    el("p", {}, button("Stop", () => post("run/stop"), "klein")),
  );
}
