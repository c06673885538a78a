"""Text that nobody spoke, and spoken words that are doubted: how well suspect stretches are marked, as a table.

    python tests/bench/invented.py [AUDIO…]      AUDIO holds speech and little else; the sample is always measured

Ten minutes each of silence, noise, hum, applause and music go through the transcribe stage as the product runs it;
two minutes of each as if its detector had taken all of it for speech ('blind'); and half a minute of each between
stretches of the sample. 'words' is what was recognised where nobody spoke, 'unmarked' what of it is not marked as
suspect: wanted is 0. Of spoken words, wanted is at most 0.5 % marked.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.typing as npt
import soundfile

from pipeline import begin
from pipeline.artifacts import AUDIO, TRANSCRIPT
from pipeline.config import Webinar, read_toml
from pipeline.engines.ffmpeg import find_ffmpeg
from pipeline.models import Span, Transcript, Word, clock
from pipeline.speech import windows
from pipeline.stage import Job
from pipeline.stages.transcribe import STAGE

Sound = npt.NDArray[np.float64]
RATE = 16_000
SPARED = 0.005  # of spoken words that may be marked
LONG, BLIND, SHORT = 600, 120, 30  # seconds alone, taken for speech, and between speech


def scaled(sound: Sound, rms: float) -> Sound:
    """At this loudness, without clipping."""
    return np.clip(sound * (rms / max(1e-9, float(np.sqrt(np.mean(sound**2))))), -0.99, 0.99)


def shaped(noise: Sound, gain: npt.NDArray[np.float64] | None = None, low: float = 0, high: float = RATE / 2) -> Sound:
    """Noise whose spectrum is multiplied by `gain` of the frequency, between two frequencies."""
    spectrum = np.fft.rfft(noise)
    hertz = np.fft.rfftfreq(len(noise), 1 / RATE)
    spectrum *= (hertz >= low) & (hertz <= high)
    return np.fft.irfft(spectrum if gain is None else spectrum * gain, len(noise))


def white(seconds: float, chance: np.random.Generator) -> Sound:
    """A hiss as of a cheap microphone, louder and softer."""
    sound = chance.standard_normal(int(seconds * RATE))
    return scaled(sound * np.geomspace(0.1, 10, len(sound)), 0.05)


def pink(seconds: float, chance: np.random.Generator) -> Sound:
    """As of a room with ventilation."""
    noise = chance.standard_normal(int(seconds * RATE))
    return scaled(shaped(noise, 1 / np.sqrt(np.maximum(1, np.arange(len(noise) // 2 + 1)))), 0.05)


def hum(seconds: float, chance: np.random.Generator) -> Sound:
    """Mains: 50 Hz with harmonics that come and go, and a little hiss."""
    at = np.arange(int(seconds * RATE)) / RATE
    sound = 0.02 * chance.standard_normal(len(at))
    for n in range(1, 24):
        sound += np.sin(2 * np.pi * 50 * n * at + chance.random() * 6) / n * (1 + 0.5 * np.sin(0.3 * n * at))
    return scaled(sound, 0.08)


def applause(seconds: float, chance: np.random.Generator) -> Sound:
    """Rounds of a few to three hundred claps a second, with the room's echo; some in one rhythm."""
    dry = np.zeros(int((seconds + 2) * RATE))
    start = 0.0
    while start < seconds:
        length, hands = chance.uniform(4, 25), chance.geometric(0.02) + 2
        swell = np.hanning(int(length * 10) + 2)
        moments = start + chance.choice(np.arange(len(swell)) / 10, int(hands * 3 * length), p=swell / swell.sum())
        if chance.random() < 0.25:  # all together
            moments = np.round(moments / 0.4) * 0.4 + chance.normal(0, 0.02, len(moments))
        for moment in moments + chance.uniform(0, 0.1, len(moments)):
            at, colour = int(max(0.0, moment) * RATE), int(chance.uniform(3, 16))
            if at + 400 >= len(dry):
                continue
            burst = chance.standard_normal(400) * np.exp(-np.arange(400) / chance.uniform(30, 90))
            dry[at : at + 400] += chance.uniform(0.2, 1) * np.convolve(burst, np.hanning(colour + 2), "same")
        start += length + chance.uniform(0, 3)
    tail = chance.standard_normal(RATE) * np.exp(-np.arange(RATE) / (0.12 * RATE))
    size = len(dry) + RATE
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(tail, size), size)
    return scaled((dry + 0.3 * wet[: len(dry)])[: int(seconds * RATE)], 0.08)


