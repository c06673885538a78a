"""The words of a webinar as a person meets them: what may be misspelt, what she put right, what is doubtful."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline import edits, runner, shifts, webinars
from pipeline.artifacts import RECORDING, TRANSCRIPT
from pipeline.edits import Correction
from pipeline.errors import PipelineError
from pipeline.models import Misheard, Suspect, Transcript, Word, clock
from pipeline.settings import seconds
from pipeline.speech.corrections import corrected, places, plains
from pipeline.speech.nearmisses import FAMILIAR, frequency, proposals
from pipeline.workspace import Workspace, sharing

SHOWN = 3  # moments, and words on either side
FORM = 'set "Muldert=Mulder"'


@dataclass(frozen=True)
class Look:
    """Proposals with the words around them, corrections, sentences about what fits nowhere, doubtful stretches."""

    proposed: list[tuple[Misheard, str]]
    made: list[Correction]
    misfits: list[str]
    doubtful: list[tuple[Suspect, str]]


@dataclass(frozen=True)
class Overview:
    """Rows for the terminal, and sentences about what fits nowhere any more."""

    proposed: list[tuple[str, str, str, str, str, str]]
    made: list[tuple[str, str, str]]
    misfits: list[str]
    doubtful: list[tuple[str, str, str]]


def look(workspace: Workspace) -> Look:
    """What a person may want to decide about the words, as they stand with her corrections."""
    before, corrections, webinar = _transcript(workspace), _corrections(workspace), workspace.webinar()
    transcript, misfits = corrected(before, corrections)
    words = transcript.words
    found = proposals(words, webinar.names(), webinar.glossary, [made.written for made in corrections])
    return Look(
        [(near, _around(words, near.at[0], len(near.heard.split()))) for near in found],
        list(corrections),
        [_misfit(lost) for lost in misfits],
        [(suspect, _text(words, suspect)) for suspect in transcript.suspects],
    )


def overview(workspace: Workspace) -> Overview:
    """The same as rows for the terminal."""
    found = look(workspace)
    link = RECORDING.load(workspace.path(RECORDING.file).read_bytes()).link
    return Overview(
        [
            (
                near.heard, near.written, str(len(near.at)),
                "  ".join(clock(at) for at in near.at[:SHOWN]), around, link(near.at[0]) or "",
            )
            for near, around in found.proposed
        ],
        [(made.heard, made.written, ", ".join(map(clock, made.at)) or "everywhere") for made in found.made],
        found.misfits,
        [(clock(suspect.start), suspect.reason, text) for suspect, text in found.doubtful],
    )  # fmt: skip


def change(
    workspace: Workspace,
    action: str,
    arguments: list[str],
    at: list[str],
    face: runner.Face,
    say: Callable[[str], None],
) -> None:
    """Do what a person says of the words, all of it or nothing, say what was done, and make the transcript again."""
    if action not in ("set", "undo") or not arguments:
        raise PipelineError(f"'words {action}' is not known", f"impressie words {workspace.slug} {FORM}")
    with workspace.locked(f"words {workspace.slug} {action}"):
        shifts.settle(workspace)
        before = _corrections(workspace)
        corrections = list(before)
        if action == "undo":
            said = [_undo(corrections, heard) for heard in arguments]
        else:
            said = [_set(workspace, corrections, assignment, at) for assignment in arguments]
        terms = [made.written for made in corrections if made not in before and _teaches(workspace, made)]
        with sharing(workspace.home):
            learnt, word_list = webinars.learnt(workspace, terms)
            edits.lay(workspace, corrections=tuple(corrections), beside=word_list)
        for line in said:
            say(f"  ✓ {line}")
        for term in learnt:
            say(f"  · ‘{term}’ is noted for the next webinar, in configs/woordenlijst.toml")
        runner.refresh(workspace, "segment", face)


def _set(workspace: Workspace, corrections: list[Correction], assignment: str, at: list[str]) -> str:
    """Add one correction, instead of an earlier one of the same words; it sees what those before it wrote."""
    heard, equals, written = (" ".join(part.split()) for part in assignment.partition("="))
    if not equals or not plains(heard) or not written or not written.isprintable():
        raise PipelineError(f"'{assignment}' puts nothing right", f"write it as {FORM}")
    if not at:
        corrections[:] = [made for made in corrections if made.at or plains(made.heard) != plains(heard)]
    words = corrected(_transcript(workspace), corrections)[0].words
    runs = [words[start].start for start, _ in places(words, heard)]
    if not runs:
        raise PipelineError(f"'{heard}' is not in the transcript", "copy the words as they stand in 40-transcript.md")
    moments = tuple(dict.fromkeys(_moment(heard, runs, asked) for asked in at))
    corrections.append(Correction(heard=heard, written=written, at=moments))
    if heard == written:
        return f"‘{heard}’ is right as it stands"
    where = ", ".join(map(clock, moments)) if moments else "1 place" if len(runs) == 1 else f"{len(runs)} places"
    return f"‘{heard}’ is now written ‘{written}’ ({where})"


def _undo(corrections: list[Correction], heard: str) -> str:
    """Take back what was made of these words."""
    left = [made for made in corrections if plains(made.heard) != plains(heard)]
    if left == corrections:
        there = ", ".join(f"'{made.heard}'" for made in corrections)
        raise PipelineError(f"'{heard}' was never put right", f"corrections here: {there or 'none'}")
    corrections[:] = left
    return f"‘{heard}’ is as it was heard"


def _moment(heard: str, runs: list[float], asked: str) -> float:
    """When the words begin that a person means by a time, which she may have read without its fraction."""
    try:
        moment = float(str(seconds(asked)))
    except ValueError as error:
        raise PipelineError(str(error), "for example --at 0:12:30") from error
    near = [at for at in runs if moment - 1 <= at < moment + 2]
    if not near:
        there = ", ".join(map(clock, runs[:12]))
        raise PipelineError(f"'{heard}' is not heard at {clock(moment)}", f"it is heard at {there}")
    nearest = min(near, key=lambda at: abs(at - moment - 0.5))
    return round(nearest, 2)


def _teaches(workspace: Workspace, made: Correction) -> bool:
    """Whether it spells a term; not common words, nor a speaker, whom the list knows."""
    webinar = workspace.webinar()
    known = {part for name in webinar.names() for part in plains(name)}
    parts = [part for part in plains(made.written) if part not in known]
    rare = made.written != made.written.lower() or any(frequency(part) < FAMILIAR for part in parts)
    return not made.at and made.heard != made.written and bool(parts) and (rare or made.written in webinar.glossary)


def _misfit(lost: Correction) -> str:
    where = f"at {', '.join(map(clock, lost.at))}" if lost.at else "anywhere"
    return f"‘{lost.heard}’ was to be written ‘{lost.written}’, but is not heard {where} any more"


def _around(words: Sequence[Word], at: float, size: int) -> str:
    """The words that begin at a moment, with a few on either side."""
    start = next(i for i, word in enumerate(words) if word.start == at)
    return " ".join(word.text for word in words[max(0, start - SHOWN) : start + size + SHOWN])


def _text(words: Sequence[Word], suspect: Suspect) -> str:
    said = [word.text for word in words if suspect.start <= word.middle <= suspect.end]
    return " ".join(said[:8] + ["…"] * (len(said) > 8))


def _corrections(workspace: Workspace) -> tuple[Correction, ...]:
    return edits.read_corrections(workspace.folder / "edits" / edits.WORDS)


def _transcript(workspace: Workspace) -> Transcript:
    path = workspace.path(TRANSCRIPT.file)
    if not path.exists():
        raise PipelineError(f"nothing has been heard yet in {workspace.slug}", f"impressie run {workspace.slug}")
    return TRANSCRIPT.load(path.read_bytes())
