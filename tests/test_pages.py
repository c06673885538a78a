"""What a page says of its recording, and what yt-dlp or a site says instead, in our own words."""

from __future__ import annotations

import datetime as dt
import io
from contextlib import nullcontext
from email.utils import format_datetime

import pytest

from pipeline.engines import ytdlp
from pipeline.engines.refusals import refusal
from pipeline.errors import PipelineError
from pipeline.speech.captions import parse

PAGES = {
    "the webinar at U is still live": {"live_status": "is_live"},
    "the webinar at U has not begun yet": {"live_status": "is_upcoming"},
    "the site is still processing the stream at U": {"live_status": "post_live"},
    "U is a playlist, not one recording": {"_type": "playlist"},
    "there is no recording at U that can be downloaded": {"protocol": "rtmp"},
}


class Page:
    """Stands in for yt-dlp: a page that says this, whose files answer that."""

    def __init__(self, info: dict, answer: bytes | Exception = b"") -> None:
        self.info, self.answer = info, answer

    def extract_info(self, url: str, download: bool) -> dict:
        return self.info

    def urlopen(self, url: str) -> io.BytesIO:
        if isinstance(self.answer, Exception):
            raise self.answer
        return io.BytesIO(self.answer)


@pytest.mark.parametrize("sentence", PAGES)
def test_a_page_without_a_finished_recording_is_refused(sentence):
    with pytest.raises(PipelineError) as refused:
        ytdlp._extract(Page({"protocol": "https", **PAGES[sentence]}), "U", [])
    assert refused.value.message == sentence


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
    "ERROR: Unsupported URL: https://example.org/login": "there is no recording at U that can be downloaded",
    "[youtube] abc: Premieres in 3 hours": "the webinar at U has not begun yet",
    "[youtube] abc: This live event will begin in 2 days.": "the webinar at U has not begun yet",
    "[vimeo] 1: This video is DRM protected": "U is protected against copying (DRM)",
    "[teams] 1: This video is only available for registered users": "U can only be seen after signing in",
    "[youtube] abc: Requested format is not available. Use --list-formats": "the video at U has no sound",
    "unable to write data: [Errno 28] No space left on device": "the disk is full; the download could not be kept",
    "[Errno -2] Name or service not known (caused by TransportError())": " cannot be reached",
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed": (
        "the connection to  is not safe: its certificate is refused"
    ),
    "ERROR: [x] 1: Something new; please report this issue on https": "U cannot be downloaded: Something new",
}


@pytest.mark.parametrize("said", SAID)
def test_what_a_site_says_becomes_a_sentence_of_ours(said):
    assert refusal(said, "U").message == SAID[said]


def test_a_page_gives_title_date_chapters_people_and_its_own_address():
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


VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Goedemiddag.\n\n00:08.000 --> 00:09.500\n<v Bart>Dank je wel.\n"
OFFERED = {
    "subtitles": {"en": [{"ext": "vtt", "url": "en"}], "nl": [{"ext": "srv1"}, {"ext": "vtt", "url": "nl"}]},
    "automatic_captions": {"nl": [{"ext": "vtt", "url": "auto"}]},
}


def test_the_uploaders_own_dutch_captions_come_along_and_automatic_ones_do_not():
    assert ytdlp._captions(Page({}, VTT), OFFERED) == (parse(VTT, "captions.nl.vtt").cues, None)
    assert ytdlp._captions(Page({}, VTT), {**OFFERED, "subtitles": {}}) == ((), None)


@pytest.mark.parametrize("answer", [OSError("HTTP Error 429"), b"geen ondertitels"])
def test_captions_that_cannot_be_had_never_stop_the_recording(answer):
    captions, note = ytdlp._captions(Page({}, answer), OFFERED)
    assert captions == ()
    assert note.startswith("the captions are left out: ")


# Lists ---------------------------------------------------------------------------------------------

CHANNEL = "https://www.youtube.com/@vereniging"
VIDEO = "https://www.youtube.com/watch?v="


class Site:
    """Stands in for yt-dlp: pages that say this, without looking further."""

    def __init__(self, pages):
        self.pages, self.asked = pages, []

    def extract_info(self, url, download, process):
        assert (download, process) == (False, False)
        self.asked.append(url)
        return self.pages[url]


@pytest.fixture
def site(monkeypatch):
    def made(pages):
        found = Site(pages)
        monkeypatch.setattr(ytdlp, "_session", lambda *_: nullcontext((found, [])))
        return found

    return made


def test_a_channel_is_the_recordings_of_its_tabs_and_lists_without_shorts_and_what_nobody_may_see(site):
    videos = [{"url": f"{VIDEO}1", "duration": 3600.0}, {"url": f"{VIDEO}2", "duration": None}, None]
    streams = [{"url": f"{VIDEO}3", "duration": 60}, {"url": f"{VIDEO}4", "title": "[Private video]"}]
    tabs = [{"url": f"{CHANNEL}/{tab}", "ie_key": "YoutubeTab"} for tab in ("videos", "shorts", "streams")]
    asked = site({
        CHANNEL: {"_type": "url", "url": f"{CHANNEL}/featured"},
        f"{CHANNEL}/featured": {"_type": "playlist", "entries": tabs},
        f"{CHANNEL}/videos": {"_type": "playlist", "entries": iter(videos)},
        f"{CHANNEL}/streams": {"_type": "playlist", "entries": streams},
    })  # fmt: skip
    assert ytdlp.listed(CHANNEL) == [(f"{VIDEO}1", 3600.0), (f"{VIDEO}2", None), (f"{VIDEO}3", 60.0)]
    assert not any("watch" in url for url in asked.asked)  # nothing is asked about the recordings themselves


def test_a_recording_is_a_list_of_itself(site):
    site({f"{VIDEO}1": {"id": "1", "title": "Een opname"}})
    assert ytdlp.listed(f"{VIDEO}1") == [(f"{VIDEO}1", None)]


def test_lists_within_lists_come_to_an_end(site):
    site({CHANNEL: {"_type": "playlist", "entries": [{"url": CHANNEL, "ie_key": "YoutubeTab"}]}})
    assert ytdlp.listed(CHANNEL) == [(CHANNEL, None)]


@pytest.mark.parametrize(("said", "seconds"), [("120", 120.0), ("soon", None), ("None", None), ("", None), ("²", None)])
def test_retry_after_holds_seconds(said, seconds):
    assert ytdlp._seconds(said) == seconds


def test_retry_after_may_hold_a_moment():
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=10)
    assert 590 < ytdlp._seconds(format_datetime(moment, usegmt=True)) <= 600
    assert ytdlp._seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
