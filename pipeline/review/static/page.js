// The page of one webinar: read everything once, then let each part look after itself.

import { startArticle } from "./article.js";
import { startRenames, takeMachine, versions } from "./changes.js";
import { startCheck } from "./check.js";
import { byId, careful, sayProblem } from "./dom.js";
import { startKeys } from "./keys.js";
import { reload, startLive } from "./live.js";
import { startPeople } from "./people.js";
import { startPlayer } from "./player.js";
import { on } from "./store.js";
import { arrive, startSelection, startTranscript } from "./transcript.js";

on("article", (article) => {
  const title = article.blocks.find((block) => block.kind === "title");
  const text = title?.runs.map((run) => run.text).join("") ?? "Impressie";
  document.title = `${text} – Impressie`;
  byId("webinar").textContent = text;
});

/** An address may name a moment, or a stretch, in seconds: #t=754 or #t=754.2,757. */
function linked() {
  const [, start, end] = /^#t=(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?$/.exec(location.hash) ?? [];
  if (start) arrive(Number(start), Number(end ?? start));
}

startArticle();
startRenames();
startCheck();
startTranscript();
startSelection();
startPeople();
startPlayer();
startKeys();
startLive();
byId("versies").addEventListener("click", () => careful(versions));
byId("neem-concept").addEventListener("click", () => careful(takeMachine));
const problem = await reload();
if (problem) sayProblem(problem);
linked();
addEventListener("hashchange", linked);
document.documentElement.dataset.klaar = "ja";
