"""Stretches of speech to hand to a recogniser: packed along pauses, never longer than it can hear at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pipeline.models import Span
from pipeline.stage import Samples

RATE = 16_000
BLOCK = 300.0  # seconds of audio looked at in one go
HEARD = 30.0  # seconds that Whisper hears at once (its encoder's fixed input)
PAD = 0.2  # seconds kept on either side of speech, so that no first or last sound is cut
EDGE = 0.05  # seconds before a stretch of speech at which the next block begins
BRIDGE = 2.0  # seconds of silence that may stay inside a window: cutting there costs words, decoding it little


def speech(read: Callable[[float, float], Samples], length: float) -> Iterator[Span]:
    """Where there is speech in `length` seconds of audio, by Silero's voice activity detector, in order of time.

    `read(start, end)` gives samples at 16 kHz. A stretch that runs over the end of a block is met again whole.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_silence_duration_ms=160, speech_pad_ms=0, min_speech_duration_ms=100)
    begin = 0.0
    while begin < length:
        end = min(begin + BLOCK, length)
        found = get_speech_timestamps(read(begin, end), options)
        spans = [Span(start=begin + f["start"] / RATE, end=min(begin + f["end"] / RATE, length)) for f in found]
        if end < length and spans and spans[-1].end > end - 1 and spans[-1].start > begin + BLOCK / 2:
            yield from spans[:-1]
            begin = spans[-1].start - EDGE
            continue
        yield from spans  # speech that goes on over the block's edge without a pause in half a block is cut there
        begin = end


def pack(spans: Sequence[Span], length: float, longest: float = HEARD) -> list[Span]:
    """Windows of at most `longest` seconds that end in pauses where there are; all speech lies in exactly one. Pure."""
    padded = _padded(spans, length)
    windows: list[Span] = []
    for span in padded:
        for piece in _cut(span, longest):
            last = windows[-1] if windows else None
            if last and piece.start - last.end <= BRIDGE and piece.end - last.start <= longest:
                windows[-1] = Span(start=last.start, end=piece.end)
            else:
                windows.append(piece)
    return windows


def _padded(spans: Sequence[Span], length: float) -> list[Span]:
    """Spans with PAD on either side; where two would meet, they share the pause between them."""
    padded = []
    for i, span in enumerate(spans):
        before = spans[i - 1].end if i else None
        after = spans[i + 1].start if i + 1 < len(spans) else None
        start = max(0.0, span.start - PAD) if before is None else max(span.start - PAD, (before + span.start) / 2)
        end = min(length, span.end + PAD) if after is None else min(span.end + PAD, (span.end + after) / 2)
        padded.append(Span(start=start, end=max(start, end)))
    return padded


def _cut(span: Span, longest: float) -> list[Span]:
    """A stretch without a pause, in equal pieces that fit."""
    pieces = max(1, -(-int(span.duration * 1000) // int(longest * 1000)))
    step = span.duration / pieces
    return [Span(start=span.start + i * step, end=min(span.end, span.start + (i + 1) * step)) for i in range(pieces)]
