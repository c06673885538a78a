"""Who a voice may be by how others address it: called, then speaks; thanked after speaking. Pure.

A name in a sentence about somebody, a list of names, thanks to who is absent: evidence of nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.models import ends_sentence
from pipeline.speech.introductions import (
    FORMAL,
    NAME,
    SELF,
    STOPS,
    Evidence,
    Fits,
    Sentence,
    Strength,
    Utterance,
    named,
)
from pipeline.speech.roster import PARTICLES, first_name

PAUSE = 15.0  # seconds between a call and its answer above which the one no longer belongs to the other
REACH = 4  # sentences before the end of an utterance within which a call still asks the next voice to speak
OPENING = 3  # sentences within which thanks concern the voice before
FEW = 8  # words below which nobody is thanked for having spoken
INTERJECTION = 4  # words below which an answer may be somebody's 'ja' before the real one
AWARE = 25  # words within which who answers for another says so

LEAD = r"(?i:(?:en|of|maar|dan|nu|eh|eerst|tot slot|toch)\s*,?\s+)*"
CHEER = r"(?i:(?:ja|nee|nou|goed|mooi|kijk|oké|oke|dus|haha|hé|zeg|even|allez|awel)\s*,?\s+)*"
CALL = re.compile(rf"(?:^|[.,;:?!…]\s+){CHEER}{LEAD}{NAME}")
OPENS = re.compile(rf"^{LEAD}{NAME}")
FLOOR = re.compile(
    r"(?i)\b(?:ga(?:at)? (?:je|uw) gang|gaat u verder|(?:is|ga|kijk|kom) (?:\w+ ){0,2}(?:aan|naar|bij) (?:jou|u)"
    r"|aan (?:jou|u) (?:het woord|de (?:beurt|vloer|vraag))|het (?:laatste |slot)?woord|kom (?:er )?maar"
    r"|steek (?:maar )?van wal|zeg het (?:maar|eens)|vertel(?: het)? (?:eens|maar)|begin\w* (?:\w+ )?met jouw?"
    r"|begin jij|begint u|toe maar|welkom)\b"
)
ROLE = r"(?:(?!(?:van|met|namens|voor|bij|door|en|of)\s+[A-ZÀ-Ý])[a-zà-ý][\w.-]*,?\s+){0,6}?"
HANDS = re.compile(
    r"\b(?i:(?:het (?:laatste |slot)?woord|de (?:beurt|vloer|microfoon))"
    r"(?:\s+(?:is|gaat|geven|nu|dan|graag|eerst))*\s+aan"
    r"|(?:ga|gaan|schakel\w*|door|over)\b[^.,?!]{0,20}?\bnaar|begin(?:nen)?(?: we| ik)? (?:met|bij)"
    rf"|dan nu(?: toch| ook| graag)?|welkom,?(?: aan)?|applaus voor)\s+{ROLE}{NAME}"
)
NOT_NOW = re.compile(
    r"(?i)\b(?:straks|bijna|daarna|dadelijk|later|zo ?meteen|zo dadelijk|vorige|gisteren|morgen|volgende|na de pauze"
    r"|gaf|gaven|kreeg|niet|nooit|geen|eerst nog|had|hadden|net)\b"
)
THEY = re.compile(
    r"(?i)^\W*(?:vraagt|vroeg|zegt|zei|schrijft|schreef|stelt|vindt|die"
    r"|(?:is|was|heeft|had)(?! (?:dat|dit|er|het|je)\b))\b"
)
# 'Linda, hoor je ons?' is asked of who does not answer, 'Linda Bakker, kent u haar?' of somebody else.
THERE = re.compile(
    r"(?i)\b(?:hoort?|horen|verstaan|microfoon|geluid|beeld|verbinding|dia|slide|scherm|er (?:al|nu|nog)"
    r"|bent? (?:je|jij|u) er)\b|\b(?:haar|hem)(?:\?| noemen| niet)"
)
TO_YOU = re.compile(r"(?i)\b(?:je|jij|jou|jouw|jullie|u|uw|ge|gij)\b")
INTERRUPTS = re.compile(
    r"(?i)^(?:\W*\w+\b){0,4}?\W*(?:mag|zou|kan) ik\b|\b(?:sorry dat ik|inbreken|onderbreken|tussendoor|inhaken|voordat"
    r"|punt van orde|mededeling|afgesproken)\b"
)
# 'Ze is even weg', 'haar microfoon staat uit', 'ik vervang mijn collega'.
FOR_ANOTHER = re.compile(
    r"(?i)\b(?:ze|zij|hij|die) (?:is|zit|komt|kan|hoort|staat|heeft|moet|moest|wil|was|belt|doet|had)\b"
    r"|\b(?:haar|hem|zijn) (?:geluid|microfoon|beeld|camera|verbinding|scherm|lijn|even|niet|nog)\b"
    r"|\b(?:vervang\w*|in plaats van|namens|ziek|afwezig|waar voor|val in|waarne\w+|de techniek)\b"
)
ACCEPTS = re.compile(r"(?i)^\W*(?:(?:ja|nou|eh|goed|oké|heel|hartelijk)\W+)*(?:dank|bedankt|merci)")

SPOKEN = (
    r"(?:verhaal|presentatie|bijdrage|toelichting|inleiding|introductie|uitleg|lezing|antwoord|inbreng|betoog|woorden"
    r"|woord|reactie|schets|voorbeelden|voorbeeld|inzichten|uitnodiging)"
)
FOR_IT = rf"(?i:,?\s+voor\s+(?:je|jouw|uw|u|haar|zijn|deze|dit|dat|het|de)\s+(?:\w+\s+)?{SPOKEN}\b)"
THANKS = re.compile(
    rf"\b(?i:dank|dankjewel|dankuwel|bedankt|merci)(?:{FOR_IT}|(?i:,?\s+(?:je|u|jou|wel|heel|erg|hartelijk|zeer"
    rf"|alvast|hoor|daarvoor)))*[\s,]+{NAME}"
)
THANKS_TO = re.compile(rf"\b(?i:dank aan)\s+{NAME}(?={FOR_IT})")
THANKED = re.compile(
    rf"{FOR_IT}|\s+(?:hoor|zeker|en (?:dan|nu|we|ik|laten))\b"
    rf"|(?!,?\s*(?i:voor|die|dat|wie|namens|want)\b){STOPS.pattern}"
)
NOT_HERE = re.compile(
    r"(?i)\b(?:ziek|niet|afwezig|thuis|techniek|organisatie|chat|camera|achter de|vervang\w*|jullie)\b"
)
YOU_TOO = re.compile(r"(?i)^\W*(?:(?:ja|nou|heel|met)\W+)*(?:graag gedaan|insgelijks|plezier|j\w+ ook|dank|bedankt)")


def calls(said: Sequence[Utterance], people: Sequence[str]) -> Iterator[Evidence]:
    """Somebody is asked to speak, by name, at the end of what one voice says, and another voice speaks next."""
    for i, (before, after) in enumerate(pairwise(said)):
        late = after.words[0].start - before.words[-1].end > PAUSE
        slip = not ends_sentence(before.words[-1].text) and after.words[0].text[0].islower()
        call = None if late or slip or before.voice == after.voice else _call(before, people)
        then = said[i + 2].voice if i + 2 < len(said) else before.voice
        if call is None or (len(after.words) < INTERJECTION and then != before.voice):
            continue
        names, sentence, handed = call
        if any(_for_another(after.opening(AWARE), name) for name in names):
            continue
        strength: Strength = "strong" if handed and ACCEPTS.match(after.opening(FEW)) else "fair"
        for name in names:
            weaker: Strength = "weak" if len(names) > 1 else strength
            yield Evidence(after.voice, name, "called, then speaks", weaker, sentence.text, sentence.at, before.voice)


def _call(utterance: Utterance, people: Sequence[str]) -> tuple[list[str], Sentence, bool] | None:
    """Who is asked to speak next, in which words, and whether that is in so many words ('het woord is aan …')."""
    last = utterance.sentences[-REACH:]
    for n, sentence in reversed(list(enumerate(last))):
        text, earlier = sentence.text, [one.text for one in last[:n]]
        now = not NOT_NOW.search(text)
        handed = _who(HANDS, text, people, _handed) if now and "?" not in text else set()
        floor = bool(handed or (now and FLOOR.search(text)))
        if floor or "?" in text:
            names = handed | _who(CALL, text, people, _vocative(text))
            earlier = [one for one in earlier if "?" in one]
        elif THANKS.search(text):
            continue
        else:  # 'Linda, jij zat in de zaal. Wat zag jij?', but not at the end of a row of guests
            names = _who(OPENS, text, people, _vocative(text))
            later = " ".join(one.text for one in last[n + 1 :])
            if names and not ("?" in later and TO_YOU.search(text + later)):
                return None
        around = " ".join(one.text for one in last[max(0, n - 1) :])
        if names and "?" in around and THERE.search(around):
            return None
        if names:
            rivals = {who for one in earlier for who in _who(CALL, one, people, _vocative(one))}
            alone = len(names | rivals) == 1 and (not _crowd(text, people) or (not handed and TO_YOU.search(text)))
            # Where more is said after it, perhaps somebody else is to speak first after all.
            return (list(names.pop()), sentence, floor and sentence is last[-1]) if alone else None
    return None


def _who(pattern: re.Pattern[str], text: str, people: Sequence[str], fits: Fits) -> set[tuple[str, ...]]:
    """Who is meant wherever a pattern is found; more than one name each where they share it."""
    return {tuple(names) for match in pattern.finditer(text) if (names := named(match, people, fits))}


def _crowd(text: str, people: Sequence[str]) -> bool:
    """Whether more than one of the list is named."""
    return len({first_name(name) for name in people} & set(re.findall(r"\w+", text))) > 1


def _handed(_: str, tail: str) -> bool:
    """Whether no surname and no other clause follows: 'het woord is aan Linda van de bewoners'."""
    return bool(STOPS.match(tail) or re.match(r"\s+(?:van|uit|bij|voor)\s(?!.*\bte\b)", tail))


def _whole(name: str, tail: str) -> bool:
    """Whether no surname follows a first name."""
    return " " in name or not re.match(rf"\s+(?:(?:{PARTICLES})\s+)*[A-ZÀ-Ý]", tail)


def _vocative(text: str) -> Fits:
    """Whether a name stands loose: at an edge of the sentence, or between commas in one that says 'jij'."""

    def fits(name: str, tail: str) -> bool:
        before = text[: len(text) - len(name) - len(tail)]
        edge = re.fullmatch(f"{CHEER}{LEAD}{FORMAL}?", before) or not tail.lstrip().startswith(",")
        return bool(STOPS.match(tail) and not THEY.match(tail) and (edge or TO_YOU.search(text)))

    return fits


def _for_another(opening: str, name: str) -> bool:
    """Whether who speaks next is evidently not who was called: interrupts, or speaks of her."""
    return bool(_speaks_of(name, opening) or INTERRUPTS.search(opening) or FOR_ANOTHER.search(opening))


def _speaks_of(name: str, text: str) -> bool:
    """Whether a name falls other than in 'ik ben …'."""
    return re.search(rf"\b{re.escape(first_name(name))}\b", SELF.sub("", text), re.IGNORECASE) is not None


def thanks(said: Sequence[Utterance], people: Sequence[str]) -> Iterator[Evidence]:
    """Somebody is thanked, by name and alone, in the first words after a voice spoke."""
    for i, (before, after) in enumerate(pairwise(said)):
        if before.voice == after.voice or len(before.words) < FEW:
            continue
        then = said[i + 2] if i + 2 < len(said) else None
        everybody = {who for one in after.sentences for who in _thanked(one.text, people)}
        for sentence in after.sentences[:OPENING]:  # once: two thanks in one breath are one piece of evidence
            here = _thanked(sentence.text, people)
            if not here or len(everybody) > 1 or _crowd(sentence.text, people) or NOT_HERE.search(sentence.text):
                continue
            if then and then.voice not in (before.voice, after.voice) and YOU_TOO.match(then.opening(FEW)):
                continue  # it was she who answered the thanks
            names = next(iter(here))
            strength: Strength = "weak" if len(names) > 1 else "fair"
            for name in (name for name in names if not _speaks_of(name, before.opening(len(before.words)))):
                yield Evidence(
                    before.voice, name, "thanked after speaking", strength, sentence.text, sentence.at, after.voice
                )
            break


def _thanked(text: str, people: Sequence[str]) -> set[tuple[str, ...]]:
    return _who(THANKS, text, people, lambda _, tail: THANKED.match(tail)) | _who(THANKS_TO, text, people, _whole)
