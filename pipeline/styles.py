"""The house style learnt from earlier articles: what they ask for, and configs/huisstijl.toml changed accordingly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from pydantic import ValidationError

from pipeline.article.habits import Measured, Proposal, measure, proposals
from pipeline.articles import typed
from pipeline.config import DEFAULTS, first_problem, named, read_toml, toml_values
from pipeline.disk import write_atomic
from pipeline.errors import PipelineError
from pipeline.settings import HouseStyle


@dataclass(frozen=True)
class Lesson:
    """What the articles are like, and what would change."""

    measured: tuple[Measured, ...]
    proposals: tuple[Proposal, ...]

    def articles(self) -> list[tuple[str, ...]]:
        """A row per article: words, lead, questions, headings, quotes, share of quotes."""
        return [
            (
                one.name, str(one.words), str(one.lead), str(one.questions), str(len(one.headings)),
                f"{len(one.quotes)} ({min(one.quotes, default=0)}–{max(one.quotes, default=0)} words)",
                f"{100 * one.share:.0f} %",
            )
            for one in self.measured
        ]  # fmt: skip

    def changes(self) -> list[tuple[str, ...]]:
        """A row per setting: as it is, as measured, as proposed."""
        return [(one.setting, _shown(one.now), one.measured, _shown(one.proposed)) for one in self.proposals]


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def learned(home: Path | None, files: Sequence[Path]) -> Lesson:
    """Measure the articles against the house style of this home."""
    measured = []
    for file in files:
        if not file.is_file():
            raise PipelineError(f"there is no file {file}", "give earlier articles as .md or .txt")
        text = typed(file)
        if "\0" in text or not text.strip():
            raise PipelineError(f"{file} holds no text", "give earlier articles as .md or .txt")
        measured.append(measure(text, file.name))
    return Lesson(tuple(measured), tuple(proposals(measured, _style(home))))


def _path(home: Path | None) -> Path:
    own = home / "configs" / "huisstijl.toml" if home else None
    return own if own and own.exists() else DEFAULTS / "huisstijl.toml"


def _style(home: Path | None) -> HouseStyle:
    with named(_path(home)):
        return HouseStyle.model_validate(toml_values(_path(home)))


def write(home: Path, lesson: Lesson) -> Path:
    """The proposals in configs/huisstijl.toml, its comments kept."""
    document = read_toml(_path(home))
    for one in lesson.proposals:
        value = list(one.proposed) if isinstance(one.proposed, tuple) else one.proposed
        document[one.setting] = tomlkit.item(value)
    try:
        HouseStyle.model_validate(document.unwrap())
    except ValidationError as error:
        raise PipelineError(f"this cannot become a house style: {first_problem(error)}") from error
    target = home / "configs" / "huisstijl.toml"
    write_atomic(target, tomlkit.dumps(document).encode())
    return target
