"""Who a voice may be by what it says itself: 'ik ben …', 'mijn naam is …'. Pure.

A mention is never an introduction: a name in a sentence about somebody is evidence of nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from textwrap import shorten
from typing import Literal

from pipeline.models import Passages, Word, ends_sentence
from pipeline.speech.roster import LOOSE_PARTICLES, ORGANISATION, PART, meant

Kind = Literal["introduction", "called, then speaks", "thanked after speaking", "order of the list"]
Strength = Literal["strong", "fair", "weak"]
Fits = Callable[[str, str], object]  # of a name and of what follows it in the sentence

RECENT = 40  # words within which somebody else's words may still go on
WIDTH = 70  # characters of what was said that are shown
LONGEST = 100  # words of a sentence; a recogniser that writes no full stops makes none
FIRST = 80  # words of an utterance within which one introduces oneself; later it may be part of a story

FORMAL = r"(?:(?i:mevrouw|meneer|mijnheer|(?:de )?heer|wethouder|burgemeester|professor|dokter)\s+)"
NAME = rf"(?:(?P<formal>{FORMAL})|(?=[A-ZÀ-Ý]))(?P<name>{PART}(?:\s+{PART}){{0,4}})"
ABBREVIATED = re.compile(r"(?:(?i:prof|drs?|ir|ing|mr|mevr|dhr)|[A-Z])\.")
STOPS = re.compile(r"\s*(?:[.,;:?!…–(]|-\s|$)")
SELF = re.compile(rf"(?P<verb>(?i:\b(?:ik ben(?: dus)?|mijn naam is|ik heet)))\s+(?P<den>den?\s+(?=[A-ZÀ-Ý]))?{NAME}")
# After 'ik ben Tom Hendriks': the sentence is over, or says where he is from; 'ik ben Tom Hendriks dankbaar' does not.
GOES_ON = re.compile(
    rf"{STOPS.pattern}|\s+(?:ik\b|en (?:ik|ben|werk|woon|naast|dit is)\b|{ORGANISATION}"
    rf"|van\s+(?:(?:de|het|een)\s+)?(?:[A-ZÀ-Ý]|{ORGANISATION}))"
)
AND_I = re.compile(r"\s+en (?:ik|ben|werk|woon)\b")
# 'Ik ben Marieke, en haar ploeg, zeer dankbaar'; 'ik heet Linda Bakker van harte welkom'; 'ik ben Linda, haar zus'.
GOVERNED = re.compile(
    r"(?i)^\W*(?:\?|(?:niet|haar|zijn|d[’']r|z[’']n)\b)"
    r"|\b(?:dankbaar|erkentelijk|(?:ver)?schuldigd?|verplicht|genegen|trouw|kwijt\w*|beu|zat|moe|vergeten|tegengekomen"
    r"|tegen het lijf|(?:op)?gevolgd|voorgegaan|verloren|gepasseerd|voorbij\w*|misgelopen|(?:na|achterna)gelopen"
    r"|(?:gaan|wezen|komen) \w+en)\b"
)
WELCOMED = re.compile(r"(?i)\bwelkom\b")
ANOTHER_CLAUSE = re.compile(r"(?i)\b(?:ik|we|wij|en (?:ben|werk|woon|leid|heb|mag|ga|vertegenwoordig))\b")
QUOTING = (
    r"(?:zei|zegt|zeggen|zeg|riep|roept|schrijft|schreef|vraagt|vroeg|antwoord\w*|dacht|vertel(?:t|de)|stel(?:de)?"
    r"|leest?|lezen|las|bel(?:t|de)|mail(?:t|de)|staat|stond|doe|doet|alsof|zogenaamd|als ik)"
)
SOMEBODYS = r"(?:vraag|vragen|reactie|bericht|mail|brief|opmerking) van"
QUOTED = re.compile(rf"(?i)\b(?:{QUOTING}|{SOMEBODYS})\b(?:[^\w.?!]+\w+){{0,6}}(?:\.\.\.|…)?[^\w.?!]*$")
QUOTED_AFTER = re.compile(
    r"(?i)^\W*(?:zei|zegt|riep|roept|schr\w+)\b|\b(?:zei|zegt|riep|schreef|schrijft) (?:hij|ze|zij|die|de|een)\b"
    r"|\b(?:staat|stond) (?:er|in|op|te)\b"
)
OWN_WORDS = re.compile(r"(?i)\b(?:zoals|dank\w*|stel (?:me|mij|mezelf|ons))\b[^.?!]*$")  # 'zoals Linda zei, ik ben …'
# Perhaps still another's words: a letter that is read out, a story, a play.
RETOLD = re.compile(
    r"(?i)\b(?:zei|zegt|riep|roept|schreef|schrijft|vroeg|stel(?:de|t) zich|mail\w*|brief|bericht|bordje|lees|las|lezen"
    r"|voorgelezen|papier|ge?stuurde?|inspreker|filmpje|boodschap|speel\w*|rol van|toneel\w*)\b"
)
# Perhaps about another: 'ik ben Tom Hendriks, in zekere zin, voor'; 'ik ben Tom, via via, op het spoor gekomen'.
STRAYS = re.compile(
    r"(?i)^\s*,\s*(?:in|na|op|tot|al|als|eerlijk|even|nog|heel|zeer|erg|echt|altijd|ondanks|gelukkig|helaas|eigenlijk"
    r"|soms|toch|of|nee|sorry|zogezegd|zeg maar|zullen|via|door|om|sinds|zonder|vanwege|net)\b"
    r"|^\s*,.*\b(?!(?:de|het|een|uw|jullie|ons|onze|haar|zijn|van|bij|in|voor|en|of)\b)\w+\W+"
    r"\w*(?:ge|be|ver|ont|her)\w+(?:d|t|en)\W*$"
)


@dataclass(frozen=True)
class Evidence:
    """Why a voice may be somebody: the words, when they were said (seconds), by which voice; and how strong that is."""

    voice: str
    name: str
    kind: Kind
    strength: Strength
    said: str
    at: float
    by: str

    @property
    def quoted(self) -> str:
        """Its words on one line, in quote marks."""
        return f"‘{shorten(self.said, WIDTH, placeholder=' …')}’" if self.said else ""


@dataclass(frozen=True)
class Sentence:
    """A sentence and when it began."""

    text: str
    at: float


@dataclass(frozen=True)
class Utterance:
    """What a voice said until another spoke."""

    voice: str
    words: tuple[Word, ...]

    @cached_property
    def sentences(self) -> list[Sentence]:
        """Cut at what ends a sentence, not after titles and initials."""
        cut: list[list[Word]] = [[]]
        for word in self.words:
            cut[-1].append(word)
            if (ends_sentence(word.text) and not ABBREVIATED.fullmatch(word.text)) or len(cut[-1]) == LONGEST:
                cut.append([])
        return [Sentence(" ".join(word.text for word in words), words[0].start) for words in cut if words]

    def opening(self, count: int) -> str:
        """Its first words."""
        return " ".join(word.text for word in self.words[:count])


def utterances(passages: Passages) -> list[Utterance]:
    """Who said what in turn, without what the recogniser may have invented."""
    said = []
    for voice, group in groupby(passages.passages, key=lambda passage: passage.speaker):
        words = [word for passage in group for word in passage.words]
        sure = tuple(word for word in words if not any(word.overlap(suspect) > 0 for suspect in passages.suspects))
        if sure:
            said.append(Utterance(voice, sure))
    return said


def named(match: re.Match[str], people: Sequence[str], fits: Fits) -> list[str]:
    """Who is meant by the longest front of what looks like a name, if that fits what follows it."""
    heard, formal, after = match["name"], bool(match["formal"]), match.string[match.start("name") :]
    if not people:
        return [name for name in meant(heard, ()) if fits(name, after[len(name) :])]
    for word in reversed(list(re.finditer(r"\S+", heard))):
        front = LOOSE_PARTICLES.sub("", heard[: word.end()])
        if fits(front, after[len(front) :]) and (names := meant(front, people, formal=formal)):
            return names
    return []


def introductions(utterance: Utterance, speakers: tuple[str, ...]) -> Iterator[Evidence]:
    """'Ik ben Peter Jansen van de Universiteit', also of who is not on the list; not what somebody else said."""
    before: list[str] = []
    words = 0
    for sentence in utterance.sentences:
        for match in SELF.finditer(sentence.text):
            here = match.string[: match.start()].split()
            lead = " ".join([*before, *here][-RECENT:])
            fits = _introduces(match["verb"].lower())
            names = named(match, speakers, fits) or named(match, (), fits)
            own = OWN_WORDS.search(lead)
            if QUOTED.search(lead) and not own:
                continue
            after = ANOTHER_CLAUSE.split(match.string[match.end() :], maxsplit=1)[0]
            doubts = match["den"], words + len(here) > FIRST, STRAYS.match(after), RETOLD.search(lead) and not own
            strength: Strength = "weak" if len(names) > 1 else "fair" if any(doubts) else "strong"
            for name in names:
                yield Evidence(utterance.voice, name, "introduction", strength, match[0], sentence.at, utterance.voice)
        before = [*before, *sentence.text.split()][-RECENT:]
        words += len(sentence.text.split())


def _introduces(verb: str) -> Fits:
    def fits(name: str, tail: str) -> bool:
        clause = ANOTHER_CLAUSE.split(tail, maxsplit=1)[0]
        if GOVERNED.search(clause) or QUOTED_AFTER.search(tail) or (verb == "ik heet" and WELCOMED.search(tail)):
            return False
        lone = STOPS.match(tail) or AND_I.match(tail)
        return bool(lone if " " not in name else verb == "mijn naam is" or GOES_ON.match(tail))

    return fits
