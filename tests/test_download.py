"""What download promises: the recording whole, or one clear sentence; a broken download goes on where it was."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import random
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import soundfile

from pipeline.artifacts import AUDIO, CAPTIONS, GIVEN, RECORDING
from pipeline.config import Webinar
from pipeline.engines import guard, probe, refusals, ytdlp
from pipeline.engines.ffmpeg import find_ffmpeg
from pipeline.engines.ytdlp import PROTOCOLS, Patience, fetch
from pipeline.errors import PipelineError
from pipeline.models import Receipt, Recording
from pipeline.stage import Job
from pipeline.stages.download import STAGE, uses

RATE = 16_000


# A site with habits -------------------------------------------------------------------------------


class Site(ThreadingHTTPServer):
    """Serves /HABIT/FILE out of a folder, and remembers what was asked."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.asked, self.over = folder, [], threading.Event()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def times(self, path: str) -> int:
        return sum(urlsplit(asked).path == f"/{path}" for asked, _ in self.asked)


class Handler(BaseHTTPRequestHandler):
    server: Site
    protocol_version = "HTTP/1.0"

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range")))
        parts = urlsplit(self.path)
        habit, _, name = parts.path.lstrip("/").partition("/")
        first = self.server.times(f"{habit}/{name}") == 1
        if habit == "status":
            code, _, after = name.partition("/")
            return self.plain(int(code), after)
        if habit in ("busy-once", "fault-once") and first:
            return self.plain(429 if habit.startswith("busy") else 503, "7")
        if habit == "to":
            return self.plain(302, where=parse_qs(parts.query)["url"][0])
        if habit == "page":
            return self.body(self.page(name), "text/html")
        path = self.server.folder / name
        if name.endswith(".m3u8"):
            return self.body(path.read_bytes(), "application/vnd.apple.mpegurl")
        if habit == "gap" and name.endswith("2.ts"):
            return self.plain(404)
        if not path.exists():
            return self.plain(404)
        return self.body(path.read_bytes(), "audio/mpeg", habit, first)

    def page(self, name: str) -> bytes:
        videos = "".join(f'<video src="/ok/{file}"></video>' for file in name.split("+") if file)
        return f"<html><head><title>Webinar</title></head><body>{videos}</body></html>".encode()

    def plain(self, code: int, after: str = "", where: str = "") -> None:
        self.send_response(code)
        if after:
            self.send_header("Retry-After", after)
        if where:
            self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def body(self, body: bytes, kind: str, habit: str = "ok", first: bool = True) -> None:
        begin = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
        at = int(begin[1]) if begin and habit not in ("no-range", "page") else 0
        if at >= len(body):
            return self.plain(416)
        self.send_response(206 if at else 200)
        self.send_header("Content-Type", kind)
        if habit != "no-length":
            self.send_header("Content-Length", str(len(body) - at))
        if at:
            self.send_header("Content-Range", f"bytes {at}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        # The first request is the extractor's look at what it is; it reads a little and goes away.
        whole = habit in ("ok", "no-range", "page", "busy-once", "fault-once") or (habit == "drop" and at)
        end = len(body) if whole or first else at + (len(body) - at) // 2
        with contextlib.suppress(ConnectionError):
            if habit == "stall" and not first:
                self.wfile.write(body[at : at + 100])
                self.wfile.flush()
                self.server.over.wait(10)
                return None
            self.wfile.write(body[at:end])
        return None


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds that sound like nothing else, as mp3, m4a and opus; and a video without sound."""
    folder = tmp_path_factory.mktemp("media")
    soundfile.write(folder / "speech.wav", babble(20, seed=1), RATE)
    encode(folder / "speech.wav", folder / "speech.mp3", "-b:a", "64k")
    encode(folder / "speech.wav", folder / "speech.m4a", "-metadata", "title=Open data", "-metadata", "date=2026-03-04")
    encode(folder / "speech.wav", folder / "speech.opus", "-b:a", "32k")
    encode(
        folder / "speech.wav", folder / "s.m3u8", "-c:a", "aac", "-f", "hls", "-hls_time", "4", "-hls_list_size", "0"
    )
    make = ["-f", "lavfi", "-i", "testsrc=d=6:s=64x64:r=5", "-c:v", "mpeg4", folder / "mute.mp4"]
    subprocess.run([find_ffmpeg(), "-loglevel", "error", "-y", *make], check=True)
    return folder


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


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Patience:
    """Tries as often as in real life, waits for nothing, and remembers how long it would have."""
    naps: list[float] = []
    hurried = Patience(tries=3, retries=2, socket_timeout=0.4, sleep=naps.append)
    hurried.__dict__["naps"] = naps
    for act in (ytdlp.probe, ytdlp.fetch):
        monkeypatch.setattr(act, "__defaults__", (*act.__defaults__[:-1], hurried))
    return hurried


def babble(seconds: float, seed: int) -> np.ndarray:
    """Noise that comes and goes like syllables, and never twice the same."""
    chance = np.random.default_rng(seed)
    syllables = int(seconds * 6)
    loud = np.interp(
        np.linspace(0, syllables, int(seconds * RATE)), range(syllables + 1), chance.random(syllables + 1) ** 3
    )
    return (0.3 * loud * chance.standard_normal(len(loud))).astype(np.float32).clip(-1, 1)


def encode(source: Path, target: Path, *options: str) -> Path:
    subprocess.run([find_ffmpeg(), "-loglevel", "error", "-y", "-i", source, *options, target], check=True)
    return target


def job(folder: Path, previous: Receipt | None = None, **facts: object) -> Job:
    webinar = Webinar.model_validate(facts)
    home = folder / "outputs" / "slug"
    home.mkdir(parents=True, exist_ok=True)
    told: list[tuple[float, float, str]] = []
    made = Job(
        STAGE, "slug", uses(webinar), webinar.machine, home, home / "scratch",
        lambda done, total, unit="s": told.append((done, total, unit)), previous,
    )  # fmt: skip
    made.__dict__["told"] = told
    return made


def publish(done: Job) -> Receipt:
    """What the runner does after a stage."""
    for artifact, content in done.outputs.items():
        target = done.folder / artifact.file
        shutil.move(content, target) if isinstance(content, Path) else target.write_bytes(content)
    shutil.rmtree(done.scratch, ignore_errors=True)
    sha = {a.file: hashlib.sha256((done.folder / a.file).read_bytes()).hexdigest() for a in done.outputs}
    facts = {
        "stage": "download",
        "version": 1,
        "params": {},
        "inputs": {},
        "started": "2026-01-01T00:00:00Z",
        "seconds": 1,
    }
    return Receipt.model_validate({**facts, "outputs": sha, "chose": done.chose})


def recording_of(done: Job) -> Recording:
    return RECORDING.load(done.outputs[RECORDING])


# Fetching -----------------------------------------------------------------------------------------


def test_an_address_becomes_a_recording_with_its_sound(site: Site, media: Path, tmp_path: Path, patience) -> None:
    made = job(tmp_path, url=site.url("ok/speech.m4a"))
    assert STAGE.run(made) == "20.0 s of sound"
    recording = recording_of(made)
    assert recording.parts[0].url == site.url("ok/speech.m4a")
    assert recording.media_sha256 == (hashlib.sha256((media / "speech.m4a").read_bytes()).hexdigest(),)
    assert recording.duration == pytest.approx(20, abs=0.05)
    sound = soundfile.info(made.outputs[AUDIO])
    assert (sound.samplerate, sound.channels, sound.subtype, sound.format) == (RATE, 1, "PCM_16", "FLAC")
    assert {unit for _, _, unit in made.told} == {"B", "s"}
    assert sorted(path.name for path in made.scratch.iterdir()) == ["part-0.flac", "part-0.json"]


@pytest.mark.parametrize("habit", ["drop", "busy-once", "fault-once", "no-range"])
def test_a_download_that_is_hindered_gives_the_same_bytes(
    site: Site, media: Path, tmp_path: Path, patience, habit
) -> None:
    fetched = fetch(site.url(f"{habit}/speech.mp3"), tmp_path, None, lambda *_: None, patience)
    assert fetched.media.read_bytes() == (media / "speech.mp3").read_bytes()


def test_a_killed_download_goes_on_where_it_was(site: Site, media: Path, tmp_path: Path, patience) -> None:
    whole = (media / "speech.mp3").read_bytes()
    (tmp_path / "media.mp3.part").write_bytes(whole[:50_000])
    assert fetch(site.url("ok/speech.mp3"), tmp_path, None, lambda *_: None, patience).media.read_bytes() == whole
    assert "bytes=50000-" in [asked for _, asked in site.asked]


def test_half_a_download_of_another_version_is_done_again_from_the_start(site: Site, tmp_path: Path, patience) -> None:
    made = job(tmp_path, url=site.url("ok/speech.m4a"))
    (made.scratch / "part-0").mkdir(parents=True)
    (made.scratch / "part-0" / "media.m4a.part").write_bytes(b"\0" * 30_000)
    assert STAGE.run(made) == "20.0 s of sound"
    assert made.notes == [
        "the download that was half done did not fit what is there now; it was done again from the start"
    ]


def test_a_busy_site_is_given_the_time_that_it_asks_for(site: Site, tmp_path: Path, patience) -> None:
    fetch(site.url("busy-once/speech.mp3"), tmp_path, None, lambda *_: None, patience)
    assert patience.__dict__["naps"] == [7.0]


def test_parts_that_were_done_are_not_done_again(site: Site, tmp_path: Path, patience) -> None:
    sources = [site.url("ok/speech.m4a"), site.url("status/404")]
    with pytest.raises(PipelineError, match="404"):
        STAGE.run(job(tmp_path, url=sources))
    asked = site.times("ok/speech.m4a")
    with pytest.raises(PipelineError, match="404"):
        STAGE.run(job(tmp_path, url=sources))
    assert site.times("ok/speech.m4a") == asked


HOPELESS = {
    "status/404": "there is nothing at URL (404)",
    "status/410": "URL is no longer there: it was removed, or the address is wrong",
    "status/403": "the site does not let URL be downloaded (403)",
    "status/401": "URL can only be seen after signing in",
    "status/429": "the site asks to come back later: too many requests (429)",
    "status/429/3600": "the site asks to come back later: too many requests (429) (it asks to wait 60 minutes)",
    "status/500": "the site has a fault of its own (500)",
    "page/": "there is no recording at URL that can be downloaded",
    "page/speech.mp3+speech.m4a": "URL is a playlist, not one recording",
    "short/speech.mp3": "the download of URL broke off; what has arrived is kept",
    "stall/speech.mp3": "the download of URL broke off; what has arrived is kept",
}


@pytest.mark.parametrize("path", HOPELESS)
def test_what_cannot_be_downloaded_is_told_in_one_sentence(site: Site, tmp_path: Path, patience, path: str) -> None:
    with pytest.raises(PipelineError) as refused:
        fetch(site.url(path), tmp_path, None, lambda *_: None, patience)
    assert refused.value.message.replace(site.url(path), "URL") == HOPELESS[path]
    assert refused.value.hint


def test_a_cut_download_without_a_length_is_seen_when_it_is_decoded(site: Site, tmp_path: Path, patience) -> None:
    with pytest.raises(PipelineError, match=r"the download is cut off.*20\.0 s of sound and holds \d+\.\d s|damaged"):
        STAGE.run(job(tmp_path, url=site.url("no-length/speech.mp3")))


def test_a_stream_in_pieces_is_put_together(site: Site, tmp_path: Path, patience) -> None:
    made = job(tmp_path, url=site.url("ok/s.m3u8"))
    STAGE.run(made)
    assert recording_of(made).duration == pytest.approx(20, abs=0.15)


def test_a_stream_with_a_piece_missing_is_never_taken_for_whole(site: Site, tmp_path: Path, patience) -> None:
    with pytest.raises(PipelineError, match=r"broke off|nothing at"):
        STAGE.run(job(tmp_path, url=site.url("gap/s.m3u8")))


def test_a_download_that_is_killed_at_any_moment_ends_the_same(site: Site, tmp_path: Path, patience) -> None:
    class Killed(BaseException): ...

    chance = random.Random(3)
    for _ in range(3):
        made = job(tmp_path, url=[site.url("ok/speech.mp3"), site.url("ok/speech.m4a")])
        left = chance.randrange(1, 12)

        def tell(*_: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed

        made.progress = tell
        with contextlib.suppress(Killed):
            STAGE.run(made)
    made = job(tmp_path, url=[site.url("ok/speech.mp3"), site.url("ok/speech.m4a")])
    STAGE.run(made)
    calm = job(tmp_path / "calm", url=[site.url("ok/speech.mp3"), site.url("ok/speech.m4a")])
    STAGE.run(calm)
    assert recording_of(made) == recording_of(calm)


def test_no_connection_is_told_by_the_name_of_the_host(tmp_path: Path, patience, site: Site) -> None:
    site.server_close()
    with pytest.raises(PipelineError) as refused:
        fetch(site.url("ok/speech.mp3"), tmp_path, None, lambda *_: None, patience)
    assert refused.value.message == f"127.0.0.1:{site.server_port} cannot be reached"


def test_a_full_disk_is_told_before_the_download(site: Site, tmp_path: Path, patience, monkeypatch) -> None:
    monkeypatch.setattr(ytdlp.system, "free_disk", lambda _: 1000)
    with pytest.raises(PipelineError, match="the disk has 0 MB left"):
        fetch(site.url("ok/speech.mp3"), tmp_path, None, lambda *_: None, patience)


# What a page says ---------------------------------------------------------------------------------

VIDEO = {"title": "Webinar", "formats": [{"acodec": "mp4a", "protocol": "https"}], "protocol": "https"}
PAGES = {
    "the webinar at U is still live": {"live_status": "is_live"},
    "the webinar at U has not begun yet (planned for 2026-03-0": {
        "live_status": "is_upcoming",
        "release_timestamp": 1772719200,
    },
    "the site is still processing the stream at U that just ended": {"live_status": "post_live"},
    "U is a playlist, not one recording": {"_type": "playlist"},
    "U is private": {"formats": [], "availability": "private"},
    "U is for members or subscribers only": {"formats": [], "availability": "subscriber_only"},
    "the video at U has no sound": {"formats": [{"acodec": "none"}]},
    "there is no recording at U that can be downloaded (only by rtmp)": {"protocol": "rtmp"},
}


@pytest.mark.parametrize("sentence", PAGES)
def test_a_page_without_a_finished_recording_is_refused(sentence: str) -> None:
    error = refusals.unplayable({**VIDEO, **PAGES[sentence]}, "U", [], PROTOCOLS)
    assert error is not None
    assert error.message.startswith(sentence)
    assert refusals.unplayable(VIDEO, "U", [], PROTOCOLS) is None


SAID = {
    "ERROR: [youtube] abc: Private video. Sign in if you've been granted access to this video": "U is private",
    "ERROR: [youtube] abc: Sign in to confirm you’re not a bot. Use --cookies-from-browser": (
        "the site wants proof that this is no robot, so U cannot be downloaded from here"
    ),
    "[youtube] abc: Sign in to confirm your age. This video may be inappropriate for some users": (
        "U is for adults only, and the site wants to know who asks"
    ),
    "[youtube] abc: Join this channel to get access to members-only content": "U is for members or subscribers only",
    "[youtube] abc: The uploader has not made this video available in your country": (
        "U cannot be seen from this country"
    ),
    "[youtube] abc: Video unavailable. This video has been removed by the uploader": (
        "U is no longer there: it was removed, or the address is wrong"
    ),
    "[youtube] abc: Premieres in 3 hours": "the webinar at U has not begun yet",
    "[youtube] abc: This live event will begin in 2 days.": "the webinar at U has not begun yet",
    "[vimeo] 1: This video is DRM protected": "U is protected against copying (DRM)",
    "[teams] 1: This video is only available for registered users": "U can only be seen after signing in",
    "[generic] The extracted extension ('exe') is unusual": "what stands at U is no sound or video",
    "[x] 1: Something new; please report this issue on https://github.com": "U cannot be downloaded: Something new",
}


@pytest.mark.parametrize("said", SAID)
def test_what_a_site_says_becomes_a_sentence_of_ours(said: str) -> None:
    from yt_dlp.utils import DownloadError

    assert refusals.translate(DownloadError(said), "U").message == SAID[said]


CAUSES = {
    "the disk is full; the download could not be kept": OSError(errno.ENOSPC, "No space left on device"),
    "example.org cannot be reached": socket.gaierror(-2, "Name or service not known"),
    "the connection to example.org is not safe: its certificate is refused": ssl.SSLCertVerificationError(
        "self-signed"
    ),
}


@pytest.mark.parametrize("sentence", CAUSES)
def test_the_cause_behind_an_error_is_what_is_told(sentence: str) -> None:
    from yt_dlp.networking.exceptions import TransportError
    from yt_dlp.utils import DownloadError

    cause = TransportError(cause=CAUSES[sentence])
    error = DownloadError("unable to download", (TransportError, cause, None))
    assert refusals.translate(error, "https://example.org/x").message == sentence


def test_a_page_gives_title_date_chapters_and_its_own_address() -> None:
    found = ytdlp._probe("https://youtu.be/abc?t=40", {
        "title": "Open\n  overheid ", "upload_date": "20260301", "release_date": "20260304", "duration": 3600,
        "webpage_url": "https://www.youtube.com/watch?v=abc", "extractor_key": "Youtube", "channel": "Vereniging",
        "chapters": [{"start_time": 0, "title": "Welkom"}, {"start_time": 90.5, "title": " Vragen "}],
        "description": "Met Anna de Wit (wethouder), Jan-Willem van den Berg en Fatima El Idrissi.\nMet groet",
    })  # fmt: skip
    assert (found.title, str(found.published), found.duration) == ("Open overheid", "2026-03-04", 3600)
    assert found.url == "https://www.youtube.com/watch?v=abc"
    assert [(mark.start, mark.title) for mark in found.chapters] == [(0, "Welkom"), (90.5, "Vragen")]
    assert found.people == ("Anna de Wit", "Jan-Willem van den Berg", "Fatima El Idrissi")


class Subtitles:
    """Stands in for yt-dlp where captions are asked for."""

    def __init__(self, answer: bytes | Exception) -> None:
        self.answer, self.asked = answer, []

    def urlopen(self, url: str):
        self.asked.append(url)
        if isinstance(self.answer, Exception):
            raise self.answer
        import io

        return io.BytesIO(self.answer)


def test_the_uploaders_own_dutch_captions_come_along_and_automatic_ones_do_not() -> None:
    offered = {
        "subtitles": {
            "en": [{"ext": "vtt", "url": "en"}],
            "nl": [{"ext": "srv1", "url": "x"}, {"ext": "vtt", "url": "nl"}],
        },
        "automatic_captions": {"nl": [{"ext": "vtt", "url": "auto"}]},
    }
    site = Subtitles(b"WEBVTT\n")
    assert ytdlp._captions(site, offered) == (("captions.nl.vtt", b"WEBVTT\n"), ())
    assert site.asked == ["nl"]
    assert ytdlp._captions(site, {**offered, "subtitles": {}}) == (None, ())


def test_captions_that_cannot_be_had_never_stop_the_recording() -> None:
    offered = {"subtitles": {"nl": [{"ext": "vtt", "url": "nl"}]}}
    captions, notes = ytdlp._captions(Subtitles(OSError("429")), offered)
    assert captions is None
    assert notes == ("the captions could not be downloaded; the recording does without",)


# Addresses that must not be followed --------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    ["file:///etc/passwd", "ftp://example.org/x.mp3", "data:audio/mp3;base64,AAAA", "http:///x", "ytsearch:webinar"],
)
def test_only_web_addresses_are_downloaded(source: str, patience) -> None:
    with pytest.raises(PipelineError, match="is no address of a recording"):
        probe.probe_source(source)


@pytest.mark.parametrize("source", ["--exec", "-i", "concat:a.mp3|b.mp3", "www.youtube.com/watch?v=x"])
def test_what_is_neither_address_nor_file_is_said_to_be_absent(source: str) -> None:
    with pytest.raises(PipelineError, match=r"there is no file|is no address"):
        probe.probe_source(source)


def test_a_link_local_address_is_refused_even_when_asked_for(patience) -> None:
    with pytest.raises(PipelineError, match="inside this computer's own network"):
        probe.probe_source("http://169.254.169.254/latest/meta-data/")


def test_a_page_cannot_send_us_into_this_computer(site: Site, tmp_path: Path, patience, monkeypatch) -> None:
    monkeypatch.setattr(guard, "kind_of", lambda ip: "public" if ip == "127.0.0.1" else "loopback")
    secret = f"http://127.0.0.2:{site.server_port}/ok/speech.mp3"
    with pytest.raises(PipelineError, match=r"leads to 127\.0\.0\.2, inside this computer or its network"):
        fetch(site.url(f"to/x?url={secret}"), tmp_path, None, lambda *_: None, patience)
    assert site.times("ok/speech.mp3") == 0


def test_the_users_own_address_may_be_on_this_computer_and_lead_on(site: Site, tmp_path: Path, patience) -> None:
    assert fetch(
        site.url(f"to/x?url={site.url('ok/speech.mp3')}"), tmp_path, None, lambda *_: None, patience
    ).media.exists()


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"), ("0.0.0.0", "loopback"), ("::1", "loopback"), ("::ffff:127.0.0.1", "loopback"),
        ("169.254.169.254", "link-local"), ("fe80::1%eth0", "link-local"), ("224.0.0.1", "link-local"),
        ("10.1.2.3", "private"), ("192.168.1.1", "private"), ("100.64.0.1", "private"), ("fd00::1", "private"),
        ("2002:7f00:1::", "loopback"), ("142.250.1.1", "public"), ("2a00:1450::1", "public"), ("x", "link-local"),
    ],
)  # fmt: skip
def test_addresses_are_told_apart(address: str, kind: str) -> None:
    assert guard.kind_of(address) == kind


def test_yt_dlp_can_run_nothing_and_read_nothing_else(tmp_path: Path) -> None:
    told = ytdlp.options(tmp_path, None, Patience())
    assert told["enable_file_urls"] is False
    assert told["remote_components"] == []
    assert told["skip_unavailable_fragments"] is False
    assert not {"exec_cmd", "netrc_cmd", "postprocessors", "usenetrc", "cookiesfrombrowser"} & set(told)


def test_cookies_are_used_as_a_copy_that_goes(site: Site, tmp_path: Path, patience, monkeypatch) -> None:
    jar = tmp_path / "cookies.txt"
    jar.write_text("# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tkey\tgeheim\n")
    before, seen = jar.read_bytes(), []
    real = ytdlp.options
    monkeypatch.setattr(ytdlp, "options", lambda folder, cookies, p: seen.append(cookies) or real(folder, cookies, p))
    ytdlp.probe(site.url("ok/speech.mp3"), str(jar), patience)
    assert jar.read_bytes() == before
    assert seen[0] != jar
    assert not seen[0].exists()
    with pytest.raises(PipelineError, match="the cookies file"):
        ytdlp.probe(site.url("ok/speech.mp3"), str(tmp_path / "absent"), patience)


def test_a_password_in_an_address_is_refused(patience) -> None:
    with pytest.raises(PipelineError, match="user name or password") as refused:
        probe.probe_source("https://anna:geheim@example.org/x.mp3")
    assert "geheim" not in refused.value.message


# Files, parts, transcripts ------------------------------------------------------------------------


def test_a_file_gives_its_title_date_and_sound(media: Path, tmp_path: Path) -> None:
    made = job(tmp_path, url=str(media / "speech.m4a"))
    assert STAGE.run(made) == "20.0 s of sound"
    recording = recording_of(made)
    assert (recording.title, str(recording.published)) == ("Open data", "2026-03-04")
    assert recording.link(3) is None
    assert (media / "speech.m4a").exists()


def test_the_same_file_gives_the_same_bytes(media: Path, tmp_path: Path) -> None:
    first, second = (job(tmp_path / name, url=str(media / "speech.m4a")) for name in "ab")
    STAGE.run(first)
    STAGE.run(second)
    assert recording_of(first) == recording_of(second)


def test_a_webinar_of_two_parts_is_one_recording(media: Path, tmp_path: Path) -> None:
    sources = [str(media / "speech.m4a"), str(media / "speech.opus")]
    made = job(tmp_path, url=sources, **{"from": [2, "0:05"], "to": ["0:12", 0]})
    assert STAGE.run(made) == "25.0 s of sound, with 2 parts"
    parts = recording_of(made).parts
    assert [(part.start, round(part.end, 1), part.offset) for part in parts] == [(2, 12, 0), (5, 20, 10)]
    sound, _ = soundfile.read(made.outputs[AUDIO])
    told, _ = soundfile.read(media / "speech.wav")
    for at, where in ((4, 6), (14, 9)):  # a second of the whole, and where it was in its part
        ours, theirs = sound[at * RATE : (at + 1) * RATE], told[where * RATE : (where + 1) * RATE]
        assert np.corrcoef(loudness(ours), loudness(theirs))[0, 1] > 0.95


def loudness(sound: np.ndarray) -> np.ndarray:
    return np.sqrt(np.mean(sound[: len(sound) // 160 * 160].reshape(-1, 160) ** 2, axis=1))


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"url": ["a", "b"], "from": 3}, "'from' has 1 time and 'url' 2 addresses"),
        ({"url": "a", "from": 60, "to": 30}, "'to' (30.0 s) is not after 'from' (1:00)"),
        ({}, "there is nothing to download"),
        ({"url": "absent.mp3"}, "there is no file absent.mp3"),
        ({"url": "{media}/mute.mp4"}, "'mute.mp4' has no sound track"),
        ({"url": "{media}/speech.m4a", "from": 40}, "'speech.m4a' ends at 20.0 s, but 40.0 s to its end is wanted"),
        ({"url": "{media}/speech.opus", "from": 40}, "'speech.opus' ends before 40.0 s"),
        ({"url": "{media}/speech.m4a", "to": 50}, "'speech.m4a' ends at 20.0 s, but 0.0 s to 50.0 s is wanted"),
        ({"url": "{media}/speech.opus", "to": 50}, "'speech.opus' ends at 20.0 s, but 0.0 s to 50.0 s is wanted"),
        ({"url": "{media}/speech.mp3", "to": 3}, "'speech.mp3' is too short: 3.0 s of sound"),
        ({"url": "{media}/speech.opus", "duration": 60}, "'duration' says 1:00 and the recording has 20.0 s"),
        ({"url": "{media}"}, "is not a file"),
        ({"transcript": "absent.vtt"}, "there is no file absent.vtt"),
        ({"transcript": "{media}/speech.wav"}, "speech.wav is no transcript that is read here"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_recording_is_told(media: Path, tmp_path: Path, facts: dict, sentence: str) -> None:
    told = {key: value.format(media=media) if isinstance(value, str) else value for key, value in facts.items()}
    with pytest.raises(PipelineError, match=re.escape(sentence)):
        STAGE.run(job(tmp_path, **told))


def test_a_length_that_nothing_announces_is_shown(media: Path, tmp_path: Path) -> None:
    made = job(tmp_path, url=str(media / "speech.opus"))
    STAGE.run(made)
    assert made.notes == ["'speech.opus' does not say how long it is; 20.0 s of sound was found"]


VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Goedemiddag.\n\n00:08.000 --> 00:09.500\n<v Bart>Dank je wel.\n"


def test_a_transcript_alone_is_a_webinar_too(tmp_path: Path) -> None:
    (tmp_path / "raad.vtt").write_text(VTT)
    made = job(tmp_path, transcript=str(tmp_path / "raad.vtt"))
    assert STAGE.run(made) == "a transcript of 9.5 s, without a recording"
    recording = recording_of(made)
    assert (recording.title, recording.duration, recording.audio) == ("raad", 9.5, None)
    assert [cue.voice for cue in GIVEN.load(made.outputs[GIVEN]).cues] == ["A", "B"]
    assert AUDIO not in made.outputs


def test_a_transcript_beside_a_recording_follows_its_begin(media: Path, tmp_path: Path) -> None:
    (tmp_path / "raad.vtt").write_text(VTT)
    made = job(tmp_path, url=str(media / "speech.m4a"), transcript=str(tmp_path / "raad.vtt"), **{"from": 3})
    assert STAGE.run(made) == "17.0 s of sound, with a transcript"
    assert [(cue.start, cue.text) for cue in GIVEN.load(made.outputs[GIVEN]).cues] == [(5, "Dank je wel.")]


def test_captions_and_chapters_move_with_their_part(site: Site, tmp_path: Path, patience, monkeypatch) -> None:
    marks = [
        {"start_time": 0, "title": "Welkom"},
        {"start_time": 6, "title": "Data"},
        {"start_time": 15, "title": "Slot"},
    ]
    monkeypatch.setattr(ytdlp, "_captions", lambda *_: (("captions.nl.vtt", VTT.encode()), ()))
    real = ytdlp._extract
    monkeypatch.setattr(ytdlp, "_extract", lambda *a: {**real(*a), "chapters": marks, "duration": 20})
    made = job(tmp_path, url=site.url("ok/speech.m4a"), **{"from": 4, "to": 14})
    assert STAGE.run(made) == "10.0 s of sound, with 2 chapters, captions"
    assert [(mark.start, mark.title) for mark in recording_of(made).chapters] == [(0, "Welkom"), (2, "Data")]
    assert made.outputs[CAPTIONS].decode() == "WEBVTT\n\n00:00:04.000 --> 00:00:05.500\n<v B>Dank je wel.\n"
    assert recording_of(made).link(5) == site.url("ok/speech.m4a?t=9s")


# A recording that is replaced ---------------------------------------------------------------------


@pytest.fixture
def published(tmp_path: Path) -> Job:
    """A webinar of 60 seconds that has run, with an edit at 15.5 and one at 40 seconds."""
    talk = babble(60, seed=7)
    soundfile.write(tmp_path / "talk.wav", talk, RATE)
    made = job(tmp_path, url=str(tmp_path / "talk.wav"))
    STAGE.run(made)
    made.previous = publish(made)
    (made.folder / "edits").mkdir()
    edits = {"names": [{"name": "Anna", "moments": [15.5, 40]}], "note": "12:00"}
    (made.folder / "edits" / "names.json").write_text(json.dumps(edits))
    return made


def replaced(published: Job, sound: np.ndarray) -> Job:
    path = Path(published.params.sources[0])
    soundfile.write(path, sound, RATE)
    made = job(published.folder.parent.parent, published.previous, url=str(path))
    STAGE.run(made)
    return made


def test_a_recording_that_did_not_change_is_said_to_be_the_same(published: Job) -> None:
    made = replaced(published, babble(60, seed=7))
    assert made.notes == ["the recording is the same as before"]
    assert made.chose == {}


def test_a_softer_copy_is_the_same_recording(published: Job) -> None:
    made = replaced(published, 0.5 * babble(60, seed=7) + 0.001 * babble(60, seed=8))
    assert made.notes == ["the recording sounds the same as before"]
    assert "shift" not in made.chose


@pytest.mark.parametrize("seconds", [12.4, -7.3])
def test_an_intro_that_came_or_went_moves_the_edits(published: Job, seconds: float) -> None:
    talk = babble(60, seed=7)
    samples = round(abs(seconds) * RATE)
    made = replaced(published, np.concatenate([babble(20, seed=3)[:samples], talk]) if seconds > 0 else talk[samples:])
    assert made.chose["shift"] == pytest.approx(seconds, abs=0.02)
    way = "later" if seconds > 0 else "earlier"
    assert made.notes == [f"the recording begins {abs(seconds)} s {way} than before: edits and links are moved"]


def test_a_recording_with_a_piece_cut_out_tells_which_edits_lost_their_sound(published: Job) -> None:
    talk = babble(60, seed=7)
    made = replaced(published, np.concatenate([talk[: 30 * RATE], talk[50 * RATE :]]))
    assert "shift" not in made.chose
    assert made.notes == [
        "this is another recording than before (60 s, now 40 s): check your edits",
        "edits/names.json no longer fits at 40.0 s: that sound is not in the new recording",
    ]


def test_another_recording_fits_no_edit(published: Job) -> None:
    made = replaced(published, babble(60, seed=99))
    assert made.notes[1] == "edits/names.json no longer fits at 15.5 s, 40.0 s: that sound is not in the new recording"
