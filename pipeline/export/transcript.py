"""The transcript in Word: who, when, what."""

from __future__ import annotations

from collections import Counter

from pipeline.article.markup import Run
from pipeline.article.text import date, listed
from pipeline.export.blocks import CONCEPT, Block, line
from pipeline.export.paper import document, print_block, saved
from pipeline.export.talk import Talk
from pipeline.models import Passage, clock
from pipeline.stages.segment import DOUBTS


def paper(talk: Talk) -> bytes:
    """Title, date, speakers, and every passage under the name of its speaker."""
    title = f"Transcript ‘{talk.title}’"
    made = document(title, talk.state)
    for block in [*_opening(talk, title), *(block for p in talk.passages.passages for block in _passage(talk, p))]:
        print_block(made, block, talk)
    return saved(made)


def _opening(talk: Talk, title: str) -> list[Block]:
    concept = [] if talk.approval else [Block("paragraph", (Run(CONCEPT),))]
    when = [date(talk.webinar.date)] if talk.webinar.date else []
    told = ", ".join(
        [*when, *([listed([line(one) for one in talk.webinar.organisers])] * bool(talk.webinar.organisers))]
    )
    spoken: Counter[str] = Counter()
    for passage in talk.passages.passages:
        spoken[passage.speaker] += round(passage.duration)
    listed_as = {line(speaker.name): speaker for speaker in talk.webinar.speakers}
    people = []
    for voice, seconds in spoken.items():
        known = listed_as.get(talk.name(voice))
        about = [line(part) for part in (known.role, known.organisation) if part] if known else []
        people.append(f"{', '.join([talk.label(voice), *about])} ({clock(seconds)})")
    lines = [told, f"Duur: {clock(talk.recording.duration)}. Automatisch uitgeschreven; er kunnen fouten in staan."]
    return [
        *concept,
        Block("heading", (Run(title),), 1),
        *(Block("paragraph", (Run(text),)) for text in lines if text),
        Block("heading", (Run("Sprekers, met hun spreektijd"),), 2),
        *(Block("bullet", (Run(text),)) for text in people),
        Block("heading", (Run("Transcript"),), 2),
    ]


def _passage(talk: Talk, passage: Passage) -> list[Block]:
    """A line with who and when, then what was said, with what is doubtful about it."""
    doubts = sorted({DOUBTS.get(one.reason, one.reason) for one in talk.passages.suspects if one.overlap(passage) > 0})
    marks = [f"twijfelachtig: {', '.join(doubts)}"] if doubts else []
    marks += ["deels door elkaar gesproken"] * any(span.overlap(passage) > 0 for span in talk.passages.overlapped)
    marks += ["niet citeren"] * talk.passages.bars(passage)
    head = [
        Run(talk.label(passage.speaker), strong=True),
        Run("  "),
        Run(clock(passage.start), href=talk.link(passage.start)),
        *([Run(f"  ({'; '.join(marks)})", em=True)] if marks else []),
    ]
    return [Block("speaker", tuple(head)), Block("paragraph", (Run(line(passage.text)),))]
