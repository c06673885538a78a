"""The report of a batch, in Dutch: what was made, what was set aside and why, and who did what when, as a picture.

It is made of the journal alone, a line at a time, so that ten thousand tasks take no more memory than a hundred.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from pipeline import dutch
from pipeline.batch.journal import Entry, Journal
from pipeline.batch.tasks import BEGIN, ORDER
from pipeline.disk import write_atomic
from pipeline.errors import PipelineError
from pipeline.export.page import whole
from pipeline.models import clock
from pipeline.speech.picture import COLOURS

NAMES = {BEGIN: "opzoeken", "": ""} | dutch.STAGES
WIDTH, LEFT, TOP, ROW, BAR = 1000, 110, 34, 26, 18  # px: the picture, the names of the lanes, the axis, a lane, its bar
TICKS = (10, 30, 60, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400)  # seconds that ticks may stand apart
MOST_TICKS = 9
LISTED = 1000  # webinars that are named; there may be ten thousand
LANES = {"worker": "werker", "lane": "plek", "download": "ophalen"}
ALLOWED = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
LOOK = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1d2530; margin: 2rem auto; max-width: 64rem; padding: 0 1rem }
h1, h2 { line-height: 1.2 }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { text-align: left; padding: .25rem 1rem .25rem 0; border-bottom: 1px solid #d5d9df; vertical-align: top }
.getal { text-align: right; font-variant-numeric: tabular-nums }
svg { width: 100%; height: auto }
span { white-space: nowrap }
i { display: inline-block; width: .9em; height: .9em; margin: 0 .35em 0 1em; vertical-align: -.1em }
"""
Cells = Sequence[str]


@dataclass
class Sum:
    """All that a report tells; `bars`: by lane when it did what, none narrower than can be seen.

    `began` and `ended` in seconds since 1970.
    """

    began: float
    ended: float
    webinars: int = 0
    ran: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    again: Counter[str] = field(default_factory=Counter)
    aside: list[Entry] = field(default_factory=list)
    ready: list[tuple[str, str]] = field(default_factory=list)  # webinars, and what the check found
    bars: dict[str, list[tuple[float, float, str]]] = field(default_factory=lambda: defaultdict(list))


def summed(entries: Iterable[Entry], began: float, ended: float) -> Sum:
    """The journal in one pass."""
    found = Sum(began, ended)
    pixel = max(1e-9, ended - began) / (WIDTH - LEFT)
    for entry in entries:
        found.webinars += entry.last
        found.ran[entry.stage] += entry.did
        found.seconds[entry.stage] += entry.seconds
        found.again[entry.stage] += entry.state == "failed" and not entry.aside
        if entry.aside:
            found.aside.append(entry)
        if entry.last and len(found.ready) < LISTED:
            found.ready.append((entry.name, dutch.told(entry.summary) if entry.stage == "check" else ""))
        bars = found.bars[entry.lane]
        if bars and bars[-1][2] == entry.stage and entry.began - bars[-1][1] < pixel:
            bars[-1] = (bars[-1][0], entry.ended, entry.stage)
        elif not bars or entry.ended - bars[-1][1] >= pixel / 2:
            bars.append((entry.began, entry.ended, entry.stage))
    return found


def write(journal: Journal, began: float, fresh: int, unread: Iterable[tuple[str, str, str | None]]) -> list[Path]:
    """The report beside its journal, as Markdown and as HTML; `fresh`: webinars that were up to date from the start.

    `unread`: webinars that could not be looked at, why, and what to do. Nothing where nothing was done.
    """
    if not journal.path.exists():
        return []
    found = summed(journal.entries(), began, max((entry.ended for entry in journal.entries()), default=began))
    why = [(entry.name, entry.stage, entry.summary, entry.hint) for entry in found.aside]
    why += [(name, "", said, hint) for name, said, hint in unread]
    aside = [(name, NAMES[stage], *_in_dutch(said, hint)) for name, stage, said, hint in why]
    files = {".md": _markdown(found, fresh, aside), ".html": _html(found, fresh, aside)}
    for suffix, content in files.items():
        write_atomic(journal.path.with_suffix(suffix), content)
    return [journal.path.with_suffix(suffix) for suffix in files]


def _in_dutch(said: str, hint: str | None) -> tuple[str, str]:
    problem, todo = dutch.problem(PipelineError(said, hint))
    return problem, todo or ""


def _title(found: Sum) -> str:
    return f"Verslag van {dt.datetime.fromtimestamp(found.began).astimezone():%d-%m-%Y %H:%M}"


def _facts(found: Sum, fresh: int, aside: int) -> Iterator[str]:
    def webinars(count: int) -> str:
        return f"{count} webinar{'s' * (count != 1)}"

    yield f"{webinars(found.webinars)} bijgewerkt in {clock(found.ended - found.began)}"
    if fresh:
        yield f"{webinars(fresh)} {'waren' if fresh != 1 else 'was'} al bij"
    if aside:
        yield f"{webinars(aside)} terzijde gelegd"


READY = ("Webinar", "Gevonden")
STEPS = ("Stap", "Keer", "Werk", "Opnieuw geprobeerd")
ASIDE = ("Webinar", "Stap", "Waarom", "Wat te doen")


