"""yt-dlp: what a page says about its video, and its sound as a file. Its many errors are translated in refusals.py."""

from __future__ import annotations

import datetime as dt
import functools
import io
import logging
import os
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from pipeline.engines.guard import guarded
from pipeline.engines.probe import Probe
from pipeline.engines.refusals import refusal, shown
from pipeline.errors import LaterError, PipelineError
from pipeline.models import Chapter, Cue

TRIES = 4  # at a site that answers 'later'
RETRIES = 10  # yt-dlp's own, of a download or a fragment that breaks off
SILENCE = 20.0  # seconds on a connection that says nothing
LONGEST_WAIT = 120.0  # seconds that a site may make us wait; longer is for the user to decide
CAPTIONS_SIZE = 20 << 20  # bytes
DEEPEST = 3  # a channel has tabs, and a tab playlists
UNSEEN = ("[Private video]", "[Deleted video]")
PROTOCOLS = ("http", "https", "m3u8_native", "m3u8", "http_dash_segments")  # what yt-dlp fetches by itself

# No plugins of others, and no look whether the JavaScript runtime has a newer version. Read when yt_dlp is imported.
os.environ["YTDLP_NO_PLUGINS"] = "1"
os.environ["DENO_NO_UPDATE_CHECK"] = "1"


@dataclass(frozen=True)
class Fetched:
    """A downloaded recording, with the uploader's own captions and what there is to say about them."""

    media: Path
    probe: Probe
    captions: tuple[Cue, ...] = ()
    note: str | None = None


def options(folder: Path | None, cookies: str | None) -> dict[str, Any]:
    """yt-dlp's settings, with the reason where it is not plain. A title never becomes a path: `outtmpl` is fixed."""
    place = str(folder).replace("%", "%%") + os.sep if folder else ""
    return {
        "format": "bestaudio[ext=m4a]/bestaudio/best",
        "noplaylist": True,
        "extract_flat": "in_playlist",  # a playlist is refused; its hundred pages need not be read for that
        "playlistend": 2,
        "outtmpl": f"{place}media.%(ext)s",
        "continuedl": True,
        "retries": RETRIES,
        "fragment_retries": RETRIES,
        "skip_unavailable_fragments": False,  # the default silently leaves gaps
        "retry_sleep_functions": dict.fromkeys(("http", "fragment", "file_access", "extractor"), _wait),
        "socket_timeout": SILENCE,
        "cachedir": False,
        "enable_file_urls": False,
        "remote_components": [],
        "clean_infojson": True,
        "fixup": "never",  # decoding is ours, under our own rules; yt-dlp gets no ffmpeg at all
        "ffmpeg_location": f"{place}no-ffmpeg",
        "external_downloader": "native",
        "cookiefile": _copy(cookies) if cookies else None,
        "quiet": True,
        "noprogress": True,
        "color": "never",
        "logger": logging.Logger("yt-dlp", level=100),  # noqa: LOG001 - says nothing: what matters is raised
    }


def probe(url: str, cookies: str | None = None) -> Probe:
    """What the page says, without downloading. PipelineError where there is no recording to be had."""
    with _session(url, None, cookies) as (ydl, refused):
        return _probe(url, _extract(ydl, url, refused))


def listed(url: str, cookies: str | None = None) -> list[tuple[str, float | None]]:
    """The recordings in a playlist or channel, with their seconds where it says so; the address itself where it is one.

    One request for each page of the list; nothing is asked about the recordings themselves.
    """
    told = {"extract_flat": True, "playlistend": None}
    with _session(url, None, cookies, told) as (ydl, refused):
        info = _page(ydl, url, refused)
        return list(_entries(ydl, info, refused, 0)) if info.get("entries") is not None else [(url, None)]


def _page(ydl: Any, url: str, refused: list[str]) -> dict[str, Any]:
    """What a page says by itself; where it leads to another, what that one says."""
    for _ in range(DEEPEST):
        ask = functools.partial(ydl.extract_info, url, download=False, process=False)
        info = dict(_patiently(ask, url, refused) or {})
        if info.get("_type") not in ("url", "url_transparent"):
            break
        url = str(info["url"])
    return info


def _entries(ydl: Any, info: dict[str, Any], refused: list[str], depth: int) -> Iterator[tuple[str, float | None]]:
    """What a list holds; a channel is a list of lists."""
    for entry in _patiently(lambda: list(info.get("entries") or ()), str(info.get("webpage_url")), refused):
        address = str((entry or {}).get("url") or (entry or {}).get("webpage_url") or "")
        if not address or entry.get("title") in UNSEEN or address.endswith("/shorts"):
            continue
        lists = str(entry.get("ie_key", "")).endswith(("Tab", "Playlist"))
        if depth < DEEPEST and (lists or entry.get("entries") is not None):
            within = entry if entry.get("entries") is not None else _page(ydl, address, refused)
            yield from _entries(ydl, within, refused, depth + 1)
        else:
            yield address, float(entry.get("duration") or 0) or None


def fetch(url: str, folder: Path, cookies: str | None, told: Callable[[float, float], None]) -> Fetched:
    """Download the sound of a page into `folder`, going on where a broken download was; `told` gets bytes and total."""

    def progress(state: dict[str, Any]) -> None:
        done = state.get("downloaded_bytes") or 0
        told(done, max(done, state.get("total_bytes") or state.get("total_bytes_estimate") or 0))

    with _session(url, folder, cookies) as (ydl, refused):
        info = _extract(ydl, url, refused)
        ydl.add_progress_hook(progress)
        done = _patiently(lambda: ydl.process_ie_result(dict(info), download=True), url, refused)
        files = [Path(each["filepath"]) for each in done.get("requested_downloads") or () if each.get("filepath")]
        if len(files) != 1 or not files[0].is_file():
            raise refusal("giving up", url)
        captions, note = _captions(ydl, info)
    return Fetched(files[0], _probe(url, info), captions, note)


