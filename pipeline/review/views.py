"""What the page shows, as JSON: the article in blocks with its check, the transcript, voices, words, stages."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline import articles, edits, voices, webinars, words
from pipeline.approving import Gate, gate, still_open
from pipeline.article.people import people_of
from pipeline.article.quotes import paragraphs
from pipeline.article.renames import Change, Occurrence, occurrences
from pipeline.article.report import EDITS, STATUS
from pipeline.artifacts import AUDIO, DRAFT, RECORDING
from pipeline.edits import REVIEW, Answer, Review
from pipeline.errors import PipelineError
from pipeline.models import clock
from pipeline.review import blocks as cut
from pipeline.review import dutch
from pipeline.runner import survey
from pipeline.speech.names import names_of
from pipeline.stages.segment import spoken_by
from pipeline.workspace import Workspace
from pipeline.writing import CheckedQuote

UNSURE = 0.45  # probability of a word below which it is visibly so
MOST_PEAKS = 36_000
VOICE_COLOURS = 8
Json = dict[str, Any]


# The article ---------------------------------------------------------------------------------------


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


# The transcript ------------------------------------------------------------------------------------


def transcript(workspace: Workspace) -> Json:
    """Who said what, word by word, with what is doubtful."""
    made, recording = voices.heard(workspace), RECORDING.load(workspace.path(RECORDING.file).read_bytes())
    passages = [
        {
            "id": passage.id,
            "start": passage.start,
            "end": passage.end,
            "voice": passage.speaker,
            "language": passage.language,
            "words": [
                [round(word.start, 3), round(word.end, 3), word.text, int((word.probability or 1) < UNSURE)]
                for word in passage.words
            ],
            "barred": made.bars(passage),
            "doubt": next((dutch.doubt(s) for s in made.suspects if s.overlap(passage) > 0), None),
            "overlapped": any(span.overlap(passage) > 0 for span in made.overlapped),
        }
        for passage in made.passages
    ]
    sound = workspace.path(AUDIO.file).exists()
    return {"duration": recording.duration, "sound": sound, "passages": passages}


def waveform(workspace: Workspace) -> Json:
    """The loudest sample of each step, as bytes in base64; a few kilobytes for an hour."""
    path = workspace.path(AUDIO.file)
    if not path.exists():
        return {"rate": 1, "peaks": ""}
    stat = path.stat()
    rate, peaks = _peaks(path, stat.st_mtime_ns)
    return {"rate": rate, "peaks": base64.b64encode(peaks).decode()}


@lru_cache(maxsize=4)
def _peaks(path: Path, _changed: int) -> tuple[float, bytes]:
    import numpy as np

    from pipeline.speech import audio

    length = audio.length(path)
    rate = max(1.0, min(10.0, MOST_PEAKS // max(1.0, length)))
    step, found = round(audio.RATE / rate), []
    for start in range(0, int(length) + 1, 60):
        samples = np.abs(audio.read(path, start, start + 60))
        full = np.pad(samples, (0, -len(samples) % step))
        found.append(full.reshape(-1, step).max(axis=1))
    peaks = np.concatenate(found)
    return rate, (255 * peaks / max(float(peaks.max(initial=0.0)), 1e-6)).astype(np.uint8).tobytes()


# Voices and words ----------------------------------------------------------------------------------


def people(workspace: Workspace) -> Json:
    """Every voice with its name, where to hear it, and on what evidence; the list of speakers."""
    shown, _ = voices.overview(workspace)
    names = {row.named.voice: row.named for row in shown}
    moves = edits.read_moves(workspace.folder / "edits" / edits.VOICES)
    listed = workspace.webinar().speakers
    return {
        "voices": [
            {
                "voice": row.named.voice,
                "name": row.named.name,
                "status": row.named.status,
                "label": spoken_by(row.named.voice, names),
                "seconds": row.seconds,
                "share": row.share,
                "moments": row.moments,
                "candidates": [
                    {
                        "name": hint.name,
                        "strength_nl": dutch.STRENGTH[hint.strength],
                        "kind_nl": dutch.KINDS.get(hint.kind, hint.kind),
                        "at": hint.at,
                        "said": hint.quoted,
                    }
                    for hint in row.candidates
                ],
                "why_nl": row.why and dutch.told(row.why),
                "colour": at % VOICE_COLOURS,
            }
            for at, row in enumerate(shown)
        ],
        "speakers": [speaker.model_dump(include={"name", "role", "organisation"}) for speaker in listed],
        "misfits": [dutch.told(line) for line in voices.misfits(workspace)],
        "undo": f"van {clock(moves[-1].spans[0].start)} tot {clock(moves[-1].spans[-1].end)}" if moves else None,
    }


def spelling(workspace: Workspace) -> Json:
    """Words that may be misheard, what was put right, and what is doubtful."""
    found = words.look(workspace)
    return {
        "proposed": [
            {"heard": near.heard, "written": near.written, "times": len(near.at), "at": near.at, "around": around}
            for near, around in found.proposed
        ],
        "made": [made.model_dump() for made in found.made],
        "misfits": [dutch.told(line) for line in found.misfits],
        "doubtful": [
            {"at": one.start, "end": one.end, "reason_nl": dutch.doubt(one), "text": text}
            for one, text in found.doubtful
        ],
    }


def all_of(workspace: Workspace) -> Json:
    """Everything that a change of voices or words may touch."""
    return {
        "article": article(workspace) if articles.article_path(workspace).exists() else None,
        "transcript": transcript(workspace),
        "voices": people(workspace),
        "words": spelling(workspace),
    }


# Where it stands -----------------------------------------------------------------------------------


def stages(workspace: Workspace, *, running: bool) -> Json:
    """The stages with their state, and why one is out of date."""
    webinar = workspace.webinar()
    standings = survey(workspace, webinar)
    return {
        "title": webinar.title or workspace.slug,
        "busy": running or workspace.busy(),
        "stages": [
            {
                "stage": s.stage.name,
                "name_nl": dutch.STAGES[s.stage.name],
                "state": s.state,
                "state_nl": dutch.STATES[s.state],
                "why_nl": [dutch.told(reason) for reason in s.reasons],
            }
            for s in standings
        ],
    }


def overview(home: Path, running: frozenset[str]) -> list[Json]:
    """A row per webinar for the start page, the newest first."""
    return [_row(home, slug, slug in running) for slug in reversed(webinars.slugs(home))]


def _row(home: Path, slug: str, running: bool) -> Json:
    from pipeline.artifacts import CHECK

    row: Json = {
        "slug": slug, "title": slug, "date": None, "words": None, "todo": None, "state": "nog niet uitgevoerd",
        "why": None, "approved_by": None, "approved_on": None,
    }  # fmt: skip
    workspace = Workspace(home, slug)
    try:
        webinar = workspace.webinar()
        row |= {"title": webinar.title or slug, "date": webinar.date and webinar.date.isoformat()}
        approval = articles.approved(workspace) if articles.article_path(workspace).exists() else None
        if workspace.path(CHECK.file).exists():
            report = CHECK.load(workspace.path(CHECK.file).read_bytes())
            row |= {"state": "te controleren", "words": report.words, "todo": len(still_open(workspace, report))}
    except PipelineError as error:
        return row | {"state": "niet leesbaar", "why": dutch.problem(error)[0]}
    if running or workspace.busy():
        row["state"] = "loopt"
    elif approval:
        row |= {"state": "goedgekeurd", "todo": 0}
        row |= {"approved_by": approval.who, "approved_on": approval.when.isoformat()}
    return row
