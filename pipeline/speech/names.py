"""Names of voices: given by a person, or proposed on evidence that is shown. Pure.

A name is proposed on one strong piece of evidence or on two fair ones that agree, where nothing of like weight says
otherwise; else the voice stays unknown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.edits import Pin
from pipeline.models import NamedVoice, Passages, clock
from pipeline.speech.addressing import calls, thanks
from pipeline.speech.introductions import Evidence, introductions, utterances

POINTS = {"strong": 3, "fair": 1, "weak": 0}
ENOUGH = 2
CLEARLY = 2  # a name must have more than this many times the points of whatever says otherwise
RIVAL = 1 / 3  # of the moments of a voice's first name: from there on another name makes it a question again
DUTCH = {
    "introduction": "stelt zich voor",
    "called, then speaks": "krijgt het woord en spreekt",
    "thanked after speaking": "wordt na het spreken bedankt",
}


@dataclass(frozen=True)
class Judged:
    """A voice with its name, if any; who it may be, the likeliest first; and in English why that is not sure."""

    named: NamedVoice
    candidates: tuple[Evidence, ...] = ()
    why: str | None = None


def names_of(passages: Passages, speakers: tuple[str, ...], pins: tuple[Pin, ...]) -> dict[str, NamedVoice]:
    """Every voice with its name: confirmed where a person pinned it, proposed on unequivocal evidence, else unknown."""
    return {voice: judged.named for voice, judged in judge(passages, speakers, pins).items()}


def judge(passages: Passages, speakers: tuple[str, ...], pins: tuple[Pin, ...]) -> dict[str, Judged]:
    """Every voice, in order of first speaking, with its name and the evidence."""
    confirmed, _ = pinned(passages, pins)
    taken = {names[0] for names in confirmed.values()}
    found = gathered(passages, speakers)
    evidence = [each for each in found if each.name not in taken and each.voice not in confirmed]
    firsts = {passage.speaker: passage.start for passage in reversed(passages.passages)}
    judged = {voice: _judged(voice, evidence, speakers) for voice in sorted(firsts, key=lambda voice: firsts[voice])}
    sure = {voice for pin in pins if (voice := _mostly(passages, pin))}
    judged |= {voice: _confirmed(voice, names, voice in sure) for voice, names in confirmed.items()}
    free = [name for name in speakers if all(each.named.name != name for each in judged.values())]
    silent = [voice for voice, each in judged.items() if each.named.name is None and not each.candidates]
    for voice, name in zip(silent, free, strict=False):
        hint = Evidence(voice, name, "order of the list", "weak", "", firsts[voice], voice)
        judged[voice] = replace(judged[voice], candidates=(hint,))
    return judged


def gathered(passages: Passages, speakers: tuple[str, ...]) -> list[Evidence]:
    """All that is said about who the voices are, in order of time by kind."""
    said = utterances(passages)
    own = [found for utterance in said for found in introductions(utterance, speakers)]
    # A Linda de Vries who introduces herself and is not on the list makes every 'Linda' a question.
    people = tuple(dict.fromkeys((*speakers, *(found.name for found in own)))) if speakers else ()
    return [*own, *calls(said, people), *thanks(said, people)]


def _confirmed(voice: str, names: tuple[str, ...], sure: bool) -> Judged:
    """What a person said, unless she gave the voice other names too, or most of whom she meant is now another voice."""
    name, *rivals = names
    if rivals:
        said = f"door u ook {' en '.join(rivals)} genoemd: welke naam klopt, {' of '.join(names)}?"
        why = f"you also named it {' and '.join(rivals)}"
    elif not sure:
        said = f"maar een deel van wie u {name} noemde: is dit ook {name}?"
        why = f"only a part of whom you named {name}"
    else:
        return Judged(NamedVoice(voice=voice, name=name, status="confirmed", evidence="door u bevestigd"))
    return Judged(NamedVoice(voice=voice, name=name, status="proposed", evidence=said), why=why)


def _judged(voice: str, evidence: Sequence[Evidence], speakers: Sequence[str]) -> Judged:
    """The name that the evidence proposes, if nothing of like weight contradicts it."""
    points: dict[str, Counter[str]] = defaultdict(Counter)  # by name, by voice
    for found in evidence:
        points[found.name][found.voice] += POINTS[found.strength]
    mine = [found for found in evidence if found.voice == voice]
    if not mine:
        return Judged(NamedVoice(voice=voice), why="nobody says who")
    mine.sort(key=lambda found: (-points[found.name][voice], found.name, -POINTS[found.strength], found.at))
    best, name = mine[0], mine[0].name
    has, rivals = points[name][voice], {found.name for found in mine} - {name}
    # Who introduces herself by two names is two people, or tells a story.
    twice = any(found.kind == "introduction" and found.strength != "weak" for found in mine if found.name != name)
    spoken_to = sum(POINTS[e.strength] for e in evidence if e.by == voice != e.voice and e.name == name)
    against = {
        f"{1 + len(rivals)} candidates": has if twice else max((points[rival][voice] for rival in rivals), default=-1),
        "so may another voice": max((n for other, n in points[name].items() if other != voice and n), default=-1),
        "this voice speaks to that person": 2 * spoken_to or -1,  # nobody calls herself: the surest contradiction
    }
    why = next((why for why, weight in against.items() if has <= CLEARLY * weight), None)
    if why is None and has < ENOUGH:
        why = "one hint is not enough"
    if speakers and name not in speakers:
        why = "not in the list of speakers"
    if why:
        return Judged(NamedVoice(voice=voice), tuple(mine), why)
    said = f"{clock(best.at)} {DUTCH[best.kind]}: {best.quoted}"
    return Judged(NamedVoice(voice=voice, name=name, status="proposed", evidence=said, at=best.at), tuple(mine))


def pinned(passages: Passages, pins: Sequence[Pin]) -> tuple[dict[str, tuple[str, ...]], list[Pin]]:
    """By voice the name most of its pinned moments give it, and its rivals; and the pins that name no voice any more.

    Between names with as many moments the one given last goes first.
    """
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for pin in reversed(pins):  # most_common keeps this order among equals
        for moment in pin.moments:
            voice = voice_at(passages, moment)
            if voice:
                votes[voice][pin.name] += 1
    moments: Counter[str] = Counter()
    for pin in pins:
        moments[pin.name] += len(pin.moments)
    names = {}
    for voice, counts in votes.items():
        # A stray moment or two of a name, after another diarization, say nothing of this voice.
        fitting = Counter({name: times for name, times in counts.items() if times >= RIVAL * moments[name]})
        if not fitting:
            continue
        (first, most), *others = fitting.most_common()
        names[voice] = (first, *(name for name, times in others if times >= RIVAL * most))
    winners = {first for first, *_ in names.values()}
    return names, [pin for pin in pins if pin.name not in winners]


def _mostly(passages: Passages, pin: Pin) -> str | None:
    """The voice that more than half of a pin's moments are heard as."""
    heard = Counter(voice for moment in pin.moments if (voice := voice_at(passages, moment)))
    return next((voice for voice, times in heard.most_common(1) if 2 * times > heard.total()), None)


def voice_at(passages: Passages, moment: float) -> str | None:
    """Who is heard at a moment, in seconds; None where nobody is."""
    return next((p.speaker for p in passages.passages if p.start <= moment <= p.end), None)


def moments_of(passages: Passages, voice: str, count: int = 9) -> tuple[float, ...]:
    """Moments well inside the longest passages of a voice, spread over the recording, to pin its name to."""
    longest = sorted((p for p in passages.passages if p.speaker == voice), key=lambda p: -p.duration)[:count]
    return tuple(sorted(round(p.middle, 2) for p in longest))
