"""Why a recording could not be downloaded: what yt-dlp raised or reported, as one sentence and what to do about it."""

from __future__ import annotations

import datetime as dt
import errno
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.errors import PipelineError

STUDIO = "whoever owns the channel can download the video in YouTube Studio; then: impressie run FILE"
ASK = "ask its owner for the file; then: impressie run FILE"
COOKIES = "if you may see it: give the file itself, or export your browser's cookies: [machine] cookies = FILE"
AGAIN = "run it again later; it goes on where it was"

# kind → (sentence, hint); {url} is the address
REFUSALS = {
    "robot": ("the site wants proof that this is no robot, so {url} cannot be downloaded from here", STUDIO),
    "playlist": (
        "{url} is a playlist, not one recording",
        "give the address of one video, or of each in 'url'",
    ),
    "live": ("the webinar at {url} is still live", "run it again once the stream has ended"),
    "processing": (
        "the site is still processing the stream at {url} that just ended",
        "run it again in a few hours",
    ),
    "upcoming": ("the webinar at {url} has not begun yet", "run it again once it is over"),
    "private": ("{url} is private", COOKIES),
    "members": ("{url} is for members or subscribers only", COOKIES),
    "age": ("{url} is for adults only, and the site wants to know who asks", COOKIES),
    "login": ("{url} can only be seen after signing in", COOKIES),
    "country": ("{url} cannot be seen from this country", ASK),
    "removed": ("{url} is no longer there: it was removed, or the address is wrong", "check the address in a browser"),
    "drm": ("{url} is protected against copying (DRM)", ASK),
    "silent": ("the video at {url} has no sound", "take the recording that has sound"),
    "nothing": ("there is no recording at {url} that can be downloaded", "check the address, or give the file itself"),
    "kind": ("what stands at {url} is no sound or video", "give the address of the recording itself"),
    "absent": ("there is nothing at {url} (404)", "check the address in a browser"),
    "forbidden": ("the site does not let {url} be downloaded (403)", COOKIES),
    "busy": ("the site asks to come back later: too many requests (429)", AGAIN),
    "fault": ("the site has a fault of its own", AGAIN),
    "network": ("{host} cannot be reached", "check the connection and the address, and run it again"),
    "certificate": (
        "the connection to {host} is not safe: its certificate is refused",
        "ask who runs your network",
    ),
    "broken": ("the download of {url} broke off; what has arrived is kept", AGAIN),
    "disk": ("the disk is full; the download could not be kept", "make room and run it again; it goes on where it was"),
    "inside": ("{url} leads to {inside}, inside this computer or its network", "give the recording's own address"),
}

# What yt-dlp or YouTube writes → kind; the first that fits counts
SAID = (
    ("robot", r"not a bot|captcha|rate-limited|unusual traffic"),
    ("private", r"private video|video is private|is private"),
    ("members", r"members[- ]only|members of|join this channel|subscribers? only|paid|purchase|payment|premium"),
    ("age", r"confirm your age|age[- ]restricted|inappropriate for some users"),
    ("upcoming", r"premieres in|will begin (?:in|shortly)|live event will begin|not started yet|is upcoming|scheduled"),
    ("live", r"is currently live|not currently live|is live\b"),
    ("country", r"available (?:in|from) your (?:country|location|region)|geo.?restrict|your country"),
    ("drm", r"\bDRM\b"),
    ("login", r"sign in|log ?in|authenticat|registered users|credentials"),
    ("silent", r"requested format is not available"),
    ("removed", r"removed|terminated|no longer available|deleted|not exist|unavailable|is(?:n't| not) available"),
    ("kind", r"unsafe.*extension|extension.*unusual"),
    ("nothing", r"unsupported url|is not a valid url|no video formats|no media|unable to extract"),
    ("broken", r"giving up after|did not get any data|bytes read|more expected|content too short|fragment|empty"),
)
BY_STATUS = {401: "login", 402: "members", 403: "forbidden", 404: "absent", 410: "removed", 451: "country"}
BY_AVAILABILITY = {"private": "private", "premium_only": "members", "subscriber_only": "members", "needs_auth": "login"}
# names of exceptions → kind, for what has no message of its own
NAMED = (
    ("country", {"GeoRestrictedError"}),
    ("nothing", {"UnsupportedError"}),
    ("certificate", {"CertificateVerifyError", "SSLCertVerificationError", "SSLError"}),
    ("broken", {"IncompleteRead", "ContentTooShortError"}),
    ("network", {"TransportError", "ProxyError", "gaierror", "TimeoutError", "ConnectionError", "NewConnectionError"}),
)


def shown(url: str) -> str:
    """An address as it may stand in a message: on one line, not too long."""
    return "".join(character for character in url if character.isprintable())[:120]


