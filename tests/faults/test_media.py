"""Recordings that somebody damaged or made by hand: a sentence or the whole length, in bounded time and memory."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from pipeline.engines import ffmpeg
from pipeline.engines.ffmpeg import find_ffmpeg
from pipeline.engines.media import decode, probe_media, tolerance
from pipeline.errors import PipelineError
from tests.faults.states import told
from tests.faults.table import size
from tests.recordings import RATE, babble

pytestmark = pytest.mark.fault(7)
SECONDS = 20
KINDS = ("m4a", "mp3", "webm", "mka", "ogg", "opus", "wav", "flac", "avi", "aac", "ts", "wma", "mp4", "aiff", "caf")
ANNOUNCED = ("m4a", "mp3", "webm", "mka", "wav", "flac", "avi", "mp4", "caf")
SLOWEST = 20.0  # seconds for twenty seconds of sound
MOST = 300_000_000  # bytes of its own that ffmpeg may have; the kernel sees to it


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> dict[str, bytes]:
    """Twenty seconds in every kind of container."""
    folder = tmp_path_factory.mktemp("kinds")
    soundfile.write(folder / "source.wav", babble(SECONDS, seed=3), RATE)
    command = [find_ffmpeg(), "-loglevel", "error", "-y", "-i", folder / "source.wav"]
    for kind in KINDS:
        command += ["-b:a", "24k", *(["-c:a", "aac"] if kind == "mp4" else []), folder / f"a.{kind}"]
    subprocess.run(command, check=True)
    return {kind: (folder / f"a.{kind}").read_bytes() for kind in KINDS}


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """Bits flipped, bytes set, pieces moved, doubled, taken out; half of it in the headers."""
    changed = bytearray(raw)
    for _ in range(chance.choice((1, 1, 2, 5, 30))):
        at = chance.randrange(min(len(changed), chance.choice((64, 1000, len(raw)))))
        piece = chance.randrange(1, 200)
        how = chance.randrange(6)
        if how == 0:
            changed[at] ^= 1 << chance.randrange(8)
        elif how == 1:
            changed[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\x80\0\0\0"))
        elif how == 2:
            changed[at : at + piece] = chance.randbytes(piece)
        elif how == 3:
            changed[at:at] = changed[at : at + piece]
        elif how == 4:
            del changed[at : at + piece]
        else:
            changed[at:at] = chance.randbytes(piece)
    return bytes(changed) or b"\0"


def outcome(path: Path, out: Path) -> tuple[str | None, float | None, float]:
    """The sentence, or the length that was announced and the one that was found."""
    try:
        about = probe_media(path)
        decode(path, about, out, begin=0.0, end=None, site=None, told=lambda _: None)
    except PipelineError as error:
        return error.message, None, 0.0
    return None, about.duration, soundfile.info(out).duration


def test_thousands_of_mutated_recordings_give_a_sentence_or_the_length_they_announce(
    recordings, tmp_path, record_property, monkeypatch
):
    monkeypatch.setattr(ffmpeg, "MEMORY", MOST)
    chance, wrong, refused, slowest = random.Random(7), [], 0, 0.0
    tried = size(45, 4500)
    for case in range(tried):
        kind = KINDS[case % len(KINDS)]
        path = tmp_path / f"m.{kind}"
        path.write_bytes(mutated(recordings[kind], chance))
        before = time.perf_counter()
        said, announced, found = outcome(path, tmp_path / "out.flac")
        slowest = max(slowest, time.perf_counter() - before)
        refused += said is not None
        if said is not None and ("\n" in said or len(said) > 300):
            wrong.append(f"case {case}, {kind}: {said!r}")
        if announced and abs(announced - found) > tolerance(announced):
            wrong.append(f"case {case}, {kind}: {announced} s announced and {found} s taken")
    if slowest > SLOWEST:
        wrong.append(f"the slowest took {slowest:.1f} s")
    record_property("cases", tried)
    record_property("figure", f"{refused} refused, slowest {slowest:.1f} s, none with more than {MOST // 10**6} MB")
    assert not wrong, told(wrong)


def test_every_container_cut_anywhere_is_refused_where_it_announces_a_length(recordings, tmp_path, record_property):
    wrong, cases = [], 0
    for kind in ANNOUNCED:
        for share in range(1, 100) if size(0, 1) else (3, 40, 90):
            path = tmp_path / f"c.{kind}"
            path.write_bytes(recordings[kind][: len(recordings[kind]) * share // 100])
            said, announced, found = outcome(path, tmp_path / "out.flac")
            cases += 1
            if said is None and abs(found - SECONDS) > tolerance(SECONDS):
                wrong.append(f"{kind} cut at {share} %: {found:.2f} s taken for whole, {announced} announced")
    record_property("cases", cases)
    assert not wrong, told(wrong)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux bounds the memory of a child")
def test_a_decoder_that_wants_too_much_memory_gets_none(tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg, "MEMORY", 20_000_000)
    wide = [find_ffmpeg(), "-f", "lavfi", "-i", "color=s=8000x8000", "-frames:v", "1", "-f", "null", "-"]
    code, said = ffmpeg.run_ffmpeg(wide, limit=30)
    assert code != 0, said
