"""What a batch is of: SOURCES on the command line to webinars that are here and sources that are to be begun."""

from __future__ import annotations

import codecs
import glob
import os
import re
import urllib.parse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import webinars
from pipeline.begin import FILE
from pipeline.config import absolute, is_address, load_webinar, toml_values
from pipeline.engines.refusals import shown
from pipeline.errors import PipelineError

LISTS = (".txt", ".list", ".csv")


@dataclass
class Sources:
    """`slugs` of webinars that are here; `new`: addresses, media files and TOMLs that no webinar was begun from.

    `seconds`: how long a new one lasts, where a list of the site says so. `told`: what there is to say about it.
    """

    slugs: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


def gathered(home: Path, sources: Iterable[str], listed: Callable[[str], list[tuple[str, float | None]]]) -> Sources:
    """What these sources mean, each thing once; all webinars of the home without any.

    `listed` gives the addresses in a playlist or channel with their seconds, or the address itself for one recording.
    PipelineError names a source that means nothing.
    """
    found = Sources()
    given = list(sources)
    if not given:
        found.slugs = webinars.slugs(home)
        return found
    begun = _begun(home)
    for source in given:
        for each in _expanded(source):
            inside: list[tuple[str, float | None]] = [(each, None)]
            if is_address(each) and not _in_list(source):
                try:
                    inside = [entry for entry in listed(each) if entry[0] == each or _of_site(entry[0], each, found)]
                except PipelineError as error:  # it is tried again when its turn comes, and set aside if that fails too
                    found.told.append(error.message)
            for address, seconds in inside:
                _put(home, address, begun, found)
                if seconds:
                    found.seconds[address] = seconds
    return found


def _in_list(source: str) -> bool:
    """Whether a source is a text file, whose addresses are recordings: nobody asks a site about each of hundreds."""
    return Path(source).suffix.lower() in LISTS and not is_address(source)


def _begun(home: Path) -> dict[str, str]:
    """Source → slug, of every webinar here."""
    begun: dict[str, str] = {}
    for slug in webinars.slugs(home):
        try:
            webinar = load_webinar(home / "configs", slug)
        except PipelineError:
            continue
        begun |= dict.fromkeys((*webinar.url, webinar.transcript or ""), slug)
    return begun


def _expanded(source: str) -> list[str]:
    """A source as addresses, files and slugs."""
    if is_address(source):
        return [source]
    path = Path(source).expanduser()
    if not _is_file(path) and os.path.isdir(path):  # noqa: PTH112 - it says no to what can be no name
        inside = sorted(each for each in path.iterdir() if each.is_file() and FILE.fullmatch(each.name))
        if not inside:
            raise PipelineError(f"{source} holds no recordings and no TOMLs", "give a folder with media files")
        return [str(each) for each in inside]
    if _is_file(path) and _in_list(source):
        return list(_lines(path))
    if any(mark in source for mark in "*?["):
        matches = sorted(glob.glob(str(path)))  # noqa: PTH207 - a pattern may begin anywhere
        if not matches:
            raise PipelineError(f"nothing is called {source}", "check the pattern")
        return matches
    return [source]


def _of_site(address: str, playlist: str, found: Sources) -> bool:
    """Whether an entry of a playlist is of the playlist's own site: it says what it likes, also a file of yours."""
    try:
        parts, site = urllib.parse.urlsplit(address), urllib.parse.urlsplit(playlist).hostname or ""
        host = parts.hostname or ""
    except ValueError:
        parts, host, site = None, "", ""
    own = site if re.fullmatch(r"[\d.]+|.*:.*", site) else ".".join(site.split(".")[-2:])
    if parts and parts.scheme in ("http", "https") and own and (host == own or host.endswith(f".{own}")):
        return True
    found.told.append(f"an entry of {playlist} leads elsewhere and is left out: {shown(address)}")
    return False


def _lines(path: Path) -> Iterable[str]:
    """The sources in a text file, one to a line; '#' begins a comment, and a path is relative to the file."""
    raw = path.read_bytes()
    code = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    for line in raw.decode(code, errors="replace").splitlines():
        whole = line.strip().strip(",;\"'")
        said = whole if _is_file(path.parent / whole) else whole.split(" #")[0].strip().strip(",;\"'")
        if said and not said.startswith("#"):
            yield str(absolute(said, path.parent)) if _is_file(path.parent / said) else said


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or with a zero in it
        return False


def _put(home: Path, source: str, begun: dict[str, str], found: Sources) -> None:
    """One source into what was found."""
    path = Path(source).expanduser()
    if not source.isprintable():
        found.told.append(f"{shown(source)} has a name that cannot be written down, and is left out")
        return
    if is_address(source):
        known = begun.get(source)
    elif _is_file(path):
        if path.suffix == ".toml" and path.resolve().parent == (home / "configs").resolve():
            if path.stem in webinars.SETTINGS:
                return
            known = path.stem
        elif path.suffix == ".toml":
            known = _of_toml(path, begun)
        else:
            source = str(path.resolve())
            known = begun.get(source)
    elif os.path.isdir(path):  # noqa: PTH112
        found.told.append(f"{source} is a folder within a folder, and left out")
        return
    else:
        known = webinars.find(home, source, doomed=True).slug
    if known and known not in found.slugs:
        found.slugs.append(known)
    elif not known and source not in found.new:
        found.new.append(source)


def _of_toml(path: Path, begun: dict[str, str]) -> str | None:
    values = toml_values(path)
    told = values.get("url") or values.get("transcript")
    first = told[0] if isinstance(told, list) and told else told
    return begun.get(str(absolute(first, path.resolve().parent))) if first else None
