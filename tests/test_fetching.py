"""What fetching promises: the recording whole, or one clear sentence; a broken download goes on where it was."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from pipeline.artifacts import AUDIO, CAPTIONS
from pipeline.engines import probe, ytdlp
from pipeline.errors import PipelineError
from pipeline.speech.captions import parse
from pipeline.stages.download import STAGE
from tests.recordings import RATE, Site, job, recording_of

pytestmark = pytest.mark.fault(6)


@pytest.fixture
def site(media: Path) -> Iterator[Site]:
    server = Site(media)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def naps(monkeypatch) -> list[float]:
    """Tries as in real life, waits for nothing, and remembers how long it would have."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    for constant, value in (("TRIES", 2), ("RETRIES", 1), ("SILENCE", 0.3)):
        monkeypatch.setattr(ytdlp, constant, value)
    return slept


def fetch(url: str, folder: Path) -> Path:
    return ytdlp.fetch(url, folder, None, lambda *_: None).media


def test_an_address_becomes_a_recording_with_its_sound(site, media, tmp_path):
    made = job(tmp_path, url=site.url("ok/speech.m4a"))
    assert STAGE.run(made) == "20.0 s of sound"
    recording = recording_of(made)
    assert recording.parts[0].url == site.url("ok/speech.m4a")
    assert recording.media_sha256 == (hashlib.sha256((media / "speech.m4a").read_bytes()).hexdigest(),)
    assert recording.duration == pytest.approx(20, abs=0.05)
    sound = soundfile.info(made.outputs[AUDIO])
    assert (sound.samplerate, sound.channels, sound.subtype, sound.format) == (RATE, 1, "PCM_16", "FLAC")
    assert {unit for _, _, unit in made.told} == {"B", "s"}


@pytest.mark.parametrize("habit", ["drop", "fault-once", "no-range"])
def test_a_download_that_is_hindered_gives_the_same_bytes(site, media, tmp_path, habit):
    assert fetch(site.url(f"{habit}/speech.mp3"), tmp_path).read_bytes() == (media / "speech.mp3").read_bytes()


def test_a_busy_site_is_given_the_time_that_it_asks_for(site, tmp_path, naps):
    fetch(site.url("busy-once/speech.mp3"), tmp_path)
    assert naps == [7.0]


def test_a_killed_download_goes_on_where_it_was(site, media, tmp_path):
    whole = (media / "speech.mp3").read_bytes()
    (tmp_path / "media.mp3.part").write_bytes(whole[:50_000])
    assert fetch(site.url("ok/speech.mp3"), tmp_path).read_bytes() == whole
    assert "bytes=50000-" in [asked for _, asked in site.asked]


