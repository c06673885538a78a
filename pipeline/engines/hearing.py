"""What both Whisper engines share: which language a window is in, and their words as our nouns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.config import TranscribeSettings
from pipeline.models import Segment, Word

# A window is in another language only where that is clear: Whisper base takes mumbled Dutch for German or Afrikaans
# now and then, with less than this.
CLEARLY = 0.8
# Whisper's own thresholds (Radford et al. 2022, §4.5): beyond them a window looped or failed, and is decoded again.
LOOPS_ABOVE = 2.4
FAILS_BELOW = -1.0
SHORTEST = 0.1  # seconds; a shorter window holds no word


def spoken(probabilities: Mapping[str, float], settings: TranscribeSettings) -> str:
    """The language of a window (ISO 639-1): the webinar's, unless another that was named is clearly spoken."""
    others = [language for language in settings.other_languages if probabilities.get(language, 0) >= CLEARLY]
    return max(others, key=lambda language: probabilities[language], default=settings.language)


def segment(
    words: Iterable[tuple[str, float, float, float]],
    duration: float,
    language: str,
    scores: tuple[float, float, float],
) -> Segment | None:
    """A segment out of (text, start, end, probability); None without words.

    Times are put in order and within the window's `duration`; `scores` are the mean log probability, the probability
    of no speech, and the compression ratio.
    """
    heard: list[Word] = []
    now = 0.0
    for text, start, end, probability in words:
        if not text.strip():
            continue
        begin = min(max(float(start), now), duration)
        now = min(max(float(end), begin), duration)
        certainty = round(min(max(float(probability), 0.0), 1.0), 4)
        if heard and not text[0].isspace():  # '90' + '.000', "zo" + "'n": Whisper cuts one word in two
            last = heard[-1]
            whole, least = last.text + text.strip(), min(last.probability or 0.0, certainty)
            heard[-1] = last.model_copy(update={"text": whole, "end": round(now, 3), "probability": least})
            continue
        heard.append(Word(start=round(begin, 3), end=round(now, 3), text=text.strip(), probability=certainty))
    if not heard:
        return None
    logprob, silent, ratio = (round(float(score), 4) for score in scores)
    return Segment(
        start=heard[0].start,
        end=heard[-1].end,
        language=language,
        words=tuple(heard),
        avg_logprob=logprob,
        no_speech_prob=silent,
        compression_ratio=ratio,
    )
