"""Words that a person put right, laid over the recogniser's. Pure.

Corrections are laid in the order in which they were made, each over what the ones before it left.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from pipeline.edits import Correction
from pipeline.models import Transcript, Word, ends_sentence

NEAR = 1.0  # seconds by which words may have moved, since a person corrected them, between two runs of the recogniser
EDGES = re.compile(
    r"^([^\w%€$£+#&@]*)(.*?)([^\w%€$£+#&@]*)$", re.DOTALL
)  # punctuation, what it stands around, and more


@lru_cache(maxsize=65536)
def plain(token: str) -> str:
    """A word without case, diacritics and punctuation, that of numbers left: '1,5' is not 15."""
    letters = unicodedata.normalize("NFKD", token.casefold())
    return re.sub(r"(?<!\d)[^\w%€$£+#&@]|[^\w%€$£+#&@](?!\d)", "", letters)


def plains(text: str) -> tuple[str, ...]:
    """The words of a text, made plain."""
    return tuple(filter(None, map(plain, text.split())))


def corrected(transcript: Transcript, corrections: Sequence[Correction]) -> tuple[Transcript, list[Correction]]:
    """The transcript with the corrections laid over, and those that fit nowhere any more, with the moments that do not.

    A correction at a moment replaces the words it names that stand nearest to it, within a second.
    """
    said = [(n, word) for n, segment in enumerate(transcript.segments) for word in segment.words]
    misfits = []
    for correction in corrections:
        runs = places([word for _, word in said], correction.heard)
        if correction.at:
            nearest = {at: _nearest(said, runs, at) for at in correction.at}
            lost = tuple(at for at, run in nearest.items() if run is None)
            runs = sorted({run for run in nearest.values() if run})
        else:
            lost = ()
        if lost or not runs:
            misfits.append(correction.model_copy(update={"at": lost}))
        for start, end in reversed(runs):
            begins = start == 0 or ends_sentence(said[start - 1][1].text)
            new = _written([word for _, word in said[start:end]], correction.written, begins)
            said[start:end] = [(said[start][0], word) for word in new]
    segments = tuple(
        transcript.segments[n].model_copy(update={"words": tuple(word for _, word in those)})
        for n, those in groupby(said, key=itemgetter(0))
    )
    return transcript.model_copy(update={"segments": segments}), misfits


def places(words: Sequence[Word], heard: str) -> list[tuple[int, int]]:
    """Where words are heard, as ranges of indices that do not overlap."""
    wanted = plains(heard)
    said = [plain(word.text) for word in words]
    found: list[tuple[int, int]] = []
    for i in range(len(said) - len(wanted) + 1 if wanted else 0):
        if tuple(said[i : i + len(wanted)]) == wanted and (not found or i >= found[-1][1]):
            found.append((i, i + len(wanted)))
    return found


def _nearest(
    said: Sequence[tuple[int, Word]], runs: Sequence[tuple[int, int]], moment: float
) -> tuple[int, int] | None:
    away = {run: max(said[run[0]][1].start - moment, moment - said[run[1] - 1][1].end, 0.0) for run in runs}
    nearest = min(away, key=lambda run: (away[run], abs(said[run[0]][1].start - moment)), default=None)
    return nearest if nearest and away[nearest] <= NEAR else None


def _written(before: Sequence[Word], text: str, begins: bool) -> Iterator[Word]:
    """The words of a correction in the time and between the punctuation of those they replace.

    Where there are more or fewer of them they share the time evenly. A person wrote them: their probability is unknown.
    """
    texts = text.split()
    opening, first, _ = parts(before[0].text)
    closing = parts(before[-1].text)[2]
    if begins and first[:1].isupper() and texts[0].islower():
        texts[0] = texts[0][:1].upper() + texts[0][1:]
    texts[0] = opening + texts[0]
    texts[-1] += closing.removeprefix(texts[-1][-1])
    times = [(word.start, word.end) for word in before]
    if len(texts) != len(before):
        start, step = before[0].start, (max(before[0].start, before[-1].end) - before[0].start) / len(texts)
        times = [(round(start + i * step, 3), round(start + (i + 1) * step, 3)) for i in range(len(texts))]
    for (start, end), new in zip(times, texts, strict=True):
        yield Word(start=start, end=end, text=new)


def parts(token: str) -> tuple[str, str, str]:
    """The punctuation before a word, the word, and the punctuation after it."""
    match = EDGES.match(token)
    assert match
    return match[1], match[2], match[3]
