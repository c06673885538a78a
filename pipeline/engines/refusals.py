"""Why a recording could not be downloaded: a table from what yt-dlp or a site said to a sentence and what to do."""

from __future__ import annotations

import re
import urllib.parse

from pipeline.errors import PipelineError

STUDIO = "whoever owns the channel can download the video in YouTube Studio; then: impressie run FILE"
OWNER = "ask its owner for the file; then: impressie run FILE"
COOKIES = "if you may see it: give the file itself, or export your browser's cookies: [machine] cookies = FILE"
AGAIN = "run it again later; it goes on where it was"
BROWSER = "check the address in a browser"
NETWORK = "check the connection, or ask who runs your network"

# (what was said, sentence, hint); the first that fits counts. Groups of the pattern stand in {0}.
# fmt: off
TABLE = (
    (r"not a bot|captcha|unusual traffic",
     "the site wants proof that this is no robot, so {url} cannot be downloaded from here", STUDIO),
    (r"inside address (\S+)", "{url} leads to {0}, inside this computer or its network", BROWSER),
    (r"No space left|quota exceeded", "the disk is full; the download could not be kept", "make room and run it again"),
    (r"_type: (?:playlist|multi_video)", "{url} is a playlist, not one recording",
     "give the address of one video, or the list to 'impressie batch'"),
    (r"live_status: is_live", "the webinar at {url} is still live", "run it again once the stream has ended"),
    (r"live_status: post_live", "the site is still processing the stream at {url}", "run it again in a few hours"),
    (r"live_status: is_upcoming|premieres in|will begin|not started yet|is upcoming",
     "the webinar at {url} has not begun yet", "run it again once it is over"),
    (r"private video|is private", "{url} is private", COOKIES),
    (r"members[- ]only|this channel's members|join this channel|subscribers? only|payment|premium|purchase",
     "{url} is for members or subscribers only", COOKIES),
    (r"confirm your age|age[- ]restricted", "{url} is for adults only, and the site wants to know who asks", COOKIES),
    (r"your (?:country|location|region)|geo.?restrict|Error 451", "{url} cannot be seen from this country", OWNER),
    (r"\bDRM\b", "{url} is protected against copying (DRM)", OWNER),
    (r"Error 404", "there is nothing at {url} (404)", BROWSER),
    (r"Error 429", "the site asks to come back later: too many requests (429)", AGAIN),
    (r"Error (5\d\d)", "the site has a fault of its own ({0})", AGAIN),
    (r"Error 401|sign in|log ?in\b|registered users|credentials", "{url} can only be seen after signing in", COOKIES),
    (r"Error 403", "the site does not let {url} be downloaded (403)", COOKIES),
    (r"requested format is not available", "the video at {url} has no sound", "take the recording that has sound"),
    (r"Error 410|removed|terminated|no longer|deleted|not exist|unavailable|is(?:n't| not) available",
     "{url} is no longer there: it was removed, or the address is wrong", BROWSER),
    (r"certificate", "the connection to {host} is not safe: its certificate is refused", NETWORK),
    (r"unsupported url|no video formats|no media|unable to extract|unusual|protocol: |Error \d",
     "there is no recording at {url} that can be downloaded", "check the address, or give the file itself"),
    (r"giving up|bytes read|more expected|fragment|timed out|aborted|reset|content too short|no data|empty",
     "the download of {url} broke off; what has arrived is kept", AGAIN),
    (r"Errno|resolve|refused|unreachable|proxy|connection", "{host} cannot be reached", NETWORK),
)
# fmt: on


def refusal(said: str, url: str) -> PipelineError:
    """What yt-dlp said, for people."""
    parts = urllib.parse.urlsplit(url)
    facts = {"url": shown(url), "host": shown(parts.netloc)}
    words = re.sub(r"https?://\S+", "", said).replace("’", "'")  # an address with 'login' in it says nothing
    for pattern, sentence, hint in TABLE:
        if found := re.search(pattern, words, re.IGNORECASE):
            return PipelineError(sentence.format(*found.groups(), **facts), hint)
    plain = re.split(r"; please report|\(caused by|\n", re.sub(r"^(ERROR: )?(\[[^\]]*\] ([\w-]+: )?)?", "", said))[0]
    return PipelineError(
        f"{facts['url']} cannot be downloaded: {shown(plain).strip()}",
        "yt-dlp may be too old for this site ('impressie doctor'); or give the file itself: impressie run FILE",
    )


def shown(text: str) -> str:
    """Something from outside as it may stand in a message: on one line, not too long."""
    return "".join(character for character in text if character.isprintable())[:160]
