// The start page: every webinar, and where it stands; and a search in all that was said.

import { getAll } from "./api.js";
import { byId, careful, day, el, fill } from "./dom.js";
import { startSearch } from "./search.js";

const searching = careful(startSearch); // beside the list, which may take longer
await careful(async () => {
  const all = await getAll("/api/webinars");
  fill(
    byId("webinars"),
    all.length
      ? el(
          "table",
          {},
          el("caption.stil", {}, "Alle webinars"),
          el("thead", {}, el("tr", {}, ["Webinar", "Datum", "Stand", "Te regelen"].map((head) => el("th", { scope: "col" }, head)))),
          el(
            "tbody",
            {},
            all.map((one) =>
              el(
                "tr",
                {},
                el("th", { scope: "row" }, el("a", { href: `/w/${encodeURIComponent(one.slug)}` }, one.title)),
                el("td", {}, one.date ? day(one.date) : "–"),
                el("td", {}, one.state, one.approved_by ? ` door ${one.approved_by}` : "", one.why ? `: ${one.why}` : ""),
                el("td", {}, one.todo === null ? "–" : String(one.todo)),
              ),
            ),
          ),
        )
      : el("p", {}, "Er zijn nog geen webinars. Begin in de terminal met: impressie run ADRES"),
  );
  byId("zoek").hidden = !all.length;
});
await searching;
document.documentElement.dataset.klaar = "ja";
