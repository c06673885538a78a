"""The review page timed in a browser: first paint, long tasks, clicks, and how soon a quote sounds.

python tests/bench/page.py HOME SLUG [RUNS]
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from pipeline.review import listening_on, server_of

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--mute-audio"]
WATCH = """
window.long = []; window.slow = [];
const keep = (into) => (list) => into.push(...list.getEntries().map((entry) => entry.duration));
new PerformanceObserver(keep(window.long)).observe({ type: "longtask", buffered: true });
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  window.audio = this;
  return play.call(this);
};
new PerformanceObserver(keep(window.slow)).observe({ type: "event", buffered: true, durationThreshold: 16 });
"""


# from the click, or the jump, until the sound has gone on a little
SOUNDS = """(how) => new Promise((done) => {
  const start = performance.now();
  if (how === "click") document.querySelector("[data-citaat]").click();
  else {
    const bar = document.querySelector("#golf").getBoundingClientRect();
    document.querySelector("#golf").dispatchEvent(new MouseEvent("click", { clientX: bar.left + 0.98 * bar.width }));
  }
  let from = null;
  const look = () => {
    const at = window.audio?.seeking || window.audio?.paused ? null : window.audio?.currentTime;
    if (from !== null && at > from) done(performance.now() - start);
    else {
      from ??= at ?? null;
      setTimeout(look, 2);
    }
  };
  look();
})"""


def timed(page: Page, slug: str) -> dict[str, float]:
    """One visit: milliseconds."""
    page.goto(f"/w/{slug}")
    page.wait_for_selector("[data-klaar]")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    ready = page.evaluate("performance.now()")
    page.wait_for_timeout(3000)
    sound, far = (page.evaluate(SOUNDS, how) for how in ("click", "seek"))
    page.locator("#speel").click()
    for number in range(1, 6):
        page.locator("[data-citaat]").nth(number).click()
        page.keyboard.press("k")
    page.locator('[data-blok="1"]').get_by_role("button", name="Bewerken").click()
    page.keyboard.type("Hoe gaat het? ", delay=20)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Weggooien").click()
    slow, long = sorted(page.evaluate("window.slow")) or [0.0], page.evaluate("window.long")
    page.close()
    return {
        "first paint": paint,
        "ready": ready,
        "sound after a click": sound,
        "sound after a jump to the end": far,
        "longest task": max(long, default=0.0),
        "interaction p95": slow[int(0.95 * (len(slow) - 1))],
    }


def main(home: str, slug: str, runs: str = "5") -> None:
    """Medians of several visits, as JSON."""
    listening = listening_on(0)
    server, keys = server_of(Path(home), listening)
    threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1500, "height": 950}, base_url=f"http://127.0.0.1:{keys.port}")
        context.add_init_script(WATCH)
        context.new_page().goto(f"/?token={keys.token}")
        visits = [timed(context.new_page(), slug) for _ in range(int(runs))]
        browser.close()
    print(json.dumps({what: round(statistics.median(v[what] for v in visits)) for what in visits[0]}, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
