"""Whether the transcript holds up a sentence of the article's own: its words, who said it, its noes and its alls."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.article.evidence import Evidence
from pipeline.article.exclusions import TAKEN_BACK
from pipeline.article.people import surnames
from pipeline.article.text import (
    FUNCTION,
    NEGATIONS,
    date,
    lemma,
    lemmas,
    norm,
    norms,
    number,
    numbers,
    rarity,
    sign,
    tail,
    wordset,
    wordsets,
)
from pipeline.config import CheckParams
from pipeline.writing import Sentence

FRAME, ROLES = wordset("frame"), wordset("roles")
TOTALS = wordsets("totals")
AGREEING, CONSENTS, DISAGREEING, DISAGREES = map(sign, ("agreeing", "consents", "disagreeing", "disagrees"))
SURVEYS = sign("surveys")
REPORTED = {"woorden van een ander", "mogelijk ironisch", "door elkaar gesproken", "onaf", "stelt zich voor"}
WINDOW = 4  # sentences looked at together where nothing is cited
BARE = 0.23  # share of a sentence's words, weighed by rarity, that may be missing from the transcript
LOOSE = {"want", "dus", "zodat", "steeds", "gelijk"}  # say little by themselves, but hold up the others
UNITS = {"kwart", "procent", "keer"}  # make another number of the one before them
NARROW = 2  # words between a negation and what it denies
SPEAKS = 0.4  # what it counts for, where nothing is cited, that somebody who is named speaks there
VAGUE = 3  # words below which a sentence cannot be found by its words
OWN = 0.5  # share of what is found that the person it is credited to must have said


@dataclass(frozen=True)
class Doubt:
    """What is wrong with a sentence: its number, speaker, role, agreement, negation, words, language, and so on."""

    kind: str
    told: str
    at: float | None = None


def near(word: str, others: Collection[str]) -> bool:
    """Whether a lemma is there: itself, as part of a compound, or with another ending."""
    if word in others:
        return True
    if len(word) < 4 or word.isdigit():
        return False
    return any(
        len(other) > 3 and (word in other or other in word or (len(word) > 5 and word[:5] == other[:5]))
        for other in others
    )


def _held(evidence: Evidence) -> tuple[list[Sentence], list[str]]:
    """The sentences that may hold up a claim, with their text; of what was put right only the right number counts."""
    sentences: list[Sentence] = []
    texts: list[str] = []
    for at, sentence in enumerate(evidence.sentences):
        text = sentence.text
        if sentence.excluded == "teruggenomen":
            sign_ = TAKEN_BACK.search(text)
            after = evidence.sentences[at + 1].text if at + 1 < len(evidence.sentences) else ""
            if sign_:
                text = re.sub(r"\bniet \S+", "", text[sign_.end() :])
            elif numbers(text) and TAKEN_BACK.search(after) and numbers(after):
                text = " ".join(token for token in text.split() if number(token) is None)
            else:
                continue
        elif sentence.excluded and sentence.excluded not in REPORTED:
            continue
        sentences.append(sentence)
        texts.append(text)
    return sentences, texts


class Ground:
    """The transcript as a ground for claims: sentences with their lemmas, and the facts that nobody need have said."""

    def __init__(self, evidence: Evidence, params: CheckParams) -> None:
        self.evidence = evidence
        usable, said = _held(evidence)
        self.sentences, self.said = usable, said
        self.lemmas = [frozenset(lemmas(text)) for text in said]
        self.spoken = numbers(" ".join(s.text for s in evidence.sentences))
        self.place = {s.id: at for at, s in enumerate(usable)}
        self.people = {person.name: voice for voice, person in evidence.people.items()}
        listed = [f"{s.name} {s.role or ''} {s.organisation or ''}" for s in params.speakers]
        self.roles = {s.name: frozenset(norms(f"{s.role or ''} {s.organisation or ''}")) for s in params.speakers}
        day = date(params.date) if params.date else None
        known = [params.title, params.about, day, *params.organisers, *listed]
        self.facts = frozenset(lemmas(" ".join(fact for fact in known if fact)))
        self.given = numbers(" ".join(fact for fact in known if fact))
        self.names = frozenset(word for name in [*self.people, *self.roles] for word in norms(name))
        people = [*{p.name: p for p in evidence.people.values()}.values()]
        short = surnames(people)
        self.written = {name: name for name in self.people} | {short[name]: name for name in self.people}

    def window(self, words: Sequence[str], voices: Collection[str], cites: Collection[str]) -> list[int]:
        """Where a sentence may rest: what is cited with its neighbours, else the few sentences that hold most of it."""
        cited = [self.place[key] for key in cites if key in self.place]
        if cited:
            return sorted({at for one in cited for at in range(max(0, one - 1), min(len(self.sentences), one + 2))})
        best = max(range(len(self.sentences)), key=lambda at: self._found(words, voices, at), default=0)
        return list(range(best, min(len(self.sentences), best + WINDOW)))

    def _found(self, words: Sequence[str], voices: Collection[str], at: int) -> float:
        here = frozenset().union(*self.lemmas[at : at + WINDOW])
        speak = any(s.voice in voices for s in self.sentences[at : at + WINDOW])
        return sum(1.0 if word.isdigit() else rarity(word) for word in words if near(word, here)) + SPEAKS * speak

    def doubts(self, text: str, cites: Collection[str] = ()) -> Iterator[Doubt]:
        """What is wrong with a sentence of the article's own; nothing where the transcript and the facts hold it up."""
        if cites and not any(key in self.place for key in cites):
            yield Doubt("excluded", "rust op een fragment dat niet in het artikel hoort")
        tokens = norms(text)
        words = [w for w in lemmas(text) if w not in FRAME and w not in self.names]
        voices = {self.people[name] for name in self._named(text) if name in self.people}
        window = self.window(words, voices, cites)
        if not cites and (len(words) < VAGUE or SURVEYS.search(text)):  # nowhere in particular
            window = list(range(len(self.sentences)))
        here = frozenset().union(*(self.lemmas[at] for at in window)) if window else frozenset()
        at = self.sentences[window[0]].start if window else None
        if english(tokens):
            yield Doubt("language", "staat niet in het Nederlands", at)
        yield from (Doubt("number", told, at) for told in self._numbers(text, window))
        yield from (Doubt("role", told, at) for told in self._roles(text))
        missing = [w for w in words if not near(w, here) and not near(w, self.facts) and not w.isdigit()]
        total = sum(map(rarity, words))
        if words and sum(map(rarity, missing)) > BARE * total:
            told = f"noemt iets wat in de opname niet terug te vinden is: {', '.join(dict.fromkeys(missing))}"
            yield Doubt("words", told, at)
        said = " ".join(self.said[i] for i in window)
        asked = {"vroeg", "vroegen", "vraag"} & set(tokens)
        if AGREEING.search(text) and not asked and not self._consents(text, window):
            yield Doubt("agreement", "zegt dat iemand het eens is; dat blijkt niet uit de opname", at)
        if DISAGREEING.search(text) and not DISAGREES.search(said):
            yield Doubt("agreement", "zegt dat iemand het oneens is; dat blijkt niet uit de opname", at)
        yield from (Doubt("all", told, at) for told in self._totals(tokens, norms(said)))
        yield from (Doubt("negation", told, at) for told in _negations(text, [self.said[i] for i in window]))
        yield from (Doubt("speaker", told, at) for told in self._speaker(text, words, window))

    def _numbers(self, text: str, window: Sequence[int]) -> Iterator[str]:
        said = numbers(" ".join(self.said[i] for i in window))
        people = {str(len(self.people)), str(len(self.people) - 1)}
        shares, told = _shares(text), _shares(" ".join(self.said[i] for i in window))
        for share in sorted(shares - told):
            yield f"noemt {' '.join(share)}, wat daar niet is gezegd"
        for value, written in numbers(text).items():
            if value != "1" and value not in said and value not in self.given and value not in people:
                yield f"noemt het getal {written}, dat daar niet is gezegd"

    def _roles(self, text: str) -> Iterator[str]:
        """A role beside a name that is not that person's."""
        for written, name in self.written.items():
            for match in re.finditer(rf"(?<!\w){re.escape(written)}(?!\w)", text):
                before = norms(text[: match.start()])[-3:]
                after = re.match(
                    r",\s([^,:;.‘’“”]+)|\s(?:is|was|werkt als|sprak als)\s(?:een\s|de\s)?([^,:;.‘’“”]+)",
                    text[match.end() :],
                )
                beside = [*before, *(norms(after[1] or after[2])[:5] if after else [])]
                known = self.roles.get(name, frozenset())
                strange = [word for word in beside if word in ROLES and word not in known]
                if known and strange:
                    yield f"noemt {name} {strange[0]}; dat staat niet in de gegevens"
                if known and after and after[1] and not strange:
                    yield from self._apposition(name, norms(after[1]), known)

    def _apposition(self, name: str, words: Sequence[str], known: Collection[str]) -> Iterator[str]:
        new = [w for w in words if w not in FUNCTION and not near(w, known) and rarity(w) > 0.3]
        if set(words) & set(known) and new:
            yield f"zegt bij {name} iets wat niet in de gegevens staat: {', '.join(new)}"

    def _named(self, text: str) -> set[str]:
        return {
            name for written, name in self.written.items() if re.search(rf"(?<!\w){re.escape(written)}(?!\w)", text)
        }

    def _consents(self, text: str, window: Sequence[int]) -> bool:
        """Whether one of those named says so near there; what nobody in particular agrees with cannot be shown."""
        named = {self.people.get(name) for name in self._named(text)}
        for i in window:
            if CONSENTS.search(self.said[i]):
                voice = self.sentences[i].voice
                other = next((s.voice for s in reversed(self.sentences[:i]) if s.voice != voice), None)
                if voice in named and named <= {voice, other}:
                    return True
        return False

    def _totals(self, tokens: Sequence[str], said: Sequence[str]) -> Iterator[str]:
        """Words of all or nothing, and comparisons, that were not said."""
        for kind in TOTALS:
            here = [token for token in tokens if token in kind and token not in LOOSE]
            if here and not kind & set(said):
                yield f"zegt ‘{here[0]}’; zo stellig is het niet gezegd"
        for more, after in pairwise(tokens):
            if after == "dan" and more.endswith("er") and more not in said and more != "eerder":
                yield f"vergelijkt (‘{more} dan’) zoals het niet is gezegd"

    def _speaker(self, text: str, words: Sequence[str], window: Sequence[int]) -> Iterator[str]:
        """Somebody is said to have said what another said."""
        words = [word for word in words if not near(word, self.facts)]
        if len(self._named(text)) != 1 or len(words) < VAGUE:
            return
        for written, name in sorted(self.written.items(), key=lambda pair: -len(pair[0])):
            escaped_ = re.escape(written)
            says = rf"(?:[Vv]olgens|aldus|vond|{SAID})\s(?:\w+\s){{0,3}}{escaped_}\b|\b{escaped_}\s(?:{SAID}|vond)\b"
            if not re.search(says, text):
                continue
            share: dict[str, float] = {}
            for i in window:
                voice = self.sentences[i].voice
                share[voice] = share.get(voice, 0.0) + sum(rarity(w) for w in set(words) if near(w, self.lemmas[i]))
            own, best = share.get(self.people[name], 0.0), max(share.values(), default=0.0)
            if own < OWN * best:
                other = max(share, key=share.__getitem__)
                yield f"schrijft aan {name} toe wat {self.evidence.people[other].name} zei"
            return


