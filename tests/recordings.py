"""Recordings that sound like nothing else, a download job to run, and a site with habits that serves files."""

from __future__ import annotations

import contextlib
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import soundfile

from pipeline.artifacts import RECORDING
from pipeline.config import Webinar
from pipeline.engines.ffmpeg import find_ffmpeg
from pipeline.models import Receipt, Recording
from pipeline.stage import Job
from pipeline.stages.download import STAGE, uses

RATE = 16_000


def babble(seconds: float, seed: int) -> np.ndarray:
    """Noise that comes and goes like syllables, and never twice the same."""
    chance = np.random.default_rng(seed)
    syllables = int(seconds * 6)
    loud = np.interp(
        np.linspace(0, syllables, int(seconds * RATE)), range(syllables + 1), chance.random(syllables + 1) ** 3
    )
    return (0.3 * loud * chance.standard_normal(len(loud))).astype(np.float32).clip(-1, 1)


def make_media(folder: Path) -> Path:
    """Twenty seconds as wav, mp3, m4a, opus and an HLS stream; and a video without sound."""
    soundfile.write(folder / "speech.wav", babble(20, seed=1), RATE)
    picture = ["-f", "lavfi", "-i", "testsrc=d=6:s=64x64:r=5"]
    subprocess.run(
        [find_ffmpeg(), "-loglevel", "error", "-y", "-i", folder / "speech.wav", *picture,
         "-map", "0", "-b:a", "64k", folder / "speech.mp3",
         "-map", "0", "-metadata", "title=Open data", "-metadata", "date=2026-03-04", folder / "speech.m4a",
         "-map", "0", "-b:a", "32k", folder / "speech.opus",
         "-map", "0", "-c:a", "aac", "-f", "hls", "-hls_time", "4", "-hls_list_size", "0", folder / "s.m3u8",
         "-map", "1", "-c:v", "mpeg4", folder / "mute.mp4"],
        check=True,
    )  # fmt: skip
    return folder


def job(folder: Path, previous: Receipt | None = None, **facts: object) -> Job:
    """A run of the download stage for a webinar whose TOML says this; `told` collects its progress."""
    webinar = Webinar.model_validate(facts)
    home = folder / "outputs" / "slug"
    (home / "scratch").mkdir(parents=True, exist_ok=True)
    told: list[tuple[float, float, str]] = []
    made = Job(
        STAGE, "slug", uses(webinar), webinar.machine, home, home / "scratch",
        lambda done, total, unit="s": told.append((done, total, unit)), previous,
    )  # fmt: skip
    made.__dict__["told"] = told
    return made


def recording_of(done: Job) -> Recording:
    """What a run has written of its recording."""
    return RECORDING.load(done.outputs[RECORDING])


class Site(ThreadingHTTPServer):
    """Serves /HABIT/FILE out of a folder, and remembers what was asked."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.asked, self.cookies, self.over = folder, [], set(), threading.Event()

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def times(self, path: str) -> int:
        """How often it was asked for."""
        return sum(urlsplit(asked).path == f"/{path}" for asked, _ in self.asked)


class Handler(BaseHTTPRequestHandler):
    """One request; what a habit does stands here."""

    server: Site
    protocol_version = "HTTP/1.0"

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range")))
        self.server.cookies |= {self.headers["Cookie"]} - {None}
        parts = urlsplit(self.path)
        habit, _, name = parts.path.lstrip("/").partition("/")
        first = self.server.times(f"{habit}/{name}") == 1
        if habit == "status":
            code, _, after = name.partition("/")
            return self.plain(int(code), after)
        if habit in ("busy-once", "fault-once") and first:
            return self.plain(429 if habit == "busy-once" else 503, "7")
        if habit == "to":
            return self.plain(302, where=parse_qs(parts.query)["url"][0])
        path = self.server.folder / name
        if habit == "page":
            videos = "".join(f'<video src="/ok/{file}"></video>' for file in name.split("+") if file)
            return self.body(f"<html><head><title>W</title></head><body>{videos}</body></html>".encode(), "text/html")
        if not path.exists() or (habit == "gap" and name.endswith("2.ts")):
            return self.plain(404)
        if name.endswith(".m3u8"):
            return self.body(path.read_bytes(), "application/vnd.apple.mpegurl")
        return self.body(path.read_bytes(), "audio/mpeg", habit, first)

    def plain(self, code: int, after: str = "", where: str = "") -> None:
        self.send_response(code)
        for header, value in (("Retry-After", after), ("Location", where)):
            if value:
                self.send_header(header, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def body(self, body: bytes, kind: str, habit: str = "page", first: bool = True) -> None:
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
        whole = first or habit not in ("short", "stall", "no-length", "drop") or (habit == "drop" and at)
        with contextlib.suppress(ConnectionError):
            if habit == "stall" and not first:
                self.wfile.write(body[at : at + 100])
                self.wfile.flush()
                self.server.over.wait(10)
            else:
                self.wfile.write(body[at:] if whole else body[at : at + (len(body) - at) // 2])
        return None
