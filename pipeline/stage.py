"""What a stage is, what it is given, and whether its result is still good."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel

from pipeline.artifacts import Artifact, Noted
from pipeline.config import DiarizeParams, Machine, Webinar
from pipeline.models import Kept, Receipt, Segment, Turns
from pipeline.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Samples: TypeAlias = "npt.NDArray[np.float32]"  # of sound: mono, 16 kHz, -1…1
N = TypeVar("N", bound=Kept)
P = TypeVar("P", bound=Settings)


class Progress(Protocol):
    """Called often by long work; `unit` is 's' for seconds of audio, 'B' for bytes, else what is counted."""

    def __call__(self, done: float, total: float, unit: str = "s") -> None:
        """So much of so much is done; `total` is 0 where nobody knows."""


class Transcriber(Protocol):
    """Speech to words. `compute` is the number format that 'auto' became, `notes` what the user should know."""

    compute: str
    notes: list[str]

    def transcribe(self, windows: Iterable[Samples], prompt: str) -> Iterator[list[Segment]]:
        """Per window (mono, 16 kHz, at most 30 s) its segments, timed from the window's start, in order.

        Takes no more windows than it works on, so there may be hours of them.
        """
        ...


class Diarizer(Protocol):
    """Who spoke when."""

    def diarize(self, audio: Path, params: DiarizeParams, machine: Machine, progress: Progress) -> Turns:
        """Turns of anonymous voices in a 16 kHz mono FLAC, voice 'A' being the one that speaks first."""
        ...


@dataclass(frozen=True)
class Stage(Generic[P]):
    """One step: which files it reads and writes, what it may be told, and the function that does it.

    `lays` names the files of edits/ that it lays over what it reads. `uses` picks, out of a webinar's settings,
    what can change its output.
    """

    name: str
    reads: tuple[Artifact, ...]
    writes: tuple[Artifact, ...]
    uses: Callable[[Webinar], P]
    version: int
    run: Callable[[Job[P]], str]
    lays: tuple[str, ...] = ()

    @property
    def edition(self) -> int:
        """Goes up with the version of the stage, and with that of each file that it writes."""
        forms = [int(file.noun.current()) for file in self.writes if isinstance(file, Noted)]
        return self.version + sum(forms) - len(forms)


@dataclass
class Job(Generic[P]):
    """One run of a stage: what it may read, where it may write, how it tells how far it is.

    `folder` is the webinar's own; `scratch` survives a killed run with the same ingredients (checkpoints) and is
    emptied after a run that succeeded. `previous` is the receipt of the last run, if any. A stage returns one line
    that says what it made ('8 214 words (nl)').
    """

    stage: Stage[P]
    slug: str
    params: P
    machine: Machine
    folder: Path
    scratch: Path
    progress: Progress
    previous: Receipt | None = None
    notes: list[str] = field(default_factory=list)
    chose: dict[str, Any] = field(default_factory=dict)
    outputs: dict[Artifact, bytes | Path] = field(default_factory=dict)

    def read(self, artifact: Noted[N]) -> N:
        """The noun in an artifact that this stage declared."""
        return artifact.load(self.path(artifact).read_bytes())

    def has(self, artifact: Artifact) -> bool:
        """Whether an optional artifact is there."""
        return self.path(artifact).exists()

    def earlier(self, artifact: Noted[N]) -> N | None:
        """What the last run wrote with the same version and params; None if there is no such thing, or it changed."""
        before, file = self.previous, self.folder / artifact.file
        if before is None or not file.exists():
            return None
        raw = file.read_bytes()
        ours = before.outputs.get(artifact.file) == hashlib.sha256(raw).hexdigest()
        same = before.version == self.stage.edition and before.params == self.params.model_dump(mode="json")
        return artifact.load(raw) if ours and same else None

    def path(self, artifact: Artifact) -> Path:
        """Where a declared artifact stands; reading what was not declared is a bug."""
        if artifact not in self.stage.reads:
            raise AssertionError(f"{self.stage.name} did not declare that it reads {artifact.file}")
        return self.folder / artifact.file

    def edits(self, name: str) -> Path:
        """A declared file of edits/; it may not exist."""
        if name not in self.stage.lays:
            raise AssertionError(f"{self.stage.name} did not declare that it lays edits/{name} over")
        return self.folder / "edits" / name

    def write(self, artifact: Artifact, value: BaseModel | str | bytes | Path) -> None:
        """Hand over an output: a noun, a text, bytes, or a finished file in `scratch`. Published after the run."""
        if artifact not in self.stage.writes:
            raise AssertionError(f"{self.stage.name} did not declare that it writes {artifact.file}")
        if isinstance(value, BaseModel):
            assert isinstance(artifact, Noted)
            self.outputs[artifact] = artifact.dump(value)
        else:
            self.outputs[artifact] = value.encode() if isinstance(value, str) else value

    def note(self, text: str) -> None:
        """Say something to the user beside the result, such as what 'auto' chose and why."""
        self.notes.append(text)

    def choose(self, key: str, resolve: Callable[[], Any]) -> Any:
        """What 'auto' means for param `key`: as it was at the first run while the param stays, else resolved now."""
        before = self.previous
        if before and key in before.chose and before.params.get(key) == getattr(self.params, key):
            self.chose[key] = before.chose[key]
        else:
            self.chose[key] = resolve()
        return self.chose[key]


ABSENT = "absent"


def changed(before: dict[str, Any], now: dict[str, Any], within: str = "") -> list[str]:
    """What differs between two sets of params, in words: 'model is now small, was base'."""
    reasons = []
    for key in sorted(before.keys() | now.keys()):
        old, new, name = before.get(key), now.get(key), f"{within}{key}"
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            reasons += changed(old, new, f"{name}.")
        elif all(isinstance(value, str | int | float | None) and len(str(value)) <= 40 for value in (old, new)):
            shown = ["not set" if value is None else str(value) for value in (new, old)]
            reasons.append(f"{name} is now {shown[0]}, was {shown[1]}")
        else:
            reasons.append(f"{name} changed")
    return reasons


def freshness(stage: Stage[Any], receipt: Receipt, params: dict[str, Any], inputs: dict[str, str]) -> list[str]:
    """Why a stage's result is out of date, ingredient by ingredient; empty where it is not. Pure."""
    reasons = [] if receipt.version == stage.edition else [f"this version of impressie does {stage.name} differently"]
    reasons += changed(receipt.params, params)
    for file, now in inputs.items():
        before = receipt.inputs.get(file, ABSENT)
        if before != now:
            verb = "is gone" if now == ABSENT else "is new" if before == ABSENT else "changed"
            reasons.append(f"{file} {verb}")
    return reasons
