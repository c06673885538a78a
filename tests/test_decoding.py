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

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import system
from pipeline.engines import decode as decoding
from pipeline.engines import ffmpeg
from pipeline.engines.decode import Wanted, decode, join
from pipeline.engines.media import probe_media
from pipeline.errors import PipelineError

RATE = 16_000
CLICK = 4.0  # seconds at which the test sound has its one loud moment
LENGTH = 12.0


def bundled() -> str:
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


PROGRAMS = {"system": shutil.which("ffmpeg") or bundled(), "imageio": bundled()}


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each ffmpeg that a user may have."""
    monkeypatch.setattr(ffmpeg, "find_ffmpeg", lambda: PROGRAMS[request.param])
    return PROGRAMS[request.param]


def make(target: Path, *options: object) -> Path:
    subprocess.run([PROGRAMS["system"], "-loglevel", "error", "-y", *map(str, options), target], check=True)
    return target


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Soft noise with one beep at four seconds, in every container and codec that a webinar may come in."""
    folder = tmp_path_factory.mktemp("sounds")
    sound = 0.003 * np.random.default_rng(1).standard_normal((int(LENGTH * 48_000), 2))
    beep = slice(int(CLICK * 48_000), int((CLICK + 0.2) * 48_000))
    sound[beep] += 0.5 * np.sin(np.arange(9600) * 2 * np.pi * 1000 / 48_000)[:, None]
    source = folder / "source.wav"
    soundfile.write(source, sound, 48_000)
    for name, options in {
        "a.m4a": ["-c:a", "aac"], "a.mp3": [], "a.ogg": ["-c:a", "libvorbis"], "a.opus": [], "a.webm": [],
        "a.mka": ["-c:a", "libopus"], "a.flac": [], "a.aac": [], "a.ts": ["-c:a", "aac"], "a.aiff": [], "a.wma": [],
        "a8k.wav": ["-ar", 8000, "-ac", 1, "-c:a", "pcm_mulaw"], "a192k.wav": ["-ar", 192_000, "-c:a", "pcm_s24le"],
        "a51.mka": ["-ac", 6, "-c:a", "ac3"], "adpcm.wav": ["-c:a", "adpcm_ms"], "a.avi": ["-c:a", "mp3"],
    }.items():  # fmt: skip
        make(folder / name, "-i", source, *options)
    picture = ["-f", "lavfi", "-i", f"testsrc=d={LENGTH}:s=64x64:r=5"]
    make(folder / "video.mp4", *picture, "-i", source, "-c:v", "mpeg4", "-c:a", "aac")
    make(folder / "video.webm", *picture, "-i", source, "-c:v", "libvpx", "-c:a", "libopus")
    make(folder / "late.mkv", *picture, "-itsoffset", 1.5, "-i", source, "-c:v", "mpeg4", "-c:a", "aac")
    make(folder / "late.m4a", "-itsoffset", 1.5, "-i", folder / "a.m4a", "-c", "copy")
    make(folder / "mute.mp4", *picture, "-c:v", "mpeg4")
    make(folder / "two.mkv", "-i", source, "-f", "lavfi", "-i", f"sine=300:d={LENGTH}", "-map", 0, "-map", 1)
    make(folder / "short.wav", "-i", source, "-t", 0.1)
    return folder


def decoded(path: Path, flac: Path, **more: object) -> tuple[np.ndarray, decoding.Decoded]:
    facts = {"name": path.name, "wanted": Wanted(), "site": None, "told": lambda _: None, **more}
    result = decode(path, probe_media(path, path.name), flac, **facts)
    return soundfile.read(flac)[0], result


def beep_at(sound: np.ndarray) -> float:
    power = np.mean(sound[: len(sound) // 80 * 80].reshape(-1, 80) ** 2, axis=1)
    return float(np.argmax(power > power.max() / 4)) * 80 / RATE


WHOLE = [
    "a.m4a", "a.mp3", "a.ogg", "a.opus", "a.webm", "a.mka", "a.flac", "a.aac", "a.ts", "a.aiff", "a.wma", "a8k.wav",
    "a192k.wav", "a51.mka", "adpcm.wav", "a.avi", "video.mp4", "video.webm", "two.mkv", "source.wav",
]  # fmt: skip


EITHER = [("system", name) for name in WHOLE] + [("imageio", name) for name in WHOLE[:8] + WHOLE[-4:]]


@pytest.mark.parametrize(("program", "name"), EITHER, indirect=["program"])
def test_every_container_keeps_its_times(sounds: Path, tmp_path: Path, program: str, name: str) -> None:
    sound, found = decoded(sounds / name, tmp_path / "out.flac")
    assert beep_at(sound) == pytest.approx(CLICK, abs=0.05)
    assert found.length == len(sound) / RATE == pytest.approx(LENGTH, abs=0.1)
    assert soundfile.info(tmp_path / "out.flac").subtype == "PCM_16"
    assert [path.name for path in tmp_path.iterdir()] == ["out.flac"]


@pytest.mark.parametrize("name", ["late.mkv", "late.m4a"])
def test_sound_that_begins_after_its_clock_keeps_its_times(
    sounds: Path, tmp_path: Path, program: str, name: str
) -> None:
    sound, _ = decoded(sounds / name, tmp_path / "out.flac")
    assert beep_at(sound) == pytest.approx(CLICK + 1.5, abs=0.05)


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "late.mkv"])
def test_a_part_begins_where_it_is_asked_to(sounds: Path, tmp_path: Path, program: str, name: str) -> None:
    sound, _ = decoded(sounds / name, tmp_path / "out.flac", wanted=Wanted(2.5, 9.0))
    assert beep_at(sound) == pytest.approx(CLICK - 2.5 + 1.5 * name.startswith("late"), abs=0.05)
    assert len(sound) / RATE == pytest.approx(6.5, abs=0.01)


