"""Speak the sample webinar: sample/script.json → sample/webinar.opus, with the times written back into the script.

    python tests/speak_sample.py

Needs ffmpeg, espeak-ng, mbrola and its voices mbrola-nl2 and mbrola-nl3 (Debian: contrib and non-free). Developers run
it after a change of the script; everybody else has the audio. The same script gives the same speech and the same times.
"""

from __future__ import annotations

import json
import random
import subprocess
from array import array
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

SAMPLE = Path(__file__).parent.parent / "pipeline" / "sample"
RATE = 16_000  # Hz, of mbrola's Dutch voices
GLOTTAL = 30  # ms: a shorter pause inside a sentence is a glottal stop
SHORTEST = (  # ms, of each vowel
    dict.fromkeys(["a", "e", "o", "2"], 105)
    | dict.fromkeys(["i", "u", "y"], 70)
    | dict.fromkeys(["A", "E", "I", "O", "Y"], 60)
    | dict.fromkeys(["Ei", "9y", "Au"], 110)
    | {"@": 42}
)
VOICELESS = {"b": "p", "d": "t", "v": "f", "z": "s", "G": "x"}
QUIET = 300  # of 32 768: softer than this at either end of a sentence is not speech


class Voice(NamedTuple):
    """A Dutch mbrola voice; shifting its formants by `size` (above 1: a smaller head) makes it another person."""

    mbrola: str
    size: float
    words_per_minute: int


VOICES = {
    "Marieke Verhoeven": Voice("mb-nl3", 1.0, 122),
    "Martin van der Meer": Voice("mb-nl2", 1.0, 126),
    "Linda Bakker": Voice("mb-nl3", 1.13, 120),
    "Peter Jansen": Voice("mb-nl2", 0.87, 120),
}


def phones(text: str, voice: Voice) -> str:
    """How mbrola is to say it: a line per phone (name, ms, pitch), with espeak's Dutch mended where mbrola stumbles.

    Its glottal stops sound like a b or a p, voiced consonants before a pause or a voiceless one are not in the voices,
    nor is the voiced g of the south after most consonants, and vowels without stress are too short to be understood.
    """
    espeak = ["espeak-ng", "-v", voice.mbrola, "-s", str(voice.words_per_minute), "-q", "--pho", text]
    spoken = subprocess.run(espeak, capture_output=True, check=True, text=True).stdout
    said = [line.split() for line in spoken.splitlines() if line.strip()]
    said = [phone for phone in said[:-1] if phone[0] != "_" or int(phone[1]) > GLOTTAL] + said[-1:]
    for phone, after in pairwise(said):
        name, follows = phone[0], after[0]
        if name == "G" or (name in VOICELESS and follows in {"_", *"ptksfx"}):
            phone[0] = VOICELESS[name]
        elif name == "h" and follows not in SHORTEST:
            phone[0] = "_"
        elif name == "j" and follows not in SHORTEST:
            phone[0] = "J"
        phone[1] = str(max(int(phone[1]), SHORTEST.get(name, 0)))
    return "".join(" ".join(phone) + "\n" for phone in said)


def speak(text: str, voice: Voice) -> array[int]:
    """One sentence as samples, without the silence around it."""
    database = voice.mbrola.removeprefix("mb-")
    mbrola = ["mbrola", "-e", f"/usr/share/mbrola/{database}/{database}", "-", "-.raw"]
    raw = subprocess.run(mbrola, input=phones(text, voice).encode(), capture_output=True, check=True).stdout
    shift = f"asetrate={RATE * voice.size:.0f},aresample={RATE},atempo={1 / voice.size:.4f}"
    pcm = ["-f", "s16le", "-ar", str(RATE), "-ac", "1"]
    ffmpeg = ["ffmpeg", "-loglevel", "error", *pcm, "-i", "-", "-af", shift, *pcm, "-"]
    samples = array("h", subprocess.run(ffmpeg, input=raw, capture_output=True, check=True).stdout)
    loud = [at for at, sample in enumerate(samples) if abs(sample) > QUIET]
    return samples[loud[0] : loud[-1] + 1]


def silence(seconds: float) -> array[int]:
    return array("h", bytes(2 * round(seconds * RATE)))


def perform(lines: list[dict[str, Any]]) -> array[int]:
    """All lines one after the other; sets their start and end."""
    breath = random.Random(2026)
    sound, previous = silence(1.0), lines[0]["speaker"]
    for at, line in enumerate(lines):
        if at:
            sound += silence(breath.uniform(0.25, 0.4) if line["speaker"] == previous else breath.uniform(0.5, 0.9))
        line["start"] = round(len(sound) / RATE, 3)
        sound += speak(line["text"], VOICES[line["speaker"]])
        line["end"] = round(len(sound) / RATE, 3)
        previous = line["speaker"]
    return sound + silence(1.0)


def encode(sound: array[int], to: Path) -> None:
    raw = ["-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
    opus = ["-c:a", "libopus", "-b:a", "24k", "-application", "voip", "-bitexact", str(to)]
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *raw, *opus], input=sound.tobytes(), check=True)


def as_text(script: dict[str, Any]) -> str:
    """JSON with every line and every quote on a line of its own."""

    def value(of: object) -> str:
        if not isinstance(of, list):
            return json.dumps(of, ensure_ascii=False)
        return "[\n" + ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in of) + "\n ]"

    return "{\n" + ",\n".join(f' "{key}": {value(of)}' for key, of in script.items()) + "\n}\n"


def main() -> None:
    path = SAMPLE / "script.json"
    script = json.loads(path.read_text(encoding="utf-8"))
    lines = script["lines"]
    encode(perform(lines), SAMPLE / "webinar.opus")
    script["lines"] = [{key: line[key] for key in ("start", "end", "speaker", "text", *line)} for line in lines]
    for quote in script["key_quotes"]:
        quote["start"], quote["end"] = lines[quote["first"]]["start"], lines[quote["last"]]["end"]
    path.write_text(as_text(script), encoding="utf-8")


if __name__ == "__main__":
    main()
