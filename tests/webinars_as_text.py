"""Webinars as text with known answers: the sample's script, and a second one of invented people at a library desk."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pipeline.article.evidence import Evidence, gather
from pipeline.article.people import people_of
from pipeline.begin import SAMPLE
from pipeline.config import CheckParams, DraftParams, Webinar
from pipeline.models import NamedVoice, Part, Passage, Passages, Recording, Word, letter

LIES = Path(__file__).parent / "lies"


@dataclass(frozen=True)
class Talk:
    """A webinar as the article's code gets it, with the seconds that an editor would quote and those she may not."""

    passages: Passages
    names: dict[str, NamedVoice]
    webinar: Webinar
    truth: dict[str, Any]
    keys: tuple[tuple[float, float], ...]

    @cached_property
    def evidence(self) -> Evidence:
        return gather(self.passages, people_of(self.passages, self.names, self.webinar.speakers))

    @property
    def alike(self) -> Any:
        """Meaning, with the model that a user has."""
        from pipeline.engines import meaning

        meaning.fetch(lambda *_: None, print)
        return meaning.judge()

    @property
    def facts(self) -> CheckParams:
        return CheckParams(**self.webinar.facts())

    @property
    def draft(self) -> DraftParams:
        return DraftParams(**self.webinar.draft.model_dump(), **self.webinar.facts())

    @property
    def recording(self) -> Recording:
        end = self.passages.passages[-1].end
        return Recording(title="x", published=None, duration=end, parts=(Part(url="https://youtu.be/x", end=end),))


def _talk(lines: list[tuple[str, float, float, str]], webinar: Webinar, truth: dict[str, Any], keys: Any) -> Talk:
    """(name, start, end, text) → a talk: a passage per turn, the words of a line spread evenly."""
    turns: list[tuple[str, list[Word]]] = []
    for name, start, end, text in lines:
        tokens = text.split()
        step = (end - start) / len(tokens)
        words = [
            Word(start=round(start + i * step, 3), end=round(start + (i + 1) * step, 3), text=token)
            for i, token in enumerate(tokens)
        ]
        if turns and turns[-1][0] == name and words[0].start - turns[-1][1][-1].end < 2.5:
            turns[-1][1].extend(words)
        else:
            turns.append((name, words))
    voices = {name: letter(at) for at, name in enumerate(dict.fromkeys(name for name, _ in turns))}
    passages = tuple(
        Passage(id=f"p{at}", start=words[0].start, end=words[-1].end, speaker=voices[name], words=tuple(words))
        for at, (name, words) in enumerate(turns)
    )
    names = {voice: NamedVoice(voice=voice, name=name, status="confirmed") for name, voice in voices.items()}
    return Talk(Passages(passages=passages), names, webinar, truth, tuple(keys))


@cache
def talk(name: str) -> Talk:
    """'sample', 'loket' or 'schoolbus'."""
    if name == "sample":
        script = json.loads((SAMPLE.parent / "script.json").read_text(encoding="utf-8"))
        lines = script["lines"]
        webinar = Webinar.model_validate(tomllib.loads(SAMPLE.read_text(encoding="utf-8")))
        keys = [(lines[key["first"]]["start"], lines[key["last"]]["end"]) for key in script["key_quotes"]]
        return _talk([(s["speaker"], s["start"], s["end"], s["text"]) for s in lines], webinar, script, keys)
    webinar = Webinar.model_validate(tomllib.loads((LIES / f"{name}.toml").read_text(encoding="utf-8")))
    truth = json.loads((LIES / f"{name}.truth.json").read_text(encoding="utf-8"))
    cues = re.findall(
        r"(\d+):(\d+):([\d.]+) --> (\d+):(\d+):([\d.]+)\n<v (\w+)>(.*)",
        (LIES / f"{name}.vtt").read_text(encoding="utf-8"),
    )
    said = []
    for *times, voice, text in cues:
        start, end = (int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in (times[:3], times[3:]))
        said.append((truth["speakers"][voice], start, end, text))
    return _talk(said, webinar, truth, [(key["cue_start"], key["cue_end"]) for key in truth["key_quotes"]])
