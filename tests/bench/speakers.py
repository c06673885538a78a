"""Who said what, measured beside the peers in one run: make bench-speakers [RECORDINGS="FOLDER …"]

Always the sample webinar; and of each FOLDER every recording that has exact times beside it (NAME.flac, .opus or .wav
with NAME.rttm, and NAME.stm where the words are known too). Of the FOLDERS after --turns the words are left alone:
they are not Dutch, or it would take too long. Writes the table to tests/bench/speakers.md.

DER counts overlapped speech; its collar is pyannote's, the whole width in seconds at an edge of the reference.
Wall includes loading the models. Words: recognised words that stand under the voice that is theirs. cpWER: word error
rate of all that each voice said, under the best match of voices (Watanabe et al. 2020, CHiME-6).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import DiarizationErrorRate
from rapidfuzz.distance import Levenshtein
from scipy.optimize import linear_sum_assignment

from pipeline import weights
from pipeline.article.text import norms
from pipeline.config import DiarizeParams, Machine, TranscribeParams
from pipeline.engines.faster_whisper import FasterWhisper
from pipeline.engines.ffmpeg import find_ffmpeg
from pipeline.engines.onnx_diarizer import OnnxDiarizer
from pipeline.models import Passages, Transcript, Turns
from pipeline.speech import audio
from pipeline.speech.passages import passages
from pipeline.stages.transcribe import Checkpoint, heard

HERE = Path(__file__).parent
SAMPLE = HERE.parents[1] / "pipeline" / "sample"
PEERS = ("senko", "sherpa-onnx")
OURS = "impressie"
COLLARS = (0.25, 0.0)
KINDS = ("missed detection", "false alarm", "confusion")
Spoken = dict[str, list[str]]  # voice → all that it said, word by word


def reference(rttm: Path) -> Annotation:
    """Who speaks when, from an RTTM file."""
    spoken = Annotation(uri=rttm.stem)
    for number, line in enumerate(rttm.read_text(encoding="utf-8").splitlines()):
        fields = line.split()
        if fields and fields[0] == "SPEAKER":
            start, length = float(fields[3]), float(fields[4])
            spoken[Segment(start, start + length), number] = fields[7]
    return spoken


def known_words(stm: Path) -> Spoken:
    """What each voice says, from an STM file: recording, channel, voice, start, end, words."""
    said: Spoken = defaultdict(list)
    for line in stm.read_text(encoding="utf-8").splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and not line.startswith(";;"):
            said[fields[2]] += norms(fields[5])
    return said


def sample(folder: Path) -> None:
    """The bundled webinar with its times as RTTM and its words as STM."""
    flac(SAMPLE / "webinar.opus", folder / "sample.flac")
    lines = json.loads((SAMPLE / "script.json").read_text(encoding="utf-8"))["lines"]
    rttm, stm = [], []
    for line in lines:
        start, end, who = line["start"], line["end"], line["speaker"].replace(" ", "_")
        rttm.append(f"SPEAKER sample 1 {start} {end - start:.3f} <NA> <NA> {who} <NA> <NA>")
        stm.append(f"sample 1 {who} {start} {end} {line['text']}")
    (folder / "sample.rttm").write_text("\n".join(rttm), encoding="utf-8")
    (folder / "sample.stm").write_text("\n".join(stm), encoding="utf-8")


def flac(source: Path, target: Path) -> None:
    """16 kHz, mono, 16 bit."""
    command = [find_ffmpeg(), "-v", "error", "-y", "-i", str(source), "-ar", "16000", "-ac", "1", "-sample_fmt", "s16"]
    subprocess.run([*command, str(target)], check=True)


def ours(sound: Path) -> tuple[Turns, float]:
    """Turns, and the seconds that they took."""
    before = time.perf_counter()
    turns = OnnxDiarizer().diarize(sound, DiarizeParams(hint=0), Machine(), lambda *_: None)
    return turns, time.perf_counter() - before


def theirs(peer: str, python: Path, sound: Path, rttm: Path) -> float:
    """Writes the peer's RTTM; the seconds that it took."""
    models = [str(weights.path(name)) for name in ("segmentation-3.0", "wespeaker-resnet34")]
    command = [str(python), str(HERE / "diarize_peer.py"), peer, str(sound), str(rttm), *models]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def recognised(sound: Path) -> Transcript:
    """The words, by the embedded default, without names or glossary to help it."""
    params = TranscribeParams(names=(), glossary=())
    engine = FasterWhisper(params, Machine(), lambda *_: None)
    with (
        tempfile.TemporaryDirectory() as kept,
        Checkpoint(Path(kept, "speech")) as found,
        Checkpoint(Path(kept, "windows")) as windows,
    ):
        segments, _ = heard(engine, sound, "", found, windows, lambda *_: None)
    return Transcript(engine="faster-whisper", model=params.model, language="nl", segments=segments)


