"""Search over an archive of a thousand invented webinars: how fast it is indexed and answers, and whether it finds all.

python tests/bench/archive.py [WEBINARS [FOLDER]]

Sentences are those of our own tests, put together at random; of the words with a meaning of their own two in three
make room for any Dutch word, as often as Dutch texts hold it, so that vocabulary and phrases are as varied as speech.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

from wordfreq import get_frequency_dict

from pipeline import archive, webinars
from pipeline.article.text import FUNCTION, norm
from pipeline.asking import tokens
from pipeline.config import toml_values
from pipeline.search import search
from pipeline.webinars import index_of
from tests.talks import FIETSPAD
from tests.webinars_as_text import talk

WORDS = 12_000  # of a webinar
FIRST = [
    "Anna",
    "Bram",
    "Dewi",
    "Esra",
    "Floor",
    "Guus",
    "Iris",
    "Joost",
    "Karin",
    "Loes",
    "Omar",
    "Ruth",
    "Sanne",
    "Tom",
]
LAST = ["Aydin", "Bakker", "de Wit", "van der Meer", "Hendriks", "Jansen", "Kok", "Mulder", "Smit", "Visser", "Haddad"]
COMMON = ["gemeente", "mensen", "vragen", "weten", "maken", "burger", "gaan", "jaar", "zien", "goed", "leven", "tijd"]
DIALOGUES = Path(__file__).parent.parent / "dialogues.txt"
MIX = 120  # queries of each kind
PHRASES = 600


def sentences() -> list[list[str]]:
    """All sentences of our own texts, as words."""
    spoken = re.findall(r"[A-D]: ([^|=]*)", DIALOGUES.read_text(encoding="utf-8"))
    texts = [p.text for name in ("sample", "loket", "schoolbus") for p in talk(name).passages.passages]
    texts += [line.partition(": ")[2] for line in FIETSPAD.splitlines()] + spoken
    return [found.split() for text in texts for found in re.findall(r"[^.?!]+[.?!]", text)]


def spoken(rng: random.Random) -> Iterator[str]:
    """Words without end."""
    said, known = sentences(), get_frequency_dict("nl", wordlist="best")
    dutch = {word: how for word, how in known.items() if word.isalpha() and word not in FUNCTION}
    names, weights = list(dutch), list(itertools.accumulate(dutch.values()))
    while True:
        for word in rng.choice(said):
            if norm(word) in FUNCTION or rng.random() < 1 / 3:
                yield word
            elif rng.random() < 0.02:
                yield str(rng.randrange(2, 5000))
            else:
                [other] = rng.choices(names, cum_weights=weights)
                yield re.sub(r"[\w'’]+", other.capitalize() if word[:1].isupper() else other, word, count=1)


def passages(rng: random.Random, words: Iterator[str]) -> list[dict[str, object]]:
    """The passages of one webinar: turns of a word or two, and long ones that are cut."""
    made, at, count, voice = [], 2.0, 0, "A"
    while count < WORDS:
        voice = voice if rng.random() < 0.3 else rng.choice("ABCDE")
        length = rng.randint(1, 6) if rng.random() < 0.25 else min(230, 5 + int(rng.expovariate(1 / 70)))
        turn = []
        for text in itertools.islice(words, length):
            end = round(at + 0.08 * (1 + len(text) / 2), 2)
            turn.append({"start": round(at, 2), "end": end, "text": text, "probability": 0.9})
            at = end + 0.02
        made.append({"id": f"t{turn[0]['start']:.2f}", "start": turn[0]["start"], "end": turn[-1]["end"],
                     "speaker": voice, "language": "nl", "words": turn})  # fmt: skip
        at, count = at + rng.choice((0.4, 0.4, 3.0)), count + length
    return made


def compose(home: Path, many: int, rng: random.Random) -> None:
    """A home with so many webinars."""
    webinars.make_home(home)
    words = spoken(rng)
    for number in range(many):
        day = dt.date(2017, 1, 1) + dt.timedelta(days=3 * number)
        slug = f"{day}-webinar-{number}"
        people = [f"{rng.choice(FIRST)} {rng.choice(LAST)}" for _ in range(4)]
        listed = "".join(f'\n[[speakers]]\nname = "{name}"\n' for name in dict.fromkeys(people))
        head = f'title = "Webinar {number}"\ndate = "{day}"\nurl = "https://youtu.be/{number}"\n'
        (home / "configs" / f"{slug}.toml").write_text(head + listed, encoding="utf-8")
        os.utime(home / "configs" / f"{slug}.toml", (1e9, 1e9))
        folder, said = home / "outputs" / slug, passages(rng, words)
        (folder / "edits").mkdir(parents=True)
        recording = {"title": "x", "published": None, "duration": said[-1]["end"],
                     "parts": [{"url": f"https://youtu.be/{number}", "end": said[-1]["end"]}]}  # fmt: skip
        firsts = {one["speaker"]: one["start"] for one in reversed(said)}
        pins = [{"name": name, "moments": [firsts[v]]} for v, name in zip("ABC", people, strict=False) if v in firsts]
        for file, value in (
            ("40-passages.json", {"passages": said}),
            ("10-recording.json", recording),
            ("edits/names.json", {"names": pins}),
        ):
            (folder / file).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
            os.utime(folder / file, (1e9, 1e9))  # long ago: the archive is at rest


class Scan:
    """All passages as one text, in which a phrase is simply looked for."""

    def __init__(self, home: Path) -> None:
        self.starts: list[int] = []
        self.times: dict[str, tuple[int, list[float]]] = {}  # by webinar its first passage, and when each begins
        texts, at = [], 0
        for slug in webinars.slugs(home):
            made = json.loads((home / "outputs" / slug / "40-passages.json").read_text(encoding="utf-8"))
            self.times[slug] = len(self.starts), [one["start"] for one in made["passages"]]
            for one in made["passages"]:
                plain = [token.plain for word in one["words"] for token in tokens(word["text"])]
                text = f" {' '.join(plain)} \n"
                self.starts.append(at)
                texts.append(text)
                at += len(text)
        self.text = "".join(texts)

    def __call__(self, phrase: list[str]) -> set[int]:
        """The numbers of the passages that hold it."""
        found, wanted, at = set(), f" {' '.join(phrase)} ", -1
        while (at := self.text.find(wanted, at + 1)) >= 0:
            found.add(bisect_right(self.starts, at) - 1)
        return found

    def at(self, slug: str, second: float) -> int:
        """The number of the passage that sounds then."""
        first, times = self.times[slug]
        return first + bisect_right(times, second + 0.005) - 1

    def phrase(self, rng: random.Random, length: int) -> list[str]:
        """A random phrase that somebody said within a passage."""
        while True:
            at = rng.randrange(len(self.starts) - 1)
            words = self.text[self.starts[at] : self.starts[at + 1]].split()
            if len(words) >= length:
                first = rng.randrange(len(words) - length + 1)
                return words[first : first + length]


def quiet(*_: object) -> None:
    """No progress."""


def queries(rng: random.Random, scan: Scan, home: Path) -> dict[str, list[tuple[str, dict[str, object]]]]:
    """By kind: what is asked, and with which filters."""

    def content() -> str:
        return next(w for w in iter(lambda: scan.phrase(rng, 1)[0], "") if w not in FUNCTION and len(w) > 3)

    def phrase() -> str:
        return " ".join(scan.phrase(rng, rng.randint(2, 8)))

    def since() -> dt.date:
        return dt.date(2017, 1, 1) + dt.timedelta(days=rng.randrange(3000))

    people = [
        s["name"]
        for slug in webinars.slugs(home)[:200]
        for s in toml_values(home / "configs" / f"{slug}.toml")["speakers"]
    ]
    kinds: dict[str, Callable[[], tuple[str, dict[str, object]]]] = {
        "phrases of 2-8 words": lambda: (phrase(), {}),
        "one word": lambda: (content(), {}),
        "several words": lambda: (" ".join(content() for _ in range(rng.randint(2, 4))), {}),
        "common words": lambda: (" ".join(rng.sample(COMMON, rng.randint(1, 3))), {}),
        "with a speaker": lambda: (rng.choice((phrase, content))(), {"speaker": rng.choice(people)}),
        "with a day": lambda: (rng.choice((phrase, content))(), {"since": since()}),
        "nobody said it": lambda: (f"{content()} {content()} zzyzx", {}),
    }
    return {kind: [make() for _ in range(MIX)] for kind, make in kinds.items()}


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def p(share: float, values: list[float]) -> float:
    """The value below which this share of them lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure(home: Path, rng: random.Random) -> None:
    """All figures, printed."""
    made = timed(lambda: archive.update(home, quiet, rebuild=True)) / 1000
    scan = Scan(home)
    words = scan.text.count(" ") - 2 * len(scan.starts) + len(scan.starts)
    size = index_of(home).stat().st_size
    print(f"{len(webinars.slugs(home))} webinars, {words:,} words, {len(scan.starts):,} passages")
    print(f"index: {made:.0f} s, {words / made * 60 / 1e6:.2f} million words a minute, {size / 1e6:.0f} MB")
    every: list[float] = []
    asked = queries(rng, scan, home)
    for kind, those in asked.items():
        times = [timed(lambda q=q, more=more: search(home, q, quiet, **more)) for q, more in those]  # type: ignore[misc]
        every += times
        print(f"{kind:<22} p50 {p(0.5, times):5.1f}  p95 {p(0.95, times):5.1f}  most {max(times):5.1f} ms")
    print(f"{'all':<22} p50 {p(0.5, every):5.1f}  p95 {p(0.95, every):5.1f}  most {max(every):5.1f} ms")
    fresh = [timed(lambda: archive.update(home, quiet)) for _ in range(20)]
    print(f"of it, whether anything changed: {statistics.median(fresh):.1f} ms")
    print(f"one webinar changed: {timed(lambda: changed(home)):.0f} ms")
    recall(home, scan, rng)


