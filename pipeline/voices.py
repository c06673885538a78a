"""The voices of a webinar as a person meets them: how long each spoke, where to listen, what it is called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from pipeline import edits
from pipeline.artifacts import PASSAGES
from pipeline.errors import PipelineError
from pipeline.models import NamedVoice, Passages
from pipeline.speech.introductions import Evidence
from pipeline.speech.names import judge, moments_of, pinned, voice_at
from pipeline.speech.passages import clock
from pipeline.workspace import Workspace

MOMENTS = 3
HINTS = 2  # shown for each name that a voice may go by


@dataclass(frozen=True)
class Voice:
    """One voice: its name so far, seconds spoken, share of all speech, good moments to listen to, and who it may be."""

    named: NamedVoice
    seconds: float
    share: float
    moments: tuple[float, ...]
    candidates: tuple[Evidence, ...]
    why: str | None

    def cells(self) -> tuple[str, str, str, str, str, str]:
        """A row for the terminal; where there is no sure name, why."""
        times = "  ".join(clock(moment) for moment in self.moments)
        state = ": ".join(filter(None, (self.named.name and self.named.status, self.why)))
        name = self.named.name or "unknown"
        return self.named.voice, name, state, clock(self.seconds), f"{self.share:.0%}", times

    def evidence(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Rows for the terminal: who it may be, how strong that hint is, when it was given, in which words."""
        for name, group in groupby(self.candidates, key=lambda found: found.name):
            hints = list(group)
            for number, found in enumerate(hints[:HINTS], 1):
                more = f" and {len(hints) - HINTS} more" if number == HINTS < len(hints) else ""
                said = f"{found.kind}{': ' if found.said else ''}{found.quoted}{more}"
                yield self.named.voice, name, found.strength, clock(found.at), said


def overview(workspace: Workspace) -> list[Voice]:
    """Every voice, in order of first speaking."""
    passages = _passages(workspace)
    listed = workspace.webinar().names()
    judged = judge(passages, listed, edits.read_pins(workspace.folder / "edits" / edits.NAMES))
    seconds: Counter[str] = Counter()
    for passage in passages.passages:
        seconds[passage.speaker] += passage.duration  # type: ignore[assignment]
    total = sum(seconds.values()) or 1
    return [
        Voice(
            each.named,
            seconds[voice],
            seconds[voice] / total,
            _good_moments(passages, voice),
            each.candidates,
            each.why,
        )
        for voice, each in judged.items()
    ]


def misfits(workspace: Workspace) -> list[str]:
    """A sentence for each name that a person gave and that no voice goes by any more."""
    passages = _passages(workspace)
    names, lost = pinned(passages, edits.read_pins(workspace.folder / "edits" / edits.NAMES))
    said = []
    for pin in lost:
        heard = [(moment, voice) for moment in pin.moments if (voice := voice_at(passages, moment))]
        if heard:
            moment, voice = heard[0]
            why = f"voice {voice}, which is heard there now, goes by {names[voice][0]}"
        else:
            moment, why = pin.moments[0], "nobody is heard there any more"
        said.append(f"{pin.name} was named at {clock(moment)}, but {why}")
    return said


def _passages(workspace: Workspace) -> Passages:
    path = workspace.path(PASSAGES.file)
    if not path.exists():
        raise PipelineError(f"nobody has been heard yet in {workspace.slug}", f"impressie run {workspace.slug}")
    return PASSAGES.load(path.read_bytes())


def _good_moments(passages: Passages, voice: str) -> tuple[float, ...]:
    """Starts of the longest passages of a voice, in order of time."""
    longest = sorted((p for p in passages.passages if p.speaker == voice), key=lambda p: -p.duration)[:MOMENTS]
    return tuple(sorted(passage.start for passage in longest))


def set_names(workspace: Workspace, assignments: list[str]) -> list[str]:
    """Confirm names ('A=Arne van Hout'): pinned to moments at which each voice was heard. Says what it did."""
    passages = _passages(workspace)
    there = dict.fromkeys(passage.speaker for passage in passages.passages)
    listed = workspace.webinar().names()
    pairs = []
    for assignment in assignments:
        voice, equals, name = assignment.partition("=")
        name = re.sub(r"\s+", " ", name).strip()
        if not equals or not name or not name.isprintable():
            raise PipelineError(f"'{assignment}' gives no name", 'write it as A="Arne van Hout"')
        if voice.strip().upper() not in there:
            raise PipelineError(f"there is no voice '{voice}'", f"voices here: {', '.join(there)}")
        pairs.append((voice.strip().upper(), name))
    said = []
    with workspace.locked(f"speakers {workspace.slug} set"):
        edits.settle_shift(workspace)
        for voice, name in pairs:
            edits.pin(
                workspace,
                name,
                moments_of(passages, voice),
                lambda moment, voice=voice: voice_at(passages, moment) == voice,  # type: ignore[misc]
            )
            unlisted = (
                ""
                if name in listed
                else f"  (not in the list of speakers: add role and organisation to {workspace.toml.name})"
            )
            said.append(f"  ✓ voice {voice} is {name}{unlisted}")
    return said