def test_a_gap_in_the_middle_moves_nothing(sounds: Path, tmp_path: Path, program: str) -> None:
    holes = make(
        tmp_path / "h.mka", "-i", sounds / "source.wav", "-af", "aselect='not(between(t,1,3))'", "-c:a", "flac"
    )
    sound, _ = decoded(holes, tmp_path / "out.flac")
    assert beep_at(sound) == pytest.approx(CLICK, abs=0.05)


# Broken files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.1, 0.9])
@pytest.mark.parametrize(
    "name", ["a.m4a", "a.mp3", "a.webm", "a.mka", "a.flac", "a.aiff", "source.wav", "video.mp4", "a.avi"]
)
def test_a_file_that_was_cut_off_is_never_taken_for_whole(
    sounds: Path, tmp_path: Path, name: str, share: float
) -> None:
    whole = (sounds / name).read_bytes()
    cut = tmp_path / f"cut{Path(name).suffix}"
    cut.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(PipelineError) as refused:
        decoded(cut, tmp_path / "out.flac")
    assert refused.value.message.startswith(cut.name)
    assert "\n" not in refused.value.message
    assert not (tmp_path / "out.flac").exists()


def test_both_lengths_are_told_where_they_differ(sounds: Path, tmp_path: Path, program: str) -> None:
    cut = tmp_path / "cut.mp3"
    cut.write_bytes((sounds / "a.mp3").read_bytes()[:100_000])
    with pytest.raises(
        PipelineError, match=r"^cut.mp3 is cut off or damaged: it announces 12\.\d s of sound and holds 6\.\d s"
    ):
        decoded(cut, tmp_path / "out.flac")


def test_a_length_that_only_the_site_announces_is_checked(sounds: Path, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"announces 60\.0 s of sound and holds 12\.0 s"):
        decoded(sounds / "a.opus", tmp_path / "out.flac", site=60.0)
    assert decoded(sounds / "a.opus", tmp_path / "out.flac", site=12.0)[1].announced == 12.0