def changed(home: Path) -> None:
    """A correction in one webinar, and a search."""
    path = home / "outputs" / webinars.slugs(home)[len(webinars.slugs(home)) // 2] / "edits" / "names.json"
    path.write_text('{"names": []}', encoding="utf-8")
    search(home, "gemeente", quiet)


def recall(home: Path, scan: Scan, rng: random.Random) -> None:
    """Exact phrases: what a scan finds, and the search does not."""
    wanted = missed = phrases = across = 0
    while phrases < PHRASES:
        phrase = scan.phrase(rng, rng.randint(2, 8))
        there = scan(phrase)
        if len(there) > 3000:  # minutes of work, and no other code
            continue
        phrases += 1
        found = search(home, " ".join(phrase), quiet, limit=2 * len(there) + 100)
        got = {scan.at(hit.workspace.slug, hit.span.start) for hit in found.hits if hit.exact}
        wanted, missed, across = wanted + len(there), missed + len(there - got), across + len(got - there)
    print(f"recall of {phrases} phrases: {wanted - missed} of {wanted} passages; {across} more across a cut")


def main(many: str = "1000", folder: str | None = None) -> None:
    """Compose a home, or use the one in FOLDER, and measure."""
    home = Path(folder or tempfile.mkdtemp(prefix="archive-")) / "home"
    rng = random.Random(2026)
    try:
        if not home.exists():
            print(f"composed in {timed(lambda: compose(home, int(many), rng)) / 1000:.0f} s")
        measure(home, rng)
    finally:
        if folder is None:
            shutil.rmtree(home.parent)


if __name__ == "__main__":
    main(*sys.argv[1:])
