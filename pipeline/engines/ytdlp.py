"""yt-dlp: what a page says about its video, and its sound as a file. Its many errors are translated in refusals.py."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import os
import shutil
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import system
from pipeline.engines.guard import Guard, guarded
from pipeline.engines.probe import Probe
from pipeline.engines.refusals import http_error, refuse, shown, translate, unplayable
from pipeline.errors import PipelineError
from pipeline.models import Chapter

BYTES = Callable[[float, float], None]
LONGEST_WAIT = 120.0  # seconds that a site may make us wait; longer is for the user to decide
CAPTIONS_SIZE = 20 << 20  # bytes
PROTOCOLS = ("http", "https", "m3u8_native", "m3u8", "http_dash_segments")  # what yt-dlp fetches by itself

# No plugins of others, and no look whether the JavaScript runtime has a newer version. Read when yt_dlp is imported.
os.environ["YTDLP_NO_PLUGINS"] = "1"
os.environ["DENO_NO_UPDATE_CHECK"] = "1"


@dataclass(frozen=True)
class Patience:
    """How long to try: whole attempts at a site that says 'later', and seconds on a silent connection."""

    tries: int = 4
    retries: int = 10
    socket_timeout: float = 20.0
    sleep: Callable[[float], None] = time.sleep

    def wait(self, attempt: int) -> float:
        """Seconds before the next attempt, where the site names none: 1, 2, 4, … 30."""
        return float(min(2**attempt, 30))


@dataclass(frozen=True)
class Fetched:
    """A downloaded recording; `captions` are the uploader's own, as (file name, bytes)."""

    media: Path
    probe: Probe
    captions: tuple[str, bytes] | None = None
    notes: tuple[str, ...] = ()


@dataclass
class _Log:
    """What yt-dlp wants to tell: kept for the translation of errors, never printed."""

    said: list[str] = field(default_factory=list)

    def debug(self, message: str) -> None:
        """Also its ordinary progress lines."""

    def warning(self, message: str) -> None:
        """Kept: with `ignore_no_formats_error` the reason why there is nothing to download arrives here."""
        self.said.append(message)

    def error(self, message: str) -> None:
        """Arrives as an exception too."""


def options(folder: Path | None, cookies: Path | None, patience: Patience) -> dict[str, Any]:
    """yt-dlp's settings, with the reason where it is not plain. A title never becomes a path: `outtmpl` is fixed."""
    place = str(folder).replace("%", "%%") + os.sep if folder else ""
    waits = dict.fromkeys(("http", "fragment", "file_access", "extractor"), lambda n: _nap(n, patience))
    return {
        "format": "bestaudio[ext=m4a]/bestaudio/best",
        "noplaylist": True,
        "extract_flat": "in_playlist",  # a playlist is refused; its hundred pages need not be read for that
        "playlistend": 2,
        "outtmpl": f"{place}media.%(ext)s",
        "continuedl": True,
        "retries": patience.retries,
        "fragment_retries": patience.retries,
        "skip_unavailable_fragments": False,  # the default silently leaves gaps
        "retry_sleep_functions": waits,
        "socket_timeout": patience.socket_timeout,
        "cachedir": False,
        "enable_file_urls": False,
        "remote_components": [],
        "clean_infojson": True,
        "ignore_no_formats_error": True,  # a coming webinar is told with its time; see refusals.unplayable
        "fixup": "never",  # decoding is ours, under our own rules; yt-dlp gets no ffmpeg at all
        "ffmpeg_location": f"{place}no-ffmpeg",
        "hls_prefer_native": True,
        "external_downloader": "native",
        "cookiefile": str(cookies) if cookies else None,
        "quiet": True,
        "noprogress": True,
        "color": "never",
    }


def _nap(attempt: int, patience: Patience) -> float:
    patience.sleep(patience.wait(attempt))
    return 0.0  # yt-dlp sleeps for what it is told here; we have slept already


# The two things to do with an address ---------------------------------------------------------------


def probe(url: str, cookies: str | None = None, patience: Patience = Patience()) -> Probe:
    """What the page says, without downloading. PipelineError where there is no recording to be had."""
    with _session(url, None, cookies, patience) as (ydl, log, guard):
        return _probe(url, _extract(ydl, url, log, guard, patience))


def fetch(
    url: str,
    folder: Path,
    cookies: str | None,
    told: BYTES,
    patience: Patience = Patience(),
) -> Fetched:
    """Download the sound of a page into `folder`, going on where a broken download was; `told` gets bytes and total."""
    with _session(url, folder, cookies, patience) as (ydl, log, guard):
        info = _extract(ydl, url, log, guard, patience)
        found = _probe(url, info)
        ydl.add_progress_hook(lambda state: _progress(state, folder, told))
        # ENOSPC and the like come back as messages; http_error and translate find the cause behind them
        done = _patiently(lambda: ydl.process_ie_result(info, download=True), url, guard, patience)
        files = [Path(each["filepath"]) for each in done.get("requested_downloads") or () if each.get("filepath")]
        if len(files) != 1 or not files[0].is_file():
            raise refuse("broken", url, "; ".join(log.said[-1:]))
        captions, notes = _captions(ydl, info)
    return Fetched(files[0], found, captions, notes)


