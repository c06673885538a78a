"""diarize: who spoke when, from the audio or from the voices of a transcript that exists."""

from __future__ import annotations

from pipeline import engines
from pipeline.artifacts import AUDIO, GIVEN, TURNS
from pipeline.config import DiarizeParams
from pipeline.models import Cue, Turn, Turns, letter
from pipeline.stage import Diarizer, Job, Stage


def of_cues(cues: tuple[Cue, ...]) -> Turns:
    """One turn per cue, voices 'A', 'B', … by first speaking; a cue without a voice is of the voice before it."""
    ids: dict[str, str] = {}
    turns = []
    voice = next((cue.voice for cue in cues if cue.voice), "")
    for cue in sorted(cues, key=lambda cue: cue.start):
        voice = cue.voice or voice
        turns.append(Turn(start=cue.start, end=cue.end, speaker=ids.setdefault(voice, letter(len(ids)))))
    return Turns(turns=tuple(turns))


def run(job: Job[DiarizeParams]) -> str:
    """A transcript's own voices go before the audio; without either there is one voice."""
    given = job.read(GIVEN) if job.has(GIVEN) else None
    voiced = given is not None and any(cue.voice for cue in given.cues)
    if given is not None and (voiced or not job.has(AUDIO)):
        turns = of_cues(given.cues)
    else:
        engine: Diarizer = engines.load(engines.DIARIZERS, job.params.engine)()
        turns = engine.diarize(job.path(AUDIO), job.params, job.machine, job.progress)
    job.write(TURNS, turns)
    voices = len(turns.voices)
    return f"{voices} {'voice' if voices == 1 else 'voices'}, {len(turns.turns)} turns{' (given)' if voiced else ''}"


STAGE = Stage(
    name="diarize",
    reads=(AUDIO, GIVEN),
    writes=(TURNS,),
    uses=lambda webinar: DiarizeParams(**webinar.diarize.model_dump(), hint=len(webinar.speakers)),
    version=2,
    run=run,
)