def test_half_a_download_of_another_version_is_done_again_from_the_start(site, tmp_path):
    made = job(tmp_path, url=site.url("ok/speech.m4a"))
    (made.scratch / "part-0").mkdir(parents=True)
    (made.scratch / "part-0" / "media.m4a.part").write_bytes(b"\0" * 30_000)
    assert STAGE.run(made) == "20.0 s of sound"
    assert made.notes == ["what was downloaded before did not fit what is there now, so it was done again"]


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_download_that_is_killed_at_any_moment_ends_the_same(site, tmp_path):
    class Killed(BaseException): ...

    sources = [site.url("ok/speech.mp3"), site.url("ok/speech.m4a")]
    left = 0

    def tell(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    for left in random.Random(3).sample(range(1, 12), 2):  # noqa: B007 - `tell` counts it down
        made = job(tmp_path, url=sources)
        made.progress = tell
        with contextlib.suppress(Killed):
            STAGE.run(made)
    gc.collect()  # what the kill left open
    made, calm = job(tmp_path, url=sources), job(tmp_path / "calm", url=sources)
    STAGE.run(made)
    STAGE.run(calm)
    assert recording_of(made) == recording_of(calm)


def test_parts_that_were_downloaded_are_not_downloaded_again(site, tmp_path):
    sources = [site.url("ok/speech.m4a"), site.url("status/404")]
    for looked in (1, 2):  # once for what the page says, each run; and once for the sound
        with pytest.raises(PipelineError, match="404"):
            STAGE.run(job(tmp_path, url=sources))
        assert site.times("ok/speech.m4a") == looked + 1


HOPELESS = {
    "status/404": "there is nothing at URL (404)",
    "status/410": "URL is no longer there: it was removed, or the address is wrong",
    "status/403": "the site does not let URL be downloaded (403)",
    "status/401": "URL can only be seen after signing in",
    "status/429/3600": "the site asks to come back later: too many requests (429)",
    "status/500": "the site has a fault of its own (500)",
    "page/": "there is no recording at URL that can be downloaded",
    "page/speech.mp3+speech.m4a": "URL is a playlist, not one recording",
    "short/speech.mp3": "the download of URL broke off; what has arrived is kept",
    "stall/speech.mp3": "the download of URL broke off; what has arrived is kept",
    "gap/s.m3u8": "there is nothing at URL (404)",
}


@pytest.mark.parametrize("path", HOPELESS)
def test_what_cannot_be_downloaded_is_told_in_one_sentence(site, tmp_path, path):
    with pytest.raises(PipelineError) as refused:
        fetch(site.url(path), tmp_path)
    assert refused.value.message.replace(site.url(path), "URL") == HOPELESS[path]
    assert refused.value.hint


def test_no_connection_is_told_by_the_name_of_the_host(site, tmp_path):
    site.server_close()
    with pytest.raises(PipelineError) as refused:
        fetch(site.url("ok/speech.mp3"), tmp_path)
    assert refused.value.message == f"127.0.0.1:{site.server_port} cannot be reached"


def test_a_cut_download_without_a_length_is_seen_when_it_is_decoded(site, tmp_path):
    with pytest.raises(PipelineError, match=r"^the download is cut off or damaged: it announces 20\.\d s"):
        STAGE.run(job(tmp_path, url=site.url("no-length/speech.mp3")))


def test_a_stream_in_pieces_is_put_together(site, tmp_path):
    made = job(tmp_path, url=site.url("ok/s.m3u8"))
    STAGE.run(made)
    assert recording_of(made).duration == pytest.approx(20, abs=0.15)


VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Goedemiddag.\n\n00:08.000 --> 00:09.500\n<v Bart>Dank je wel.\n"


def test_captions_and_chapters_move_with_their_part(site, tmp_path, monkeypatch):
    marks = [{"start_time": at, "title": title} for at, title in ((0, "Welkom"), (6, "Data"), (15, "Slot"))]
    monkeypatch.setattr(ytdlp, "_captions", lambda *_: (parse(VTT, "x.vtt").cues, None))
    real = ytdlp._extract
    monkeypatch.setattr(ytdlp, "_extract", lambda *a: {**real(*a), "chapters": marks, "duration": 20})
    made = job(tmp_path, url=site.url("ok/speech.m4a"), **{"from": 4, "to": 14})
    assert STAGE.run(made) == "10.0 s of sound, with 2 chapters, captions"
    assert [(mark.start, mark.title) for mark in recording_of(made).chapters] == [(0, "Welkom"), (2, "Data")]
    assert made.outputs[CAPTIONS].decode() == "WEBVTT\n\n00:00:04.000 --> 00:00:05.500\n<v B>Dank je wel.\n"
    assert recording_of(made).link(5) == site.url("ok/speech.m4a?t=9s")


# Addresses that must not be followed --------------------------------------------------------------


@pytest.mark.fault(12)
@pytest.mark.parametrize("source", ["file:///etc/passwd", "ftp://e.org/x.mp3", "data:audio/mp3;base64,AA", "http:///x"])
def test_only_web_addresses_are_downloaded(source):
    with pytest.raises(PipelineError, match="is no address of a recording"):
        probe.probe_source(source)


@pytest.mark.fault(12)
@pytest.mark.parametrize("source", ["--exec", "-i", "www.youtube.com/watch?v=x"])
def test_what_is_neither_address_nor_file_is_said_to_be_absent(source):
    with pytest.raises(PipelineError, match="there is no file"):
        probe.probe_source(source)


@pytest.mark.fault(12)
def test_a_link_local_address_is_refused_even_when_asked_for():
    with pytest.raises(PipelineError, match=r"leads to 169\.254\.169\.254, inside this computer or its network"):
        probe.probe_source("http://169.254.169.254/latest/meta-data/")


@pytest.mark.fault(12)
def test_a_page_cannot_send_us_into_this_computer_but_may_lead_on(site, tmp_path):
    secret = f"http://127.0.0.2:{site.server_port}/ok/speech.mp3"
    with pytest.raises(PipelineError, match=r"leads to 127\.0\.0\.2, inside this computer or its network"):
        fetch(site.url(f"to/x?url={secret}"), tmp_path)
    assert site.times("ok/speech.mp3") == 0
    assert fetch(site.url(f"to/x?url={site.url('ok/speech.mp3')}"), tmp_path).exists()


@pytest.mark.fault(12)
def test_yt_dlp_can_run_nothing_and_read_nothing_else(tmp_path):
    told = ytdlp.options(tmp_path, None)
    assert told["enable_file_urls"] is False
    assert told["remote_components"] == []
    assert told["skip_unavailable_fragments"] is False
    assert not {"exec_cmd", "netrc_cmd", "postprocessors", "usenetrc", "cookiesfrombrowser"} & set(told)


@pytest.mark.fault(18)
def test_cookies_are_read_and_never_written(site, tmp_path):
    jar = tmp_path / "cookies.txt"
    jar.write_text("# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tkey\tgeheim\n")
    before = jar.read_bytes()
    ytdlp.probe(site.url("ok/speech.mp3"), str(jar))
    assert site.cookies == {"key=geheim"}
    assert jar.read_bytes() == before
    with pytest.raises(PipelineError, match="the cookies file"):
        ytdlp.probe(site.url("ok/speech.mp3"), str(tmp_path / "absent"))


@pytest.mark.fault(18)
def test_a_password_in_an_address_is_refused():
    with pytest.raises(PipelineError, match="user name or password") as refused:
        probe.probe_source("https://anna:geheim@example.org/x.mp3")
    assert "geheim" not in refused.value.message
