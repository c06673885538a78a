"""The voices of a webinar as a person meets them: how long each spoke, where to listen, what it is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from pipeline import edits
from pipeline.artifacts import PASSAGES
from pipeline.edits import Move
from pipeline.errors import PipelineError
from pipeline.models import NamedVoice, Passages, clock
from pipeline.speech import moves, picture
from pipeline.speech.introductions import Evidence
from pipeline.speech.names import judge, pinned, voice_at
from pipeline.workspace import Workspace

MOMENTS = 3
COLUMNS = 60  # of the strip that shows when a voice speaks
HINTS = 2  # shown for each name that a voice may go by


@dataclass(frozen=True)
class Voice:
    """One voice: name, seconds spoken, share of all speech, moments to listen to, when it speaks, who it may be."""

    named: NamedVoice
    seconds: float
    share: float
    moments: tuple[float, ...]
    levels: list[float]
    candidates: tuple[Evidence, ...]
    why: str | None

    def cells(self) -> tuple[str, str, str, str, str, str]:
        """A row for the terminal; where there is no sure name, why."""
        times = "  ".join(clock(moment) for moment in self.moments)
        state = ": ".join(filter(None, (self.named.name and self.named.status, self.why)))
        name = self.named.name or "unknown"
        return self.named.voice, name, state, clock(self.seconds), picture.percent(self.share), times

    def evidence(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Rows for the terminal: who it may be, how strong that hint is, when it was given, in which words."""
        for name, group in groupby(self.candidates, key=lambda found: found.name):
            hints = list(group)
            for number, found in enumerate(hints[:HINTS], 1):
                more = f" and {len(hints) - HINTS} more" if number == HINTS < len(hints) else ""
                said = f"{found.kind}{': ' if found.said else ''}{found.quoted}{more}"
                yield self.named.voice, name, found.strength, clock(found.at), said


def overview(workspace: Workspace) -> tuple[list[Voice], float]:
    """Every voice, in order of first speaking, and the seconds that the strips of levels span."""
    passages, pins = heard(workspace), edits.read_pins(workspace.folder / "edits" / edits.NAMES)
    judged = judge(passages, workspace.webinar().names(), pins)
    spoken = picture.seconds_of(passages)
    total = sum(spoken.values()) or 1
    return [
        Voice(
            each.named,
            spoken[voice],
            spoken[voice] / total,
            _good_moments(passages, voice),
            picture.levels(passages, voice, COLUMNS),
            each.candidates,
            each.why,
        )
        for voice, each in judged.items()
    ], picture.length(passages)


def misfits(workspace: Workspace) -> list[str]:
    """A sentence for each name that no voice goes by any more, and for each move that no longer fits."""
    passages, pins = heard(workspace), edits.read_pins(workspace.folder / "edits" / edits.NAMES)
    names, lost = pinned(passages, pins)
    said = []
    for pin in lost:
        there = [(moment, voice) for moment in pin.moments if (voice := voice_at(passages, moment))]
        if there:
            moment, voice = there[0]
            why = f"voice {voice}, which is heard there now, "
            why += f"goes by {names[voice][0]}" if voice in names else "is not heard at most of the other moments"
        else:
            moment, why = pin.moments[0], "nobody is heard there any more"
        said.append(f"{pin.name} was named at {clock(moment)}, but {why}")
    words = [word for passage in passages.passages for word in passage.words]
    for move in moves.misfits(words, edits.read_moves(workspace.folder / "edits" / edits.VOICES)):
        receiver = f"the voice at {clock(move.to[0])}" if move.to else "a new voice"
        said.append(f"{where(move)} was given to {receiver}, but nobody is heard there any more")
    return said


def where(move: Move) -> str:
    """What a move is about, in words."""
    first, last = move.spans[0], move.spans[-1]
    more = f" ({len(move.spans)} stretches)" if len(move.spans) > 1 else ""
    return f"what was said from {clock(first.start)} to {clock(last.end)}{more}"


def heard(workspace: Workspace) -> Passages:
    """Who was heard when; PipelineError where nobody was yet."""
    path = workspace.path(PASSAGES.file)
    if not path.exists():
        raise PipelineError(f"nobody has been heard yet in {workspace.slug}", f"impressie run {workspace.slug}")
    return PASSAGES.load(path.read_bytes())


def _good_moments(passages: Passages, voice: str) -> tuple[float, ...]:
    """Starts of the longest passages of a voice, in order of time."""
    longest = sorted((p for p in passages.passages if p.speaker == voice), key=lambda p: -p.duration)[:MOMENTS]
    return tuple(sorted(passage.start for passage in longest))