@contextmanager
def _session(
    url: str, folder: Path | None, cookies: str | None, differs: dict[str, Any] | None = None
) -> Iterator[tuple[Any, list[str]]]:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise PipelineError(
            f"'{shown(url)}' is no address of a recording",
            "an address begins with https://; a file is given by its path",
        )
    if parts.username or parts.password:
        raise PipelineError("the address holds a user name or password", "use a cookies file: [machine] cookies = …")
    import truststore
    import yt_dlp

    truststore.inject_into_ssl()  # trust what this computer trusts: many an office network adds its own certificate
    with guarded(url) as refused, yt_dlp.YoutubeDL(options(folder, cookies) | (differs or {})) as ydl:
        yield ydl, refused


def _copy(cookies: str) -> io.StringIO:
    """The cookies in memory, because yt-dlp writes the site's new ones back."""
    try:
        return io.StringIO(Path(cookies).expanduser().read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PipelineError(f"the cookies file {cookies} cannot be read", "correct [machine] cookies") from error


def _extract(ydl: Any, url: str, refused: list[str]) -> dict[str, Any]:
    """What the page says of one recording that can be downloaded now."""
    info = dict(_patiently(lambda: ydl.extract_info(url, download=False), url, refused) or {})
    if info.get("_type", "video") != "video":
        raise refusal("_type: playlist", url)
    if info.get("is_live") or info.get("live_status") in ("is_live", "is_upcoming", "post_live"):
        raise refusal(f"live_status: {'is_live' if info.get('is_live') else info['live_status']}", url)
    if info.get("protocol", "https") not in PROTOCOLS:
        raise refusal(f"protocol: {info['protocol']}", url)
    return info


def _patiently(act: Callable[[], Any], url: str, refused: list[str]) -> Any:
    """Do it, again where the site says 'later' (429, 5xx): yt-dlp does not retry a page by itself."""
    from yt_dlp.utils import YoutubeDLError

    for attempt in range(1, TRIES + 1):
        try:
            return act()
        except (YoutubeDLError, OSError) as error:
            wait = _asked_to_wait(error, attempt)
            if refused:
                raise refusal(f"inside address {refused[0]}", url) from error
            if wait is None or wait > LONGEST_WAIT or attempt == TRIES:
                told = refusal(str(error), url)
                raise (told if wait is None else LaterError(told.message, told.hint, wait)) from error
            time.sleep(wait)
    raise AssertionError("the last attempt returns or raises")


def _wait(n: int) -> float:
    """Seconds before the n-th attempt, where the site names none; yt-dlp names the argument."""
    return float(min(2**n, 30))


def _asked_to_wait(error: BaseException | None, attempt: int) -> float | None:
    """Seconds until another attempt, by the site's Retry-After or else by ours; None where none would help."""
    from yt_dlp.networking.exceptions import HTTPError

    for _ in range(10):  # the site's answer is wrapped in errors of yt-dlp's
        if isinstance(error, HTTPError):
            error.close()
            asked = _seconds(str(error.response.headers.get("Retry-After")))
            later = error.status == 429 or error.status >= 500
            return (_wait(attempt) if asked is None else asked) if later else None
        cause = getattr(error, "cause", None) or (getattr(error, "exc_info", None) or (None, None))[1]
        error = cause if isinstance(cause, BaseException) else error.__cause__ if error else None
    return None


def _seconds(retry_after: str) -> float | None:
    """Retry-After as seconds: it holds them, or a moment (RFC 9110, §10.2.3); None where it holds neither."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - dt.datetime.now(dt.UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _probe(url: str, info: dict[str, Any]) -> Probe:
    day = str(info.get("release_date") or info.get("upload_date") or "")
    published = None
    with suppress(ValueError):
        published = dt.datetime.strptime(day, "%Y%m%d").date()
    chapters = tuple(
        Chapter(start=float(mark.get("start_time") or 0), title=str(mark.get("title") or "").strip())
        for mark in info.get("chapters") or ()
    )
    # A page's own address, without the list, time or tracking that came along; a bare file has no page.
    page = info.get("webpage_url") if info.get("extractor_key") != "Generic" else None
    return Probe(
        url=str(page or url),
        title=" ".join(str(info.get("title") or "").split()) or "Webinar",
        published=published,
        duration=float(info.get("duration") or 0) or None,
        chapters=chapters,
        uploader=info.get("channel") or info.get("uploader"),
        description=info.get("description"),
    )


def _captions(ydl: Any, info: dict[str, Any]) -> tuple[tuple[Cue, ...], str | None]:
    """The uploader's own captions in Dutch, else in the recording's language; never automatic ones, never an error."""
    from yt_dlp.utils import YoutubeDLError

    from pipeline.speech.captions import parse

    offered: dict[str, list[dict[str, Any]]] = info.get("subtitles") or {}
    spoken = str(info.get("language") or "nl").split("-")[0]
    wanted = [code for language in ("nl", spoken) for code in sorted(offered) if code.split("-")[0] == language]
    for code in wanted:
        for file in offered[code]:
            if file.get("ext") not in ("vtt", "srt") or file.get("protocol", "https") not in ("http", "https"):
                continue
            try:
                raw = str(file["data"]).encode() if file.get("data") else ydl.urlopen(file["url"]).read(CAPTIONS_SIZE)
                return parse(raw, f"captions.{code}.{file['ext']}").cues, None
            except (YoutubeDLError, OSError, KeyError, PipelineError) as error:
                return (), f"the captions are left out: {shown(str(error))}"
    return (), None
