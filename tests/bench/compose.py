"""Conversations with exact times, composed from single clips.

    python tests/bench/compose.py OUT VOICE=GLOB [VOICE=GLOB …]

Each VOICE is one person; GLOB names clips of hers (any format that ffmpeg reads, a sentence or so each). Debian's
fillets-ng-data-nl holds two Dutch voices ('…/nl/*-m-*.ogg' and '*-v-*.ogg'); shifting the formants by 0.85 or 1.15
makes two more of each. Writes OUT/NAME.flac (16 kHz, mono) and OUT/NAME.rttm for every recipe there are voices for.
"""

from __future__ import annotations

import argparse
import glob
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import fftconvolve

RATE = 16_000
SHIFTS = (1.0, 0.85, 1.15)  # of the formants; another person to every speaker embedding that we know
SILENCE = 0.001  # of a clip's loudest 10 ms, as power: below that nobody speaks (-30 dB)
BREATH = 0.3  # s: a shorter silence inside a clip belongs to the speech

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """`shares` of speaking time, one per voice; `overlap` is the share of changes at which both speak."""

    name: str
    minutes: float
    shares: tuple[float, ...]
    overlap: float = 0.1
    room: float = 0.0  # s until an echo has died (RT60); 0 is a studio
    distance: float = 0.0  # echo to direct sound, as power
    noise: float = 0.0  # to speech, as power


HOST = (0.12, 0.34, 0.27, 0.17, 0.1)
RECIPES = (
    Recipe("two", 8, (0.5, 0.5)),
    Recipe("two-unequal", 10, (0.9, 0.1), room=0.3, distance=0.3),
    Recipe("two-room", 6, (0.6, 0.4), overlap=0.2, room=0.5, distance=1, noise=0.01),
    Recipe("three", 10, (0.2, 0.5, 0.3), room=0.3, distance=0.3),
    Recipe("host-and-four", 15, HOST, room=0.3, distance=0.2, noise=0.001),
    Recipe("six", 20, (0.4, 0.22, 0.16, 0.1, 0.07, 0.05), overlap=0.15),
    *(
        Recipe(f"meeting-{people}-{number}", 0.5, shares, 0.25, room=0.6, distance=2, noise=0.03)
        for people, shares in ((1, (1.0,)), (2, (0.6, 0.4)), (3, (0.5, 0.3, 0.2)), (4, (0.4, 0.3, 0.2, 0.1)))
        for number in (1, 2)
    ),
)


def decoded(path: str, shift: float) -> Samples:
    """A clip at 16 kHz mono, without the silence around it, as loud as the others."""
    filters = f"aresample={RATE},asetrate={RATE}*{shift},aresample={RATE},atempo={1 / shift}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-af", filters, "-ac", "1", "-f", "f32le"]
    sound = np.frombuffer(subprocess.run([*command, "-"], check=True, capture_output=True).stdout, dtype=np.float32)
    heard = spoken(sound)
    if not heard:
        return np.zeros(0, dtype=np.float32)
    sound = sound[int(heard[0][0] * RATE) : int(heard[-1][1] * RATE)]
    return np.asarray(0.08 * sound / np.sqrt(np.mean(sound**2)), dtype=np.float32)


def spoken(sound: Samples) -> list[tuple[float, float]]:
    """Seconds at which a clip is not silent."""
    frames = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    power = np.convolve((frames**2).mean(axis=1), np.ones(3) / 3, "same") if len(frames) > 3 else np.zeros(1)
    loud = np.flatnonzero(power > SILENCE * power.max()) if power.max() > 0 else np.zeros(0, dtype=int)
    runs = np.split(loud, np.flatnonzero(np.diff(loud) > BREATH * 100) + 1)
    return [(run[0] / 100, (run[-1] + 1) / 100) for run in runs if len(run)]


def clips(files: list[str], shift: float, random: np.random.Generator) -> Iterator[Samples]:
    """A voice's clips in a random order, round and round."""
    while True:
        for file in random.permutation(files):
            clip = decoded(str(file), shift)
            if len(clip) > 0.5 * RATE:
                yield clip


