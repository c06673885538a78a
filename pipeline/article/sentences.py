"""Passages → sentences with their exact times. The id of a sentence is its time, so it outlives changes elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.article.cleaning import clean
from pipeline.article.text import ends_sentence, wordset
from pipeline.models import Passage, Passages, Sentence, Word

ABBREVIATIONS = wordset("""
    bijv bv dhr mw mevr drs dr mr ir ing prof ds st nr blz pag art ca resp max min incl excl zgn m.n o.a d.w.z
    e.d i.s.m m.b.t t.a.v n.a.v i.v.m t.o.v a.h.w b.v o.m t.g.v j.l a.s enz vgl zie evt""")
UNPUNCTUATED = 60  # words per full stop above which a recogniser evidently wrote none
PAUSE = 0.6  # seconds that then count as one


def split(words: Sequence[Word]) -> list[list[Word]]:
    """Cut words into sentences at . ? and !, not after abbreviations or initials; at pauses where nothing is marked."""
    by_pause = len(words) > UNPUNCTUATED * (1 + sum(ends_sentence(word.text) for word in words))
    sentences: list[list[Word]] = [[]]
    for at, word in enumerate(words):
        sentences[-1].append(word)
        after = words[at + 1] if at + 1 < len(words) else None
        if after and (_ends(word.text, after.text) or (by_pause and after.start - word.end >= PAUSE)):
            sentences.append([])
    return [sentence for sentence in sentences if sentence]


def _ends(token: str, after: str) -> bool:
    if not ends_sentence(token):
        return False
    bare = token.rstrip("\"'”’)]")
    if bare[-1] in "?!":
        return True
    stem = bare.rstrip(".…").casefold()
    if stem in ABBREVIATIONS or re.fullmatch(r"[a-z]|(?:[a-z]\.)+[a-z]", stem):
        return False
    return not after[:1].islower()


def confidence(words: Sequence[Word]) -> float | None:
    """How sure the recogniser was of the worst quarter of the words (mean probability); None if nobody measured.

    The mean of all words hides the one misheard name in a sentence of thirty.
    """
    measured = sorted(word.probability for word in words if word.probability is not None)
    if not measured:
        return None
    worst = measured[: max(1, len(measured) // 4)]
    return round(sum(worst) / len(worst), 3)


def sentences_of(passages: Passages) -> list[Sentence]:
    """All sentences, in order of time, cleaned, nothing excluded yet."""
    found: list[Sentence] = []
    used: dict[str, int] = {}
    for passage in passages.passages:
        for words in split(_tokens(passage)):
            name = f"t{words[0].start:.1f}"
            used[name] = used.get(name, 0) + 1
            texts = [word.text for word in words]
            cleaned = clean(texts)
            found.append(
                Sentence(
                    start=words[0].start,
                    end=max(words[0].start, words[-1].end),
                    id=name if used[name] == 1 else f"{name}.{used[name]}",
                    passage=passage.id,
                    voice=passage.speaker,
                    text=" ".join(texts),
                    clean=cleaned.text,
                    edits=cleaned.edits,
                    confidence=confidence(words),
                )
            )
    return found


def _tokens(passage: Passage) -> list[Word]:
    """Words without spaces inside, so that a text splits back into the same tokens."""
    whole: list[Word] = []
    for word in passage.words:
        parts = word.text.split()
        whole += [word] if parts == [word.text] else [word.model_copy(update={"text": part}) for part in parts]
    return whole
