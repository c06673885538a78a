"""Typed settings: code's defaults < configs/default.toml < configs/SLUG.toml < --set."""

from __future__ import annotations

import datetime as dt
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import tomlkit
from pydantic import Field, ValidationError
from tomlkit.exceptions import ParseError

from pipeline.errors import PipelineError
from pipeline.settings import HouseStyle, Seconds, SecondsList, Settings, Texts, holds

T = TypeVar("T")
DEFAULTS = Path(__file__).parent / "defaults"
EXAMPLES = 3  # earlier articles that a language model is shown


# What a stage may be told (tables in the TOML) -----------------------------------------------------


class TranscribeSettings(Settings):
    """[transcribe]"""

    engine: str = "faster-whisper"
    model: str = "base"
    language: str = "nl"
    other_languages: tuple[str, ...] = ("en", "de", "fr")
    beam: int = Field(5, ge=1, le=20)
    batch: int = Field(0, ge=0, le=64)
    compute: str = "auto"


class DiarizeSettings(Settings):
    """[diarize]"""

    engine: str = "onnx"
    speakers: int | None = Field(None, ge=1, le=20)
    min_speakers: int = Field(1, ge=1, le=20)
    max_speakers: int = Field(12, ge=1, le=20)


class SegmentSettings(Settings):
    """[segment]"""

    pause: Seconds = 2.5
    longest: Seconds = 90.0


class DraftSettings(Settings):
    """[draft]"""

    writer: str = "extractive"


class LlmSettings(Settings):
    """[llm]: where a language model answers; the key itself stands in the environment, in `key_env`."""

    preset: Literal["ollama", "llama.cpp", "lmstudio", "vllm", "mistral", "openai"] = "ollama"
    base_url: str | None = None
    model: str | None = None
    key_env: str | None = None
    context: int = Field(8192, ge=2048)
    temperature: float = Field(0.3, ge=0, le=2)
    timeout: float = Field(180, gt=0)
    retries: int = Field(2, ge=0, le=5)


class Prompts(Settings):
    """configs/prompts.toml: what a language model is asked, in Dutch."""

    system: Annotated[str, holds("examples")]
    lead: Annotated[str, holds("questions", "guests", "least", "most")]
    section: Annotated[str, holds("persons", "quotes", "evidence", "hint", "least", "most")]


class RehearSettings(Settings):
    """[rehear]"""

    engine: str = "faster-whisper"
    model: str = "best"
    beam: int = Field(10, ge=1, le=20)


