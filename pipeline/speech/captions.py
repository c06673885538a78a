"""Transcripts that somebody else made: .vtt, .srt and .json to `Given`, and cues back to WebVTT.

Voice tags become anonymous voices in order of appearance. JSON may be our own 20-transcript.json, a `Given`,
or what openai-whisper and whisperX write: {"segments": [{"start", "end", "text", "speaker"?, "words"?}]}.
"""

from __future__ import annotations

import html
import io
import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.models import Cue, Given, Word, letter

KINDS = (".vtt", ".srt", ".json")
BIGGEST = 50 << 20  # bytes; three hours of speech with word times is about 5 MB
TIME = re.compile(r"(?:(\d{1,4}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})")
TIMING = re.compile(r"\s*(\S+)\s+-{1,2}>\s+(\S+)(?:\s.*)?")
VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")


def read_given(path: Path) -> Given:
    """Parse a transcript file. PipelineError names the file, and the line or field that is wrong."""
    if path.suffix.lower() not in KINDS:
        raise PipelineError(f"{path.name} is no transcript that is read here", f"give a file in {', '.join(KINDS)}")
    try:
        if path.stat().st_size > BIGGEST:
            raise PipelineError(f"{path.name} is too big for a transcript ({path.stat().st_size >> 20} MB)")
        raw = path.read_bytes()
    except OSError as error:
        raise PipelineError(f"{path} cannot be read: {error.strerror}", "correct 'transcript'") from error
    return parse(raw, path.name)


def parse(raw: bytes, name: str) -> Given:
    """A transcript out of its bytes; the ending of `name` says how it is written."""
    text = _text(raw).replace("\r\n", "\n").replace("\r", "\n")
    if name.lower().endswith(".json"):
        language, cues = _json(text, name)
    else:
        found = re.search(r"^Language: *([A-Za-z]{2})\b", text[:500], re.MULTILINE)
        language, cues = found[1].lower() if found else "nl", _captions(text, name)
    if not cues:
        raise PipelineError(f"{name} holds no line of text", "look whether it is the right file")
    return Given(source=name, language=language, cues=_anonymous(sorted(cues, key=lambda cue: cue.start)))


