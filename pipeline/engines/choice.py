"""Which Whisper model: where each comes from, which one 'auto' takes, and what `impressie models` lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline import weights
from pipeline.config import Machine
from pipeline.engines import costs, whisper_files
from pipeline.engines.whisper_files import whisper
from pipeline.errors import PipelineError

__all__ = ["HEADINGS", "NAMES", "ModelRow", "best", "catalogue", "fetch", "whisper"]

NAMES = tuple(costs.SIZES)
HEADINGS = ("name", "for", "where", "size", "memory", "an hour takes", "fits", "licence", "source")
SOURCES = {
    "base": "Systran/faster-whisper-base, or PyPI",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}


@dataclass(frozen=True)
class ModelRow:
    """A model as `impressie models` shows it; `pace` in seconds of work per second of audio."""

    name: str
    kind: str
    where: str
    bytes: int
    memory: int | None
    pace: float | None
    basis: str
    fits: bool | None
    licence: str
    source: str

    def cells(self) -> tuple[str, ...]:
        """Under HEADINGS."""
        return (
            self.name,
            self.kind,
            self.where,
            _bytes(self.bytes),
            _bytes(self.memory) if self.memory else "",
            f"{_span(3600 * self.pace)} ({self.basis})" if self.pace is not None else "",
            "" if self.fits is None else "yes" if self.fits else "no",
            self.licence,
            self.source,
        )


def catalogue(engine: str = "faster-whisper", machine: Machine | None = None) -> list[ModelRow]:
    """Every model: what it costs here, and whether it is here or can be fetched. Asks the hub once, briefly."""
    machine = machine or Machine()
    rows = []
    for name in NAMES:
        price = costs.cost(engine, name, machine)
        why_not = whisper_files.obstacle(engine, name)
        rows.append(
            ModelRow(
                name=name,
                kind="speech",
                where="here" if whisper_files.here(engine, name) else "not from here" if why_not else "can be fetched",
                bytes=costs.SIZES[name].bytes,
                memory=price.memory,
                pace=price.pace,
                basis=price.basis,
                fits=costs.fits(price, machine),
                licence="MIT",
                source=SOURCES.get(name, f"Systran/faster-whisper-{name}"),
            )
        )
    for found in weights.CATALOGUE.values():
        if found.name != whisper_files.BASE:
            where = "here" if weights.present(found.name) else "can be fetched"
            rows.append(
                ModelRow(found.name, "speakers", where, found.bytes, None, None, "", None, found.licence, found.source)
            )
    return rows


def fetch(name: str, progress: weights.Report | None = None) -> Path:
    """Fetch a model by its name in the catalogue, or 'openai-whisper/NAME' for that engine's own file."""
    if name in weights.CATALOGUE:
        return weights.path(name, progress)
    engine, _, model = name.rpartition("/")
    if model in NAMES and engine in ("", *costs.BASE):
        return whisper(engine or "faster-whisper", model, progress)
    known = [*NAMES, *(other for other in weights.CATALOGUE if other != whisper_files.BASE)]
    raise PipelineError(f"there is no model called '{name}'", f"known: {', '.join(known)}")


def best(engine: str, length: float, machine: Machine) -> tuple[str, str]:
    """The model that 'auto' means for `length` seconds of audio, and a sentence that says why.

    The best one that can be had, fits in memory and needs at most half the recording's length; base, if none does.
    """
    if engine not in costs.BASE:
        raise PipelineError(f"engine '{engine}' does not know model = \"auto\"", "name a model")
    passed: list[str] = []
    for name in reversed(NAMES):
        price = costs.cost(engine, name, machine)
        takes = f"about {_span(price.pace * length)} for {_span(length)} of audio"
        if price.pace > 0.5:
            passed.append(f"{name} would take {takes}")
        elif not costs.fits(price, machine):
            passed.append(f"{name} wants {_bytes(price.memory)} of memory")
        elif why_not := whisper_files.obstacle(engine, name):
            passed.append(f"{name} cannot be had here: {why_not}")
        else:
            return name, "; ".join([takes, *passed])
    return "base", "; ".join(["the smallest", *passed])


def _bytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{max(1, seconds):.0f} s"
