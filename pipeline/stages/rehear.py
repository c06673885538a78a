"""Hear every quote a second time, alone and told the names, and mark the words that come out otherwise."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from pipeline import articles, engines
from pipeline.article import quotes
from pipeline.article.text import norm, number
from pipeline.artifacts import ARTICLE, AUDIO, HEARING, PASSAGES, TRANSCRIPT
from pipeline.config import RehearParams, TranscribeSettings, Webinar
from pipeline.engines import choice
from pipeline.models import Word
from pipeline.speech import audio
from pipeline.stage import Job, Stage, Transcriber
from pipeline.stages.transcribe import prompt
from pipeline.writing import HeardAgain, Hearing

AROUND = 0.5  # seconds kept on either side of a quote
LONGEST = 28.0  # seconds of a quote heard in one go: a window of Whisper less what is kept around it


def uses(webinar: Webinar) -> RehearParams:
    """Names and glossary steer the second hearing as they did the first."""
    return RehearParams(
        **webinar.rehear.model_dump(),
        language=webinar.transcribe.language,
        names=webinar.names(),
        glossary=webinar.glossary,
    )


def run(job: Job[RehearParams]) -> str:
    """Hear what was not heard before in this way; without audio there is nothing to hear."""
    edited = job.edits(articles.EDITED_ARTICLE)
    markdown = articles.typed(edited if edited.exists() else job.path(ARTICLE))
    if not job.has(AUDIO):
        job.write(HEARING, Hearing(engine=None, model=None))
        return "skipped: there is no recording to listen to"
    model = job.choose("model", lambda: _model(job))
    before = job.earlier(HEARING)
    known = before.quotes if before and before.model == model else ()
    cached = {(heard.start, heard.end, heard.first): heard for heard in known}
    wanted = list(_pieces(_places(markdown, job)))
    began, spent = time.perf_counter(), before.seconds if before else 0.0
    if todo := [words for words in wanted if _key(words) not in cached]:
        same = {name: getattr(job.params, name) for name in ("engine", "language", "beam")}
        settings = TranscribeSettings(model=model, **same)
        engine = engines.transcriber(settings, job.machine, job.progress)
        for n, heard_again in enumerate(_hear(engine, job, todo)):
            cached[_key(todo[n])] = heard_again
            job.progress(n + 1, len(todo), "quotes")
        spent = round(time.perf_counter() - began, 1)
    heard = tuple(cached[_key(words)] for words in wanted)
    job.write(HEARING, Hearing(engine=job.params.engine, model=model, quotes=heard, seconds=spent))
    otherwise = sum(1 for again in heard if again.differs)
    return f"{len(heard)} quotes heard again, {otherwise} with other words"


def _model(job: Job[RehearParams]) -> str:
    """'same' is the transcript's own; 'best' the biggest that needs no fetching, which may be the same."""
    wanted, first = job.params.model, job.read(TRANSCRIPT).model or "base"
    if wanted == "same":
        return first
    return choice.best_here(job.params.engine, first) if wanted == "best" else wanted


def _key(words: Sequence[Word]) -> tuple[float, float, str]:
    return words[0].start, words[-1].end, " ".join(word.text for word in words)


def _places(markdown: str, job: Job[RehearParams]) -> Iterator[Sequence[Word]]:
    """The spoken words of each quote that can be found, once."""
    streams = quotes.streams_of(job.read(PASSAGES))
    seen = set()
    for printed in quotes.find(markdown, ()):
        place = quotes.said_at(printed.text, streams)
        if place and place.words and (key := (place.stream.voice, place.begin, place.end)) not in seen:
            seen.add(key)
            yield place.words


def _pieces(places: Iterator[Sequence[Word]]) -> Iterator[Sequence[Word]]:
    """Quotes in pieces that can be heard in one go, none across another's words or a long silence."""
    for words in places:
        start = 0
        for i in range(1, len(words) + 1):
            if i == len(words) or words[i].end - words[start].start > LONGEST or words[i].start - words[i - 1].end > 2:
                yield words[start:i]
                start = i


def _hear(engine: Transcriber, job: Job[RehearParams], todo: Sequence[Sequence[Word]]) -> Iterator[HeardAgain]:
    """Each quote with what was heard in its seconds this time."""
    path, text = job.path(AUDIO), prompt(job.params.names, job.params.glossary)
    samples = (audio.read(path, max(0.0, words[0].start - AROUND), words[-1].end + AROUND) for words in todo)
    for words, segments in zip(todo, engine.transcribe(samples, text), strict=True):
        start, end, first = _key(words)
        second = [word.text for segment in segments for word in segment.words]
        kept, differs = compared(first.split(), second)
        yield HeardAgain(start=start, end=end, first=first, second=" ".join(kept), differs=differs)


def compared(first: Sequence[str], second: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """The second hearing without what was heard around the quote, and the words of either that differ. Pure."""
    left, right = ([number(word) or norm(word) for word in words] for words in (first, second))
    steps = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    begin, end = 0, len(second)
    if steps and steps[0][0] == "insert":
        begin = steps[0][4]
    if len(steps) > 1 and steps[-1][0] == "insert":
        end = steps[-1][3]
    differs: list[str] = []
    for kind, a, b, c, d in steps:
        if kind != "equal" and begin <= c and d <= end and "".join(left[a:b]) != "".join(right[c:d]):
            differs += first[a:b] or second[c:d]
    return second[begin:end], tuple(differs)


STAGE = Stage(
    name="rehear",
    reads=(AUDIO, TRANSCRIPT, PASSAGES, ARTICLE),
    writes=(HEARING,),
    uses=uses,
    version=2,
    run=run,
    lays=(articles.EDITED_ARTICLE,),
)
