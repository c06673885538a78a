"""The nouns of the product: frozen values, all times in seconds from the start of the audio file."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

TOUCH = 0.05  # seconds that two stretches may share without meeting
SENTENCE_END = re.compile(r"[.?!…][\"'”’)\]]*$")


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss, for people."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


class Noun(BaseModel):
    """A value that never changes; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Kept(Noun):
    """A value that is a file of its own; it says in which version of its form it was written."""

    version: int = 1

    @classmethod
    def current(cls) -> int:
        """The version that this program writes."""
        return int(cls.model_fields["version"].default)


class Span(Noun):
    """A stretch of time in the audio."""

    start: float = Field(ge=0)
    end: float = Field(allow_inf_nan=False)

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        if self.end < self.start:
            raise ValueError(f"ends ({self.end}) before it starts ({self.start})")
        return self

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    @property
    def middle(self) -> float:
        """The moment halfway."""
        return (self.start + self.end) / 2

    def overlap(self, other: Span) -> float:
        """Seconds shared with another span; 0 where they do not meet."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))


# The recording ------------------------------------------------------------------------------------


class Payload(Noun):
    """A big file, described by a small JSON artifact beside it."""

    file: str
    sha256: str
    bytes: int


class Chapter(Noun):
    """A chapter mark of the site; `start` in seconds of the audio file."""

    start: float
    title: str


class Part(Noun):
    """One source of the recording: its seconds start…end stand at `offset` in the audio file."""

    url: str
    start: float = 0
    end: float
    offset: float = 0


class Recording(Kept):
    """What was downloaded: one webinar, possibly two videos or a part of one."""

    title: str
    published: dt.date | None
    duration: float
    parts: tuple[Part, ...]
    audio: Payload | None = None
    captions: Payload | None = None
    chapters: tuple[Chapter, ...] = ()
    media_sha256: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """The same for the same parts of the same sources, so that times of one are times of the other."""
        parts = [(part.start, round(part.end, 1)) for part in self.parts]
        return hashlib.sha256(json.dumps([self.media_sha256, parts, round(self.duration, 1)]).encode()).hexdigest()

    def link(self, moment: float) -> str | None:
        """The address at which `moment` can be heard; None where the source is a file."""
        for part in reversed(self.parts):
            if moment >= part.offset or part is self.parts[0]:
                if not part.url.startswith(("http://", "https://")):
                    return None
                second = int(max(0.0, moment - part.offset) + part.start)
                return f"{part.url}{'&' if '?' in part.url else '?'}t={second}s"
        return None


# Speech -------------------------------------------------------------------------------------------


def ends_sentence(text: str) -> bool:
    """Whether a word carries . ? ! or … at its end, perhaps with quote marks after it."""
    return bool(SENTENCE_END.search(text))


class Word(Span):
    """One recognised word with its punctuation; probability is None where nobody measured it."""

    text: str
    probability: float | None = None


class Cue(Span):
    """A line of a transcript that somebody else made; `words` where it has word times."""

    text: str
    voice: str | None = None
    words: tuple[Word, ...] = ()


class Given(Kept):
    """A transcript that already exists (.vtt, .srt, .json), parsed at the border."""

    source: str
    language: str = "nl"
    cues: tuple[Cue, ...]


class Segment(Span):
    """What the recogniser wrote in one go, in one language (ISO 639-1)."""

    language: str
    words: tuple[Word, ...]
    avg_logprob: float | None = None
    no_speech_prob: float | None = None
    compression_ratio: float | None = None


class Suspect(Span):
    """Text that may be invented by the recogniser: kept, marked, never quoted."""

    reason: str


class Transcript(Kept):
    """Timed words, in order of time."""

    engine: str
    model: str | None
    language: str
    segments: tuple[Segment, ...]
    suspects: tuple[Suspect, ...] = ()

    @property
    def words(self) -> list[Word]:
        """All words of all segments."""
        return [word for segment in self.segments for word in segment.words]


class Misheard(Noun):
    """Words that may be a name or a term, misspelt by the recogniser: a proposal; `at` is where each time begins."""

    heard: str
    written: str
    at: tuple[float, ...]


class Turn(Span):
    """Somebody speaks; `speaker` is an anonymous voice id such as 'A'."""

    speaker: str


def letter(index: int) -> str:
    """The id of the index-th voice: 'A' … 'Z', 'AA', 'AB', …"""
    name = ""
    while index >= 0:
        index, rest = divmod(index, 26)
        name, index = chr(ord("A") + rest) + name, index - 1
    return name


class Turns(Kept):
    """Who spoke when; turns may overlap."""

    turns: tuple[Turn, ...]

    @property
    def voices(self) -> list[str]:
        """Voice ids, the longest speaking first."""
        seconds: dict[str, float] = {}
        for turn in self.turns:
            seconds[turn.speaker] = seconds.get(turn.speaker, 0) + turn.duration
        return sorted(seconds, key=lambda voice: (-seconds[voice], voice))


class Passage(Span):
    """What one voice said without another coming between; the id is its time."""

    id: str
    speaker: str
    language: str = "nl"
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words as a reader sees them."""
        return " ".join(word.text for word in self.words)


class Passages(Kept):
    """The transcript, by voice; `suspects` come along from the recogniser; in `overlapped` two voices speak at once.

    `barred`: what a person marked 'niet citeren'.
    """

    passages: tuple[Passage, ...]
    suspects: tuple[Suspect, ...] = ()
    overlapped: tuple[Span, ...] = ()
    barred: tuple[Span, ...] = ()

    def bars(self, span: Span) -> bool:
        """Whether a person marked any of it 'niet citeren'; times are rounded, so a touch is none."""
        return any(one.overlap(span) > TOUCH for one in self.barred)


# Names --------------------------------------------------------------------------------------------


class NamedVoice(Noun):
    """A voice and the name it goes by, if any, with the evidence in Dutch."""

    voice: str
    name: str | None = None
    status: Literal["confirmed", "proposed", "unknown"] = "unknown"
    evidence: str | None = None
    at: float | None = None


# Receipts -----------------------------------------------------------------------------------------


class Receipt(Noun):
    """The ingredients of one run of a stage, kept so that 'why is it stale' can be answered."""

    stage: str
    version: int
    params: dict[str, Any]
    inputs: dict[str, str]
    outputs: dict[str, str]
    started: dt.datetime
    seconds: float
    chose: dict[str, Any] = {}
