"""Captions out of the transcript: cues that can be read in the time they stand there. Pure.

Two lines of 42 characters at most, 20 characters a second where the speech allows, broken where a sentence or a clause
ends. No word is lost: where people speak faster than can be read, the captions are too fast rather than short.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import accumulate

from pipeline.article.text import FUNCTION, norm
from pipeline.export.blocks import CONCEPT, line
from pipeline.export.talk import Talk
from pipeline.models import Word, ends_sentence

LINE, LINES = 42, 2  # characters of a line, lines of a cue
SPEED = 20.0  # characters a second
SHORTEST, LONGEST = 1.0, 7.0  # seconds
PAUSE = 0.6  # seconds of silence after which a new cue begins as well as after a clause
# What a cue costs, and what speaks against ending it after a word; found by eye on the sample webinar.
CUE, CLAUSE, ANYWHERE, LOOSE, SENTENCE, UNREADABLE, LONG = 10.0, 4.0, 14.0, 8.0, 7.0, 25.0, 6.0
INERT = str.maketrans("<>{}", "‹›()")  # SubRip knows no escapes, and players take these for markup


@dataclass(frozen=True)
class Cue:
    """Words that stand on the screen together, from `start` to `end`; `opens` where another voice begins."""

    start: float
    end: float
    voice: str
    words: tuple[str, ...]
    opens: bool

    def lines(self, label: str = "") -> list[str]:
        """One line or two, behind the name of who speaks where that is asked."""
        return broken([*label.split(), *self.words])


def cues_of(talk: Talk) -> list[Cue]:
    """All that was said but known inventions, in order."""
    passages = []
    for passage in talk.passages.passages:
        texts = [(word, line(word.text)) for word in passage.words if not talk.invented(word)]
        words = [word.model_copy(update={"text": text}) for word, text in texts if text]
        passages += [(passage.speaker, words)] if words else []
    drafts: list[Cue] = []
    for at, (voice, words) in enumerate(passages):
        opens = at == 0 or passages[at - 1][0] != voice
        follows = passages[at + 1][1][0].start if at + 1 < len(passages) else float("inf")
        label = _label(talk, voice).split() if opens else []
        for begin, end in _cut(words, label, follows):
            said = tuple(word.text for word in words[begin:end])
            drafts.append(Cue(words[begin].start, words[end - 1].end, voice, said, opens and begin == 0))
    return _timed(drafts)


def _timed(drafts: Sequence[Cue]) -> list[Cue]:
    """Each stands as long as reading takes, into the pause behind it, and at least SHORTEST; none overlaps the next."""
    starts: list[float] = []
    for cue in drafts:
        starts.append(max(round(cue.start, 3), round(starts[-1] + SHORTEST, 3) if starts else 0.0))
    made = []
    for cue, start, until in zip(drafts, starts, [*starts[1:], float("inf")], strict=True):
        read = start + max(SHORTEST, len(" ".join(cue.words)) / SPEED)
        made.append(replace(cue, start=start, end=round(min(max(cue.end, read), until), 3)))
    return made


# Where to break ------------------------------------------------------------------------------------


def _cut(words: Sequence[Word], label: Sequence[str], follows: float) -> list[tuple[int, int]]:
    """The words of one passage in cues that fit, at the least cost; `follows` is when somebody speaks after it."""
    starts = [word.start for word in words] + [follows]
    best = [(0.0, 0)] + [(float("inf"), 0)] * len(words)
    for end in range(1, len(words) + 1):
        for begin in range(end - 1, -1, -1):
            said = [*(label if begin == 0 else []), *(word.text for word in words[begin:end])]
            if begin < end - 1 and not fits(said):
                break
            cost = best[begin][0] + _cost(words[begin:end], len(" ".join(said)), starts[end])
            best[end] = min(best[end], (cost, begin))
    cuts, end = [], len(words)
    while end:
        cuts.append((best[end][1], end))
        end = best[end][1]
    return cuts[::-1]


def _cost(words: Sequence[Word], letters: int, follows: float) -> float:
    last = words[-1]
    cost = CUE + SENTENCE * sum(ends_sentence(word.text) for word in words[:-1])
    if not ends_sentence(last.text):
        breath = last.text[-1] in ",;:–" or follows - last.end > PAUSE
        cost += CLAUSE if breath else ANYWHERE + LOOSE * (norm(last.text) in FUNCTION)
    cost += UNREADABLE * max(0.0, max(SHORTEST, letters / SPEED) - (follows - words[0].start))
    return cost + LONG * max(0.0, last.end - words[0].start - LONGEST)


def fits(words: Sequence[str]) -> bool:
    """Whether they can stand on the lines of one cue."""
    return max(map(len, broken(words))) <= LINE


def broken(words: Sequence[str]) -> list[str]:
    """On one line if they fit there, else on two: rather after a comma than after 'de' or within a name."""
    whole = " ".join(words)
    if len(whole) <= LINE or len(words) < LINES:
        return [whole]
    found = []
    for at, width in enumerate(accumulate(len(word) + 1 for word in words[:-1]), 1):
        upper, lower = width - 1, len(whole) - width
        last, following = words[at - 1], words[at]
        ends = 60 if last[-1] == ":" else 16 if last[-1] in ".?!…,;" else 0  # a name stands by itself if it can
        loose = norm(last) in FUNCTION or (last[:1].isupper() and following[:1].isupper() and not ends)
        cost = abs(upper - lower) + 12 * loose - ends + 4 * (upper > lower)
        found.append((max(upper, lower, LINE), cost, at))
    at = min(found)[-1]
    return [" ".join(words[:at]), " ".join(words[at:])]


# Files ---------------------------------------------------------------------------------------------


def vtt(talk: Talk) -> bytes:
    """WebVTT, each cue with its voice."""
    blocks = [f"WEBVTT\nKind: captions\nLanguage: {talk.webinar.transcribe.language}"]
    blocks += [f"NOTE {escape(note, quote=False)}" for note in _notes(talk)]
    for cue in cues_of(talk):
        voice = escape(talk.name(cue.voice), quote=False)
        said = "\n".join(escape(line, quote=False) for line in cue.lines())
        blocks.append(f"{_stamp(cue.start)} --> {_stamp(cue.end)}\n<v {voice}>{said}")
    return ("\n\n".join(blocks) + "\n").encode()


def srt(talk: Talk) -> bytes:
    """SubRip, with the name of who speaks at every change."""
    blocks = []
    for number, cue in enumerate(cues_of(talk), 1):
        said = "\n".join(cue.lines(_label(talk, cue.voice) if cue.opens else "")).translate(INERT)
        times = f"{_stamp(cue.start)} --> {_stamp(cue.end)}".replace(".", ",")
        blocks.append(f"{number}\n{times}\n{said}\n")
    return "\n".join(blocks).encode()


def _label(talk: Talk, voice: str) -> str:
    """'MARTIN VAN DER MEER:', on one line."""
    return f"{talk.name(voice).upper()[: LINE - 1].strip()}:"


def _notes(talk: Talk) -> Iterator[str]:
    if talk.approval is None:
        yield CONCEPT
    yield f"Ondertiteling bij ‘{talk.title}’, automatisch gemaakt."
    heard = dict.fromkeys(passage.speaker for passage in talk.passages.passages)
    proposed = [talk.name(voice) for voice in heard if talk.names[voice].status == "proposed"]
    if proposed:
        yield f"Nog niet bevestigde namen: {', '.join(proposed)}."
    if left := _left_out(talk):
        yield f"Weggelaten: {left} woorden die de spraakherkenning heeft verzonnen."


def _left_out(talk: Talk) -> int:
    words: Iterable[Word] = (word for passage in talk.passages.passages for word in passage.words)
    return sum(talk.invented(word) for word in words)


def _stamp(moment: float) -> str:
    minutes, rest = divmod(round(moment * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
