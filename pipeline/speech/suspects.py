"""Text that the recogniser may have invented: marked with a reason, never deleted. Pure.

Compression ratio and log probability are judged as Whisper's own decoder does (Radford et al. 2022, section 4.5).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from pipeline.models import Segment, Span, Suspect, Word, ends_sentence

COMPRESSION = 2.4
LOGPROB = -1.0
# Whisper hears no speech and is not sure of its words either: on 126 pieces of noise, applause and music the first was
# .53 or more and the second -.5 or less; on 211 spoken sentences it was never both.
NO_SPEECH, UNSURE = 0.5, -0.5
SILENT_SHARE = 0.8  # of a segment that lies where no speech was heard
GUESSED = 0.12  # geometric mean of the probabilities of the words of a sentence; the worst true one had .15
INVENTION_WORDS = 12  # a longer sentence may well speak about copyright
INVENTIONS = re.compile(
    r"amara\.org|ondertitel(s|d|ing)\b.{0,40}(ingediend|door|van|gemeenschap)|^\W*(nederlandse )?ondertiteling\b"
    r"|tv gelderland|bedankt voor het kijken|dank (je|u|jullie) ?(wel)? voor het kijken|tot de volgende video|abonneer"
    r"|subscribe|thank(s| you)( so much| very much)? for watching|(sub(title)?s?|captions?|captioned|transcri\w+) by"
    r"|see you in the next (video|one)|castingwords|otter\.ai|zeoranger"
    r"|untertitel|vielen dank für(s| das) zuschauen|sous-titr|merci d.avoir regardé"
    r"|vertaling en ondertiteling|© ?\w|copyright",
    re.IGNORECASE,
)
SOUNDS = "MUZIEK|APPLAUS|GELACH|GEJUICH|GEROEZEMOES|STILTE|MUSIC|APPLAUSE|LAUGHTER|SILENCE|MUSIK|BEIFALL|MUSIQUE|RIRES"
CAPTION = re.compile(rf"^\W*(?:[A-Z]+ ){{0,3}}(?:{SOUNDS})\b[^a-z]*$|^[\[(*].*[\])*]\W*$|[♪♫]")
LATIN = frozenset({"nl", "en", "de", "fr"})
OTHER_SCRIPT = re.compile(r"[\u0370-\u1dff\u2c00-\ua71f\ua800-\ufaff\ufe70-\ufeff]{2}")


def suspects(segments: Sequence[Segment], speech: Sequence[Span]) -> tuple[Suspect, ...]:
    """Stretches of the transcript that should not be trusted, in order of time; `speech` is where speech was heard."""
    found = []
    for segment in segments:
        if reason := _whole(segment, speech):
            found.append(Suspect(start=segment.start, end=segment.end, reason=reason))
        else:
            found += _sentences(segment)
    loops = _loops([word for segment in segments for word in segment.words])
    found += [loop for loop in loops if not any(one.start <= loop.start and loop.end <= one.end for one in found)]
    return tuple(sorted(found, key=lambda suspect: suspect.start))


def _whole(segment: Segment, speech: Sequence[Span]) -> str | None:
    if len(segment.words) <= INVENTION_WORDS and _invented(segment.words, segment.language):
        return "known invention"
    if segment.compression_ratio is not None and segment.compression_ratio > COMPRESSION:
        return "repeats itself"
    sure = 0.0 if segment.avg_logprob is None else segment.avg_logprob
    if sure < UNSURE and (segment.no_speech_prob or 0.0) > NO_SPEECH:
        return "text on silence"
    if sure < LOGPROB:
        return "hardly understood"
    heard = sum(segment.overlap(span) for span in speech)
    return "text on silence" if heard < (1 - SILENT_SHARE) * segment.duration else None


def _sentences(segment: Segment) -> Iterator[Suspect]:
    """Single sentences of a segment: an invention at its end, words that were only guessed."""
    start = 0
    for end, word in enumerate(segment.words, 1):
        if not ends_sentence(word.text) and end < len(segment.words):
            continue
        words, start = segment.words[start:end], end
        span = {"start": words[0].start, "end": max(words[0].start, words[-1].end)}
        if len(words) <= INVENTION_WORDS and _invented(words, segment.language):
            yield Suspect(**span, reason="known invention")
        elif _guessed(words):
            yield Suspect(**span, reason="hardly understood")


def _invented(words: Sequence[Word], language: str) -> bool:
    """Credits, thanks of a video, sounds as captions tell them, another script: known from Whisper on silence."""
    text = " ".join(word.text for word in words)
    other = language in LATIN and OTHER_SCRIPT.search(text)
    return bool(INVENTIONS.search(text) or CAPTION.search(text) or other)


def _guessed(words: Sequence[Word]) -> bool:
    measured = [math.log(max(word.probability, 1e-4)) for word in words if word.probability is not None]
    return len(measured) > 2 and sum(measured) / len(measured) < math.log(GUESSED)


def _loops(words: Sequence[Word]) -> Iterator[Suspect]:
    """One to twelve words said four times or more in a row, six words or more together, over segments too."""
    plain = [re.sub(r"\W", "", word.text.lower()) for word in words]
    i = 0
    while i < len(words):
        end = max((_loop_end(plain, i, size) for size in range(1, 13)), default=i)
        if end > i:
            yield Suspect(start=words[i].start, end=max(words[end - 1].end, words[i].start), reason="repeats itself")
            i = end
        else:
            i += 1


def _loop_end(plain: Sequence[str], start: int, size: int) -> int:
    piece, times = plain[start : start + size], 1
    while len(piece) == size and plain[start + times * size : start + (times + 1) * size] == piece:
        times += 1
    return start + times * size if times >= 4 and times * size >= 6 else start
