"""How a webinar begins: from a URL, a file, a transcript or a TOML to configs/SLUG.toml."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import tomlkit

from pipeline.config import STAGE_TABLES, Webinar, absolute, is_address, load_webinar, read_toml
from pipeline.disk import write_atomic
from pipeline.engines.probe import Probe, probe_source
from pipeline.errors import PipelineError
from pipeline.webinars import SETTINGS, by_source, find, glossary, make_home, slugs
from pipeline.workspace import Workspace, held

Say = Callable[[str], None]  # how a message reaches the user
SAMPLE = Path(__file__).parent / "sample" / "webinar.toml"
FILE = re.compile(r".*\.(aac|avi|flac|m4a|m4v|mkv|mov|mp3|mp4|ogg|opus|toml|wav|webm|wma)", re.IGNORECASE)
RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$")  # names that Windows keeps for itself


def slug_for(title: str, date: dt.date, taken: Iterable[str]) -> str:
    """DATE-ascii-words: safe as a folder name whatever the title holds, and unlike those taken."""
    ascii_ = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.findall(r"[a-z0-9]+", ascii_) if not RESERVED.match(word)]
    [text, *_] = [*textwrap.wrap(" ".join(words), 48), "webinar"]
    slug, others = f"{date.isoformat()}-{text.replace(' ', '-')}", set(taken)
    numbered = (f"{slug}-{n}" for n in itertools.count(2))
    return next(each for each in itertools.chain([slug], numbered) if each not in others)


def adopt_toml(home: Path, path: Path, say: Say, transcript: Path | None = None) -> Workspace:
    """Begin (or find) the webinar that a TOML describes; one from elsewhere is copied to configs/SLUG.toml.

    `transcript` goes into that copy.
    """
    if path.resolve().parent == (home / "configs").resolve():
        if path.stem in SETTINGS:
            raise PipelineError(f"{path.name} holds settings and is no webinar", "give a webinar's TOML")
        return Workspace(home, path.stem)
    document = read_toml(path)
    for key in ("url", "transcript"):
        if key in document:
            document[key] = absolute(document[key].unwrap(), path.resolve().parent)
    if transcript:
        before = list(document.items())  # a key of the document itself stands above its tables
        document = tomlkit.document()
        document["transcript"] = str(transcript.resolve())
        for key, value in before:
            if key != "transcript":
                document[key] = value
    source = document.get("url") or document.get("transcript")
    first = str(source[0] if isinstance(source, list) and source else source or "")
    if existing := by_source(home, first) if first else None:
        if existing.toml.read_text(encoding="utf-8") != tomlkit.dumps(document):
            say(
                f"{existing.slug} is here already; its settings stand in {existing.toml}, {path.name} is not read again"
            )
        return existing
    title = str(document.get("title") or path.stem)
    day = dt.date.fromtimestamp(path.stat().st_mtime)
    with suppress(ValueError):  # a date that is none is named when the TOML is read as a whole
        day = dt.date.fromisoformat(str(document.get("date"))[:10])
    return _begin(home, title, day, tomlkit.dumps(document), first)


def _begin(home: Path, title: str, day: dt.date, text: str, source: str) -> Workspace:
    """Write configs/SLUG.toml, or find the webinar that somebody else began from the same source meanwhile."""
    configs = make_home(home) / "configs"
    with held(configs / ".begin"):
        if source and (meanwhile := by_source(home, source)):
            return meanwhile
        workspace = Workspace(home, slug_for(title, day, slugs(home)))
        write_atomic(workspace.toml, text.encode())
        try:
            load_webinar(configs, workspace.slug)
        except PipelineError:
            workspace.toml.unlink()
            raise
    return workspace


def _toml(home: Path, source: str, probe: Probe | None, like: Webinar | None, facts: dict[str, Any]) -> str:
    """configs/SLUG.toml for a new webinar, with what to fill in as comments; `facts` were said on the command line."""
    uploader = (probe.uploader,) if probe and probe.uploader else ()
    document = tomlkit.document()
    document.add(
        tomlkit.comment("What is known of this webinar. Correct it freely: only what depends on it runs again.")
    )
    document["title"] = facts["title"]
    if facts["date"]:
        document["date"] = facts["date"].isoformat()
        if probe and probe.published == facts["date"]:
            document["date"].comment("as the site says; correct it if the webinar was held on another day")
    else:  # the day of a file is not the day of a webinar, and the article would claim it was
        document.add(tomlkit.comment('date = "2026-09-24"  the day it was held'))
    document["organisers"] = list(like.organisers if like else uploader)
    if facts["transcript"]:
        document["transcript"] = facts["transcript"]
    if source != facts["transcript"]:
        document["url"] = source
    if like and like.about:
        document.add(tomlkit.comment(f"about = {tomlkit.string(like.about).as_string()}"))
    document["glossary"] = tomlkit.item(
        list(dict.fromkeys((*glossary(home), *(like.glossary if like else ()))))
    ).multiline(multiline=True)
    document.add(tomlkit.nl())
    document.add(tomlkit.comment("Who takes part, spelt as in the article."))
    _people(document, like, (probe and probe.people) or ("Naam van de eerste spreker",))
    return tomlkit.dumps(document)


def _people(document: tomlkit.TOMLDocument, like: Webinar | None, proposed: Iterable[str]) -> None:
    """The speakers of an earlier webinar with its settings, or names to fill in as comments."""
    if like and like.speakers:
        document["speakers"] = [speaker.model_dump(exclude_none=True) for speaker in like.speakers]
    else:
        for name in proposed:
            said = f"name = {tomlkit.string(name).as_string()}"
            for line in ("[[speakers]]", said, 'role = ""', 'organisation = ""'):
                document.add(tomlkit.comment(line))
    for name in STAGE_TABLES if like else ():
        if differs := getattr(like, name).model_dump(exclude_defaults=True, exclude_none=True, mode="json"):
            document[name] = differs


def opened(home: Path, source: str | None, transcript: Path | None, say: Say) -> Workspace:
    """The webinar that SOURCE means: a URL, a media file, a slug or a TOML; begun where it is new."""
    if transcript and not transcript.is_file():
        raise PipelineError(f"there is no file {transcript}", "check the path of the transcript")
    if source and not is_address(source) and (not transcript or Path(source).suffix == ".toml"):
        path = Path(source).expanduser()
        if not path.is_file():
            if FILE.fullmatch(path.name) or os.sep in source:
                raise PipelineError(f"there is no file {source}", "check the path, or give a URL")
            return find(home, source)
        if path.suffix == ".toml":
            return adopt_toml(home, path, say, transcript)
    existing = by_source(home, _source(source, transcript))
    if existing and transcript and source:
        raise PipelineError(
            f"that recording is already here as {existing.slug}",
            f"to give it this transcript: impressie rerun {existing.slug} download --set transcript={transcript}",
        )
    return existing or created(home, source, transcript=transcript)


def created(
    home: Path,
    source: str | None,
    *,
    transcript: Path | None = None,
    title: str | None = None,
    date: str | None = None,
    like: str | None = None,
) -> Workspace:
    """Begin a webinar from a URL, a media file or a transcript; PipelineError where that cannot be."""
    if source is None and transcript is None:
        raise PipelineError("nothing to begin with", "give a URL or a media file, or --transcript FILE")
    if transcript and not transcript.is_file():
        raise PipelineError(f"there is no file {transcript}", "check the path of the transcript")
    wanted = _source(source, transcript)
    if existing := by_source(home, wanted):
        raise PipelineError(f"that is already here as {existing.slug}", f"impressie run {existing.slug}")
    other = find(home, like) if like else None
    lent = load_webinar(home / "configs", other.slug) if other else None
    try:
        day = dt.date.fromisoformat(date) if date else None
    except ValueError as error:
        raise PipelineError(f"'{date}' is no date", "write it as 2026-09-24") from error
    probe = probe_source(wanted, lent.machine.cookies if lent else None) if source else None
    published = probe.published if probe else None
    title = title or (probe.title if probe else None) or Path(wanted).stem
    day = day or (published if is_address(wanted) else None)
    given = _source(None, transcript) if transcript else None
    text = _toml(home, wanted, probe, lent, {"title": title, "date": day, "transcript": given})
    return _begin(home, title, day or published or dt.date.today(), text, wanted)


def _source(source: str | None, transcript: Path | None) -> str:
    """How a source stands in the TOML: an address as it is, a file by its whole path."""
    if source and is_address(source):
        return source
    path = Path(source or transcript or "").expanduser()
    if source and not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise PipelineError(f"{source} {what}", "give a URL or one media file")
    return str(path.resolve())
