"""Transcripts that somebody else made: .vtt, .srt and .json (ours, openai-whisper's, whisperX's) to `Given`."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field

from pipeline.config import named
from pipeline.errors import PipelineError
from pipeline.models import Cue, Given, Noun, Part, Span, letter
from pipeline.settings import seconds

TIMES = {
    "vtt": re.compile(r"\s*(?:\d+:)?[0-5]\d:[0-5]\d\.\d{3}\s+-->\s+(?:\d+:)?[0-5]\d:[0-5]\d\.\d{3}(?:\s.*)?"),
    "srt": re.compile(r"\s*\d+:[0-5]\d:[0-5]\d,\d{3}\s+-->\s+\d+:[0-5]\d:[0-5]\d,\d{3}(?:\s.*)?"),
}
S = TypeVar("S", bound=Span)
VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")


def read_given(path: Path) -> Given:
    """Parse a transcript file. PipelineError names the file, and the line or field that is wrong."""
    if path.suffix.lower() not in (".vtt", ".srt", ".json"):
        raise PipelineError(f"{path.name} is no transcript that is read here", "give a file in .vtt, .srt or .json")
    try:
        return parse(path.read_bytes(), path.name)
    except OSError as error:
        raise PipelineError(f"{path} cannot be read: {error.strerror}", "correct 'transcript'") from error


def parse(raw: bytes, name: str) -> Given:
    """A transcript out of its bytes; the ending of `name` says how it is written."""
    with named(name, "correct that, or export the transcript again"):
        if name.lower().endswith(".json"):
            written = _Written.model_validate_json(raw)
            language, cues = written.language, list(written.cues)
        else:
            language, cues = _captions(_text(raw), name)
    cues = sorted((cue for cue in cues if cue.text), key=lambda cue: cue.start)
    if not cues:
        raise PipelineError(f"{name} holds no line of text", "look whether it is the right file")
    voices = {voice: letter(number) for number, voice in enumerate(dict.fromkeys(c.voice for c in cues if c.voice))}
    cues = [cue.model_copy(update={"voice": voices.get(cue.voice or "")}) for cue in cues]
    return Given(source=name, language=language, cues=tuple(cues))


def heard_in(cues: Sequence[Cue], part: Part) -> list[Cue]:
    """The cues that begin within a part of a source, in the time of the recording."""

    def moved(span: S) -> S:
        start = max(span.start, part.start) - part.start + part.offset
        end = min(span.end, part.end) - part.start + part.offset
        return span.model_copy(update={"start": round(start, 3), "end": round(max(start, end), 3)})

    heard = [moved(cue) for cue in cues if part.start <= cue.start < part.end]
    return [cue.model_copy(update={"words": tuple(map(moved, cue.words))}) for cue in heard]


def to_vtt(cues: Iterable[Cue]) -> str:
    """Cues as WebVTT, voices as `<v A>`."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        voice = f"<v {cue.voice}>" if cue.voice else ""
        blocks.append(f"{_stamp(cue.start)} --> {_stamp(cue.end)}\n{voice}{html.escape(cue.text, quote=False)}\n")
    return "\n".join(blocks)


def _stamp(moment: float) -> str:
    minutes, rest = divmod(round(moment * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _text(raw: bytes) -> str:
    utf16 = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = raw.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")  # subtitles made on Windows
    return "\n".join(text.splitlines())


def _captions(text: str, name: str) -> tuple[str, list[Cue]]:
    import webvtt
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    kind = "srt" if name.lower().endswith(".srt") else "vtt"
    times = [(number, line) for number, line in enumerate(text.split("\n"), 1) if "-->" in line]
    for number, line in times:  # the library skips what it cannot read; here no line is lost in silence
        if not TIMES[kind].fullmatch(line):
            raise PipelineError(f"{name}, line {number}: '{line.strip()[:60]}' is no time", "correct that line")
    try:
        captions = webvtt.from_buffer(io.StringIO(text), format=kind).captions
    except (MalformedFileError, MalformedCaptionError) as error:
        begins = "WEBVTT" if kind == "vtt" else "a number and a time"
        raise PipelineError(f"{name} is no .{kind} file: those begin with {begins}", "export it again") from error
    if len(captions) < len(times):
        raise PipelineError(f"{name}: {len(times) - len(captions)} of its cues cannot be read", "export it again")
    language = re.search(r"^Language: *([A-Za-z]{2})\b", text[:500], re.MULTILINE)
    cues = [cue for each in captions for cue in _voices(each.raw_text, seconds(each.start), seconds(each.end))]
    return language[1].lower() if language else "nl", cues


def _voices(raw: str, start: float, end: float) -> list[Cue]:
    """One cue per voice in it; where several speak, the time is shared out by the length of their text."""
    whole, pieces = Span(start=start, end=end), VOICE.split(raw)
    tagged = zip([None, *pieces[1::2]], pieces[0::2], strict=True)
    spoken = [(voice and _clean(voice), _clean(said)) for voice, said in tagged if _clean(said)]
    letters, at, cues = sum(len(said) for _, said in spoken), start, []
    for voice, said in spoken:
        until = min(end, at + whole.duration * len(said) / letters)
        cues.append(Cue(start=at, end=max(at, until), text=said, voice=voice))
        at = until
    return cues


def _clean(text: str) -> str:
    """Text as people read it: no tags, no entities, no control characters, single spaces."""
    text = html.unescape(re.sub(r"</?[A-Za-z\d][^<>]*>|\{\\[^}]*\}", "", text))
    return " ".join("".join(each for each in text if each.isprintable() or each.isspace()).split())


def _cue(entry: Any) -> Any:
    """A segment in our words, whoever wrote it; without word times where one is missing (whisperX, for numbers)."""
    if not isinstance(entry, dict):
        return entry
    words: list[dict[str, Any]] = [
        {
            "start": word.get("start"),
            "end": word.get("end"),
            "text": _clean(str(word.get("word") or word.get("text") or "")),
            "probability": word.get("probability", word.get("score")),
        }
        for word in entry.get("words") or ()
        if isinstance(word, dict)
    ]
    said = str(entry.get("text") or " ".join(word["text"] for word in words))
    return {
        "start": entry.get("start"),
        "end": entry.get("end"),
        "text": _clean(said),
        "voice": entry.get("voice") or entry.get("speaker"),
        "words": [] if any(word["start"] is None or word["end"] is None for word in words) else words,
    }


class _Written(Noun):
    model_config = ConfigDict(extra="ignore")

    language: str = "nl"
    cues: tuple[Annotated[Cue, BeforeValidator(_cue)], ...] = Field(validation_alias=AliasChoices("segments", "cues"))
