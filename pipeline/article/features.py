"""What makes a sentence worth quoting, and the stretches of talk that could be a quote."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from pipeline.article.cleaning import clean
from pipeline.article.evidence import Evidence
from pipeline.article.text import FUNCTION, NEGATIONS, content, norm, norms, number, rarity, wordset
from pipeline.models import Sentence

_NORMS = wordset(
    "moet moeten moest moesten hoort mag mogen durf durven belangrijk belangrijkste nodig noodzakelijk cruciaal zaak "
    "verantwoordelijk vertrouwen eerlijk essentieel wezenlijk onacceptabel kern"
)
_STANCE = re.compile(
    r"\b(ik|wij|we) (vind|vinden|geloof|geloven|denk|denken|pleit|hoop|zie liever|wil|willen|weiger|merk|"
    r"heb geleerd)\b|"
    r"voor mij|wat mij betreft|waar het (mij |ons |nu )?om (gaat|draait)|(de|mijn) (vraag|kern|les|opgave|"
    r"boodschap) is",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"\b(maar|liever|in plaats van|meer .{1,40} dan|eerder .{1,30} dan|anders dan|niet meer|pas|juist|gewoon|"
    r"uiteindelijk)\b",
    re.IGNORECASE,
)
# Talk about the talk: fine to hear, of no use on paper.
_META = re.compile(
    r"iets (over|op) zeggen|mag ik (daar|even|beginnen|iets)|cijfers over$|goede vraag|mooie vraag|"
    r"zoals ik (net )?(al )?zei|"
    r"net al|wat ik (net )?zei|ik (moet|ga) (zo|om .{2,8} uur) weg|daarom zit ik|bij aansluiten|niet mee eens|"
    r"hartelijk dank|dank (je|u)\b|dat zal ik|even (kijken|denken)|leg(t)? uit$|hoor je|kom ik (zo|straks)|"
    r"laat ik .{0,20} zijn$|"
    r"\b(hij|zij|ze|je) knik|ik zie .{0,15} (knikken|lachen)|schud|je zei\b|jij zei\b|noemde? (net|al)",
    re.IGNORECASE,
)
DANGLING = wordset(
    "dat die daar dan dit deze hij zij ze hem hen haar daarom daardoor daarmee daarna daarvan daarin "
    "daarover daaraan ook "
    "anders zo alsof hierdoor hiermee hierin nee ja precies inderdaad klopt verder bovendien tegelijk toch "
    "wel zelfs niks "
    "eentje degene zodat waardoor waarmee sowieso behalve terwijl want en dus evenmin idem zulke zoiets "
    "vooral net gewoon alleen aan"
)
_WITHIN = wordset("hem ermee eraan ervan erin daarvan daaraan daarmee daarin daar hij hen daarover")
# 'Wij hebben dat geleerd': a pronoun whose noun was in an earlier sentence; not 'ik weet dat de raad …'.
_POINTING = re.compile(
    r"\b(hebben|heb|heeft|doen|doe|deden|deed|is|was|vind|vinden|zie|zeg|weet|kan|wil|moet|wordt|ook) (dat|dit)\b"
    r"(?! (ik|je|jij|we|wij|de|het|een|er|ze|hij|mensen|u|die|in|op)\b)",
    re.IGNORECASE,
)
UNHEARD = 0.85  # rarity above which (Zipf below 1.1) a word is hardly ever written
_ADDRESS = wordset("jij jullie jouw jou")


@dataclass(frozen=True)
class Stretch:
    """Consecutive sentences of one voice that could be a quote; `text` as it would be printed."""

    sentences: tuple[Sentence, ...]
    text: str
    words: int
    score: float

    @property
    def voice(self) -> str:
        """Who says it."""
        return self.sentences[0].voice

    @property
    def start(self) -> float:
        """When it begins."""
        return self.sentences[0].start

    def shares(self, other: Stretch) -> bool:
        """Whether a sentence is in both."""
        return bool({s.id for s in self.sentences} & {s.id for s in other.sentences})


def dangling(text: str) -> bool:
    """Whether a text begins in the middle of an argument."""
    words = norms(text)
    if not words:
        return True
    if words[0] in ("toen", "nu", "waar"):  # 'toen we daar liepen, …' stands by itself, 'toen zijn we' does not
        return len(words) < 2 or words[1] not in ("ik", "we", "wij", "je", "de", "het", "een", "er", "mensen")
    if "later" in words[:3]:
        return True
    return words[0] in DANGLING or (words[0] == "het" and words[1:2] in (["was"], ["werd"], ["werkt"], ["zijn"]))


def weights(evidence: Evidence) -> Mapping[str, float]:
    """How telling each content word is: often said here, and not by everybody all the time (tf·log)."""
    counts: Counter[str] = Counter()
    spread: Counter[str] = Counter()
    for sentence in evidence.usable():
        words = content(norms(sentence.clean))
        counts.update(words)
        spread.update(set(words))
    total = max(1, len(evidence.sentences))
    return {word: log(1 + count) * log(1 + total / spread[word]) for word, count in counts.items()}


def worth(sentence: Sentence, telling: Mapping[str, float], names: Collection[str]) -> float:
    """The value of one sentence as (part of) a quote; about 0 for small change, 2 and more for what sticks."""
    words = norms(sentence.clean)
    text = " ".join(words)
    known = set(words)
    value = 0.0
    negated = bool(known & NEGATIONS)
    value += 0.5 * negated + 0.5 * bool(_CONTRAST.search(text)) + 0.4 * (negated and "," in sentence.clean)
    value += 0.5 * bool(known & _NORMS) + 0.4 * bool(_STANCE.search(text))
    value += 0.4 * (words[:1] in (["als"], ["wie"]) or ("als " in text and " dan " in text))
    value += 0.5 * _echoes(words) + 0.15 * any(number(word) for word in words)
    about = sorted((telling.get(word, 0) for word in set(content(words))), reverse=True)[:4]
    value += min(0.7, sum(about) / 40)
    value -= 1.2 * bool(_META.search(text)) + 0.6 * bool(known & set(names)) + 0.4 * bool(known & _ADDRESS)
    value -= 0.5 * sentence.text.rstrip().endswith("?") * (len(words) < 8)
    if sentence.confidence is not None:
        value -= max(0.0, 0.8 - sentence.confidence) * 2.5
        value -= 0.8 * len(misheard(sentence.text, telling))
    return value


def misheard(text: str, telling: Mapping[str, float]) -> list[str]:
    """Words that no Dutch text holds, nor two of them put together, said once: a recogniser's own spelling."""
    plain = [token.strip(".,;:?!…") for token in text.split()]
    odd = [word for word in plain if word.islower() and word.isalpha() and len(word) > 3]
    return [word for word in odd if telling.get(norm(word), 0) < 5 and not _is_word(word)]


