"""Whether the transcript holds up a sentence of the article's own: its words, who said it, its noes and its alls.

Words are compared by their dictionary form, near the place that a writer named or, where nobody did, near the place
that holds most of them. It errs on the strict side: what it doubts is for a person to look at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from pipeline.article.evidence import Evidence
from pipeline.article.exclusions import TAKEN_BACK
from pipeline.article.people import surnames
from pipeline.article.text import (
    FUNCTION,
    date,
    lemma,
    lemmas,
    norm,
    norms,
    number,
    numbers,
    rarity,
    sayable,
    sign,
    telling,
    wordset,
)
from pipeline.article.wording import compares, english, near, negations, shares, totals
from pipeline.config import CheckParams
from pipeline.writing import Sentence

FRAME, ROLES = map(wordset, ("frame", "roles"))
SAYING = wordset("saying")
AGREEING, CONSENTS, DISAGREEING, DISAGREES = map(sign, ("agreeing", "consents", "disagreeing", "disagrees"))
SURVEYS = sign("surveys")
SAID = (
    "zei|vertelde|stelde|noemde|benadrukte|constateerde|betoogde|merkte|legde|wees|waarschuwde|schetste|pleitte|meende|"
    "beloofde|opperde|erkende|bevestigde|beweerde|bepleitte|geloofde|hoopte|verwachtte|wilde|wist|kondigde|zegde"
)
REPORTED = {"woorden van een ander", "mogelijk ironisch", "door elkaar gesproken", "onaf", "stelt zich voor"}
LATE = 45.0  # seconds after the first word of the closing in which the host still speaks to everybody
CLOSE, AROUND = 1, 2  # sentences on either side of what is cited, for what must be said there and for its subject
WINDOW = 4  # sentences looked at together where nothing is cited
BARE = 0.2  # share of a sentence's words, weighed by rarity, that may be missing from the transcript
COMMON, TELLING = 0.2, 0.42  # rarity up to which a missing word says nothing, and from which one is enough
SUBJECT = 4  # sentences that hold a word, from which it is a subject of the talk and may be named anywhere
CORRECTS = 2  # words before 'nee, dat zeg ik verkeerd' up to which it takes back the sentence before
SPEAKS = 0.4  # what it counts for, where nothing is cited, that somebody who is named speaks there
VAGUE = 3  # words below which a sentence cannot be found by its words
PARAPHRASE = 0.4  # cosine of two sentences from which they may mean the same: all measured paraphrases have more
VAST = 30  # sentences that are too many to be one place
OWN = 0.5  # share of what is found that the person it is credited to must have said


Alike = Callable[[str, Sequence[str]], float]  # how near in meaning a sentence is to the nearest of others, 0 to 1


@dataclass(frozen=True)
class Doubt:
    """What is wrong with a sentence: its number, speaker, role, agreement, negation, words, language, and so on."""

    kind: str
    told: str
    at: float | None = None


@dataclass(frozen=True)
class Where:
    """Where a sentence may rest: indexes of what was said there, and of what was said around that."""

    here: Sequence[int]
    around: Sequence[int]


class Ground:
    """The transcript as a ground for claims: sentences with their lemmas, and the facts that nobody need have said."""

    def __init__(self, evidence: Evidence, params: CheckParams, alike: Alike | None = None) -> None:
        self.alike = alike
        self.people = {person.name: voice for voice, person in evidence.people.items()}
        self.called = {voice: person.name for voice, person in evidence.people.items()}
        self.sentences, self.said = _held(evidence)
        self.lemmas = [frozenset(lemmas(text)) | (set(norms(text)) - FUNCTION) for text in self.said]
        self.withdrawn = _withdrawn(evidence.sentences)
        self.spoken = sayable(" ".join(s.text for s in evidence.sentences))
        self.often = Counter(word for words in self.lemmas for word in words)
        self.at = {s.id: at for at, s in enumerate(self.sentences)}
        listed = [f"{s.name} {s.role or ''} {s.organisation or ''}" for s in params.speakers]
        self.roles = {s.name: frozenset(norms(f"{s.role or ''} {s.organisation or ''}")) for s in params.speakers}
        day = date(params.date) if params.date else None
        known = [fact for fact in (params.title, params.about, day, *params.organisers, *listed) if fact]
        self.facts = frozenset(lemmas(" ".join(known)))
        self.given = numbers(" ".join(known))
        self.names = frozenset(word for name in [*self.people, *self.roles] for word in norms(name))
        short = surnames(list({p.name: p for p in evidence.people.values()}.values()))
        self.written = {name: name for name in self.people} | {short[name]: name for name in self.people}

    def doubts(self, text: str, cites: Collection[str] = ()) -> Iterator[Doubt]:
        """What is wrong with a sentence of the article's own; nothing where the transcript and the facts hold it up."""
        forms = telling(text)
        told = [w for w in forms if w not in self.names]
        words = [w for w in told if w not in FRAME and forms[w] not in FRAME]
        place = self._place(text, words, cites)
        at = self.sentences[place.here[0]].start if place.here else None
        said = [self.said[i] for i in place.here]
        if cites and not any(key in self.at for key in cites):
            yield Doubt("excluded", "rust op een fragment dat niet in het artikel hoort")
        if english(norms(text)):
            yield Doubt("language", "staat niet in het Nederlands", at)
        found = (
            ("number", self._numbers(text, " ".join(said))),
            ("role", self._roles(text)),
            ("words", self._missing(text, words, forms, place)),
            ("agreement", self._agreement(text, place)),
            ("all", () if "vroeg" in text else totals(norms(text), said)),
            ("comparison", compares(text, said)),
            ("negation", negations(text, said)),
            ("speaker", self._speaker(text, [w for w in told if w not in _saying()], place)),
        )
        yield from (Doubt(kind, what, at) for kind, several in found for what in several)

    def _place(self, text: str, words: Sequence[str], cites: Collection[str]) -> Where:
        """Round what is cited; else the few sentences that hold most; else, where it is vague, the whole talk."""
        cited = [self.at[key] for key in cites if key in self.at]
        if cited:
            return Where(self._near(cited, CLOSE), self._near(cited, AROUND))
        everywhere = range(len(self.sentences))
        if len(words) < VAGUE or SURVEYS.search(text):
            return Where(everywhere, everywhere)
        voices = {self.people[name] for name in self._named(text)}
        best = max(everywhere, key=lambda at: self._held_by(words, voices, at), default=0)
        here = list(everywhere[best : best + WINDOW])
        return Where(here, self._near(here, CLOSE))

    def _near(self, indexes: Collection[int], reach: int) -> list[int]:
        ends = ((max(0, one - reach), min(len(self.sentences), one + reach + 1)) for one in indexes)
        return sorted({at for begin, end in ends for at in range(begin, end)})

    def _held_by(self, words: Sequence[str], voices: Collection[str], at: int) -> float:
        here = frozenset().union(*self.lemmas[at : at + WINDOW])
        speak = any(s.voice in voices for s in self.sentences[at : at + WINDOW])
        return sum(1.0 if word.isdigit() else rarity(word) for word in words if near(word, here)) + SPEAKS * speak

    def _missing(self, text: str, words: Sequence[str], forms: Mapping[str, str], place: Where) -> Iterator[str]:
        """Words that were not said there, if they weigh enough together and it means something else too."""
        around = frozenset().union(*(self.lemmas[i] for i in place.around))
        known = around | self.facts
        bare = [w for w in words if not w.isdigit() and not near(w, known) and not near(forms[w], known)]
        missing = [w for w in bare if rarity(w) > COMMON]
        lacks = sum(rarity(w) * (0.5 if self.often[w] >= SUBJECT else 1) for w in missing)
        weighs = lacks > BARE * sum(map(rarity, words))
        if (
            weighs
            and (len(bare) > 1 or rarity(missing[0]) > TELLING)
            and not (_soft(bare, forms, text) and self._means(text, place))
        ):
            yield f"noemt iets wat in de opname niet terug te vinden is: {', '.join(dict.fromkeys(missing))}"

    def _means(self, text: str, place: Where) -> bool:
        """Whether one to three sentences there mean about the same."""
        runs = [place.here[at : at + many] for many in (1, 2, 3) for at in range(len(place.here))]
        said = [" ".join(self.said[i] for i in run) for run in runs if len(place.here) < VAST]
        return self.alike is not None and self.alike(text, said) >= PARAPHRASE

    def _numbers(self, text: str, said: str) -> Iterator[str]:
        known = sayable(said)
        for share in sorted(shares(text) - shares(said)):
            yield f"noemt ‘{' '.join(share)}’, wat daar niet is gezegd"
        people = {str(len(self.people)), str(len(self.people) - 1), "1"}
        gone = {word for word in norms(text) if word in self.withdrawn or number(word) in self.withdrawn}
        for word in sorted(gone):
            yield f"noemt ‘{word}’, wat de spreker terugnam"
        for value, written in numbers(text).items():
            if value not in known and value not in self.given and value not in people:
                yield f"noemt het getal {written}, dat daar niet is gezegd"

    def _roles(self, text: str) -> Iterator[str]:
        """A role beside a name that is not that person's."""
        for written, name in self.written.items():
            known = self.roles.get(name)
            for match in re.finditer(rf"(?<!\w){re.escape(written)}(?!\w)", text) if known else ():
                after = BESIDE.match(text[match.end() :])
                told = norms(after[1] or after[2]) if after else []
                before = norms(text[: match.start()])[-3:]
                said = max((i for i, word in enumerate(before) if word in SAYING), default=-1)
                beside = [*before[said + 1 :], *told[:5]]  # 'de presentator vroeg Mulder' calls nobody presenter
                strange = [word for word in beside if word in ROLES and word not in (known or ())]
                if strange:
                    yield f"noemt {name} {strange[0]}; dat staat niet in de gegevens"
                elif after and after[1] and known and told[0] not in CLAUSES and (set(told) & known) - FUNCTION:
                    new = [w for w in told if w not in FUNCTION and not near(w, known) and rarity(w) > COMMON]
                    if new:
                        yield f"zegt bij {name} iets wat niet in de gegevens staat: {', '.join(new)}"

    def _named(self, text: str) -> set[str]:
        return {name for w, name in self.written.items() if re.search(rf"(?<!\w){re.escape(w)}(?!\w)", text)}

    def _agreement(self, text: str, place: Where) -> Iterator[str]:
        said = " ".join(self.said[i] for i in place.here)
        denied = DISAGREEING.search(text)
        if denied and not DISAGREES.search(said):
            yield "zegt dat iemand het oneens is; dat blijkt niet uit de opname"
        asked = {"vroeg", "vroegen", "vraag"} & set(norms(text))
        if AGREEING.search(text) and not denied and not asked and not self._consents(text, place):
            yield "zegt dat iemand het eens is; dat blijkt niet uit de opname"

    def _consents(self, text: str, place: Where) -> bool:
        """Whether one of those named says so near there; what nobody in particular agrees with cannot be shown."""
        named = {self.people[name] for name in self._named(text)}
        for i in place.here:
            if CONSENTS.search(self.said[i]) and not DISAGREES.search(self.said[i]):
                voice = self.sentences[i].voice
                other = next((s.voice for s in reversed(self.sentences[:i]) if s.voice != voice), None)
                if voice in named and named <= {voice, other}:
                    return True
        return False

    def _speaker(self, text: str, words: Sequence[str], place: Where) -> Iterator[str]:
        """Somebody is said to have said what another said."""
        words, named = [word for word in words if not near(word, self.facts)], self._named(text)
        if len(named) != 1 or len(words) < VAGUE:
            return
        [name] = named
        ways = "|".join(re.escape(w) for w in sorted(self.written, key=len, reverse=True) if self.written[w] == name)
        if not re.search(
            rf"(?:[Vv]olgens|aldus|vond|{SAID})\s(?:\w+\s){{0,3}}(?:{ways})\b|\b(?:{ways})\s(?:{SAID}|vond|die)\b", text
        ):
            return
        share = dict.fromkeys(self.called, 0.0)
        for voice in share:
            mine = frozenset().union(*(self.lemmas[i] for i in place.here if self.sentences[i].voice == voice))
            share[voice] = sum(rarity(w) + 0.2 for w in set(words) if near(w, mine))
        other = max(share, key=share.__getitem__)
        if share[self.people[name]] < OWN * share[other]:
            yield f"schrijft aan {name} toe wat {self.called[other]} zei"