def composed(recipe: Recipe, people: list[tuple[str, float]], random: np.random.Generator) -> tuple[Samples, list[str]]:
    """The sound and its RTTM. `people` are globs of clips with a shift of the formants."""
    names = [f"v{number}" for number in range(len(recipe.shares))]
    found = {where: sorted(glob.glob(where, recursive=True)) for where, _ in people}  # noqa: PTH207 - may be absolute
    sources = [clips(found[where], shift, random) for where, shift in people]
    levels = 10 ** (random.uniform(-4, 4, len(names)) / 20)
    echoes = [echo(recipe, random) for _ in names]
    sound = np.zeros(int(recipe.minutes * 60 * RATE) + 60 * RATE, dtype=np.float32)
    said = np.zeros(len(names))
    moment, rttm, before = 0.5, [], -1
    while moment < recipe.minutes * 60 - 5:
        # Who is furthest behind her share speaks most likely; nobody follows herself while others are there.
        wanted = np.maximum(1e-3, np.array(recipe.shares) - said / max(1, said.sum())) + 0.1 * np.array(recipe.shares)
        wanted[before] *= before < 0 or len(names) == 1
        who = int(random.choice(len(names), p=wanted / wanted.sum()))
        for _ in range(random.integers(1, 2 + int(8 * recipe.shares[who]))):
            clip = next(sources[who])
            for start, end in spoken(clip):
                rttm.append(
                    f"SPEAKER {recipe.name} 1 {moment + start:.3f} {end - start:.3f} <NA> <NA> {names[who]} <NA> <NA>"
                )
            heard = fftconvolve(clip, echoes[who]).astype(np.float32) * levels[who]
            sound[int(moment * RATE) :][: len(heard)] += heard
            said[who] += len(clip) / RATE
            moment += len(clip) / RATE + random.uniform(0.1, 0.6)
        if random.random() < recipe.overlap:
            moment -= random.uniform(0.8, 2.0)
        before = who
    sound = sound[: int((moment + 1) * RATE)]
    sound += (random.standard_normal(len(sound)) * 0.08 * np.sqrt(recipe.noise)).astype(np.float32)
    return np.asarray(0.5 * sound / np.abs(sound).max(), dtype=np.float32), rttm


def echo(recipe: Recipe, random: np.random.Generator) -> Samples:
    """A room's answer to a clap: the clap itself, then noise that dies away."""
    times = np.arange(1, max(1, int(recipe.room * RATE))) / RATE
    tail = random.standard_normal(len(times)) * 10 ** (-3 * times / max(recipe.room, 1e-3))
    tail *= np.sqrt(recipe.distance / max(1e-9, float((tail**2).sum())))
    return np.concatenate(([1.0], tail)).astype(np.float32)


def main() -> None:
    """One line per recording."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("voices", nargs="+", metavar="VOICE=GLOB")
    parser.add_argument("--prefix", default="", help="before each name")
    told = parser.parse_args()
    globs = [voice.partition("=")[2] for voice in told.voices]
    told.out.mkdir(parents=True, exist_ok=True)
    for seed, recipe in enumerate(RECIPES):
        wanted, random = len(recipe.shares), np.random.default_rng(seed)
        # Real voices where there are enough, else with shifted formants too.
        people = list(product(globs, SHIFTS if len(globs) < wanted else SHIFTS[:1]))
        if wanted > len(people):
            continue
        chosen = [people[i] for i in random.permutation(len(people))[:wanted]]
        sound, rttm = composed(recipe, chosen, random)
        name = told.prefix + recipe.name
        soundfile.write(told.out / f"{name}.flac", sound, RATE, subtype="PCM_16")
        (told.out / f"{name}.rttm").write_text("\n".join(rttm) + "\n", encoding="utf-8")
        print(f"{name}: {len(sound) / RATE:.0f} s, {wanted} voices")


if __name__ == "__main__":
    main()
