"""Silence, noise, hum, applause, music: nobody spoke, so nothing was said. Six hours: no more memory than one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import pytest
import soundfile

from pipeline.artifacts import TRANSCRIPT
from pipeline.engines.ffmpeg import find_ffmpeg
from pipeline.workspace import Workspace
from tests.conftest import FAKES, SLUG
from tests.faults.table import size
from tests.recordings import RATE

# What ffmpeg makes them of; applause is noise that many hands cut up, music are chords that change.
SOUNDS = {
    "silence": "anullsrc=r=16000:cl=mono",
    "white noise": "anoisesrc=a=0.1:c=white:r=16000",
    "pink noise": "anoisesrc=a=0.3:c=pink:r=16000",
    "hum": "sine=50:r=16000,volume=3",
    "applause": "anoisesrc=a=0.4:c=pink:r=16000,tremolo=f=9:d=0.9,tremolo=f=13:d=0.8",
    "music": "aevalsrc='0.15*(sin(2*PI*(220+55*mod(floor(t),4))*t)+sin(2*PI*(330+82*mod(floor(t),3))*t)"
    "+sin(2*PI*(440+110*mod(floor(2*t),5))*t))*(1-0.7*mod(2*t,1))':s=16000",
}
MEMORY = 900_000  # kilobytes that a run of six hours may take, with engines that weigh nothing


@pytest.mark.fault(10)
@pytest.mark.parametrize("sound", SOUNDS)
def test_where_nobody_speaks_nothing_is_said(home, impressie, sound):
    recording = home / "opname.wav"
    source = ["-f", "lavfi", "-i", SOUNDS[sound], "-t", str(size(40, 600)), recording]
    subprocess.run([find_ffmpeg(), "-loglevel", "error", "-y", *source], check=True)
    toml = home / "configs" / f"{SLUG}.toml"
    text = FAKES.replace('[transcribe]\nengine = "fake"\nbatch = 1', "").format(audio=recording.as_posix())
    toml.write_text(text, encoding="utf-8")
    assert impressie("rerun", SLUG, "download").code == 0
    said = impressie("rerun", SLUG, "transcribe")
    transcript = TRANSCRIPT.load(Workspace(home, SLUG).path(TRANSCRIPT.file).read_bytes())
    marked = [(suspect.start, suspect.end) for suspect in transcript.suspects]
    invented = [w.text for w in transcript.words if not any(a <= w.middle <= b for a, b in marked)]
    assert invented == [], said.err
    ended = impressie("run", SLUG)
    assert ended.code in (0, 1)
    assert "hint:" in ended.err


@pytest.mark.fault(9)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the memory of children")
def test_six_hours_take_no_more_memory_and_go_on_after_a_kill(home, record_property):
    hours = size(1, 6)
    block = (0.1 * np.random.default_rng(9).standard_normal(RATE * 60)).astype(np.float32)
    with soundfile.SoundFile(home / "opname.flac", "w", RATE, 1, "PCM_16") as long:
        for minute in range(hours * 60):
            long.write(np.roll(block, 997 * minute) * (0.2 + 0.8 * (minute % 7) / 7))
    (home / "configs" / f"{SLUG}.toml").write_text(FAKES.format(audio=(home / "opname.flac").as_posix()), "utf-8")
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "run", SLUG]
    first = subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    heard = 0
    while first.poll() is None and heard < 50:
        with suppress(FileNotFoundError):  # the lease was taken just then, and its folder has another name
            heard = sum(len(path.read_bytes().splitlines()) for path in (home / "outputs").rglob("*.jsonl"))
    first.kill()
    first.wait()
    assert heard >= 50
    begun = time.perf_counter()
    measured = "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
    measured += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(done.returncode)"
    again = subprocess.run(  # a small process starts it, since the memory of who starts counts
        [sys.executable, "-c", measured, *command], cwd=home, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    most = int(again.stdout)
    receipt = json.loads((home / "outputs" / SLUG / "receipts" / "transcribe.json").read_text(encoding="utf-8"))
    assert receipt["outputs"]
    record_property(
        "figure", f"{hours} h in {time.perf_counter() - begun:.0f} s, {most // 1000} MB, {heard} windows kept"
    )
    assert most < MEMORY
