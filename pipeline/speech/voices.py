"""From local voices that were recognised as the same person to the turns of a recording."""

from __future__ import annotations

from pipeline.models import Turn, Turns
from pipeline.speech import powerset
from pipeline.speech.audio import RATE

FRAME = powerset.HOP / RATE  # seconds
BRIDGE = 0.4  # s: a shorter silence of one voice is a breath, not the end of a turn
SHORTEST = 0.15  # s: a shorter turn is noise; 'ja' takes about twice as long


def letter(index: int) -> str:
    """The id of the index-th voice: 'A' … 'Z', 'AA', 'AB', …"""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def turns(active: powerset.Floats, labels: powerset.Ints, step: int, length: float) -> Turns:
    """Turns out of local voices (windows, frames, 3) and who they are (windows, 3), -1 where nobody knows.

    Windows start `step` frames apart; no turn ends after `length` seconds. Voices are named by first speaking.
    """
    spoken = powerset.timeline(active, labels, step)
    shift = (powerset.FIRST - powerset.HOP / 2) / RATE
    found: list[tuple[float, float, int]] = []
    for voice in range(spoken.shape[1]):
        for first, end in powerset.spans(spoken[:, voice], round(BRIDGE / FRAME), round(SHORTEST / FRAME)):
            begins, ends = max(0.0, first * FRAME + shift), min(length, end * FRAME + shift)
            if begins < ends:
                found.append((round(begins, 3), round(ends, 3), voice))
    ids: dict[int, str] = {}
    ordered = [(start, end, ids.setdefault(voice, letter(len(ids)))) for start, end, voice in sorted(found)]
    return Turns(turns=tuple(Turn(start=start, end=end, speaker=speaker) for start, end, speaker in ordered))
