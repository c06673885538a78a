"""The user's webinars: where they live, how one is found, begun and forgotten."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import tomlkit

from pipeline import edits, leases
from pipeline.config import DEFAULTS, load_webinar, read_toml, toml_values
from pipeline.disk import NEXT, replace, write_atomic
from pipeline.errors import PipelineError
from pipeline.workspace import WORD_LIST, Workspace, held, sharing

SETTINGS = ("default", "huisstijl", "prompts", "woordenlijst")  # files of configs/ that are no webinars
CAME_FROM = "learnt_from"  # its table: term → the webinars that taught it
FORGETTING = ".forgetting-"
TRASH = ".trash-"
UNLEARNING = ".unlearning-"
SEARCH = ".search"
BATCHES = "batch"  # in outputs/: what happened in each batch, and its report


def find_home(asked: Path | None, start: Path) -> Path | None:
    """The folder asked for, else the nearest one upward from `start` that holds configs/."""
    return asked or next((folder for folder in (start, *start.parents) if (folder / "configs").is_dir()), None)


def make_home(folder: Path) -> Path:
    """Lay out a home: configs/ with every setting and the house style to edit, and outputs/."""
    try:
        for name in ("configs", "configs/voorbeelden", "outputs"):
            (folder / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PipelineError(f"{folder} cannot be written to: {error.strerror}", "choose another with --home") from error
    for name in ("default", "huisstijl", "prompts"):
        target = folder / "configs" / f"{name}.toml"
        if not target.exists():
            shutil.copyfile(DEFAULTS / f"{name}.toml", target)
    return folder


def slugs(home: Path) -> list[str]:
    """All webinars of a home, by date."""
    return sorted(path.stem for path in (home / "configs").glob("*.toml") if path.stem not in SETTINGS)


def find(home: Path | None, part: str, *, doomed: bool = False) -> Workspace:
    """The webinar with this slug, or the only one whose slug holds `part`.

    PipelineError while a speaker is to be forgotten there, unless all of it goes (`doomed`).
    """
    there = slugs(home) if home else []
    matches = [slug for slug in there if slug == part] or [slug for slug in there if part in slug]
    if len(matches) == 1 and home:
        found = Workspace(home, matches[0])
        if not doomed:
            edits.unsettled(found)
        return found
    if matches:
        raise PipelineError(f"'{part}' fits several webinars: {', '.join(matches)}", "type more of the name")
    known = f"webinars here: {', '.join(there)}" if there else "there are none here yet: impressie run URL-OR-FILE"
    raise PipelineError(f"there is no webinar called '{part}'", known)


def by_source(home: Path, source: str) -> Workspace | None:
    """The webinar that was begun from this URL or file, if any."""
    for slug in slugs(home):
        with suppress(PipelineError):
            if not _mentions(home / "configs" / f"{slug}.toml", source):
                continue
            webinar = load_webinar(home / "configs", slug)
            if source in webinar.url or (not webinar.url and source == webinar.transcript):
                return Workspace(home, slug)
    return None


def _mentions(toml: Path, source: str) -> bool:
    """Whether a TOML may say this; a quick look, because there may be ten thousand."""
    text = toml.read_text(encoding="utf-8", errors="replace")
    return source in text or json.dumps(source, ensure_ascii=False)[1:-1] in text


def standing(home: Path, slug: str) -> tuple[str, Counter[str], str | None]:
    """A webinar's slug, how many of its stages are in which state, and what is wrong with its TOML, if anything."""
    from pipeline.runner import survey

    try:
        webinar = load_webinar(home / "configs", slug)
    except PipelineError as problem:
        return slug, Counter(), problem.message
    return slug, Counter(s.state for s in survey(Workspace(home, slug), webinar)), None


