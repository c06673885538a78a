"""Names of voices: given by a person, or proposed on evidence that is shown. Pure.

A mention is never an introduction.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from rapidfuzz import fuzz

from pipeline.edits import Pin
from pipeline.models import NamedVoice, Passage, Passages
from pipeline.speech.passages import clock

PARTICLES = "van|de|der|den|ten|ter|te|het|’t"
TITLES = re.compile(r"^(?:(?i:prof|drs?|ir|ing|mr)\.\s*)+(?=\w)")
PARTICLE = {*PARTICLES.split("|"), "t"}
PART = rf"(?:[A-ZÀ-Ý][\w’'-]+|(?:{PARTICLES})\b)"
SELF = re.compile(rf"(?i:\b(?:ik ben|mijn naam is|ik heet|u spreekt met))\s+({PART}(?:\s+{PART}){{0,4}})")
LOOSE_PARTICLES = re.compile(rf"(?:\s+(?:{PARTICLES}))+$")
ORGANISATION = (
    r"(?:(?i:\w*(?:universiteit|hogeschool|school|college|academie|gemeente|provincie|ministerie|waterschap|stichting"
    r"|vereniging|genootschap|instituut|bibliotheek|museum|centrum|commissie|platform)|\w+(?:raad|bank|groep|dienst))"
    r"|[A-Z]{2,})\b"
)
STOPS = re.compile(r"\s*(?:[.,;:?!…–(]|-\s|$)")
# After 'ik ben Tom Hendriks': the sentence is over, or says where he is from; 'ik ben Tom Hendriks dankbaar' does not.
GOES_ON = re.compile(
    rf"{STOPS.pattern}|\s+(?:ik\b|en (?:ik|ben|werk|woon)\b|{ORGANISATION}"
    rf"|van\s+(?:(?:de|het|een)\s+)?(?:[A-ZÀ-Ý]|{ORGANISATION}))"
)
SURE = re.compile(r"(?i:mijn naam is|ik heet)")
# A surname, or where she is from? 'Linda Bakker van Westerdam', 'Anna van het Wad'.
AMBIGUOUS = re.compile(r"\s[A-ZÀ-Ý]\S*\s+van(?:\s+(?:de|het))?\s+[A-ZÀ-Ý]|\svan het\s")
ALIKE = 80  # of 100, rapidfuzz's ratio, of first name and surname each: 'Denis' is Deniz, 'Dennis' is not
ALIKE_FIRST = 86
RIVAL = 1 / 3  # of the moments of a voice's first name: from there on another name makes it a question again
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
    sure = {voice for pin in pins if (voice := _mostly(passages, pin))}
    taken = {names[0] for names in confirmed.values()}
    candidates: dict[str, dict[str, Evidence]] = defaultdict(dict)
    for evidence in gathered(passages, speakers):
        if evidence.voice not in confirmed and evidence.name not in taken:
            candidates[evidence.voice].setdefault(evidence.name, evidence)
    claims = Counter(name for names in candidates.values() for name in names)
    named = {}
    for voice in voices:
        if voice in confirmed:
            name, *rivals = confirmed[voice]
            said = "door u bevestigd"
            if rivals:
                said = f"door u ook {' en '.join(rivals)} genoemd: welke naam klopt, {' of '.join((name, *rivals))}?"
            elif voice not in sure:
                said = f"maar een deel van wie u {name} noemde: is dit ook {name}?"
            status = "proposed" if rivals or voice not in sure else "confirmed"
            named[voice] = NamedVoice(voice=voice, name=name, status=status, evidence=said)
        elif len(candidates[voice]) == 1 and claims[next(iter(candidates[voice]))] == 1:
            evidence = next(iter(candidates[voice].values()))
            said = f"{evidence.kind} ({clock(evidence.at)}): ‘{evidence.said}’"
            named[voice] = NamedVoice(voice=voice, name=evidence.name, status="proposed", evidence=said, at=evidence.at)
        else:
            named[voice] = NamedVoice(voice=voice)
    return named


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


def gathered(passages: Passages, speakers: tuple[str, ...]) -> list[Evidence]:
    """All evidence of who a voice is, strongest kind first: introduces herself, answers to a name."""
    return [*_introductions(passages.passages, speakers), *_answers(passages.passages, speakers)]


def _introductions(passages: Sequence[Passage], speakers: tuple[str, ...]) -> list[Evidence]:
    found = []
    for passage in passages:
        for match in SELF.finditer(passage.text):
            name = _introduced(match, speakers)
            if name:
                found.append(Evidence(passage.speaker, name, "stelt zich voor", match.group(0), passage.start))
    return found


def _introduced(match: re.Match[str], speakers: tuple[str, ...]) -> str | None:
    """The name in 'ik ben Peter Jansen van de Universiteit'; None where 'ik ben' goes on otherwise: a mention."""
    heard, after = match.group(1), match.string[match.start(1) :]
    sure = SURE.match(match.group(0))

    def introduces(name: str) -> bool:
        tail = after[len(name) :]
        return bool(STOPS.match(tail) if " " not in name else sure or GOES_ON.match(tail))

    if not speakers:  # nobody told us who takes part: the name as it was heard
        name = _unlisted(heard)
        return name if name and introduces(name) else None
    parts = [LOOSE_PARTICLES.sub("", heard[: word.end()]) for word in re.finditer(r"\S+", heard)]
    return next(filter(None, (listed(part, speakers) for part in reversed(parts) if introduces(part))), None)


def _unlisted(heard: str) -> str | None:
    """First name and surname, cut where an organisation begins; None where a surname cannot be told from one."""
    parts = heard.split()
    end = next((i for i, part in enumerate(parts) if re.fullmatch(ORGANISATION, part)), len(parts))
    name = LOOSE_PARTICLES.sub("", " ".join(parts[:end]))
    return name if " " in name and name[0].isupper() and not AMBIGUOUS.search(name) else None


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
    """The one name of the list that was heard, misspelt or not; None where none or two come near.

    Surnames count apart from first names and particles: 'Karin de Boer' is not Karin de Groot.
    """
    if " " not in heard:
        firsts = [name for name in speakers if fuzz.ratio(heard.lower(), first_name(name).lower()) >= ALIKE_FIRST]
        return firsts[0] if len(firsts) == 1 else None
    scores = {name: _likeness(heard, name) for name in speakers}
    near = sorted((name for name in speakers if min(scores[name]) >= ALIKE), key=lambda name: -sum(scores[name]))
    if len(near) > 1 and sum(scores[near[0]]) - sum(scores[near[1]]) < 10:
        return None
    return near[0] if near else None


def _likeness(heard: str, name: str) -> tuple[float, float]:
    """How alike two first names and two surnames are, each 0 to 100; 'van Dermeer' is 'van der Meer'."""
    (first, ours, our_glue), (other, theirs, their_glue) = _taken_apart(heard), _taken_apart(name)
    surnames = [(ours.removeprefix(glue), theirs) for glue in their_glue]
    surnames += [(ours, theirs.removeprefix(glue)) for glue in our_glue]
    return fuzz.ratio(first, other), max(fuzz.ratio(a, b) if a and b else 0.0 for a, b in surnames)


def _taken_apart(name: str) -> tuple[str, str, list[str]]:
    """First name, surname, and its particles as they may be stuck to it: 'martin', 'meer', ['', 'der', 'vander']."""
    plain = unicodedata.normalize("NFKD", TITLES.sub("", name).lower().replace("-", " "))
    first, *rest = re.sub(r"[^\w\s]", "", plain).split() or [""]
    particles = list(takewhile(lambda part: part in PARTICLE, rest))
    glued = ["".join(particles[start:]) for start in range(len(particles), -1, -1)]
    return first, "".join(part for part in rest if part not in PARTICLE), glued


def first_name(name: str) -> str:
    """'Arne' of 'dr. Arne van Hout'."""
    return TITLES.sub("", name).split(maxsplit=1)[0]