def _is_word(word: str) -> bool:
    if rarity(word) < UNHEARD:
        return True
    cuts = ((word[:at], word[at:]) for at in range(4, len(word) - 3))
    return any(
        rarity(left) < 0.55 and min(rarity(right), rarity(right.removeprefix("s"))) < 0.55 for left, right in cuts
    )


def _echoes(words: Sequence[str]) -> bool:
    """A figure of speech: the same two words, or the same content word, said twice in one sentence."""
    pairs = list(pairwise(words))
    twice = [word for word, count in Counter(content(words)).items() if count > 1]
    return len(set(pairs)) < len(pairs) or bool(twice)


def _parallel(one: Sentence, other: Sentence) -> bool:
    """'Een molen van een ander … Een molen van jezelf …', 'dan heb je geen … Dan heb je een …'."""
    a, b = norms(one.clean), norms(other.clean)
    shared = set(a) & set(b) - {"de", "het", "een", "en", "van", "dat"}
    return a[:2] == b[:2] or len(shared) >= 0.45 * min(len(set(a)), len(set(b)))


def stretches(evidence: Evidence, length: tuple[int, int], ideal: int, names: Collection[str]) -> list[Stretch]:
    """All stretches of guests (of everybody where there is no host) that may be quoted, best first.

    `length` in words, `ideal` what the article has room for.
    """
    telling = weights(evidence)
    value = {s.id: worth(s, telling, names) for s in evidence.usable()}
    found: list[Stretch] = []
    guests = [s for s in evidence.sentences if s.voice != evidence.host or len(evidence.people) < 2]
    for at, first in enumerate(guests):
        if first.excluded is not None or dangling(first.clean):
            continue
        for until in range(at + 1, min(at + 7, len(guests)) + 1):
            run = guests[at:until]
            if any(s.excluded or s.passage != first.passage for s in run):
                break
            text = printed(run)
            words = len(text.split())
            if words > length[1]:
                break
            if words >= length[0]:
                found.append(Stretch(tuple(run), text, words, _score(run, value, words, ideal)))
    return sorted(found, key=lambda stretch: (-stretch.score, stretch.start))


def printed(run: Sequence[Sentence]) -> str:
    """Sentences as one quote: openers go from the first only."""
    rest = [clean(sentence.text.split(), opener=False).text for sentence in run[1:]]
    return " ".join([run[0].clean, *rest])


def _score(run: Sequence[Sentence], value: Mapping[str, float], words: int, ideal: int) -> float:
    best = sorted((value[s.id] for s in run), reverse=True)
    score = best[0] + 0.5 * sum(best[1:2]) + 0.15 * sum(best[2:]) - 0.35 * sum(v < 0.25 for v in best)
    score += 0.7 * any(_parallel(a, b) for a, b in pairwise(run))
    first = norms(run[0].clean)
    score -= 0.6 * bool(_POINTING.search(run[0].clean))
    score -= 0.5 * bool(_WITHIN & set(first[:6])) + 0.25 * (first[0] in ("het", "er", "wat"))
    last = norms(run[-1].clean)
    score -= 0.8 * (len(last) < 3 and not NEGATIONS & set(last))
    score -= 0.5 * (value[run[0].id] < 0.2) + 0.5 * (value[run[-1].id] < 0.2)
    score -= 0.4 * (len(content(first)) < 2) + 0.5 * run[-1].text.rstrip().endswith("?") * (len(run) > 1)
    return score - 0.7 * max(0.0, abs(words - ideal) / ideal - 0.25)


def stem(word: str) -> str:
    """A crude stem, to see that 'molens' and 'molen' are one subject."""
    for ending in ("ingen", "eren", "en", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def subjects(text: str) -> Counter[str]:
    """Stems of the content words in a text."""
    return Counter(stem(word) for word in norms(text) if len(word) > 2 and word not in FUNCTION)