def _rows(found: Sum) -> list[Cells]:
    return [
        (NAMES[stage], str(found.ran[stage]), clock(found.seconds[stage]), str(found.again[stage] or "–"))
        for stage in ORDER
        if found.ran[stage] or found.again[stage]
    ]


def _markdown(found: Sum, fresh: int, aside: Sequence[Cells]) -> bytes:
    def line(cells: Cells) -> str:
        return "| " + " | ".join(cells) + " |"

    def plain(cells: Cells) -> str:
        return line([re.sub(r"([\\|<\[\]`*_])", r"\\\1", " ".join(cell.split())) for cell in cells])

    lines = [f"# {_title(found)}", "", *(f"- {fact}" for fact in _facts(found, fresh, len(aside))), ""]
    lines += [line(STEPS), "|---|---:|---:|---:|", *map(line, _rows(found))]
    if found.ready:
        ready = [(f"[{name}](../{name}/50-article.md)", said) for name, said in found.ready]
        lines += ["", "## Om na te lezen", "", line(READY), "|---|---|", *map(line, ready), *_more(found)]
    if aside:
        lines += ["", "## Terzijde gelegd", "", line(ASIDE), "|---|---|---|---|", *map(plain, aside)]
    return ("\n".join(lines) + "\n").encode()


def _more(found: Sum) -> list[str]:
    rest = found.webinars - len(found.ready)
    return ["", f"En nog {rest} andere."] if rest else []


def _html(found: Sum, fresh: int, aside: Sequence[Cells]) -> bytes:
    facts = "".join(f"<li>{fact}</li>" for fact in _facts(found, fresh, len(aside)))
    legend = [
        f'<span><i style="background:{_colour(stage)}"></i>{NAMES[stage]}</span>' for stage in ORDER if found.ran[stage]
    ]
    inside = [
        f"<h1>{_title(found)}</h1>",
        f"<ul>{facts}</ul>",
        "<h2>Wie deed wat wanneer</h2>",
        timeline(found),
        f"<p>{' '.join(legend)}</p>",
        "<h2>Per stap</h2>",
        _table(STEPS, _rows(found), numbers=True),
    ]
    if found.ready:
        inside += ["<h2>Om na te lezen</h2>", _table(READY, found.ready, numbers=False, linked=True)]
        inside += [f"<p>{more}</p>" for more in filter(None, _more(found))]
    if aside:
        inside += ["<h2>Terzijde gelegd</h2>", _table(ASIDE, aside, numbers=False)]
    return whole(_title(found), "verslag", "main", "\n".join(inside), ALLOWED, LOOK)


def _table(heads: Cells, rows: Sequence[Cells], *, numbers: bool, linked: bool = False) -> str:
    """`linked`: the first cell is a webinar, and leads to its article."""
    kind = ' class="getal"' if numbers else ""

    def row(cells: Cells) -> str:
        rest = "".join(f"<td{kind}>{escape(cell)}</td>" for cell in cells[1:])
        name = escape(cells[0])
        first = f'<a href="../{name}/50-article.md">{name}</a>' if linked else name
        return f'<tr><th scope="row">{first}</th>{rest}</tr>'

    head = "".join(f'<th scope="col"{kind if i else ""}>{head}</th>' for i, head in enumerate(heads))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(row, rows))}</tbody></table>"


def _colour(stage: str) -> str:
    return COLOURS[ORDER.index(stage) % len(COLOURS)]


def _lane(name: str) -> str:
    kind, _, number = name.partition(" ")
    return f"{LANES.get(kind, kind)} {number}"[:16].strip()


def timeline(found: Sum) -> str:
    """A row for whoever did something, on one axis of time; an SVG without scripts."""
    span = max(1.0, found.ended - found.began)
    per_second, height = (WIDTH - LEFT) / span, TOP + ROW * len(found.bars) + 6
    apart = next((tick for tick in TICKS if span / tick <= MOST_TICKS), TICKS[-1])
    told = f"Tijdlijn van {clock(span)}, met een rij voor elk van de {len(found.bars)} die eraan werkten"
    marks = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{told}">']
    for n in range(int(span / apart) + 1):
        x = LEFT + n * apart * per_second
        place = f'x="{x - 3:.1f}" text-anchor="end"' if x > WIDTH - 60 else f'x="{x + 3:.1f}"'
        marks.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="2" y2="{height}" stroke="#d5d9df"/>')
        marks.append(f'<text {place} y="15" font-size="12" fill="#4a5462">{clock(n * apart)}</text>')
    for row, (lane, bars) in enumerate(sorted(found.bars.items())):
        y = TOP + row * ROW
        marks.append(f'<text x="0" y="{y + 13}" font-size="13" fill="#1d2530">{escape(_lane(lane))}</text>')
        for begin, end, stage in bars:
            x, width = LEFT + (begin - found.began) * per_second, max(0.8, (end - begin) * per_second)
            marks.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{_colour(stage)}">')
            when = f"{clock(begin - found.began)}–{clock(end - found.began)}"
            marks.append(f"<title>{NAMES[stage]}, {when}</title></rect>")
    return "".join(marks) + "</svg>"