CLAUSES = wordset("clauses") | {"terwijl", "met", "als"}
BESIDE = re.compile(r",\s([^,:;.‘’“”]+)|\s(?:is|was|werkt als|sprak als)\s(?:een\s|de\s)?([^,:;.‘’“”]+)")


@cache
def _saying() -> frozenset[str]:
    """SAYING as lemmas; the dictionary takes half a second to load, and 'status' looks up no word."""
    return frozenset(lemma(word) for word in SAYING)


def _soft(words: Sequence[str], forms: Mapping[str, str], text: str) -> bool:
    """Whether none of these words is a name or a role, which no other word can stand for."""
    inner = {norm(token) for token in text.split()[1:] if token[:1].isupper()}
    return not any(forms[word] in inner or {word, forms[word]} & ROLES for word in words)


def _held(evidence: Evidence) -> tuple[list[Sentence], list[str]]:
    """The sentences that may hold up a claim, with their text; of what was put right only the right number counts."""
    sentences: list[Sentence] = []
    texts: list[str] = []
    every = evidence.sentences
    closed = next((s.start for s in every if s.excluded == "na de afsluiting"), 0.0)
    for at, sentence in enumerate(every):
        why, text = sentence.excluded, sentence.text
        if why == "teruggenomen":
            text = _put_right(text, every[at + 1].text if at + 1 < len(every) else "")
        elif why == "na de afsluiting":
            text = text if sentence.voice == evidence.host and sentence.start < closed + LATE else ""
        elif why and why not in REPORTED:
            text = ""
        if text:
            sentences.append(sentence)
            texts.append(text)
    return sentences, texts