SAID = (
    "zei|vertelde|stelde|noemde|benadrukte|constateerde|betoogde|merkte|legde|wees|waarschuwde|schetste|pleitte|meende"
)


def english(words: Sequence[str]) -> bool:
    """Whether a sentence is more English than Dutch."""
    from wordfreq import zipf_frequency

    known = [w for w in words if len(w) > 1 and w.isalpha()]
    ahead = sum(zipf_frequency(w, "en") - zipf_frequency(w, "nl") for w in known)
    return len(known) > 3 and ahead > 0.6 * len(known)


def _shares(text: str) -> set[tuple[str, str]]:
    """'drie kwart', '18 procent', 'twee keer', by value."""
    return {(value, unit) for a, unit in pairwise(norms(text)) if unit in UNITS and (value := number(a)) is not None}


def _negations(text: str, said: Sequence[str]) -> Iterator[str]:
    """A word that is denied here and never there, or there each time and not here."""
    here = {
        lemma(norm(token)): _denied(text.split(), at, NARROW) for at, token in enumerate(text.split()) if _tells(token)
    }
    flat: dict[str, list[bool]] = {}
    wide: dict[str, list[bool]] = {}
    for sentence in said:
        tokens = sentence.split()
        for at, token in enumerate(tokens):
            if _tells(token):
                flat.setdefault(lemma(norm(token)), []).append(at > 0 and norm(tokens[at - 1]) == "niet")
                wide.setdefault(lemma(norm(token)), []).append(bool(NEGATIONS & set(norms(sentence))))
    for word, denied in here.items():
        if denied and word in wide and not any(wide[word]):
            yield f"ontkent ‘{word}’, wat in de opname niet wordt ontkend"
        elif word in flat and all(flat[word]) and not NEGATIONS & set(norms(text)):
            yield f"laat de ontkenning bij ‘{word}’ weg"


def _tells(token: str) -> bool:
    return norm(token) not in FUNCTION and len(norm(token)) > 2


def _denied(tokens: Sequence[str], at: int, reach: int) -> bool:
    """Whether a negation stands just before a word, with no comma or 'maar' between."""
    for before in range(at - 1, max(-1, at - 1 - reach), -1):
        if tail(tokens[before]) or norm(tokens[before]) == "maar":
            return False
        if norm(tokens[before]) in NEGATIONS:
            return True
    return False
