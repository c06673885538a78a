"""Names of voices: given by a person, or proposed on evidence that is shown. Pure.

A mention is never an introduction.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz

from pipeline.edits import Pin
from pipeline.models import NamedVoice, Passage, Passages
from pipeline.speech.passages import clock

PARTICLES = "van|de|der|den|ten|ter|te|het|’t"
PART = rf"(?:[A-ZÀ-Ý][\w’'-]+|(?:{PARTICLES})\b)"
SELF = re.compile(rf"(?i:\b(?:ik ben|mijn naam is|ik heet|u spreekt met))\s+({PART}(?:\s+{PART}){{0,4}})")
LOOSE_PARTICLES = re.compile(rf"(?:\s+(?:{PARTICLES}))+$")
ALIKE = 74  # of 100, rapidfuzz's ratio: 'Denis Korkmas' is Deniz Korkmaz, 'Dennis de Kort' is not
ALIKE_FIRST = 86
CALLED = 2  # times that a voice must answer to a name before that counts as evidence


@dataclass(frozen=True)
class Evidence:
    """Why a voice may be somebody: the words, when they were said, and how strong that is."""

    voice: str
    name: str
    kind: str
    said: str
    at: float


def names_of(passages: Passages, speakers: tuple[str, ...], pins: tuple[Pin, ...]) -> dict[str, NamedVoice]:
    """Every voice with its name: confirmed where a person pinned it, proposed on unequivocal evidence, else unknown."""
    voices = list(dict.fromkeys(passage.speaker for passage in passages.passages))
    confirmed, _ = pinned(passages, pins)
    taken = set(confirmed.values())
    candidates: dict[str, dict[str, Evidence]] = defaultdict(dict)
    for evidence in gathered(passages, speakers):
        if evidence.voice not in confirmed and evidence.name not in taken:
            candidates[evidence.voice].setdefault(evidence.name, evidence)
    claims = Counter(name for names in candidates.values() for name in names)
    named = {}
    for voice in voices:
        if voice in confirmed:
            named[voice] = NamedVoice(
                voice=voice, name=confirmed[voice], status="confirmed", evidence="door u bevestigd"
            )
        elif len(candidates[voice]) == 1 and claims[next(iter(candidates[voice]))] == 1:
            evidence = next(iter(candidates[voice].values()))
            said = f"{evidence.kind} ({clock(evidence.at)}): ‘{evidence.said}’"
            named[voice] = NamedVoice(voice=voice, name=evidence.name, status="proposed", evidence=said, at=evidence.at)
        else:
            named[voice] = NamedVoice(voice=voice)
    return named


def pinned(passages: Passages, pins: Sequence[Pin]) -> tuple[dict[str, str], list[str]]:
    """Names by voice from people's pins, by majority of moments; and the names that no longer fit any voice."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for pin in pins:
        for moment in pin.moments:
            voice = _voice_at(passages, moment)
            if voice:
                votes[voice][pin.name] += 1
    names = {voice: counts.most_common(1)[0][0] for voice, counts in votes.items()}
    return names, [pin.name for pin in pins if pin.name not in names.values()]


def _voice_at(passages: Passages, moment: float) -> str | None:
    return next((p.speaker for p in passages.passages if p.start <= moment <= p.end), None)


def moments_of(passages: Passages, voice: str, count: int = 9) -> tuple[float, ...]:
    """Moments well inside the longest passages of a voice, spread over the recording, to pin its name to."""
    longest = sorted((p for p in passages.passages if p.speaker == voice), key=lambda p: -p.duration)[:count]
    return tuple(sorted(round(p.middle, 2) for p in longest))


def gathered(passages: Passages, speakers: tuple[str, ...]) -> list[Evidence]:
    """All evidence of who a voice is, strongest kind first: introduces herself, answers to a name."""
    return [*_introductions(passages.passages, speakers), *_answers(passages.passages, speakers)]


def _introductions(passages: Sequence[Passage], speakers: tuple[str, ...]) -> list[Evidence]:
    found = []
    for passage in passages:
        for match in SELF.finditer(passage.text):
            heard = LOOSE_PARTICLES.sub("", match.group(1))
            name = next(filter(None, (listed(part, speakers) for part in _shorter(heard))), None)
            if name is None and not speakers and " " in heard and heard[0].isupper():
                name = heard  # nobody told us who takes part: the name as it was heard
            if name:
                found.append(Evidence(passage.speaker, name, "stelt zich voor", match.group(0), passage.start))
    return found


def _shorter(heard: str) -> list[str]:
    """'Peter Jansen van de Universiteit', '… van de', …, 'Peter Jansen': a name may be followed by where she works."""
    parts = heard.split()
    return [" ".join(parts[:end]) for end in range(len(parts), min(len(parts), 2) - 1, -1)]


def _answers(passages: Sequence[Passage], speakers: tuple[str, ...]) -> list[Evidence]:
    """A voice that speaks, time and again, right after a name was called at the edge of another's last sentence."""
    votes: dict[str, list[Evidence]] = defaultdict(list)
    for before, after in pairwise(passages):
        if before.speaker == after.speaker:
            continue
        last = re.split(r"(?<=[.?!])\s+", before.text)[-1]
        called = [name for name in speakers if _called(name, last, speakers)]
        if len(called) == 1:
            votes[after.speaker].append(Evidence(after.speaker, called[0], "antwoordt op die naam", last, after.start))
    found = []
    for evidences in votes.values():
        name, times = Counter(e.name for e in evidences).most_common(1)[0]
        if times >= CALLED and times >= 0.75 * len(evidences):
            found.append(next(e for e in evidences if e.name == name))
    return found


def _called(name: str, sentence: str, speakers: tuple[str, ...]) -> bool:
    """Whether a sentence addresses somebody: her first name stands alone at its edge ('Hanneke?', '…, Hanneke?')."""
    first = first_name(name)
    if sum(first_name(other) == first for other in speakers) > 1:
        return False
    edge = re.match(r"^(\w+)[,?]", sentence) or re.search(r",\s+(\w+)\?$", sentence)
    return edge is not None and edge.group(1).lower() == first.lower()


def listed(heard: str, speakers: tuple[str, ...]) -> str | None:
    """The one name of the list that was heard, misspelt or not; None where none or two come near."""
    scores = {name: fuzz.ratio(heard.lower(), name.lower()) for name in speakers}
    near = [name for name, score in scores.items() if score >= ALIKE]
    if len(near) == 1:
        return near[0]
    if len(near) > 1:
        best = sorted(near, key=lambda name: -scores[name])
        return best[0] if scores[best[0]] - scores[best[1]] >= 10 else None
    if " " in heard:
        return None
    firsts = [name for name in speakers if fuzz.ratio(heard.lower(), first_name(name).lower()) >= ALIKE_FIRST]
    return firsts[0] if len(firsts) == 1 else None


def first_name(name: str) -> str:
    """'Arne' of 'Arne van Hout'."""
    return name.split(maxsplit=1)[0]