def _withdrawn(sentences: Sequence[Sentence]) -> set[str]:
    """Numbers and names that somebody took back and put another in the place of: '28. Nee, dat zeg ik verkeerd, 18.'"""
    gone: set[str] = set()
    for before, sentence in pairwise(sentences):
        if not (taken := TAKEN_BACK.search(sentence.text)) or sentence.excluded != "teruggenomen":
            continue
        first = sentence.text[: taken.start()]
        first = (
            first
            if len(norms(first)) > CORRECTS
            else f"{before.text} {first}"
            if before.voice == sentence.voice
            else ""
        )
        after = re.sub(r"\bniet \S+", "", sentence.text[taken.end() :])
        for kind in (numbers, _capitals):
            if kind(after):
                whole = kind(first)
                parts = {number(part) for written in whole.values() if " " in written for part in written.split()}
                gone |= whole.keys() - kind(after).keys() - parts
    return gone


def _capitals(text: str) -> dict[str, str]:
    """Names among the last words of a text, as normal form → as written."""
    return {norm(token): token for token in text.split()[-6:] if token[:1].isupper() and norm(token) not in FUNCTION}


def _put_right(text: str, after: str) -> str:
    """What is left of a sentence round 'nee, dat zeg ik verkeerd': what comes after it, or all but a wrong number."""
    if taken := TAKEN_BACK.search(text):
        return re.sub(r"\bniet \S+", "", text[taken.end() :])
    if not TAKEN_BACK.search(after):
        return text
    return " ".join(t for t in text.split() if number(t) is None) if numbers(text) and numbers(after) else ""
