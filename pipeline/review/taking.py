"""A quote taken out of the transcript by a person: the suggested cleaning word by word, and the line to print."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.article.cleaning import clean, explain
from pipeline.article.evidence import gather, split
from pipeline.article.people import Person
from pipeline.article.report import EDITS
from pipeline.article.text import escaped, inside, norm, upper_first
from pipeline.errors import PipelineError
from pipeline.models import Passages, Word


@dataclass(frozen=True)
class Spoken:
    """The words of one voice between two moments; per word the kind of edit that would drop it, if any."""

    voice: str
    words: tuple[Word, ...]
    drops: tuple[str | None, ...]
    barred: str | None

    def text(self, keep: Collection[int] = ()) -> tuple[str, bool]:
        """As it would be printed with these suggestions refused, and whether that differs from what was said."""
        said = [word.text for word in self.words]
        wanted = [t for i, t in enumerate(said) if self.drops[i] is None or i in keep]
        if not keep:
            wanted = _cleaned(self.words)
        for tokens in (wanted, said):  # a choice that can't be proved to be a permitted edit falls back to all words
            text = upper_first(" ".join(tokens)).rstrip(",;: ")
            edits = explain(said, text)
            if edits is not None:
                return text, any(edit.kind != "punctuation" for edit in edits)
        return " ".join(said), False


def spoken(passages: Passages, people: dict[str, Person], start: float, end: float) -> Spoken:
    """What the voice that says most between two moments says there. PipelineError where nobody speaks."""
    here = [(p, [w for w in p.words if start <= w.middle <= end]) for p in passages.passages]
    here = [(passage, words) for passage, words in here if words]
    if not here:
        raise PipelineError("nothing is said there", "take a stretch of the transcript")
    voice = max(here, key=lambda one: len(one[1]))[0].speaker
    words = tuple(word for passage, words in here if passage.speaker == voice for word in words)
    excluded = [s for s in gather(passages, people).sentences if s.excluded and s.voice == voice]
    why = next((s.excluded for s in excluded if start < s.middle < end or s.start <= (start + end) / 2 <= s.end), None)
    return Spoken(voice, words, _drops(words), why)


def _cleaned(words: Sequence[Word]) -> list[str]:
    """The words by permitted edits only, sentence by sentence; openers go from the first one."""
    parts = split(list(words))
    texts = [clean([w.text for w in part], opener=at == 0).text for at, part in enumerate(parts)]
    return " ".join(texts).split()


def _drops(words: Sequence[Word]) -> tuple[str | None, ...]:
    """Which words are not in the cleaned text, and in Dutch why they may go."""
    said, left = [norm(word.text) for word in words], [norm(token) for token in _cleaned(words)]
    kinds = {
        norm(token): EDITS[edit.kind]
        for part in split(list(words))
        for edit in clean([w.text for w in part]).edits
        if edit.kind != "punctuation"
        for token in edit.text.split()
    }
    gone: list[str | None] = [None] * len(said)
    for kind, a1, a2, *_ in SequenceMatcher(None, said, left, autojunk=False).get_opcodes():
        for i in range(a1, a2) if kind in ("delete", "replace") else ():
            gone[i] = kinds.get(said[i], EDITS["repetition"])
    return tuple(gone)


def line(text: str, person: Person, article: str, heard: str) -> str:
    """A paragraph of Markdown that prints the quote: introduced in full where the article does not name her yet."""
    known = person.name in article
    who = person.surname if known else person.belongs(heard)
    comma = "," if "," in who else ""
    return f"{escaped(upper_first(who))}{comma} zei: ‘{inside(text)}’"
