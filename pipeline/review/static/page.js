// The page of one webinar: read everything once, then let each part look after itself.

import { startArticle, startRenames, takeMachine, versions } from "./article.js";
import { startCheck } from "./check.js";
import { byId, careful, sayProblem } from "./dom.js";
import { startKeys } from "./keys.js";
import { reload, startLive } from "./live.js";
import { startPeople } from "./people.js";
import { startPlayer } from "./player.js";
import { on, store } from "./store.js";
import { startSelection, startTranscript } from "./transcript.js";

const problem = await reload().catch((error) => error);
if (problem) sayProblem(problem);
on("article", (article) => {
  const title = article.blocks.find((block) => block.kind === "title");
  const text = title?.runs.map((run) => run.text).join("") ?? "Impressie";
  document.title = `${text} – Impressie`;
  byId("webinar").textContent = text;
});
if (store.article) {
  startArticle();
  startRenames();
  startCheck();
}
if (store.transcript) {
  startTranscript();
  startSelection();
  startPeople();
  startPlayer(store.transcript);
  startKeys();
}
startLive();
byId("versies").addEventListener("click", () => careful(versions));
byId("neem-concept").addEventListener("click", () => careful(takeMachine));
document.documentElement.dataset.klaar = "ja";