@contextlib.contextmanager
def _session(
    url: str, folder: Path | None, cookies: str | None, patience: Patience
) -> Iterator[tuple[Any, _Log, Guard]]:
    _acceptable(url)
    log = _Log()
    with _system_certificates(), guarded(url) as guard, tempfile.TemporaryDirectory(prefix="impressie-") as private:
        copy = _cookies(cookies, Path(private))
        import yt_dlp

        with yt_dlp.YoutubeDL({**options(folder, copy, patience), "logger": log}) as ydl:
            yield ydl, log, guard


@contextlib.contextmanager
def _system_certificates() -> Iterator[None]:
    """Trust what this computer trusts: many an office network puts its own certificate in between."""
    import truststore

    truststore.inject_into_ssl()
    try:
        yield
    finally:
        truststore.extract_from_ssl()


def _acceptable(url: str) -> None:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise PipelineError(
            f"'{shown(url)}' is no address of a recording",
            "an address begins with https://; a file is given by its path",
        )
    if parts.username or parts.password:
        raise PipelineError("the address holds a user name or password", "use a cookies file: [machine] cookies = …")


def _cookies(path: str | None, private: Path) -> Path | None:
    """A copy, because yt-dlp writes the site's new cookies back; it goes when the session ends."""
    if path is None:
        return None
    try:
        return Path(shutil.copyfile(Path(path).expanduser(), private / "cookies.txt"))
    except OSError as error:
        raise PipelineError(f"the cookies file {path} cannot be read: {error.strerror}", "correct it") from error


def _extract(ydl: Any, url: str, log: _Log, guard: Guard, patience: Patience) -> dict[str, Any]:
    info = _patiently(lambda: ydl.extract_info(url, download=False), url, guard, patience)
    if error := unplayable(info or {}, url, log.said, PROTOCOLS):
        raise error
    return dict(info)


def _patiently(act: Callable[[], Any], url: str, guard: Guard, patience: Patience) -> Any:
    """Do it, again where the site says 'later' (429, 5xx): yt-dlp does not retry a page by itself."""
    from yt_dlp.utils import YoutubeDLError

    for attempt in range(patience.tries):
        try:
            return act()
        except (YoutubeDLError, OSError) as error:
            answer = http_error(error)
            status = getattr(answer, "status", 0)
            wait = _asked(answer) if answer else None
            if answer:
                answer.close()
            later = (status == 429 or status >= 500) and attempt + 1 < patience.tries and not guard.refused
            if not later or (wait or 0) > LONGEST_WAIT:
                raise translate(error, url, guard.refused, wait) from error
            patience.sleep(patience.wait(attempt + 1) if wait is None else wait)
    raise AssertionError("the last attempt returns or raises")


def _asked(answer: Any) -> float | None:
    """Seconds in a Retry-After header, which holds seconds or a date."""
    text = str(answer.response.headers.get("Retry-After") or "").strip()
    if text.isdigit():
        return float(text)
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, (email.utils.parsedate_to_datetime(text) - dt.datetime.now(dt.UTC)).total_seconds())
    return None


def _progress(state: dict[str, Any], folder: Path, told: BYTES) -> None:
    done = state.get("downloaded_bytes") or 0
    total = state.get("total_bytes") or state.get("total_bytes_estimate") or 0
    if total - done > system.free_disk(folder):
        free, more = system.free_disk(folder) >> 20, int(total - done) >> 20
        raise PipelineError(
            f"the disk has {free} MB left and the download needs {more} MB more",
            "make room and run it again; it goes on where it was",
        )
    told(done, max(done, total))


# Metadata and captions ------------------------------------------------------------------------------


def _probe(url: str, info: dict[str, Any]) -> Probe:
    day = str(info.get("release_date") or info.get("upload_date") or "")
    published = dt.datetime.strptime(day, "%Y%m%d").date() if len(day) == 8 and day.isdigit() else None
    chapters = tuple(
        Chapter(start=float(mark.get("start_time") or 0), title=str(mark.get("title") or "").strip())
        for mark in info.get("chapters") or ()
    )
    # A page's own address, without the list, time or tracking that came along; a bare file has no page.
    page = info.get("webpage_url") if info.get("extractor_key") != "Generic" else None
    length = info.get("duration")
    return Probe(
        url=str(page or url),
        title=" ".join(str(info.get("title") or "").split()) or "Webinar",
        published=published,
        duration=float(length) if isinstance(length, int | float) and length > 0 else None,
        chapters=chapters,
        uploader=info.get("channel") or info.get("uploader"),
        description=info.get("description"),
    )


def _captions(ydl: Any, info: dict[str, Any]) -> tuple[tuple[str, bytes] | None, tuple[str, ...]]:
    """The uploader's own captions in Dutch, else in the recording's language; never automatic ones, never an error."""
    from yt_dlp.utils import YoutubeDLError

    offered: dict[str, list[dict[str, Any]]] = info.get("subtitles") or {}
    spoken = str(info.get("language") or "nl").split("-")[0]
    languages = sorted(offered, key=lambda code: (code.split("-")[0] != "nl", code))
    for code in languages:
        if code.split("-")[0] not in ("nl", spoken):
            continue
        for kind in ("vtt", "srt"):
            for file in offered[code]:
                if file.get("ext") != kind or file.get("protocol", "https") not in ("http", "https"):
                    continue
                try:
                    text = file.get("data") or ydl.urlopen(file["url"]).read(CAPTIONS_SIZE)
                except (YoutubeDLError, OSError, KeyError):
                    return None, ("the captions could not be downloaded; the recording does without",)
                return (f"captions.{code}.{kind}", text.encode() if isinstance(text, str) else text), ()
    return None, ()