def glossary(home: Path) -> list[str]:
    """configs/woordenlijst.toml: terms that every new webinar gets a copy of, so old ones stay as they were."""
    path = home / "configs" / WORD_LIST
    if not path.exists():
        return []
    terms = toml_values(path).get("glossary", [])
    if not isinstance(terms, list):
        raise PipelineError(f"{path}: 'glossary' should be a list of terms")
    return [str(term) for term in terms]


def learnt(workspace: Workspace, terms: Iterable[str]) -> tuple[list[str], dict[Path, bytes]]:
    """Those terms that are not in the word list yet, and the word list with them; a person's comments stay.

    It says which webinars each came from, so that `forget` can take it out again. Wants `sharing`.
    """
    there, path = glossary(workspace.home), workspace.home / "configs" / WORD_LIST
    document = read_toml(path) if path.exists() else tomlkit.document()
    before = tomlkit.dumps(document)
    new = []
    for term in dict.fromkeys(terms):
        if term not in there:
            document.setdefault("glossary", tomlkit.array().multiline(multiline=True)).append(term)
            if CAME_FROM not in document:
                document[CAME_FROM] = tomlkit.table().comment("the webinars that taught a term; 'forget' takes it away")
            new.append(term)
        came = document.get(CAME_FROM, {})
        if term in new:
            came[term] = [workspace.slug]
        elif workspace.slug not in came.get(term, [workspace.slug]):
            came[term].append(workspace.slug)
    after = tomlkit.dumps(document)
    return new, {path: after.encode()} if after != before else {}


def unlearn(home: Path, slug: str, terms: Collection[str] | None = None) -> None:
    """Take out of the word list what this webinar taught and no other did: these terms, or all."""
    path = home / "configs" / WORD_LIST
    if not path.exists():
        return
    with sharing(home):
        document = read_toml(path)
        listed, came = document.get("glossary", []), document.get(CAME_FROM, {})
        if not isinstance(came, dict) or not all(isinstance(slugs, list) for slugs in came.values()):
            raise PipelineError(f"{path}: '{CAME_FROM}' should say of each term a list of webinars", "put it right")
        taught = [t for t, slugs in came.items() if slug in slugs and (terms is None or t in terms)]
        for term in taught:
            came[term].remove(slug)
            if not came[term]:
                del came[term]
                if term in listed:
                    listed.remove(term)
        if taught:
            write_atomic(path, tomlkit.dumps(document).encode())


def list_speaker(workspace: Workspace, name: str, role: str | None, organisation: str | None, was: str | None) -> None:
    """Add somebody to the webinar's list of speakers, or change whom it calls `was`; a person's comments stay.

    What changed is kept, so that it can be changed in the article too. Wants the lock.
    """
    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise PipelineError("'' gives no name", "write first name and surname")
    document = read_toml(workspace.toml)
    listed = document.setdefault("speakers", tomlkit.aot())
    mine = next((entry for entry in listed if entry.get("name") == (was or name)), None)
    before = dict(mine or {})
    if mine is None:
        mine = tomlkit.table()
        listed.append(mine)
        mine = listed[-1]
    for key, value in (("name", name), ("role", role), ("organisation", organisation)):
        if value:
            mine[key] = value
        elif key in mine:
            del mine[key]
    pins = edits.read_pins(workspace.folder / "edits" / edits.NAMES)
    renamed = tuple(pin.model_copy(update={"name": name}) if pin.name == was else pin for pin in pins)
    edits.lay(
        workspace,
        pins=renamed if renamed != pins else None,
        renames=[(before.get("name"), name), (before.get("role"), role), (before.get("organisation"), organisation)],
        beside={workspace.toml: tomlkit.dumps(document).encode()},
    )


def index_of(home: Path) -> Path:
    """Where the index for the search stands; what is made beside it is called .….next."""
    return home / "outputs" / SEARCH / "index.sqlite3"


def sweep(index: Path) -> None:
    """Remove what was being made beside the index by somebody who was killed or overtaken. Wants its lock."""
    for beside in index.parent.glob(f".*{NEXT}"):
        beside.unlink(missing_ok=True)


