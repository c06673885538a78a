"""Why a sentence may not be quoted: signs in the words, and how far each of them reaches. The reasons are in Dutch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise

from pipeline.article.text import norm, norms, numbers, sign
from pipeline.models import Passages, ends_sentence
from pipeline.writing import Sentence

OPENING, CLOSING, WELCOME = sign("opening"), sign("closing"), re.compile(r"welkom|webinar", re.IGNORECASE)
OVER = re.compile(r"bedankt voor het kijken|einde van", re.IGNORECASE)  # alone enough for a closing
OFF_RECORD, TAKEN_BACK, READING, IRONY, LAUGH = map(sign, ("off_record", "taken_back", "reading", "irony", "laugh"))
ORDERS, CODE, TECHNICAL, INTRODUCES = map(sign, ("orders", "code", "technical", "introduces"))
INVENTED = sign("invented")
SAID = {"zei", "zeiden", "zegt", "riep", "riepen", "schreef", "schrijft", "vroeg", "roept"}
SPEAKER = {"ik", "we", "wij", "je", "jij", "jullie", "u", "men"}
NOT_SAID, BARRED = "mogelijk niet gezegd", "niet citeren"
SERIOUS = frozenset(("off the record", "teruggenomen", NOT_SAID, BARRED, "opdracht of code"))
SHORT = 24  # words below which a sentence may be about the technique, or introduce its speaker
WITHIN = 5  # words before the sign from which it takes back what its own sentence began with
CLOSE = 45.0  # seconds within which sentences of one voice belong to the same remark
Sentences = Sequence[Sentence]


def reasons(sentences: Sentences, passages: Passages) -> dict[int, str]:
    """Index of a sentence → why it may not be used; the first reason found stands."""
    found: dict[int, str] = {}
    short = {i for i, sentence in enumerate(sentences) if len(norms(sentence.text)) < SHORT}
    foreign = {passage.id for passage in passages.passages if passage.language != "nl"}
    rules = (
        ((i for i, sentence in enumerate(sentences) if passages.bars(sentence)), BARRED),
        (_suspects(sentences, passages), NOT_SAID),
        (_overlapped(sentences, passages), "door elkaar gesproken"),
        (_before_opening(sentences), "voor de opening"),
        (_after_closing(sentences), "na de afsluiting"),
        (_off_record(sentences), "off the record"),
        (_taken_back(sentences), "teruggenomen"),
        (_read_out(sentences), "voorgelezen"),
        (_orders(sentences), "opdracht of code"),
        (short.intersection(_signed(sentences, TECHNICAL)), "over de techniek"),
        (_cut_off(sentences), "onaf"),
        (short.intersection(_signed(sentences, INTRODUCES)), "stelt zich voor"),
        (_of_others(sentences), "woorden van een ander"),
        (_ironic(sentences), "mogelijk ironisch"),
        ((i for i, sentence in enumerate(sentences) if sentence.passage in foreign), "niet in het Nederlands gezegd"),
    )
    for indexes, reason in rules:
        for index in indexes:
            found.setdefault(index, reason)
    return found


def _signed(sentences: Sentences, signs: re.Pattern[str]) -> Iterable[int]:
    return (i for i, sentence in enumerate(sentences) if signs.search(sentence.text))


def _same_voice(sentences: Sentences, at: int, most: int) -> list[int]:
    """Up to `most` neighbouring sentences of the same voice, before (< 0) or after, in the same remark."""
    way = range(at + 1, len(sentences)) if most > 0 else range(at - 1, -1, -1)
    near = islice((i for i in way if sentences[i].voice == sentences[at].voice), abs(most))
    return [i for i in near if abs(sentences[i].start - sentences[at].start) < CLOSE]


def _suspects(sentences: Sentences, passages: Passages) -> Iterable[int]:
    """What the transcript marks as suspect, and known inventions."""
    for i, sentence in enumerate(sentences):
        if any(sentence.overlap(suspect) > 0.1 * max(sentence.duration, 0.01) for suspect in passages.suspects):
            yield i
    yield from _signed(sentences, INVENTED)


def _overlapped(sentences: Sentences, passages: Passages) -> Iterable[int]:
    """A third or more said while another voice spoke: whose words it holds is uncertain."""
    spans = passages.overlapped
    return (i for i, s in enumerate(sentences) if sum(s.overlap(span) for span in spans) > s.duration / 3)


def _before_opening(sentences: Sentences) -> Iterable[int]:
    end = sentences[-1].end if sentences else 0
    early = [i for i in _signed(sentences, OPENING) if sentences[i].start < max(180.0, 0.1 * end)]
    return range(next((i for i in early if WELCOME.search(sentences[i].text)), early[0] if early else 0))


def _after_closing(sentences: Sentences) -> Iterable[int]:
    """From two signs of a closing within a minute, in the last fifth."""
    end = sentences[-1].end if sentences else 0
    signs = [i for i in _signed(sentences, CLOSING) if sentences[i].start > min(0.8 * end, end - 30)]
    for at in signs:
        near = [i for i in signs if 0 <= sentences[i].start - sentences[at].start <= 60]
        if len(near) >= 2 or OVER.search(sentences[at].text):
            return range(at, len(sentences))
    return ()


def _off_record(sentences: Sentences) -> Iterable[int]:
    """The remark that follows the sign, or ('dat blijft onder ons') the one before it; also of another voice."""
    marked: set[int] = set()
    for i in _signed(sentences, OFF_RECORD):
        words = norms(sentences[i].text)
        points_back, reach = "dat" in words[:2], {i}
        ends_with_it = re.search(rf"({OFF_RECORD.pattern})\W*(\w+\W*){{0,2}}$", sentences[i].text, re.IGNORECASE)
        if not points_back:
            reach |= set(_uninterrupted(sentences, i, _same_voice(sentences, i, 4)))
        if (points_back or ends_with_it) and not marked & set(_same_voice(sentences, i, -1)):
            reach |= set(_same_voice(sentences, i, -3))
        if len(words) < 7 and i and sentences[i - 1].voice != sentences[i].voice:
            reach |= {i - 1}  # the host promises to leave out what was said just now
        marked |= reach
    return marked


def _uninterrupted(sentences: Sentences, at: int, ahead: Sequence[int]) -> list[int]:
    """Those of `ahead` before another voice says more than three words."""
    other = (j for j in range(at + 1, len(sentences)) if sentences[j].voice != sentences[at].voice)
    stop = next((j for j in other if len(norms(sentences[j].text)) > 3), len(sentences))
    return [j for j in ahead if j < stop]


def _taken_back(sentences: Sentences) -> Iterable[int]:
    """The sign, what was said before it (two sentences if short), and the correction that leans on it.

    Where the sign stands deep in a sentence, it takes back what that sentence began with.
    """
    for i in _signed(sentences, TAKEN_BACK):
        sign_ = TAKEN_BACK.search(sentences[i].text)
        begun = sentences[i].text[: sign_.start()] if sign_ else ""
        itself = len(norms(begun)) > WITHIN or bool(numbers(begun))
        before = [] if itself else _same_voice(sentences, i, -2)
        short = bool(before) and len(norms(sentences[before[0]].text)) <= 4
        yield from (i, *(before if short else before[:1]))
        leaning = {*norms(sentences[i].text), "dat", "die", "dus"} - {"en", "maar", "we", "wij", "ik"}
        yield from (j for j in _same_voice(sentences, i, 1) if leaning & set(norms(sentences[j].text)[:1]))


def _read_out(sentences: Sentences) -> Iterable[int]:
    """The sign and the rest of the passage, for a minute."""
    for i in _signed(sentences, READING):
        one = sentences[i]
        yield from (j for j, s in enumerate(sentences) if s.passage == one.passage and 0 <= s.start - one.start <= 60)


def _orders(sentences: Sentences) -> Iterable[int]:
    for i in (*_signed(sentences, ORDERS), *_signed(sentences, CODE)):
        yield from (i, *_same_voice(sentences, i, -1), *_same_voice(sentences, i, 1))


def _cut_off(sentences: Sentences) -> Iterable[int]:
    """Where the turn of another voice cuts through a sentence, as a recogniser's and a diarizer's edges do."""
    for i, (one, other) in enumerate(pairwise(sentences)):
        if one.voice != other.voice and not ends_sentence(one.text) and other.text[:1].islower():
            yield from (i, i + 1)


def _of_others(sentences: Sentences) -> Iterable[int]:
    """'Zij zei altijd, …': said by somebody who is not the speaker; the sentence after it may go on with it."""
    for i, sentence in enumerate(sentences):
        tokens = sentence.text.split()
        for at, token in enumerate(tokens[:-1]):
            if norm(token) not in SAID or not any(t[-1] in ",:“" for t in tokens[at : at + 5]):
                continue
            around = {norm(t) for t in tokens[max(0, at - 4) : at + (1 if token[-1] in ",:" else 2)]}
            if not around & SPEAKER:
                own = {"maar", "ik", "wij", "we", "en", "mij", "ons", "onze"}
                after = _same_voice(sentences, i, 1)
                yield from (i, *(j for j in after if not own & set(norms(sentences[j].text))))


def _ironic(sentences: Sentences) -> Iterable[int]:
    """The sign with what stands around it in its passage; what another voice laughs about."""
    for i in _signed(sentences, IRONY):
        around = (*_same_voice(sentences, i, -3), *_same_voice(sentences, i, 2))
        yield from (i, *(j for j in around if sentences[j].passage == sentences[i].passage))
    for i in _signed(sentences, LAUGH):
        before = sentences[i - 1]
        if i and before.voice != sentences[i].voice:
            yield from (j for j in range(max(0, i - 4), i) if sentences[j].passage == before.passage)
