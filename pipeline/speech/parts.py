"""From the clock of a source to the clock of the recording that a part of it became."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.models import Chapter, Cue, Part


def cues_of(cues: Sequence[Cue], part: Part) -> list[Cue]:
    """The cues that begin within the part, in the time of the recording."""
    by, last = part.offset - part.start, part.offset + part.end - part.start
    kept = []
    for cue in cues:
        start = round(cue.start + by, 3)
        if not part.offset <= start < last:
            continue
        words = tuple(
            word.model_copy(update={"start": max(start, word.start + by), "end": max(start, word.end + by)})
            for word in cue.words
        )
        end = max(start, min(round(cue.end + by, 3), last))
        kept.append(cue.model_copy(update={"start": start, "end": end, "words": words}))
    return kept


def chapters_of(chapters: Sequence[Chapter], part: Part) -> list[Chapter]:
    """The chapters heard in the part; one that was going on when it begins, begins there."""
    ends = [chapter.start for chapter in chapters[1:]] + [part.end]
    return [
        Chapter(start=round(max(0.0, chapter.start - part.start) + part.offset, 3), title=chapter.title)
        for chapter, end in zip(chapters, ends, strict=False)
        if chapter.start < part.end and end > part.start
    ]
