"""What was said, as JSON: the transcript word by word, its sound as a picture, who is who, which words are doubtful."""

from __future__ import annotations

import base64
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline import dutch, edits, voices, words
from pipeline.artifacts import AUDIO, RECORDING
from pipeline.models import clock
from pipeline.stages.segment import spoken_by
from pipeline.workspace import Workspace

UNSURE = 0.45  # probability of a word below which it is visibly so
MOST_PEAKS = 36_000
VOICE_COLOURS = 8
Json = dict[str, Any]


def transcript(workspace: Workspace) -> Json:
    """Who said what, word by word, with what is doubtful."""
    made, recording = voices.heard(workspace), RECORDING.load(workspace.path(RECORDING.file).read_bytes())
    passages = [
        {
            "id": passage.id,
            "start": passage.start,
            "end": passage.end,
            "voice": passage.speaker,
            "language": passage.language,
            "words": [
                [round(word.start, 3), round(word.end, 3), word.text, int((word.probability or 1) < UNSURE)]
                for word in passage.words
            ],
            "barred": made.bars(passage),
            "doubt": next((dutch.doubt(s) for s in made.suspects if s.overlap(passage) > 0), None),
            "overlapped": any(span.overlap(passage) > 0 for span in made.overlapped),
        }
        for passage in made.passages
    ]
    sound = workspace.path(AUDIO.file).exists()
    return {"duration": recording.duration, "sound": sound, "passages": passages}


def waveform(workspace: Workspace) -> Json:
    """The loudest sample of each step, as bytes in base64; a few kilobytes for an hour."""
    path = workspace.path(AUDIO.file)
    if not path.exists():
        return {"rate": 1, "peaks": ""}
    stat = path.stat()
    rate, peaks = _peaks(path, stat.st_mtime_ns)
    return {"rate": rate, "peaks": base64.b64encode(peaks).decode()}


@lru_cache(maxsize=4)
def _peaks(path: Path, _changed: int) -> tuple[float, bytes]:
    import numpy as np

    from pipeline.speech import audio

    length = audio.length(path)
    rate = max(1.0, min(10.0, MOST_PEAKS // max(1.0, length)))
    step, found = round(audio.RATE / rate), []
    for start in range(0, int(length) + 1, 60):
        samples = np.abs(audio.read(path, start, start + 60))
        full = np.pad(samples, (0, -len(samples) % step))
        found.append(full.reshape(-1, step).max(axis=1))
    peaks = np.concatenate(found)
    return rate, (255 * peaks / max(float(peaks.max(initial=0.0)), 1e-6)).astype(np.uint8).tobytes()


def people(workspace: Workspace) -> Json:
    """Every voice with its name, where to hear it, and on what evidence; the list of speakers."""
    shown, _ = voices.overview(workspace)
    names = {row.named.voice: row.named for row in shown}
    moves = edits.read_moves(workspace.folder / "edits" / edits.VOICES)
    listed = workspace.webinar().speakers
    return {
        "voices": [
            {
                "voice": row.named.voice,
                "name": row.named.name,
                "status": row.named.status,
                "label": spoken_by(row.named.voice, names),
                "seconds": row.seconds,
                "share": row.share,
                "moments": row.moments,
                "candidates": [
                    {
                        "name": hint.name,
                        "strength_nl": dutch.STRENGTH[hint.strength],
                        "kind_nl": dutch.KINDS.get(hint.kind, hint.kind),
                        "at": hint.at,
                        "said": hint.quoted,
                    }
                    for hint in row.candidates
                ],
                "why_nl": row.why and dutch.told(row.why),
                "colour": at % VOICE_COLOURS,
            }
            for at, row in enumerate(shown)
        ],
        "speakers": [speaker.model_dump(include={"name", "role", "organisation"}) for speaker in listed],
        "misfits": [dutch.told(line) for line in voices.misfits(workspace)],
        "undo": f"van {clock(moves[-1].spans[0].start)} tot {clock(moves[-1].spans[-1].end)}" if moves else None,
    }


def spelling(workspace: Workspace) -> Json:
    """Words that may be misheard, what was put right, and what is doubtful."""
    found = words.look(workspace)
    return {
        "proposed": [
            {"heard": near.heard, "written": near.written, "times": len(near.at), "at": near.at, "around": around}
            for near, around in found.proposed
        ],
        "made": [made.model_dump() for made in found.made],
        "misfits": [dutch.told(line) for line in found.misfits],
        "doubtful": [
            {"at": one.start, "end": one.end, "reason_nl": dutch.doubt(one), "text": text}
            for one, text in found.doubtful
        ],
    }