def unindex(home: Path) -> None:
    """Throw the index for the search away, with all that stands beside it; the next search makes it anew.

    Wanted before anything is forgotten, once it is written down that it will be: from then on nothing takes it in.
    """
    folder = index_of(home).parent
    try:
        for _ in range(2):  # what was made beside it may have come in its place between the two
            for path in folder.iterdir() if folder.is_dir() else ():
                if path.is_dir() and not path.name.startswith(".lock-"):
                    shutil.rmtree(path)
                elif not path.is_dir():
                    path.unlink(missing_ok=True)
    except PermissionError as error:
        raise PipelineError("the search index is in use", "wait until that search has finished") from error


def forget(workspace: Workspace) -> None:
    """Remove every trace of a webinar: outputs, edits, receipts, TOML. A killed forget is finished by the next."""
    with leases.taken(workspace.folder, f"forget {workspace.slug}"):
        workspace.folder.with_name(f"{FORGETTING}{workspace.slug}").mkdir(parents=True, exist_ok=True)
        for problem in finish_forgetting(workspace.home):
            raise PipelineError(problem)


def _unreport(batches: Path, slug: str) -> None:
    """Take a webinar out of what is kept of batches; the report of one that told of it goes."""
    for report in (path for path in batches.glob("*.*") if path.suffix in (".md", ".html")):
        if re.search(rf"\b{re.escape(slug)}\b(?!-)".encode(), report.read_bytes()):
            report.unlink()
    for path in batches.glob("*.jsonl"):
        with path.open("r+b") as journal:  # where it stands: a batch may be adding to it
            lines = journal.readlines()
            for line, end in zip(lines, itertools.accumulate(map(len, lines)), strict=True):
                if f'"name":"{slug}"'.encode() in line:
                    journal.seek(end - len(line))
                    journal.write(b" " * len(line.rstrip(b"\n")))


def finish_forgetting(home: Path) -> list[str]:
    """Finish what a killed forget had begun; says what is left. What cannot be removed yet has no name any more.

    So a new webinar of that name is in no danger, also where the word list cannot be read.
    """
    index = index_of(home)
    if any(index.parent.glob(f".*{NEXT}")):  # of a search that was killed, or of one that is at work
        with suppress(PipelineError, OSError), held(index.with_name(".lock"), 0.0):
            sweep(index)
    if not any(any((home / "outputs").glob(f"{kind}*")) for kind in (FORGETTING, TRASH, UNLEARNING)):
        return []
    with held(home / "configs" / ".forget"):  # another machine may be at it too
        return _finish_forgetting(home)


def _finish_forgetting(home: Path) -> list[str]:
    outputs, problems = home / "outputs", []
    for doomed in outputs.glob(f"{FORGETTING}*"):
        slug = doomed.name.removeprefix(FORGETTING)
        if (outputs / slug).exists():
            replace(outputs / slug, doomed / uuid4().hex)
        for name in (f"{slug}.toml", f".{slug}.toml{NEXT}"):
            (home / "configs" / name).unlink(missing_ok=True)
        _unreport(outputs / BATCHES, slug)
        (outputs / f"{UNLEARNING}{slug}").mkdir(exist_ok=True)
        try:
            unindex(home)
        except PipelineError as error:
            problems.append(f"{slug} can still be found: {error}; {error.hint}")
            continue
        replace(doomed, outputs / f"{TRASH}{uuid4().hex}")
    for trash in outputs.glob(f"{TRASH}*"):
        shutil.rmtree(trash, ignore_errors=True)
    for left in outputs.glob(f"{UNLEARNING}*"):
        slug = left.name.removeprefix(UNLEARNING)
        try:
            unlearn(home, slug)
            left.rmdir()
        except (PipelineError, OSError) as error:
            problems.append(f"{slug} is removed, but for the terms that it taught the word list: {error}")
    return problems
