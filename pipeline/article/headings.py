"""Headings of a few words in the speakers' own words: consecutive words out of a quote."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from pipeline.article.text import FUNCTION, NEGATIONS, content, norm, norms, number, rarity, tail, upper_first, wordset
from pipeline.models import Sentence

IMPERATIVES = wordset("""
    begin maak zet kom vraag laat zorg houd hou kijk neem geef denk durf stop blijf zeg praat luister betrek
    organiseer investeer kies wees leer zoek werk bouw deel doe schrijf meet leg stel benoem toon accepteer
    experimenteer vertrouw gebruik wacht pak breng koester leid bel loop vertel oefen bewaak bespreek regel ga""")
_DETERMINERS = wordset("de het een geen deze dit onze ons mijn jullie hun elke elk iedere ieder welke zo'n jezelf")
_OPEN_START = wordset("""
    die dat dan daar en of maar want als om te van dus ze hij hem hen haar omdat waar zodat terwijl er dit deze toen
    mijn jullie hun ons onze elke elk iedere ieder welke jezelf zo'n ook nog wel al toch zo zelfs is zijn was heb
    heeft hebben kan kunnen moet moeten gaat aan op in bij uit voor naar door tot over dit wat hoe nu
    ge zij u alleen soms misschien""")
_LINKS = wordset("van voor in op bij met zonder naar uit tussen tegen onder als aan dan")
ACCEPTED = 0.45  # 'De mensen' is worth less: better none


@dataclass(frozen=True)
class Lexicon:
    """What the talk itself shows of its words: which are nouns, and their article."""

    article: Mapping[str, str]
    nouns: frozenset[str]

    def named(self, noun: str) -> str | None:
        """'het geld', as it was said."""
        return f"{self.article[noun]} {noun}" if noun in self.article else None


def lexicon(sentences: Sequence[Sentence]) -> Lexicon:
    """Nouns are the words that close a group behind an article: 'de raad beslist', 'een fonds, dat …'."""
    articles: dict[str, Counter[str]] = {}
    nouns: set[str] = set()
    for sentence in sentences:
        tokens = sentence.text.split()
        for at in range(1, len(tokens)):
            word, before = norm(tokens[at]), norm(tokens[at - 1])
            after = norm(tokens[at + 1]) if at + 1 < len(tokens) else ""
            closes = bool(tail(tokens[at])) or after in FUNCTION or not after
            if before not in _DETERMINERS or tail(tokens[at - 1]) or not content([word]) or not closes:
                continue
            nouns.add(word)
            if before in ("de", "het") and tokens[at][:1].islower():
                articles.setdefault(word, Counter())[before] += 1
    return Lexicon({word: seen.most_common(1)[0][0] for word, seen in articles.items()}, frozenset(nouns))


def heading(
    texts: Sequence[tuple[str, str]],
    length: tuple[int, int],
    words: Lexicon,
    names: frozenset[str],
    taken: Collection[str],
    preferred: Collection[str],
) -> tuple[str, str] | None:
    """The best heading in `texts` ((sentence id, printed sentence)) and the id it came from.

    Sentences in `preferred` (those that are quoted) go before others; what is in `taken` is not said again.
    """
    theme = Counter(content(norms(" ".join(text for _, text in texts))))
    best: tuple[float, str, str] | None = None
    wanted = set(preferred)
    used = {word for other in taken for word in content(norms(other))}
    for place, (sentence, text) in enumerate(texts):
        for tokens, whole in _groups(text, length):
            value = _value(tokens, whole, words, names, theme)
            if value is None:
                continue
            value -= (
                min(0.5, 0.08 * place)
                + 0.9 * (sentence not in wanted)
                + 1.5 * bool(used & set(content(map(norm, tokens))))
            )
            if best is None or value > best[0]:
                best = (value, re.sub(r"[.,;:!?…]+$", "", upper_first(" ".join(tokens))), sentence)
    return (best[1], best[2]) if best and best[0] > ACCEPTED else _subject(texts, words, names, used)


def _subject(
    texts: Sequence[tuple[str, str]], words: Lexicon, names: frozenset[str], used: set[str]
) -> tuple[str, str] | None:
    """'Het onderhoud': the noun that a theme says most, with its article; None where no noun is said twice."""
    said = Counter(word for _, text in texts for word in norms(text) if words.named(word) and len(word) > 4)
    fit = [word for word, count in said.items() if count > 1 and word not in names | used and rarity(word) > 0.35]
    best = max(fit, key=lambda word: said[word] * rarity(word), default=None)
    if best is None:
        return None
    source = next(sentence for sentence, text in texts if best in norms(text))
    return upper_first(words.named(best) or best), source


def _groups(text: str, length: tuple[int, int]) -> Iterator[tuple[list[str], str]]:
    """Runs of words without punctuation inside; 'sentence', 'clause', 'start', 'inside' or 'denied' says where."""
    for said in re.split(r"(?<=[.?!…])\s+", text):
        clauses = [clause.split() for clause in re.split(r"(?<=[,:;])\s+|\s–\s", said) if clause.strip()]
        for clause in clauses:
            for start, count in product(range(len(clause)), range(length[0], length[1] + 1)):
                run = clause[start : start + count]
                whole = _place(clause, start, count, alone=len(clauses) == 1)
                if len(run) < count or any(map(tail, run[:-1])) or whole is None:
                    continue
                if not (whole == "sentence" and said.endswith("?")):
                    yield run, whole


def _place(clause: Sequence[str], start: int, count: int, alone: bool) -> str | None:
    """Where a run stands in its clause; None where it breaks off a group of words."""
    after = norm(clause[start + count]) if start + count < len(clause) else ""
    before = norm(clause[start - 1]) if start else ""
    if after in _LINKS or before in _DETERMINERS or before in ("die", "dat"):
        return None
    if start:
        return "denied" if before in NEGATIONS else "inside"
    if start + count < len(clause):
        return "start"
    return "sentence" if alone else "clause"


def _value(
    tokens: Sequence[str], whole: str, words: Lexicon, names: Collection[str], theme: Mapping[str, int]
) -> float | None:
    """How good these words are as a heading; None where an editor would not accept them."""
    run = [norm(token) for token in tokens]
    about = content(run)
    if not about or not all(run) or any(word in names for word in run):
        return None
    if any(a in _DETERMINERS and b in _DETERMINERS for a, b in pairwise(run)) or {"dat", "die", "daar"} & set(run):
        return None
    if run[0] in _OPEN_START or run[-1] in FUNCTION or (run[-1] in NEGATIONS and whole == "inside"):
        return None
    kind = _kind(run, whole, words)
    if kind is None:
        return None
    telling = sum(rarity(word) + 0.08 * min(3, theme.get(word, 0)) for word in about) / len(about)
    value = kind + telling + 0.15 * min(2, len(about) - 1)
    value -= 0.5 * bool({"jij", "jullie", "je"} & set(run)) + 0.3 * bool({"ik", "ge", "uw"} & set(run))
    value -= 0.6 * tokens[-1].endswith(":") + 0.5 * bool({"gewoon", "eigenlijk", "even", "helemaal"} & set(run))
    return value - 1.0 * any(number(word) for word in run)


def _kind(run: Sequence[str], whole: str, words: Lexicon) -> float | None:
    """Sentence, imperative, clause or noun group; None for a loose piece."""
    if whole == "sentence":
        return 2.0 if run[0] in IMPERATIVES or len(run) > 3 else 0.8
    noun = run[-1] in words.nouns
    if run[0] in IMPERATIVES and whole in ("start", "clause"):
        return 1.5 if whole == "clause" or (noun and run[-2] not in words.nouns) else None
    if not noun or (run[0] in _LINKS and (run[0] not in ("zonder", "met") or run[1] in _DETERMINERS)):
        return None
    if any(word in FUNCTION and word not in _DETERMINERS | _LINKS for word in run[run[0] == "niet" :]):
        return 1.0 if whole == "clause" else None
    return _group(run, whole, words)


def _group(run: Sequence[str], whole: str, words: Lexicon) -> float | None:
    """A noun with what belongs to it: 'een feestje voor mensen', 'niet het laatste woord'."""
    inner = run[run[0] == "niet" and run[1] in _DETERMINERS :]
    known = all(word in words.nouns or word in _DETERMINERS | _LINKS or _adjective(word) for word in inner)
    if not known or (inner[0] in words.nouns and whole == "inside"):
        return None
    if whole == "denied":  # 'niet de fout van de chatbot' without 'niet' says the opposite
        return 0.1
    if len(run) == 2:
        return 0.1 if run[0] in ("geen", "een") else 0.0
    return 0.8 + 0.3 * bool(_LINKS & set(run[1:-1]))


def _adjective(word: str) -> bool:
    """'eerlijke', 'lege', 'open': by its ending, as Dutch adjectives before a noun mostly show."""
    return (word.endswith("e") and len(word) > 3) or word in ("open", "eigen", "nieuw", "groot", "klein", "goed")