def right_words(made: Passages, truth: Annotation, found: Annotation) -> float:
    """Share of the words said while the reference hears somebody that stand under that voice."""
    who = DiarizationErrorRate().optimal_mapping(truth, found)
    right = total = 0
    for passage in made.passages:
        for word in passage.words:
            there = truth.crop(Segment(word.middle - 0.01, word.middle + 0.01)).labels()
            total += bool(there)
            right += who.get(passage.speaker) in there
    return right / max(1, total)


def cp_wer(said: Spoken, made: Passages) -> float:
    """Of all words, under the match of voices that makes the fewest errors."""
    heard: Spoken = defaultdict(list)
    for passage in made.passages:
        heard[passage.speaker] += norms(passage.text)
    size = max(len(said), len(heard))
    rows = [*said.values(), *([] for _ in range(size - len(said)))]
    columns = [*heard.values(), *([] for _ in range(size - len(heard)))]
    errors = np.array([[Levenshtein.distance(row, column) for column in columns] for row in rows])
    return float(errors[linear_sum_assignment(errors)].sum() / sum(map(len, said.values())))


def measured(name: str, folder: Path, peers: Path | None, *, words: bool) -> Iterator[list[str]]:
    """A row per diarizer."""
    sound, truth = folder / f"{name}.flac", reference(folder / f"{name}.rttm")
    length = audio.length(sound)
    for who in (OURS, *(PEERS if peers else ())):
        made = None
        if who == OURS:
            turns, seconds = ours(sound)
            found = Annotation(uri=name)
            for number, turn in enumerate(turns.turns):
                found[Segment(turn.start, turn.end), number] = turn.speaker
            made = passages(recognised(sound), turns, 2.5, 90) if words else None
        else:
            assert peers
            seconds = theirs(who, peers, sound, folder / "peer.rttm")
            found = reference(folder / "peer.rttm")
        parts = [DiarizationErrorRate(collar=collar)(truth, found, detailed=True) for collar in COLLARS]
        ders = [f"{part['diarization error rate']:.3f}" for part in parts]
        kinds = [f"{parts[0][kind] / parts[0]['total']:.3f}" for kind in KINDS]
        counts = f"{len(found.labels())} of {len(truth.labels())}"
        right, stm = f"{right_words(made, truth, found):.1%}" if made else "", folder / f"{name}.stm"
        wrong = f"{cp_wer(known_words(stm), made):.3f}" if made and stm.exists() else ""
        yield [name, f"{length:.0f}", who, *ders, *kinds, counts, f"{seconds / length:.3f}", right, wrong]


HEADINGS = ["recording", "s", "", "DER .25", "DER 0", "missed", "false", "confusion", "voices", "wall/audio"]
HEADINGS += ["words right", "cpWER"]


def line(row: list[str]) -> str:
    """A row of a Markdown table."""
    return "| " + " | ".join(row) + " |"


def main() -> None:
    """Writes and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--turns", nargs="+", type=Path, default=[], metavar="FOLDER")
    parser.add_argument("--peers", type=Path, help="the Python of the peers' virtual environment")
    told = parser.parse_args()
    warnings.simplefilter("ignore")  # pyannote approximates the evaluated region, and says so every time
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sample(folder)
        names = ["sample"]
        for rttm in sorted(rttm for given in (*told.folders, *told.turns) for rttm in given.glob("*.rttm")):
            sounds = [found for end in ("flac", "opus", "wav") if (found := rttm.with_suffix(f".{end}")).exists()]
            if sounds and rttm.stem not in names:
                names.append(rttm.stem)
                flac(sounds[0], folder / f"{rttm.stem}.flac")
                for exact in (rttm, rttm.with_suffix(".stm")):
                    if exact.exists():
                        (folder / exact.name).write_text(exact.read_text(encoding="utf-8"), encoding="utf-8")
        whose = {rttm.stem for given in told.turns for rttm in given.glob("*.rttm")}
        rows: list[list[str]] = []
        print(line(HEADINGS), line(["---"] * len(HEADINGS)), sep="\n")
        for name in names:
            for row in measured(name, folder, told.peers, words=name not in whose):
                rows.append(row)
                print(line(row), flush=True)
    lines = [line(row) for row in (HEADINGS, ["---"] * len(HEADINGS), *rows)]
    (HERE / "speakers.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for who in (OURS, *PEERS):
        mine = [row for row in rows if row[2] == who]
        if mine:
            ders = [float(row[3]) for row in mine]
            right = sum(row[8].split()[0] == row[8].split()[-1] for row in mine)
            print(f"{who}: mean DER {np.mean(ders):.3f}, the number of voices right in {right} of {len(mine)}")


if __name__ == "__main__":
    sys.exit(main())
