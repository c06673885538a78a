"""Every file that a stage writes into outputs/SLUG/, in the order of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from pipeline.config import named
from pipeline.models import Given, Passages, Recording, Transcript, Turns
from pipeline.writing import CheckReport, Draft, Hearing

N = TypeVar("N", bound=BaseModel)


@dataclass(frozen=True)
class Artifact:
    """A file in a webinar's folder; `optional` where a webinar may do without."""

    file: str
    optional: bool = False


@dataclass(frozen=True)
class Noted(Artifact, Generic[N]):
    """A JSON artifact that holds one noun."""

    noun: type[N] = None  # type: ignore[assignment]

    def dump(self, value: N) -> bytes:
        """The noun as JSON, stable and readable."""
        return (value.model_dump_json(indent=1) + "\n").encode()

    def load(self, raw: bytes) -> N:
        """The noun out of its JSON; PipelineError names the file and the field."""
        hint = "undo the change to that file, or run its stage again with --discard-edits"
        with named(f"{self.file} cannot be read", hint):
            return self.noun.model_validate_json(raw)


RECORDING = Noted("10-recording.json", noun=Recording)
AUDIO = Artifact("10-audio.flac", optional=True)
CAPTIONS = Artifact("10-captions.vtt", optional=True)
GIVEN = Noted("10-given.json", optional=True, noun=Given)
TRANSCRIPT = Noted("20-transcript.json", noun=Transcript)
TURNS = Noted("30-turns.json", noun=Turns)
PASSAGES = Noted("40-passages.json", noun=Passages)
READABLE = Artifact("40-transcript.md")
PICTURE = Artifact("40-voices.svg")
DRAFT = Noted("50-draft.json", noun=Draft)
ARTICLE = Artifact("50-article.md")
HEARING = Noted("55-hearing.json", noun=Hearing)
CHECK = Noted("60-check.json", noun=CheckReport)
CHECK_PAGE = Artifact("60-check.md")