def to_vtt(cues: Iterable[Cue]) -> str:
    """Cues as WebVTT, voices as `<v A>`."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        voice = f"<v {cue.voice}>" if cue.voice else ""
        blocks.append(f"{_stamp(cue.start)} --> {_stamp(cue.end)}\n{voice}{html.escape(cue.text, quote=False)}\n")
    return "\n".join(blocks)


def _stamp(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _text(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")  # subtitles made on Windows


def _anonymous(cues: Iterable[Cue]) -> tuple[Cue, ...]:
    voices: dict[str, str] = {}
    named = []
    for cue in cues:
        if cue.voice and cue.voice not in voices:
            voices[cue.voice] = letter(len(voices))
        named.append(cue.model_copy(update={"voice": voices[cue.voice] if cue.voice else None}))
    return tuple(named)


# .vtt and .srt ------------------------------------------------------------------------------------


def _captions(text: str, name: str) -> list[Cue]:
    import webvtt
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    _check_times(text, name)
    kind = "srt" if name.lower().endswith(".srt") else "vtt"
    try:
        captions = webvtt.from_buffer(io.StringIO(text), format=kind)
    except MalformedFileError as error:
        first = "WEBVTT" if kind == "vtt" else "a number and a time"
        raise PipelineError(f"{name}, line 1: a .{kind} file begins with {first}", "export it again") from error
    except MalformedCaptionError as error:
        raise PipelineError(f"{name}: {error}", "correct that line") from error
    cues = []
    for caption in captions.captions:
        start, end = (TIME.fullmatch(each) for each in (caption.start, caption.end))
        assert start
        assert end
        cues.extend(_voices(caption.raw_text, _seconds(start), _seconds(end)))
    return cues


def _check_times(text: str, name: str) -> None:
    """The library skips a cue whose times it cannot read; here no line is lost in silence."""
    for number, line in enumerate(text.split("\n"), 1):
        timing = TIMING.fullmatch(line)
        if timing is None or not any(character.isdigit() for character in timing[1]):
            continue
        start, end = (TIME.fullmatch(each) for each in timing.groups())
        if start is None or end is None or "-->" not in line:
            raise PipelineError(
                f"{name}, line {number}: '{line.strip()[:60]}' is no time", "write 00:01:02.500 --> 00:01:04.000"
            )
        if _seconds(end) < _seconds(start):
            raise PipelineError(f"{name}, line {number}: it ends before it starts", "correct that line")


def _seconds(time: re.Match[str]) -> float:
    return int(time[1] or 0) * 3600 + int(time[2]) * 60 + int(time[3]) + int(time[4].ljust(3, "0")) / 1000


def _voices(raw: str, start: float, end: float) -> list[Cue]:
    """One cue per voice in it; where several speak, the time is shared out by the length of their text."""
    pieces = VOICE.split(raw)
    tagged = zip([None, *pieces[1::2]], pieces[0::2], strict=True)
    spoken = [(voice and _clean(voice), _clean(said)) for voice, said in tagged if _clean(said)]
    letters, at, cues = sum(len(said) for _, said in spoken), start, []
    for voice, said in spoken:
        until = min(end, at + (end - start) * len(said) / letters)
        cues.append(Cue(start=at, end=max(at, until), text=said, voice=voice or None))
        at = until
    return cues


def _clean(text: str) -> str:
    """Text as people read it: no tags, no entities, no control characters, single spaces."""
    text = re.sub(r"</?[A-Za-z][^<>]*>|</?[A-Za-z]*>|<\d[\d:.]*>|\{\\[^}]*\}", "", text)
    text = html.unescape(text)
    return " ".join(re.sub(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "", text).split())


# .json --------------------------------------------------------------------------------------------


def _json(text: str, name: str) -> tuple[str, list[Cue]]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise PipelineError(f"{name}, line {error.lineno}: not valid JSON ({error.msg})", "export it again") from error
    except RecursionError as error:
        raise PipelineError(f"{name} is not a transcript: too deeply nested") from error
    table = found if isinstance(found, dict) else {"segments": found}
    key = "cues" if "cues" in table else "segments"
    if not isinstance(table.get(key), list):
        raise PipelineError(
            f"{name} has no list 'segments' or 'cues'", "give the JSON of Whisper, whisperX or impressie itself"
        )
    language = table.get("language")
    known = isinstance(language, str) and re.fullmatch("[a-z]{2}", language)
    cues = [_cue(entry, f"{name}, {key}[{place}]") for place, entry in enumerate(table[key])]
    return str(language) if known else "nl", [cue for cue in cues if cue.text]


def _cue(entry: Any, where: str) -> Cue:
    if not isinstance(entry, dict):
        raise PipelineError(f"{where} is not a table with start, end and text", "export it again")
    listed = entry.get("words")
    words = _words(listed, where) if isinstance(listed, list) else ()
    said = entry.get("text", " ".join(word.text for word in words) if words else None)
    if not isinstance(said, str):
        raise PipelineError(f"{where}.text is missing", "every segment needs start, end and text")
    start, end = _number(entry, "start", where), _number(entry, "end", where)
    if end < start:
        raise PipelineError(f"{where} ends ({end}) before it starts ({start})", "correct it or export it again")
    voice = entry.get("voice") or entry.get("speaker")
    return Cue(start=start, end=end, text=_clean(said), voice=str(voice) if voice is not None else None, words=words)


def _words(listed: list[Any], where: str) -> tuple[Word, ...]:
    """Timed words, or none at all where one of them has no time (whisperX gives numbers none)."""
    words = []
    for place, entry in enumerate(listed):
        if not isinstance(entry, dict) or "start" not in entry or "end" not in entry:
            return ()
        at = f"{where}.words[{place}]"
        start, end = _number(entry, "start", at), _number(entry, "end", at)
        said = _clean(str(entry.get("word", entry.get("text", ""))))
        sure = entry.get("probability", entry.get("score"))
        sure = float(sure) if isinstance(sure, int | float) and 0 <= sure <= 1 else None
        if said:
            words.append(Word(start=start, end=max(start, end), text=said, probability=sure))
    return tuple(words)


def _number(entry: dict[str, Any], key: str, where: str) -> float:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise PipelineError(f"{where}.{key} is {json.dumps(value)[:40]}, no time in seconds", "correct it")
    return float(value)
