// What goes on elsewhere: a run step by step, another tab, the terminal.

import { base, get, here, post } from "./api.js";
import { button, byId, careful, confirmed, el, fill, say } from "./dom.js";
import { on, store, take } from "./store.js";

const steps = new Map();

/** Read everything again; each part is shown as soon as it is here. Gives the first refusal, if any. */
export async function reload() {
  const parts = ["voices", "transcript", "article", "words", "stages"].map(async (what) => take({ [what]: await get(what) }));
  const done = await Promise.allSettled(parts);
  return done.find((one) => one.reason)?.reason ?? null;
}

const HEARS = {
  stage(step) {
    steps.set(step.stage, { ...steps.get(step.stage), ...step });
    showSteps();
  },
  note: ({ text }) => say(text),
  done({ problem, hint }) {
    steps.clear();
    careful(reload);
    say(problem ? [problem, hint].filter(Boolean).join(" ") : "Alles is bijgewerkt.", Boolean(problem));
  },
  changed({ by }) {
    if (by !== here.tab) careful(reload);
  },
};

/**
 * Listen to the server until the page goes. A browser has six connections for all tabs together, so one tab listens
 * and tells the others; when it closes, the next one takes over.
 */
export function startLive() {
  on("stages", showStages);
  const tabs = new BroadcastChannel(`impressie/${here.slug}`);
  tabs.addEventListener("message", ({ data }) => HEARS[data.event](data.told));
  navigator.locks.request(`impressie/${here.slug}`, () => {
    const source = new EventSource(`${base}events`);
    for (const event of Object.keys(HEARS)) {
      source.addEventListener(event, ({ data }) => {
        const told = JSON.parse(data);
        HEARS[event](told);
        tabs.postMessage({ event, told });
      });
    }
    return new Promise(() => {}); // for as long as this tab lives
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
  if (!store.article) byId("webinar").textContent = found.title;
  byId("leeg").hidden = found.stages.some((one) => one.stage === "draft" && one.state !== "never run");
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
