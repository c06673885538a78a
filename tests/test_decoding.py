"""What decoding promises: all of the sound at its own times, or one clear sentence; and no other file is read."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.engines import ffmpeg, media
from pipeline.engines.media import decode, join, probe_media
from pipeline.errors import PipelineError

pytestmark = pytest.mark.fault(7)

RATE = 16_000
BEEP = 4.0  # seconds at which the test sound has its one loud moment
LENGTH = 8.0
PROGRAMS = {"bundled": imageio_ffmpeg.get_ffmpeg_exe(), "system": shutil.which("ffmpeg")}
HERE = PROGRAMS["system"] or PROGRAMS["bundled"]


@pytest.fixture(params=[name for name, path in PROGRAMS.items() if path])
def program(request, monkeypatch) -> str:
    """Each ffmpeg that a user may have."""
    monkeypatch.setattr(media, "find_ffmpeg", lambda: PROGRAMS[request.param])
    return PROGRAMS[request.param]


def make(target: Path, *options: object) -> Path:
    subprocess.run([HERE, "-loglevel", "error", "-y", *map(str, options), target], check=True)
    return target


WHOLE = {
    "a.m4a": ["-c:a", "aac"], "a.mp3": [], "a.ogg": ["-c:a", "libvorbis"], "a.opus": [], "a.webm": [], "a.flac": [],
    "a.aac": [], "a.ts": ["-c:a", "aac"], "a.wma": [], "a8k.wav": ["-ar", 8000, "-ac", 1, "-c:a", "pcm_mulaw"],
    "a192k.wav": ["-ar", 192_000, "-c:a", "pcm_s24le"], "a51.mka": ["-ac", 6, "-c:a", "ac3"],
    "a.avi": ["-c:a", "mp3"],
}  # fmt: skip


@pytest.fixture(scope="session")
def sounds(tmp_path_factory) -> Path:
    """Soft noise with one beep at four seconds, in every container and codec that a webinar may come in."""
    folder = tmp_path_factory.mktemp("sounds")
    sound = 0.003 * np.random.default_rng(1).standard_normal((int(LENGTH * 48_000), 2))
    beep = slice(int(BEEP * 48_000), int((BEEP + 0.2) * 48_000))
    sound[beep] += 0.5 * np.sin(np.arange(9600) * 2 * np.pi * 1000 / 48_000)[:, None]
    source = folder / "source.wav"
    soundfile.write(source, sound, 48_000)
    command = [HERE, "-loglevel", "error", "-y", "-i", source]
    for name, options in WHOLE.items():
        command += [*map(str, options), folder / name]
    subprocess.run(command, check=True)
    picture = ["-f", "lavfi", "-i", f"testsrc=d={LENGTH}:s=64x64:r=5"]
    make(folder / "video.mp4", *picture, "-i", source, "-c:v", "mpeg4", "-c:a", "aac")
    make(folder / "late.mkv", *picture, "-itsoffset", 1.5, "-i", source, "-c:v", "mpeg4", "-c:a", "aac")
    make(folder / "late.m4a", "-itsoffset", 1.5, "-i", folder / "a.m4a", "-c", "copy")
    make(folder / "mute.mp4", *picture, "-c:v", "mpeg4")
    make(folder / "two.mkv", "-i", source, "-f", "lavfi", "-i", f"sine=300:d={LENGTH}", "-map", 0, "-map", 1)
    make(folder / "short.wav", "-i", source, "-t", 0.1)
    make(folder / "holes.mka", "-i", source, "-af", "aselect='not(between(t,1,3))'", "-c:a", "flac")
    return folder


def decoded(path: Path, folder: Path, begin=0.0, end=None, site=None, told=lambda _: None) -> np.ndarray:
    length = decode(path, probe_media(path), folder / "out.flac", begin=begin, end=end, site=site, told=told)
    sound, _ = soundfile.read(folder / "out.flac")
    assert length == len(sound) / RATE
    return sound


def beep_at(sound: np.ndarray) -> float:
    power = np.mean(sound[: len(sound) // 80 * 80].reshape(-1, 80) ** 2, axis=1)
    return float(np.argmax(power > power.max() / 4)) * 80 / RATE


@pytest.mark.parametrize("name", [*WHOLE, "video.mp4", "two.mkv", "source.wav", "holes.mka"])
def test_every_container_keeps_its_times(sounds, tmp_path, name):
    sound = decoded(sounds / name, tmp_path)
    assert beep_at(sound) == pytest.approx(BEEP, abs=0.05)
    assert len(sound) / RATE == pytest.approx(LENGTH, abs=0.1)
    assert soundfile.info(tmp_path / "out.flac").subtype == "PCM_16"
    assert [path.name for path in tmp_path.iterdir()] == ["out.flac"]


@pytest.mark.parametrize("name", ["late.mkv", "late.m4a", "a.mp3"])
def test_a_part_begins_where_it_is_asked_to(sounds, tmp_path, program, name):
    late = 1.5 * name.startswith("late")
    assert beep_at(decoded(sounds / name, tmp_path)) == pytest.approx(BEEP + late, abs=0.05)
    part = decoded(sounds / name, tmp_path, begin=1.5, end=7.0)
    assert beep_at(part) == pytest.approx(BEEP - 1.5 + late, abs=0.05)
    assert len(part) / RATE == pytest.approx(5.5, abs=0.01)


def test_parts_are_joined_sample_for_sample(sounds, tmp_path):
    flacs = []
    for name, begin in (("a.m4a", 0), ("a.mp3", 1)):
        (tmp_path / name).mkdir()
        decoded(sounds / name, tmp_path / name, begin=begin)
        flacs.append(tmp_path / name / "out.flac")
    join(flacs, tmp_path / "all.flac")
    apart = [soundfile.read(flac)[0] for flac in flacs]
    assert np.array_equal(soundfile.read(tmp_path / "all.flac")[0], np.concatenate(apart))


def test_progress_goes_up_to_the_length(sounds, tmp_path):
    told: list[float] = []
    decoded(sounds / "a.mp3", tmp_path, told=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(LENGTH, abs=0.1)


# Broken files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.m4a", "a.mp3", "a.webm", "a51.mka", "a.flac", "source.wav", "video.mp4", "a.avi"])
def test_a_file_that_was_cut_off_is_never_taken_for_whole(sounds, tmp_path, name):
    whole = (sounds / name).read_bytes()
    cut = tmp_path / f"cut{Path(name).suffix}"
    for share in (0.85,) if name in ("a.webm", "a.flac", "video.mp4") else (0.2, 0.85):
        cut.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(PipelineError) as refused:
            decoded(cut, tmp_path)
        assert refused.value.message.startswith(f"'{cut.name}'")
        assert "\n" not in refused.value.message
        assert not (tmp_path / "out.flac").exists()


def test_both_lengths_are_told_where_they_differ(sounds, tmp_path, program):
    cut = tmp_path / "cut.mp3"
    cut.write_bytes((sounds / "a.mp3").read_bytes()[:66_000])
    with pytest.raises(
        PipelineError, match=r"^'cut.mp3' is cut off or damaged: it announces 8\.\d s of sound and holds 4\.\d s$"
    ):
        decoded(cut, tmp_path)
    with pytest.raises(PipelineError, match=r"announces 1:00 of sound and holds 8\.0 s"):
        decoded(sounds / "a.opus", tmp_path, site=60.0)


@pytest.mark.parametrize("name", ["a.ogg", "a.opus", "a.aac", "a.ts", "a.wma"])
def test_where_nothing_announces_a_length_none_is_invented(sounds, tmp_path, name):
    cut = tmp_path / f"cut{Path(name).suffix}"
    whole = (sounds / name).read_bytes()
    cut.write_bytes(whole[: len(whole) * 3 // 4])
    announced = probe_media(cut).duration
    if announced:
        with pytest.raises(PipelineError, match="cut off or damaged"):
            decoded(cut, tmp_path)


BROKEN = {
    "empty.mp3": (b"", "'empty.mp3' is empty (0 bytes)"),
    "random.mp3": (random.Random(5).randbytes(50_000), "'random.mp3' "),
    "page.mp4": (b"<!DOCTYPE html><html><body>404</body></html>", "'page.mp4' cannot be read as sound or video"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_recording_is_told(tmp_path, name):
    (tmp_path / name).write_bytes(BROKEN[name][0])
    with pytest.raises(PipelineError) as refused:
        decoded(tmp_path / name, tmp_path)
    assert refused.value.message.startswith(BROKEN[name][1])


def test_a_film_without_sound_and_a_blink_of_sound_are_refused(sounds, tmp_path):
    with pytest.raises(PipelineError, match=r"^'mute.mp4' has no sound track$"):
        decoded(sounds / "mute.mp4", tmp_path)
    with pytest.raises(PipelineError, match=r"^'short.wav' is too short: 0\.1 s of sound"):
        decoded(sounds / "short.wav", tmp_path)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 90), with_=st.binary(min_size=1, max_size=400))
def test_damage_anywhere_gives_a_sentence_or_the_whole_length(sounds, tmp_path, at, with_):
    raw = bytearray((sounds / "a.m4a").read_bytes())
    begin = len(raw) * at // 100
    raw[begin : begin + len(with_)] = with_
    (tmp_path / "d.m4a").write_bytes(raw)
    told, length = "", LENGTH
    try:
        length = len(decoded(tmp_path / "d.m4a", tmp_path)) / RATE
    except PipelineError as error:
        told = error.message
    assert "\n" not in told
    assert length == pytest.approx(LENGTH, abs=1.01)


# Files that name other files ----------------------------------------------------------------------


@pytest.mark.fault(8)
def test_playlists_read_no_other_file_and_open_no_connection(sounds, tmp_path, program):
    canary = shutil.copy(sounds / "a.mp3", tmp_path / "canary.mp3")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.01)
        web = f"http://127.0.0.1:{listener.getsockname()[1]}/x.mp3"
        mpd = '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet><Representation id="1"><BaseURL>'
        for name, text in {
            "list.m3u8": f"#EXTM3U\n#EXTINF:12,\n{canary}\n#EXTINF:12,\n{web}\n#EXT-X-ENDLIST\n",
            "list.mp3": f"#EXTM3U\n#EXTINF:12,\n{canary}\n#EXT-X-ENDLIST\n",
            "list.ffconcat": f"ffconcat version 1.0\nfile '{canary}'\n",
            "list.mpd": f"{mpd}{canary}</BaseURL></Representation></AdaptationSet></Period></MPD>",
            "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        }.items():
            (tmp_path / name).write_text(text)
            with pytest.raises(PipelineError, match="cannot be read as sound or video"):
                decoded(tmp_path / name, tmp_path)
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.fault(8)
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("name", ["-i", "concat:a.mp3|b.mp3", "een naam %03d 'met' é 🎧.mp3"])
def test_a_name_is_only_a_name(sounds, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    shutil.copy(sounds / "a.mp3", tmp_path / name)
    assert len(decoded(Path(name), tmp_path)) / RATE == pytest.approx(LENGTH, abs=0.1)


# The process --------------------------------------------------------------------------------------


def test_a_decoder_that_hangs_is_stopped():
    endless = [HERE, "-re", "-f", "lavfi", "-i", "anullsrc", "-f", "null", "-"]
    with pytest.raises(PipelineError, match=r"ffmpeg was stopped: it was not done after 0\.2 s"):
        ffmpeg.run_ffmpeg(endless, limit=0.2)


def test_a_stop_by_the_user_leaves_no_result(sounds, tmp_path):
    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decoded(sounds / "a.mp3", tmp_path, told=stop)
    assert not (tmp_path / "out.flac").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
def test_a_decoder_dies_with_the_program_that_started_it():
    script = (
        "import os, subprocess, sys\nfrom pipeline import system\n"
        "child = subprocess.Popen(['sleep', '60'], preexec_fn=system.bounded_child())\n"
        "print(child.pid, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    state = Path(f"/proc/{int(done.stdout)}/stat")
    for _ in range(1000):
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] in "ZX":
            return
        threading.Event().wait(0.005)
    pytest.fail("it still runs")