class Machine(Settings):
    """[machine]: how this computer does it; never changes what comes out."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = Field(0, ge=0, le=256)
    cookies: str | None = None

    def cores(self) -> int:
        """Threads to use: as set, else what this machine lets us have."""
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return self.threads or allowed or 1


# The webinar ---------------------------------------------------------------------------------------


class Speaker(Settings):
    """Somebody who takes part, as the user knows her beforehand."""

    name: str = Field(pattern=r"\S")
    role: str | None = None
    organisation: str | None = None


class Webinar(Settings):
    """configs/SLUG.toml: what the user knows, and the settings that differ."""

    url: Texts = ()
    title: str | None = None
    date: dt.date | None = None
    organisers: Texts = ()
    about: str | None = None
    from_: SecondsList = Field((), alias="from")
    to: SecondsList = ()
    duration: Seconds | None = None
    transcript: str | None = None
    glossary: Texts = ()
    speakers: tuple[Speaker, ...] = ()
    transcribe: TranscribeSettings = TranscribeSettings()
    diarize: DiarizeSettings = DiarizeSettings()
    segment: SegmentSettings = SegmentSettings()
    draft: DraftSettings = DraftSettings()
    rehear: RehearSettings = RehearSettings()
    llm: LlmSettings = LlmSettings()
    machine: Machine = Machine()
    style: HouseStyle = HouseStyle()
    prompts: Prompts = Field(default_factory=lambda: Prompts.model_validate(shipped_prompts()))
    examples: Texts = ()

    def names(self) -> tuple[str, ...]:
        """Who takes part, as the user spells it."""
        return tuple(speaker.name for speaker in self.speakers)

    def facts(self) -> dict[str, Any]:
        """What an article may tell without evidence in the recording, and its form."""
        return {name: getattr(self, name) for name in CheckParams.model_fields}


STAGE_TABLES = ("transcribe", "diarize", "segment", "draft", "rehear", "llm", "machine")


# What a stage is given: its settings and the facts it uses ------------------------------------------


class DownloadParams(Settings):
    """`begins[i]`…`ends[i]` seconds of `sources[i]` are wanted; 0 and None mean from start and to the end."""

    sources: tuple[str, ...]
    begins: tuple[float, ...]
    ends: tuple[float | None, ...]
    transcript: str | None
    transcript_sha256: str | None
    duration: float | None


class TranscribeParams(TranscribeSettings):
    """`names` and `glossary` steer the recogniser."""

    names: tuple[str, ...]
    glossary: tuple[str, ...]


class DiarizeParams(DiarizeSettings):
    """`hint`: how many people the user named; never a constraint."""

    hint: int


class SegmentParams(SegmentSettings):
    """`speakers`: whom a voice may turn out to be."""

    speakers: tuple[str, ...]


class RehearParams(RehearSettings):
    """What steers the second hearing."""

    language: str
    names: tuple[str, ...]
    glossary: tuple[str, ...]


class CheckParams(Settings):
    """The facts that need no evidence in the recording, and the form."""

    title: str | None
    date: dt.date | None
    organisers: tuple[str, ...]
    about: str | None
    glossary: tuple[str, ...]
    speakers: tuple[Speaker, ...]
    style: HouseStyle


class LlmParams(LlmSettings):
    """What a language model is asked, and where; `examples` are earlier articles."""

    prompts: Prompts
    examples: tuple[str, ...]


class DraftParams(DraftSettings, CheckParams):
    """Everything of the webinar that an article tells; `llm` where a language model writes."""

    llm: LlmParams | None = None


# Reading -------------------------------------------------------------------------------------------


def read_toml(path: Path) -> tomlkit.TOMLDocument:
    """Parse a TOML file, keeping its comments, to change it; a broken file is named with its line."""
    return _read(path, tomlkit.parse)


def toml_values(path: Path) -> dict[str, Any]:
    """What a TOML file says, to be read only: many times faster, and a text that was read before is remembered."""
    return dict(_read(path, _values))


@lru_cache(maxsize=64)
def _values(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def _read(path: Path, parse: Callable[[str], T]) -> T:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PipelineError(f"there is no file {path}") from error
    except (ParseError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PipelineError(f"{path} is not valid TOML: {error}", "correct that line and try again") from error


def first_problem(error: ValidationError) -> str:
    """The first thing wrong, with the field that holds it."""
    problem = error.errors()[0]
    where = ".".join(str(step) for step in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"there is no setting '{where}'"
    said = problem["msg"].removeprefix("Value error, ")
    return f"'{where}': {said}" if where else said


@contextmanager
def named(place: object, hint: str | None = None) -> Iterator[None]:
    """A ValidationError as a PipelineError that names the place and the field."""
    try:
        yield
    except ValidationError as error:
        raise PipelineError(f"{place}: {first_problem(error)}", hint) from error


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = dict(below)
    for key, value in above.items():
        both[key] = _merged(both[key], value) if isinstance(value, dict) and isinstance(both.get(key), dict) else value
    return both


def load_webinar(configs: Path, slug: str, differs: dict[str, dict[str, Any]] | None = None) -> Webinar:
    """Settings of one webinar: defaults, its TOML, and `differs` ({table: {key: value}}) on top."""
    values: dict[str, Any] = {}
    for name in ("default", slug):
        path = configs / f"{name}.toml"
        if path.exists():
            values = _merged(values, toml_values(path))
    style = configs / "huisstijl.toml"
    if style.exists():
        general = toml_values(style)
        with named(style):
            HouseStyle.model_validate(general)
        values["style"] = _merged(general, values.get("style", {}))
    own = configs / "prompts.toml"
    if own.exists():
        values["prompts"] = _merged(shipped_prompts(), toml_values(own))
        with named(own):
            Prompts.model_validate(values["prompts"])
    values["examples"] = examples(configs)
    with named(configs / f"{slug}.toml"):
        webinar = Webinar.model_validate(values)
    tables = [table for name in differs or () if isinstance(table := getattr(webinar, name, None), Settings)]
    known = ", ".join(key for table in tables for key in type(table).model_fields)
    with named("--set", f"settings here: {known}" if known else None):
        return Webinar.model_validate(_merged(values, differs or {}))


def shipped_prompts() -> dict[str, Any]:
    """What a language model is asked, unless the user changed it."""
    return toml_values(DEFAULTS / "prompts.toml")


def examples(configs: Path) -> list[str]:
    """Up to three earlier articles of the user's own in configs/voorbeelden/, newest first."""
    there = [
        path for path in (configs / "voorbeelden").glob("*") if path.suffix in (".md", ".txt") and path.stem != "README"
    ]
    newest = sorted(there, key=lambda path: (path.stat().st_mtime, path.name), reverse=True)[:EXAMPLES]
    return [path.read_text(encoding="utf-8", errors="replace") for path in newest]


def is_address(source: str) -> bool:
    """Whether a source is to be downloaded: anything with a scheme (C: is none) that is no file's name."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", source)) and not os.path.exists(source)  # noqa: PTH110 - no error


def absolute(value: object, beside: Path) -> object:
    """A path, relative to where it stood, as a whole one; addresses stay as they are; lists by their members."""
    if isinstance(value, list):
        return [absolute(one, beside) for one in value]
    text = str(value)
    return text if is_address(text) else str((beside / Path(text).expanduser()).resolve())


def setting(assignment: str) -> tuple[str, Any]:
    """'KEY=VALUE' → (key, value); the value as TOML where it is that, else as text."""
    key, equals, text = assignment.partition("=")
    if not equals or not key.strip():
        raise PipelineError(f"--set wants KEY=VALUE, not '{assignment}'", "for example --set model=small")
    try:
        return key.strip(), tomlkit.parse(f"value = {text}").unwrap()["value"]
    except ParseError:
        return key.strip(), text.strip()
