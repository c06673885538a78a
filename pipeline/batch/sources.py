"""What a batch is of: SOURCES on the command line to webinars that are here and sources that are to be begun."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import webinars
from pipeline.begin import FILE
from pipeline.config import absolute, is_address, load_webinar, toml_values
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
                    inside = listed(each)
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
    if path.is_dir():
        inside = sorted(each for each in path.iterdir() if each.is_file() and FILE.fullmatch(each.name))
        if not inside:
            raise PipelineError(f"{source} holds no recordings and no TOMLs", "give a folder with media files")
        return [str(each) for each in inside]
    if path.is_file() and _in_list(source):
        return list(_lines(path))
    if any(mark in source for mark in "*?["):
        matches = sorted(glob.glob(str(path)))  # noqa: PTH207 - a pattern may begin anywhere
        if not matches:
            raise PipelineError(f"nothing is called {source}", "check the pattern")
        return matches
    return [source]


def _lines(path: Path) -> Iterable[str]:
    """The sources in a text file, one to a line; '#' begins a comment, and a path is relative to the file."""
    for line in path.read_text(encoding="utf-8-sig", errors="replace").splitlines():
        said = line.split(" #")[0].strip().strip(",;\"'")
        if said and not said.startswith("#"):
            beside = (path.parent / said).is_file()
            yield str(absolute(said, path.parent)) if beside else said


def _put(home: Path, source: str, begun: dict[str, str], found: Sources) -> None:
    """One source into what was found."""
    path = Path(source).expanduser()
    if is_address(source):
        known = begun.get(source)
    elif path.is_file():
        if path.suffix == ".toml":
            known = _of_toml(home, path, begun)
        else:
            source = str(path.resolve())
            known = begun.get(source)
    elif path.is_dir():
        found.told.append(f"{source} is a folder within a folder, and left out")
        return
    else:
        known = webinars.find(home, source, doomed=True).slug
    if known and known not in found.slugs:
        found.slugs.append(known)
    elif not known and source not in found.new:
        found.new.append(source)


def _of_toml(home: Path, path: Path, begun: dict[str, str]) -> str | None:
    if path.resolve().parent == (home / "configs").resolve():
        return path.stem if path.stem not in webinars.SETTINGS else None
    values = toml_values(path)
    told = values.get("url") or values.get("transcript")
    first = told[0] if isinstance(told, list) and told else told
    return begun.get(str(absolute(first, path.resolve().parent))) if first else None
