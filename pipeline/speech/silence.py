"""One person taken out of a recording: where she is heard, and words, cues, turns and sound without her. Pure but one.

`spans` are sorted and do not meet; a word belongs to the span in which its middle lies.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from pipeline.models import TOUCH, Cue, Passages, Span, Transcript, Turn, Turns, Word
from pipeline.speech import audio
from pipeline.speech.audio import BLOCK, RATE

REACH = 1.2  # seconds of silence around her words that may hold more of her voice


def heard_as(passages: Passages, voices: Collection[str], turns: Turns | None = None) -> tuple[Span, ...]:
    """Where these voices are heard: their words, what lies within REACH and is in no word of another, their turns."""
    said = sorted((w.start, w.end, p.speaker in voices) for p in passages.passages for w in p.words)
    spans, before = [], 0.0
    for at, (start, end, hers) in enumerate(said):
        if hers:
            after = min((s for s, _, other in said[at + 1 : at + 9] if not other), default=end + REACH)
            begin = min(start, max(before, start - REACH, 0.0))
            spans.append(Span(start=round(begin, 3), end=round(max(end, min(after, end + REACH)), 3)))
        else:
            before = max(before, end)
    others = [Span(start=start, end=end) for start, end, hers in said if not hers]
    return merged([*spans, *_turns_of(turns.turns if turns else (), said, others)])


def _turns_of(
    turns: Sequence[Turn], said: Sequence[tuple[float, float, bool]], others: Sequence[Span]
) -> Iterator[Span]:
    """What the diarizer heard of her beside her words: turns of voices most of whose words are hers."""
    middles = [((start + end) / 2, hers) for start, end, hers in said]
    share: dict[str, list[int]] = {}
    for turn in turns:
        within = middles[bisect_left(middles, (turn.start, False)) : bisect_right(middles, (turn.end, True))]
        counts = share.setdefault(turn.speaker, [0, 0])
        counts[0] += sum(hers for _, hers in within)
        counts[1] += len(within)
    for turn in turns:
        mine, words = share[turn.speaker]
        if words and 2 * mine > words:
            at = turn.start
            for span in others[bisect_left(others, turn.start, key=lambda span: span.end) :]:
                if span.start > at:
                    yield Span(start=at, end=min(span.start, turn.end))
                at = max(at, span.end)
                if at >= turn.end:
                    break
            if at < turn.end:
                yield Span(start=at, end=turn.end)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order of time, those that meet as one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if found and span.start <= found[-1].end:
            found[-1] = Span(start=found[-1].start, end=max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)


def within(moment: float, spans: Sequence[Span]) -> bool:
    """Whether a moment lies in one of the spans."""
    at = bisect_right(spans, moment, key=lambda span: span.start)
    return at > 0 and moment <= spans[at - 1].end


def left_of(words: Iterable[Word], spans: Sequence[Span]) -> tuple[Word, ...]:
    """The words that are not hers."""
    return tuple(word for word in words if not within(word.middle, spans))


def transcript_without(transcript: Transcript, spans: Sequence[Span]) -> Transcript:
    """The transcript without her words."""
    left = ((segment, left_of(segment.words, spans)) for segment in transcript.segments)
    segments = tuple(segment.model_copy(update={"words": words}) for segment, words in left if words)
    return transcript.model_copy(update={"segments": segments})


def passages_without(passages: Passages, spans: Sequence[Span]) -> Passages:
    """The passages without her words."""
    left = ((passage, left_of(passage.words, spans)) for passage in passages.passages)
    return passages.model_copy(
        update={"passages": tuple(passage.model_copy(update={"words": words}) for passage, words in left if words)}
    )


def cues_without(cues: Iterable[Cue], spans: Sequence[Span]) -> tuple[Cue, ...]:
    """The lines in which she is not heard, and of a line with word times the words that are not hers."""
    left = []
    for cue in cues:
        if not any(cue.overlap(span) > TOUCH or within(cue.middle, [span]) for span in spans):
            left.append(cue)
        elif words := left_of(cue.words, spans):
            left.append(cue.model_copy(update={"words": words, "text": " ".join(word.text for word in words)}))
    return tuple(left)


def turns_without(turns: Turns, spans: Sequence[Span]) -> Turns:
    """The turns, cut where she is heard."""
    return Turns(turns=tuple(rest for turn in turns.turns for rest in _rests(turn, spans)))


def _rests(turn: Turn, spans: Sequence[Span]) -> Iterator[Turn]:
    start = turn.start
    for span in (span for span in spans if turn.overlap(span) > 0):
        if span.start - start > TOUCH:
            yield turn.model_copy(update={"start": start, "end": span.start})
        start = span.end
    if turn.end - start > TOUCH or start == turn.start:
        yield turn.model_copy(update={"start": start})


def silenced(source: Path, target: Path, spans: Sequence[Span]) -> None:
    """Copy a FLAC, with nothing to be heard within the spans; the same sound gives the same bytes.

    PipelineError where it is damaged, or the copy cannot be written whole.
    """
    import soundfile

    try:
        with (
            soundfile.SoundFile(source) as sound,
            soundfile.SoundFile(target, "w", sound.samplerate, 1, sound.subtype, format="FLAC") as copy,
        ):
            frames = sound.frames
            for at in range(0, frames, BLOCK):
                with audio.readable(source):
                    samples = sound.read(BLOCK, dtype="int32")
                for span in spans:
                    samples[max(0, round(span.start * RATE) - at) : max(0, round(span.end * RATE) - at)] = 0
                copy.write(samples)
    except soundfile.SoundFileError as error:
        raise audio.unwritten() from error
    audio.whole(target, frames)
