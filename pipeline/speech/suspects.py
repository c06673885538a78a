"""Text that the recogniser may have invented: marked with a reason, never deleted.

Thresholds of compression ratio, log probability and no-speech probability are those of Whisper's own decoder
(Radford et al. 2022, section 4.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.models import Segment, Span, Suspect, Word

COMPRESSION = 2.4
LOGPROB = -1.0
NO_SPEECH = 0.6
SILENT_SHARE = 0.8  # of a segment that lies where no speech was heard
INVENTION_WORDS = 12  # a longer segment may well speak about copyright
INVENTIONS = re.compile(
    r"amara\.org|ondertitel(s|d|ing)\b.{0,40}(ingediend|door|van|gemeenschap)|tv gelderland"
    r"|bedankt voor het kijken|tot de volgende video|abonneer|subscribe|thanks for watching"
    r"|untertitel|sous-titr|vertaling en ondertiteling|© ?\d{4}|copyright",
    re.IGNORECASE,
)


def suspects(segments: Sequence[Segment], speech: Sequence[Span]) -> tuple[Suspect, ...]:
    """Stretches of the transcript that should not be trusted, in order of time. Pure."""
    found = []
    for segment in segments:
        reason = _whole(segment, speech)
        if reason:
            found.append(Suspect(start=segment.start, end=segment.end, reason=reason))
            continue
        found += _loops(segment.words)
    return tuple(found)


def _whole(segment: Segment, speech: Sequence[Span]) -> str | None:
    text = " ".join(word.text for word in segment.words)
    if len(segment.words) <= INVENTION_WORDS and INVENTIONS.search(text):
        return "known invention"
    if segment.compression_ratio is not None and segment.compression_ratio > COMPRESSION:
        return "repeats itself"
    if segment.avg_logprob is not None and segment.avg_logprob < LOGPROB:
        if segment.no_speech_prob is not None and segment.no_speech_prob > NO_SPEECH:
            return "text on silence"
        return "hardly understood"
    heard = sum(segment.overlap(span) for span in speech)
    if segment.duration > 0 and heard < (1 - SILENT_SHARE) * segment.duration:
        return "text on silence"
    return None


def _loops(words: Sequence[Word]) -> Iterator[Suspect]:
    """One to six words said four times or more in a row."""
    plain = [re.sub(r"\W", "", word.text.lower()) for word in words]
    i = 0
    while i < len(words):
        end = max((_loop_end(plain, i, size) for size in range(1, 7)), default=i)
        if end > i:
            yield Suspect(start=words[i].start, end=max(words[end - 1].end, words[i].start), reason="repeats itself")
            i = end
        else:
            i += 1


def _loop_end(plain: Sequence[str], start: int, size: int) -> int:
    piece, times = plain[start : start + size], 1
    while len(piece) == size and plain[start + times * size : start + (times + 1) * size] == piece:
        times += 1
    return start + times * size if times >= 4 else start
