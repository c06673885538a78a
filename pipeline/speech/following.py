"""What a move does to the voices and to the names that people gave them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from pipeline.edits import Move, Pin
from pipeline.models import Passage, Passages
from pipeline.speech.moves import laid
from pipeline.speech.names import moments_of, pinned, voice_at
from pipeline.speech.passages import passage_of


def moved(made: Passages, move: Move) -> Passages:
    """The passages with one more move laid over them, cut where a voice changes."""
    words = [word for passage in made.passages for word in passage.words]
    labels = iter(laid(words, [passage.speaker for passage in made.passages for _ in passage.words], [move]))
    cut: list[Passage] = []
    for passage in made.passages:
        said = list(zip(passage.words, labels, strict=False))
        for voice, run in groupby(said, key=lambda pair: pair[1]):
            cut.append(passage_of([word for word, _ in run], voice, passage.language, {each.id for each in cut[-3:]}))
    return made.model_copy(update={"passages": tuple(cut)})


def followed(pins: Sequence[Pin], move: Move, before: Passages, after: Passages) -> tuple[Pin, ...]:
    """The names after a move: the receiver's wins, a new voice has none, and a voice that gave a part keeps its own.

    The name of a voice that was given away whole goes along where the receiver has none; of a voice that goes by
    several, each stays where it was said.
    """
    named = pinned(before, pins)[0]
    names = {voice: first for voice, (first, *_) in named.items()}
    heard = {passage.speaker for passage in after.passages}

    def stays(name: str, moment: float) -> bool:
        giver, receiver = voice_at(before, moment), voice_at(after, moment)
        if not _within(move, moment) or giver is None or giver == receiver:
            return True
        if receiver in names:
            return name == names[receiver]
        return giver not in heard or (name,) != named.get(giver)

    left = [pin.model_copy(update={"moments": tuple(m for m in pin.moments if stays(pin.name, m))}) for pin in pins]
    kept = [pin for pin in left if pin.moments]
    still = pinned(after, kept)[0]
    lost = [voice for voice in names if voice in heard and voice not in still]
    return (*kept, *(Pin(name=names[voice], moments=moments_of(after, voice)) for voice in lost))


def within(pins: Sequence[Pin], move: Move, *, inside: bool = True) -> tuple[Pin, ...]:
    """The pins as far as they lie within a move's spans, or outside of them."""
    cut = [
        pin.model_copy(update={"moments": tuple(m for m in pin.moments if _within(move, m) == inside)}) for pin in pins
    ]
    return tuple(pin for pin in cut if pin.moments)


def _within(move: Move, moment: float) -> bool:
    return any(span.start <= moment <= span.end for span in move.spans)