def refuse(kind: str, url: str, because: str = "", **more: str) -> PipelineError:
    """The error of a kind, with the site's own reason where it adds something."""
    sentence, hint = REFUSALS[kind]
    host = re.sub(r"^[a-z]+://|[/?#].*$", "", shown(url))
    message = sentence.format(url=shown(url), host=host, **more)
    return PipelineError(f"{message} ({because})" if because else message, hint)


def unplayable(info: dict[str, Any], url: str, said: Sequence[str], protocols: Sequence[str]) -> PipelineError | None:
    """Why what a page describes is not one recording that can be downloaded now; None where it is."""
    status = "is_live" if info.get("is_live") else info.get("live_status")
    formats = info.get("formats") or ([info] if info.get("url") else [])
    chosen = (info.get("requested_formats") or [info])[0]
    kind, because = None, ""
    if info.get("_type", "video") != "video":
        kind = "playlist"
    elif status in ("is_upcoming", "is_live", "post_live"):
        kind = {"is_upcoming": "upcoming", "is_live": "live", "post_live": "processing"}[str(status)]
        because = _planned(info.get("release_timestamp")) if kind == "upcoming" else ""
    elif not formats:
        kind = BY_AVAILABILITY.get(str(info.get("availability"))) or _kind(" ".join(said)) or "nothing"
    elif all(each.get("acodec") == "none" for each in formats):
        kind = "silent"
    elif str(chosen.get("protocol") or "https") not in protocols:
        kind, because = "nothing", f"only by {chosen.get('protocol')}"
    return refuse(kind, url, because) if kind else None


def _planned(timestamp: object) -> str:
    if not isinstance(timestamp, int | float):
        return ""
    return f"planned for {dt.datetime.fromtimestamp(timestamp, dt.UTC).astimezone():%Y-%m-%d %H:%M}"


def translate(
    error: BaseException, url: str, inside: str | None = None, wait: float | None = None
) -> PipelineError:  # fmt: skip
    """What yt-dlp raised, for people. `inside` is an address that was refused, `wait` seconds of Retry-After."""
    causes = list(chain(error))
    if inside:
        return refuse("inside", url, inside=inside)
    if any(isinstance(each, OSError) and each.errno in (errno.ENOSPC, errno.EDQUOT) for each in causes):
        return refuse("disk", url)
    text = plain(str(error))
    kind = _kind(text)
    answer = http_error(error)
    if answer is not None:
        return _by_status(answer.status, kind, url, wait)
    if kind in (None, "broken"):
        names = {cls.__name__ for each in causes for cls in type(each).__mro__}
        kind = next((known for known, those in NAMED if names & those), kind)
    if kind:
        return refuse(kind, url)
    return PipelineError(
        f"{shown(url)} cannot be downloaded: {text[:200]}",
        "yt-dlp may be too old for this site ('impressie doctor'); or give the file itself: impressie run FILE",
    )


def _by_status(status: int, kind: str | None, url: str, wait: float | None) -> PipelineError:
    """A site's answer by its number, unless the page said more with it."""
    if status == 429:
        return refuse("busy", url, f"it asks to wait {wait / 60:.0f} minutes" if wait and wait > 60 else "")
    if status not in (401, 403) or kind in (None, "broken", "nothing"):
        kind = BY_STATUS.get(status, "fault" if status >= 500 else "nothing")
    return refuse(str(kind), url, str(status) if kind in ("fault", "nothing") else "")


def _kind(text: str) -> str | None:
    return next((kind for kind, pattern in SAID if re.search(pattern, text.replace("’", "'"), re.IGNORECASE)), None)


def plain(text: str) -> str:
    """yt-dlp's message without colour, its prefixes, and the request to report a bug to its makers."""
    text = re.sub(r"\x1b\[[\d;]*m", "", text)
    text = re.sub(r"^(?:ERROR: )?(?:\[[^\]]*\] (?:[\w-]+: )?)?", "", text)
    return re.split(r"; please report this issue|\. See {2}|\(caused by", text)[0].strip().split("\n")[0]


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error and everything it was caused by, in whichever way yt-dlp and Python remember that."""
    seen: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting and len(seen) < 50:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or any(one is each for each in seen):
            continue
        seen.append(one)
        yield one
        raised = getattr(one, "exc_info", None) or (None, None)
        waiting += [raised[1], one.__cause__, one.__context__]
        waiting += [getattr(one, name, None) for name in ("cause", "reason")]
        waiting += list(getattr(one, "unexpected_errors", ()))


def http_error(error: BaseException) -> Any:
    """The answer of a site that was no 200, where that is what went wrong."""
    return next((each for each in chain(error) if type(each).__name__ == "HTTPError"), None)
