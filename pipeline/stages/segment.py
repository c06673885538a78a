"""Give every word its voice and a person's corrections, and make a transcript that can be read."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline import edits
from pipeline.artifacts import PASSAGES, PICTURE, READABLE, TRANSCRIPT, TURNS
from pipeline.config import SegmentParams, Webinar
from pipeline.models import NamedVoice, Passages, clock
from pipeline.speech import picture
from pipeline.speech.corrections import corrected
from pipeline.speech.names import names_of
from pipeline.speech.passages import passages
from pipeline.stage import Job, Stage


def uses(webinar: Webinar) -> SegmentParams:
    """The names that a voice may turn out to have stand in the readable transcript."""
    return SegmentParams(**webinar.segment.model_dump(), speakers=webinar.names())


def run(job: Job[SegmentParams]) -> str:
    """Words to voices, voices to passages; what a person put right laid over both."""
    transcript, misfits = corrected(job.read(TRANSCRIPT), edits.read_corrections(job.edits(edits.WORDS)))
    if misfits:
        job.note(f"{len(misfits)} of your corrections fit nowhere any more: impressie words {job.slug}")
    moves = edits.read_moves(job.edits(edits.VOICES))
    made = passages(transcript, job.read(TURNS), job.params.pause, job.params.longest, moves)
    made = made.model_copy(update={"barred": edits.read(job.edits(edits.BARRED), edits.Barred).spans})
    names = names_of(made, job.params.speakers, edits.read_pins(job.edits(edits.NAMES)))
    job.write(PASSAGES, made)
    job.write(READABLE, readable(made, names))
    job.write(PICTURE, picture.svg(made, {voice: spoken_by(voice, names) for voice in names}))
    known = sum(1 for voice in names.values() if voice.name)
    return f"{len(made.passages)} passages, {known} of {len(names)} voices named"


def readable(made: Passages, names: Mapping[str, NamedVoice]) -> str:
    """The transcript for people, in Dutch: who, when, what; doubtful text is marked. Pure."""
    labels = {voice: escaped(" ".join(spoken_by(voice, names).split())) for voice in names}
    lines = ["# Transcript", "", f"![Wie sprak wanneer]({PICTURE.file})", "", *picture.table(made, labels), ""]
    for passage in made.passages:
        doubts = sorted({s.reason for s in made.suspects if s.overlap(passage) > 0})
        mark = f" *(twijfelachtig: {', '.join(DOUBTS.get(reason, reason) for reason in doubts)})*" if doubts else ""
        if any(span.overlap(passage) > 0 for span in made.overlapped):
            mark += " *(deels door elkaar gesproken)*"
        if made.bars(passage):
            mark += " *(niet citeren)*"
        lines += [
            f"**{labels[passage.speaker]}** [{clock(passage.start)}]{mark}",
            "",
            escaped(passage.text),
            "",
        ]
    return "\n".join(lines)


DOUBTS = {
    "known invention": "bekende verzinning van de herkenner",
    "repeats itself": "herhaling",
    "text on silence": "tekst bij stilte",
    "hardly understood": "nauwelijks verstaan",
}


def spoken_by(voice: str, names: Mapping[str, NamedVoice]) -> str:
    """A voice's name for a reader; 'Spreker 2' while nobody knows it."""
    known = names[voice]
    if known.name:
        return known.name if known.status == "confirmed" else f"{known.name} (voorstel)"
    return f"Spreker {list(names).index(voice) + 1}"


def escaped(text: str) -> str:
    """Text from outside, so that Markdown and HTML show it as it is."""
    return "".join(f"\\{c}" if c in "\\`*_[]#<>|" else c for c in text)


STAGE = Stage(
    name="segment",
    reads=(TRANSCRIPT, TURNS),
    writes=(PASSAGES, READABLE, PICTURE),
    uses=uses,
    version=2,
    run=run,
    lays=(edits.NAMES, edits.VOICES, edits.WORDS, edits.BARRED),
)
