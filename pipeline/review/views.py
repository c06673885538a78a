"""The article as the page shows it, as JSON: block by block, with its quotes, findings and what is to be settled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pipeline import articles, dutch, edits, voices
from pipeline.approving import Gate, gate
from pipeline.article.people import people_of
from pipeline.article.quotes import paragraphs
from pipeline.article.renames import Change, Occurrence, occurrences
from pipeline.article.report import EDITS, STATUS
from pipeline.artifacts import DRAFT
from pipeline.edits import REVIEW, Answer, Review
from pipeline.errors import PipelineError
from pipeline.review import blocks as cut
from pipeline.review import talk
from pipeline.speech.names import names_of
from pipeline.workspace import Workspace
from pipeline.writing import CheckedQuote

Json = dict[str, Any]


def article(workspace: Workspace) -> Json:
    """The article as it stands, block by block, checked anew."""
    now = gate(workspace)
    parts = cut.blocks_of(now.text)
    shown = [" ".join(paragraphs(part.source)) for part in parts]
    where = _places(now.report.quotes, shown)
    last, valid = articles.last_approval(workspace), articles.approved(workspace)
    return {
        "sha": now.sha256,
        "edited": articles.article_path(workspace).name == articles.EDITED_ARTICLE,
        "newer_draft": articles.newer_draft(workspace),
        "blocks": _blocks(parts, now, where, _sections(workspace)),
        "words": now.report.words,
        "share": sum(len(quote.text.split()) for quote in now.report.quotes) / max(1, now.report.words),
        "quotes": [_quote(i, quote, where[i], now) for i, quote in enumerate(now.report.quotes)],
        "findings": [
            {"index": i, **finding.model_dump(), "block": _block_of(finding.text, shown)}
            for i, finding in enumerate(now.report.findings)
        ],
        "obstacles": [
            {
                "text": obstacle.text,
                "kind": obstacle.kind,
                "at": obstacle.at,
                "quote": obstacle.quote,
                "block": _block_of(obstacle.text, shown) if obstacle.quote is None else where[obstacle.quote],
                "waived": obstacle.waived and obstacle.waived.model_dump(mode="json", exclude={"objection"}),
            }
            for obstacle in now.obstacles
        ],
        "approval": valid and valid.model_dump(mode="json", include={"who", "when", "statement"}),
        "lapsed": None if valid or not last else last.model_dump(mode="json", include={"who", "when"}),
        "renames": [
            {
                "old": change.old,
                "new": change.new,
                "places": [
                    {"block": _at(parts, one.start), "before": one.before, "after": one.after} for one in places
                ],
            }
            for change, places in renames(workspace, now.text)
        ],
    }


def _sections(workspace: Workspace) -> int:
    """How many sections the machine's draft has, which can be written again."""
    path = workspace.path(DRAFT.file)
    try:
        return len(DRAFT.load(path.read_bytes()).plan.sections) if path.exists() else 0
    except PipelineError:
        return 0


def _places(quotes: Sequence[CheckedQuote], shown: Sequence[str]) -> list[int | None]:
    """Per quote the block in which it stands: quotes come in the order of the text."""
    found: list[int | None] = []
    block = at = 0
    for quote in quotes:
        text = _flat(quote.text)
        there = next(
            (
                (i, begin)
                for i in range(block, len(shown))
                if (begin := _flat(shown[i]).find(text, at if i == block else 0)) >= 0
            ),
            None,
        )
        found.append(there and there[0])
        if there:
            block, at = there[0], there[1] + len(text)
    return found


def _flat(text: str) -> str:
    return re.sub(r"[‘’“”\"']", "'", text)


def _blocks(parts: Sequence[cut.Block], now: Gate, where: Sequence[int | None], sections: int) -> list[Json]:
    made, heads = [], 0
    for index, part in enumerate(parts):
        heads += part.kind == "heading"
        here = [(i, now.report.quotes[i].text) for i, block in enumerate(where) if block == index]
        runs = [
            {key: value for key, value in vars(run).items() if value is not None and value is not False}
            for run in cut.marked(cut.runs(part.source), here)
        ]
        section = heads if part.kind == "heading" and heads <= sections else None
        made.append({"index": index, "kind": part.kind, "source": part.source, "section": section, "runs": runs})
    return made


def _quote(index: int, quote: CheckedQuote, block: int | None, now: Gate) -> Json:
    second = quote.second_hearing if quote.heard_twice != "not" else None
    return {
        "index": index,
        "block": block,
        "text": quote.text,
        "status": quote.status,
        "status_nl": STATUS[quote.status],
        "credited_to": quote.credited_to,
        "name": quote.name,
        "voice": quote.voice,
        "start": quote.span.start if quote.span else None,
        "end": quote.span.end if quote.span else None,
        "spoken": quote.spoken,
        "edits": [{"kind": edit.kind, "kind_nl": EDITS[edit.kind], "text": edit.text} for edit in quote.edits],
        "diff": cut.diff(quote.spoken, quote.text) if quote.spoken else None,
        "heard_twice": quote.heard_twice,
        "second": second,
        "second_diff": cut.diff(quote.spoken, second) if quote.spoken and second else None,
        "confidence": quote.confidence,
        "link": quote.link,
        "listened": index in now.listened,
        "answer": _told(now.answers.get(index)),
    }


def _told(answer: Answer | None) -> str | None:
    """A speaker's answer in Dutch, with what she would rather read."""
    if answer is None:
        return None
    return dutch.ANSWERS[answer.answer] + (f" ‘{answer.wanted}’" if answer.wanted else "")


def _block_of(told: str, shown: Sequence[str]) -> int | None:
    """The block that a finding speaks of: it holds what the finding has in quote marks."""
    for said in re.findall(r"‘([^’]+)’?", told):
        start = said.removesuffix("…").strip()
        found = next((i for i, text in enumerate(shown) if start and start in text), None)
        if found is not None:
            return found
    return None


def _at(parts: Sequence[cut.Block], place: int) -> int:
    return next((i for i, part in enumerate(parts) if part.start <= place < part.end), 0)


def renames(workspace: Workspace, text: str) -> list[tuple[Change, list[Occurrence]]]:
    """What was renamed and still has its old name in the text; a later rename of the same counts."""
    said = edits.read(workspace.folder / "edits" / REVIEW, Review).renames
    people = [person.name for person in people_now(workspace).values()]
    latest = {one.old: one.new for one in said}
    found = []
    for old, new in latest.items():
        final = new
        for _ in latest:
            final = latest.get(final, final)
        if final != old and old not in people and (places := occurrences(text, Change(old, final), people)):
            found.append((Change(old, final), places))
    return found


def people_now(workspace: Workspace) -> Any:
    """Voice → person, as they are known now."""
    passages, webinar = voices.heard(workspace), workspace.webinar()
    names = names_of(passages, webinar.names(), edits.read_pins(workspace.folder / "edits" / edits.NAMES))
    return people_of(passages, names, webinar.speakers)


def versions(workspace: Workspace) -> list[Json]:
    """Every text that was saved, the newest first."""
    return [
        {
            "id": one.id,
            "saved": one.saved.astimezone().isoformat(),
            "words": len(articles.version(workspace, one.id).split()),
        }
        for one in articles.versions(workspace)
    ]


def all_of(workspace: Workspace) -> Json:
    """Everything that a change of voices or words may touch."""
    return {
        "article": article(workspace) if articles.article_path(workspace).exists() else None,
        "transcript": talk.transcript(workspace),
        "voices": talk.people(workspace),
        "words": talk.spelling(workspace),
    }