def music(seconds: float, chance: np.random.Generator) -> Sound:
    """Chords, a melody (plucked, blown, or hummed with the formants of a voice), bass and a beat: a tune every 20 s."""
    sound = np.zeros(int((seconds + 3) * RATE))
    kinds = ("plucked", "blown", "hummed")
    for n, start in enumerate(np.arange(0, seconds, 20)):
        beat, root = chance.uniform(0.35, 0.7), chance.integers(40, 52)
        for i, when in enumerate(np.arange(start, min(start + 20, seconds), beat)):
            chord = root + (0, 5, 7, 9)[i // 8 % 4]
            if i % 4 == 0:
                for step in (0, 4, 7):
                    _note(sound, when, 4 * beat, chord + 12 + step, 0.15, "blown")
            _note(sound, when, beat, chord - 12 * (i % 2), 0.4, "plucked")
            melody = chord + 24 + chance.choice((0, 2, 4, 7, 9))
            _note(sound, when, beat * chance.choice((0.5, 1, 1, 2)), melody, 0.5, kinds[n % 3])
            drum = chance.standard_normal(1600) * np.exp(-np.arange(1600) / (60 if i % 2 else 250))
            sound[int(when * RATE) : int(when * RATE) + 1600] += 0.15 * drum * (n % 2)
    return scaled(sound[: int(seconds * RATE)], 0.08)


def _note(sound: Sound, when: float, length: float, key: float, loud: float, kind: str) -> None:
    at = np.arange(int(length * RATE)) / RATE
    pitch = 440 * 2 ** ((key - 69) / 12)
    bend = 0.0 if kind == "plucked" else 0.004 * pitch * np.sin(2 * np.pi * 5.5 * at) / 5.5
    tone = np.zeros(len(at))
    for n in range(1, int(min(20, RATE / 2 / pitch))):
        hertz = n * pitch
        formants = sum(np.exp(-(((hertz - f) / 120) ** 2)) for f in (700, 1150, 2700)) + 0.05
        strength = {"plucked": n**-1.5, "blown": n**-2.0, "hummed": formants / n**0.5}[kind]
        tone += strength * np.sin(2 * np.pi * n * (pitch * at + bend))
    shape = np.exp(-at * 5) if kind == "plucked" else np.minimum(1, at / 0.05)
    begin = int(when * RATE)
    room = sound[begin : begin + len(at)]
    room += (loud * shape * np.minimum(1, (length - at) / 0.03) * tone)[: len(room)]


def silence(seconds: float, chance: np.random.Generator) -> Sound:
    """Nothing, then the last bit of 16."""
    return chance.integers(-1, 2, int(seconds * RATE)) / 32768 * (np.arange(int(seconds * RATE)) > seconds * RATE / 2)


KINDS = {made.__name__: made for made in (silence, white, pink, hum, applause, music)}


def decoded(audio: Path) -> Sound:
    """A media file as the download stage leaves it."""
    command = [find_ffmpeg(), "-nostdin", "-v", "error", "-i", audio, "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(raw, np.int16).astype(np.float64) / 32768


def heard(sound: Sound, blind: bool) -> Transcript:
    """The transcribe stage on a sound, told the sample's names and terms."""
    whole = Span(start=0, end=len(sound) / RATE)
    facts = {key: read_toml(begin.SAMPLE).unwrap()[key] for key in ("glossary", "speakers")}
    webinar = Webinar.model_validate(facts)
    with tempfile.TemporaryDirectory() as folder:
        soundfile.write(Path(folder, AUDIO.file), sound, RATE, subtype="PCM_16")
        job = Job(
            STAGE, "invented", STAGE.uses(webinar), webinar.machine, Path(folder), Path(folder),
            lambda _done, _total, _unit="s": None,
        )  # fmt: skip
        with mock.patch.object(windows, "speech", return_value=[([whole], whole.end)]) if blind else nullcontext():
            STAGE.run(job)
        written = job.outputs[TRANSCRIPT]
        assert isinstance(written, bytes)
        return TRANSCRIPT.load(written)


def told(name: str, sound: Sound, invented: list[Span]) -> tuple[int, int, int]:
    """One line of the table: how many words nobody spoke and none marked, were spoken, were spoken and are marked."""
    began = time.perf_counter()
    transcript = heard(sound, name.startswith("blind"))
    spent = time.perf_counter() - began

    def within(word: Word, spans: Iterable[Span]) -> bool:
        return any(span.start <= word.middle <= span.end for span in spans)

    false = [word for word in transcript.words if within(word, invented)]
    true = [word for word in transcript.words if not within(word, invented)]
    unmarked = [word for word in false if not within(word, transcript.suspects)]
    marked = [word for word in true if within(word, transcript.suspects)]
    share = f"{100 * len(marked) / len(true):6.2f} %" if true else "       –"
    numbers = f"{len(false):7}{len(unmarked):10}{len(true):8}{len(marked):8}{share}"
    print(f"{name:<24}{len(sound) / RATE:7.0f}{numbers}{spent:7.1f}")
    for what, words in (("unmarked", unmarked), ("marked", marked)):
        if words:
            print(f"    {what}: {' '.join(f'[{clock(w.start)}] {w.text}' for w in words[:40])}")
    sys.stdout.flush()
    return len(unmarked), len(true), len(marked)


def cases(speech: Sound) -> Iterator[tuple[str, Sound, list[Span]]]:
    """Each kind alone, and between stretches of speech that is cut where it is softest."""
    for n, (name, make) in enumerate(KINDS.items()):
        yield name, make(LONG, np.random.default_rng(n)), [Span(start=0, end=LONG)]
    for n, (name, make) in enumerate(KINDS.items()):
        yield f"blind, {name}", make(BLIND, np.random.default_rng(50 + n)), [Span(start=0, end=BLIND)]
    quiet = np.convolve(np.abs(speech), np.ones(RATE // 2) / (RATE // 2), "same")
    cuts = [int(c * RATE) + int(np.argmin(quiet[int(c * RATE) : int((c + 20) * RATE)])) for c in (60, 120, 180)]
    for n, (name, make) in enumerate(KINDS.items()):
        chance = np.random.default_rng(100 + n)
        parts, spans, at = [], [], 0
        for before, after in zip([cuts[0] - 30 * RATE, *cuts], [*cuts, cuts[-1] + 30 * RATE], strict=False):
            parts.append(speech[before:after])
            at += after - before
            if after in cuts:
                parts.append(make(SHORT, chance))
                spans.append(Span(start=at / RATE, end=at / RATE + SHORT))
                at += SHORT * RATE
        yield f"speech, {name}", np.concatenate(parts), spans


def main() -> None:
    """The table, and whether the bars hold."""
    sample = decoded(begin.SAMPLE.with_name("webinar.opus"))
    print(f"{'case':<24}{'seconds':>7}{'words':>7}{'unmarked':>10}{'spoken':>8}{'marked':>8}{'share':>8}{'wall':>7}")
    made = [told(*case) for case in cases(sample)]
    spoken = [told(audio.stem, decoded(audio), []) for audio in map(Path, sys.argv[1:])] + [told("sample", sample, [])]
    unmarked, words, marked = sum(u for u, _, _ in made), sum(w for _, w, _ in spoken), sum(m for _, _, m in spoken)
    print(f"{unmarked} invented words are not marked; {100 * marked / words:.2f} % of spoken words are")
    sys.exit(unmarked > 0 or marked > SPARED * words)


if __name__ == "__main__":
    main()
