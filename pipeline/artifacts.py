"""Every file that a stage writes into outputs/SLUG/, in the order of the pipeline."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from pipeline.config import first_problem
from pipeline.errors import PipelineError
from pipeline.models import Given, Kept, Passages, Recording, Transcript, Turns
from pipeline.writing import CheckReport, Draft, Hearing

N = TypeVar("N", bound=Kept)


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
        hint = "run its stage again ('impressie run'), with 'rerun … --discard-edits' if you changed it by hand"
        return parsed(self.noun, raw, self.file, hint)

    def found(self, folder: Path) -> N | None:
        """The noun in a webinar's folder; None where it is not there."""
        path = folder / self.file
        return self.load(path.read_bytes()) if path.exists() else None


def parsed(noun: type[N], raw: bytes, file: str, hint: str) -> N:
    """What a file of a webinar holds; PipelineError says whether it is another version's, else which field is wrong."""
    wrong, made = None, 0
    try:
        value = noun.model_validate_json(raw)
    except ValidationError as error:
        wrong = error
        with suppress(ValueError, AttributeError, TypeError):
            made = int(json.loads(raw).get("version", 1))
    else:
        made = value.version
    if made > noun.current():
        raise PipelineError(f"{file} was made by a newer version of impressie", "use that version for this webinar")
    if 0 < made < noun.current():
        raise PipelineError(f"{file} was made by an earlier version of impressie, which wrote it differently", hint)
    if wrong:
        raise PipelineError(f"{file} cannot be read: {first_problem(wrong)}", hint) from wrong
    return value


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
