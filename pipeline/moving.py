"""Who is who, put right by a person: names, and what was heard as the wrong voice."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline import edits, runner, shifts, voices
from pipeline.edits import Move, Pin
from pipeline.errors import PipelineError
from pipeline.models import Passage, Passages, Span, Word, clock, ends_sentence
from pipeline.settings import seconds
from pipeline.speech.following import followed, moved, within
from pipeline.speech.moves import spans_of
from pipeline.speech.names import moments_of, names_of, voice_at
from pipeline.workspace import Workspace

Say = Callable[[str], None]
FORMS = {
    "set": 'set A="Arne van Hout"',
    "merge": "merge A C (what C said becomes A's)",
    "split": "split B 0:12:30 (what B says from there on becomes a new voice's)",
    "move": "move 0:12:30 A (that passage becomes A's; 'new': a new voice's)",
    "undo": "undo (the last merge, split or move)",
}


def change(workspace: Workspace, action: str, arguments: list[str], face: runner.Face, say: Say) -> None:
    """Do what a person says of the voices, say what was done, and make the transcript again."""
    if action not in DOES:
        raise PipelineError(f"'speakers {action}' is not known", f"known: {', '.join(FORMS)}")
    does, wanted = DOES[action]
    if len(arguments) not in wanted:
        raise PipelineError(f"'{action}' wants other arguments", f"impressie speakers {workspace.slug} {FORMS[action]}")
    with workspace.locked(f"speakers {workspace.slug} {action}"):
        shifts.settle(workspace)
        for line in does(workspace, voices.heard(workspace), arguments):
            say(line)
        runner.refresh(workspace, "segment", face)


def _set(workspace: Workspace, made: Passages, assignments: list[str]) -> list[str]:
    """Confirm names ('A=Arne van Hout'): pinned to moments at which each voice was heard, instead of earlier ones."""
    listed = workspace.webinar().names()
    names: dict[str, str] = {}
    for assignment in assignments:
        voice, equals, name = assignment.partition("=")
        name = re.sub(r"\s+", " ", name).strip()
        if not equals or not name or not name.isprintable():
            raise PipelineError(f"'{assignment}' gives no name", 'write it as A="Arne van Hout"')
        names[_voice(made, voice)] = name
    left = [
        pin.model_copy(update={"moments": tuple(m for m in pin.moments if voice_at(made, m) not in names)})
        for pin in _pins(workspace)
    ]
    given = [Pin(name=name, moments=moments_of(made, voice)) for voice, name in names.items()]
    before = names_of(made, listed, _pins(workspace))
    called = {voice: before[voice].name or f"Spreker {number}" for number, voice in enumerate(before, 1)}
    edits.lay(
        workspace,
        pins=(*(pin for pin in left if pin.moments), *given),
        renames=[(called[voice], name) for voice, name in names.items()],
    )
    unlisted = f"  (not in the list of speakers: add role and organisation to {workspace.toml.name})"
    return [f"  ✓ voice {voice} is {name}{'' if name in listed else unlisted}" for voice, name in names.items()]


def _merge(workspace: Workspace, made: Passages, arguments: list[str]) -> list[str]:
    receiver, giver = (_voice(made, voice) for voice in arguments)
    if receiver == giver:
        raise PipelineError(f"voice {giver} cannot be merged with itself", "name two voices")
    _, said = _give(workspace, made, lambda passage, _: passage.speaker == giver, receiver)
    return [f"  ✓ what voice {giver} said is voice {receiver}'s now", *said]


def _split(workspace: Workspace, made: Passages, arguments: list[str]) -> list[str]:
    voice, asked = _voice(made, arguments[0]), _asked(made, arguments[1])
    mine = [passage for passage in made.passages if passage.speaker == voice]
    edge = min(
        (w.start for p in mine for w in _beginnings(p) if asked.start <= w.start < asked.end), default=asked.start
    )
    if not any(word.middle < edge for passage in mine for word in passage.words):
        raise PipelineError(
            f"voice {voice} says nothing before {clock(edge)}, so there is nothing to split",
            f"to give what it says to another voice: impressie speakers {workspace.slug} {FORMS['merge']}",
        )
    after, said = _give(workspace, made, lambda p, word: p.speaker == voice and word.middle >= edge, None)
    first = next(word for passage in mine for word in passage.words if word.middle >= edge)
    return [f"  ✓ voice {voice} from {clock(first.start)} on is a new voice, {after}", *said]


def _beginnings(passage: Passage) -> list[Word]:
    """The first words of its sentences."""
    words = passage.words
    return [word for i, word in enumerate(words) if i == 0 or ends_sentence(words[i - 1].text)]


def _move(workspace: Workspace, made: Passages, arguments: list[str]) -> list[str]:
    asked = _asked(made, arguments[0])
    receiver = None if arguments[1].lower() == "new" else _voice(made, arguments[1])
    meant = [p for p in made.passages if asked.start <= p.start < asked.end]
    meant = meant or [p for p in made.passages if p.start <= asked.start <= p.end][:1]
    if not meant:
        raise PipelineError(f"nobody speaks at {clock(asked.start)}", "take a time from 40-transcript.md")
    if len(meant) > 1:
        which = ", ".join(f"{clock(p.start)}.{int(p.start % 1 * 10)} ({_begin(p)})" for p in meant)
        raise PipelineError(f"{len(meant)} passages begin at {clock(asked.start)}", f"say which: {which}")
    passage = meant[0]
    if passage.speaker == receiver:
        raise PipelineError(f"the passage at {clock(passage.start)} is voice {receiver}'s already")
    after, said = _give(workspace, made, lambda p, _: p is passage, receiver)
    return [f"  ✓ {clock(passage.start)} {_begin(passage)} is voice {after}'s now, and was {passage.speaker}'s", *said]


def _undo(workspace: Workspace, _made: Passages, _arguments: list[str]) -> list[str]:
    before = _moves(workspace)
    if not before:
        raise PipelineError("there is nothing to undo", "undo takes back a merge, split or move; a name is set again")
    *left, last = before
    pins = _pins(workspace)
    names = (*within(pins, last, inside=False), *last.names)
    edits.lay(workspace, pins=names, moves=tuple(left))
    return [f"  ✓ undone: {voices.where(last)} is as it was", *_lost(pins, names)]


def _give(
    workspace: Workspace, made: Passages, chosen: Callable[[Passage, Word], bool], receiver: str | None
) -> tuple[str, list[str]]:
    """Lay down that the chosen words are the receiver's, or a new voice's; names follow. That voice, and notes."""
    said = [(passage, word) for passage in made.passages for word in passage.words]
    indices = {i for i, (passage, word) in enumerate(said) if chosen(passage, word)}
    if not indices:
        raise PipelineError("nothing is said there", "take a time from 40-transcript.md")
    pins, words = _pins(workspace), [word for _, word in said]
    move = Move(spans=spans_of(words, indices), to=_anchors(made, receiver) if receiver else ())
    move = move.model_copy(update={"names": within(pins, move)})
    after = moved(made, move)
    left = followed(pins, move, made, after)
    edits.lay(workspace, moves=(*_moves(workspace), move), pins=left if left != pins else None)
    return voice_at(after, said[min(indices)][1].middle) or "", _lost(pins, left)


def _lost(before: tuple[Pin, ...], after: tuple[Pin, ...]) -> list[str]:
    return [f"  · no voice goes by {n} now" for n in sorted({p.name for p in before} - {p.name for p in after})]


def _anchors(made: Passages, voice: str) -> tuple[float, ...]:
    """Moments at which a voice is heard, each in the middle of a word."""
    middles = [word.middle for passage in made.passages if passage.speaker == voice for word in passage.words]
    nearest = {min(middles, key=lambda at: abs(at - moment)) for moment in moments_of(made, voice)}
    return tuple(sorted(round(at, 2) for at in nearest))


def _voice(made: Passages, asked: str) -> str:
    there = dict.fromkeys(passage.speaker for passage in made.passages)
    voice = asked.strip().upper()
    if voice not in there:
        raise PipelineError(f"there is no voice '{asked}'", f"voices here: {', '.join(there)}")
    return voice


def _asked(made: Passages, text: str) -> Span:
    """A time as a person reads it in a transcript: whatever begins within that second, or tenth, is meant."""
    try:
        moment = float(str(seconds(text)))
    except ValueError as error:
        raise PipelineError(str(error), "for example 0:12:30, as in 40-transcript.md") from error
    end = max((passage.end for passage in made.passages), default=0.0)
    if moment > end:
        raise PipelineError(f"{clock(moment)} is after the last word, which is at {clock(end)}")
    return Span(start=moment, end=moment + (1 if moment == int(moment) else 0.1))


def _begin(passage: Passage) -> str:
    """The first words of a passage, for recognition."""
    words = passage.text.split()
    return f"‘{' '.join(words[:6])}{' …' if len(words) > 6 else ''}’"


DOES: dict[str, tuple[Callable[[Workspace, Passages, list[str]], list[str]], range]] = {
    "set": (_set, range(1, 100)),
    "merge": (_merge, range(2, 3)),
    "split": (_split, range(2, 3)),
    "move": (_move, range(2, 3)),
    "undo": (_undo, range(1)),
}


def _pins(workspace: Workspace) -> tuple[Pin, ...]:
    return edits.read_pins(workspace.folder / "edits" / edits.NAMES)


def _moves(workspace: Workspace) -> tuple[Move, ...]:
    return edits.read_moves(workspace.folder / "edits" / edits.VOICES)
