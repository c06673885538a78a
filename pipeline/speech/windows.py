"""Stretches of speech to hand to a recogniser: packed along pauses, never longer than it can hear at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pipeline.models import Span
from pipeline.stage import Samples

RATE = 16_000
BLOCK = 60.0  # seconds of audio looked at in one go
HEARD = 30.0  # seconds that Whisper hears at once (its encoder's fixed input)
PAD = 0.2  # seconds kept on either side of speech, so that no first or last sound is cut
EDGE = 0.05  # seconds before a stretch of speech at which the next block begins
BRIDGE = 2.0  # seconds of silence that may stay inside a window: cutting there costs words, decoding it little


def speech(
    read: Callable[[float, float], Samples], length: float, begin: float = 0.0
) -> Iterator[tuple[list[Span], float]]:
    """Where there is speech in `length` seconds of audio, by Silero's voice activity detector, in order of time.

    `read(start, end)` gives samples at 16 kHz. Block by block from `begin`, each with where the next one begins: a
    stretch that runs over the end of a block is met again whole.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_silence_duration_ms=160, speech_pad_ms=0, min_speech_duration_ms=100)
    while begin < length:
        end = min(begin + BLOCK, length)
        found = get_speech_timestamps(read(begin, end), options)
        spans = [Span(start=begin + f["start"] / RATE, end=min(begin + f["end"] / RATE, length)) for f in found]
        if end < length and spans and spans[-1].end > end - 1 and spans[-1].start > begin + BLOCK / 2:
            end = spans.pop().start - EDGE
        yield spans, end  # speech that goes on over the block's edge without a pause in half a block is cut there
        begin = end


def pack(spans: Iterable[Span], length: float, longest: float = HEARD) -> Iterator[Span]:
    """Windows of at most `longest` seconds that end in pauses where there are; all speech lies in exactly one.

    Pure, and as lazy as can be: a window is given once the speech after it is known.
    """
    last: Span | None = None
    for span in _padded(spans, length):
        for piece in _cut(span, longest):
            if last and piece.start - last.end <= BRIDGE and piece.end - last.start <= longest:
                last = Span(start=last.start, end=piece.end)
                continue
            if last:
                yield last
            last = piece
    if last:
        yield last


def _padded(spans: Iterable[Span], length: float) -> Iterator[Span]:
    """Spans with PAD on either side; where two would meet, they share the pause between them."""
    for before, span, after in _neighbours(spans):
        start = max(0.0, span.start - PAD) if before is None else max(span.start - PAD, (before.end + span.start) / 2)
        end = min(length, span.end + PAD) if after is None else min(span.end + PAD, (span.end + after.start) / 2)
        yield Span(start=start, end=max(start, end))


def _neighbours(spans: Iterable[Span]) -> Iterator[tuple[Span | None, Span, Span | None]]:
    """Each span with the one before and the one after it."""
    before, now = None, None
    for after in spans:
        if now:
            yield before, now, after
            before = now
        now = after
    if now:
        yield before, now, None


def _cut(span: Span, longest: float) -> list[Span]:
    """A stretch without a pause, in equal pieces that fit."""
    pieces = max(1, -(-int(span.duration * 1000) // int(longest * 1000)))
    step = span.duration / pieces
    return [Span(start=span.start + i * step, end=min(span.end, span.start + (i + 1) * step)) for i in range(pieces)]