@pytest.mark.parametrize("name", ["a.ogg", "a.opus", "a.aac", "a.ts", "a.wma"])
def test_where_nothing_announces_a_length_none_is_invented(
    sounds: Path, tmp_path: Path, program: str, name: str
) -> None:
    cut = tmp_path / f"cut{Path(name).suffix}"
    whole = (sounds / name).read_bytes()
    cut.write_bytes(whole[: len(whole) * 3 // 4])
    told, announced = cut.name, None
    try:
        announced = decoded(cut, tmp_path / "out.flac")[1].announced
    except PipelineError as error:
        told = error.message
    assert announced is None
    assert told.startswith(cut.name)


BROKEN = {
    "empty.mp3": (b"", "empty.mp3 is empty (0 bytes)"),
    "random.mp3": (random.Random(5).randbytes(50_000), "random.mp3 "),
    "text.wav": (b"dit is geen geluid " * 500, "text.wav cannot be read as sound or video"),
    "page.mp4": (b"<!DOCTYPE html><html><body>404</body></html>", "page.mp4 cannot be read as sound or video"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_recording_is_told(tmp_path: Path, program: str, name: str) -> None:
    (tmp_path / name).write_bytes(BROKEN[name][0])
    with pytest.raises(PipelineError) as refused:
        decoded(tmp_path / name, tmp_path / "out.flac")
    assert refused.value.message.startswith(BROKEN[name][1])


def test_a_film_without_sound_and_a_blink_of_sound_are_refused(sounds: Path, tmp_path: Path, program: str) -> None:
    with pytest.raises(PipelineError, match=r"^mute.mp4 has no sound track$"):
        decoded(sounds / "mute.mp4", tmp_path / "out.flac")
    with pytest.raises(PipelineError, match=r"^short.wav is too short: 0\.1 s of sound"):
        decoded(sounds / "short.wav", tmp_path / "out.flac")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 90), with_=st.binary(min_size=1, max_size=400))
def test_damage_anywhere_gives_a_sentence_or_the_whole_length(
    sounds: Path, tmp_path: Path, at: int, with_: bytes
) -> None:
    raw = bytearray((sounds / "a.m4a").read_bytes())
    begin = len(raw) * at // 100
    raw[begin : begin + len(with_)] = with_
    (tmp_path / "d.m4a").write_bytes(raw)
    told, missing = "", 0.0
    try:
        found = decoded(tmp_path / "d.m4a", tmp_path / "out.flac")[1]
        missing = abs(found.length - (found.announced or found.length))
    except PipelineError as error:
        told = error.message
    assert "\n" not in told
    assert missing <= 1.01


# Files that name other files ----------------------------------------------------------------------


def test_playlists_read_no_other_file_and_open_no_connection(sounds: Path, tmp_path: Path, program: str) -> None:
    canary = shutil.copy(sounds / "a.mp3", tmp_path / "canary.mp3")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.01)
    web = f"http://127.0.0.1:{listener.getsockname()[1]}/x.mp3"
    mpd = '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet><Representation id="1"><BaseURL>'
    for name, text in {
        "list.m3u8": f"#EXTM3U\n#EXTINF:12,\n{canary}\n#EXTINF:12,\n{web}\n#EXT-X-ENDLIST\n",
        "list.mp3": f"#EXTM3U\n#EXTINF:12,\n{canary}\n#EXT-X-ENDLIST\n",
        "list.ffconcat": f"ffconcat version 1.0\nfile '{canary}'\n",
        "list.mpd": f"{mpd}{canary}</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "list.pls": f"[playlist]\nFile1={web}\n",
    }.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(PipelineError, match=r"is a playlist or of a kind|cannot be read"):
            decoded(tmp_path / name, tmp_path / "out.flac")
        assert not (tmp_path / "out.flac").exists()
    with pytest.raises(TimeoutError):
        listener.accept()
    listener.close()


@pytest.mark.parametrize(
    "name", ["-i", "--exec.mp3", "concat:a.mp3|b.mp3", "een naam %03d 'met' é 🎧.mp3", "-y.mp3", "file:x"]
)
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_is_only_a_name(
    sounds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(sounds / "a.mp3", tmp_path / name)
    _, found = decoded(Path(name), tmp_path / "out.flac")
    assert found.length == pytest.approx(LENGTH, abs=0.1)


# The process --------------------------------------------------------------------------------------


def test_parts_are_joined_sample_for_sample(sounds: Path, tmp_path: Path, program: str) -> None:
    one, _ = decoded(sounds / "a.m4a", tmp_path / "1.flac")
    two, _ = decoded(sounds / "a.mp3", tmp_path / "2.flac", wanted=Wanted(1, 9))
    length = join([tmp_path / "1.flac", tmp_path / "2.flac"], tmp_path / "all.flac", lambda _: None)
    whole, _ = soundfile.read(tmp_path / "all.flac")
    assert length == len(whole) / RATE
    assert np.array_equal(whole, np.concatenate([one, two]))


def test_progress_goes_up_to_the_length(sounds: Path, tmp_path: Path) -> None:
    told: list[float] = []
    decoded(sounds / "a.mp3", tmp_path / "out.flac", told=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(LENGTH, abs=0.1)


@pytest.mark.parametrize(("limit", "stall", "why"), [(0.3, 9, "it was not done"), (9, 0.3, "it made no progress")])
def test_a_decoder_that_hangs_is_stopped(limit: float, stall: float, why: str) -> None:
    hangs = [sys.executable, "-c", "import time; time.sleep(60)"]
    before = threading.active_count()
    with pytest.raises(PipelineError, match=f"ffmpeg was stopped: {why} after 0.3 s"):
        ffmpeg.run_ffmpeg(hangs, limit=limit, size=1 << 20, stall=stall)
    assert threading.active_count() == before


def test_a_stop_by_the_user_leaves_no_process_and_no_file(sounds: Path, tmp_path: Path) -> None:
    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decoded(sounds / "a.mp3", tmp_path / "out.flac", told=stop)
    assert not (tmp_path / "out.flac").exists()


def test_a_full_disk_is_told_before_anything_is_written(sounds: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(system, "free_disk", lambda _: 10 << 20)
    with pytest.raises(PipelineError, match=r"^the disk has 10 MB left and this recording needs about \d+ MB$"):
        decoded(sounds / "a.mp3", tmp_path / "out.flac")


@pytest.mark.skipif(not system.posix(), reason="limits are for POSIX systems")
def test_a_file_that_grows_too_big_is_stopped(sounds: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(decoding, "FLAC_BYTES", 0.1)  # so that the limit is nine kilobytes
    with pytest.raises(PipelineError, match=r"^a\.mp3 "):
        decoded(sounds / "a.mp3", tmp_path / "out.flac")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
def test_a_decoder_dies_with_the_program_that_started_it(tmp_path: Path) -> None:
    script = (
        "import os, subprocess, sys\nfrom pipeline import system\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "child = subprocess.Popen(sleep, preexec_fn=system.child_limits())\n"
        "print(child.pid, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    for _ in range(1000):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] in "ZX":
            return
        threading.Event().wait(0.005)
    pytest.fail("it still runs")
