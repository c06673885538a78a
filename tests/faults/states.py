"""What a home is worth, file by file, so that two can be compared; and homes to do things in."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import soundfile

from pipeline import begin, webinars
from tests.conftest import FAKES, SLUG
from tests.faults.forks import Forks

# What is different each time by right: moments, durations, and the files that hold nothing else.
VARIES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"]*|\"seconds\": ?[\d.e-]+|\d{4}-\d\d-\d\d \d\d:\d\d")
NOTHING = {"run.log", "hashes.json"}
KEPT = ("edits/kept", "edits/versions")
Tree = dict[str, str]


def tree(home: Path) -> Tree:
    """Path → hash of what it holds, for every file of a home but copies that were kept for safety."""
    found = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_file() and path.name not in NOTHING and not any(kept in name for kept in KEPT):
            found[name] = hashlib.sha256(VARIES.sub(b"", path.read_bytes())).hexdigest()
    return found


def kept(home: Path) -> set[str]:
    """The hashes of all copies that were kept for safety."""
    copies = (path for folder in KEPT for path in (home / "outputs" / SLUG / folder).glob("*"))
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in copies}


def leftovers(home: Path) -> list[str]:
    """Files of ours that should not be there when nothing runs."""
    patterns = ("**/.*.next", "**/.lease-*/*", "**/*.promised.json", "**/together.json", "**/*.tmp", "**/*.part",
                "outputs/.forgetting-*", "outputs/.trash-*", "outputs/.unlearning-*")  # fmt: skip
    return [path.relative_to(home).as_posix() for pattern in patterns for path in home.glob(pattern)]


def differing(one: Tree, other: Tree) -> list[str]:
    """The names of the files that are not the same."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def begun(folder: Path, seconds: int = 40) -> Path:
    """A home with a webinar that was not run yet: so much of the sample, engines that need no weights."""
    home = folder / "begun"
    webinars.make_home(home)
    samples, rate = soundfile.read(Path(begin.SAMPLE).with_name("webinar.opus"), dtype="int16")
    soundfile.write(home / "opname.wav", samples[: seconds * rate], rate)
    toml = home / "configs" / f"{SLUG}.toml"
    toml.write_text(FAKES.format(audio=(home / "opname.wav").as_posix()), encoding="utf-8")
    return home


def copied(home: Path, to: Path) -> Path:
    """A copy of a home; the webinar's TOML goes on naming the first home's recording."""
    if to.exists():
        shutil.rmtree(to)
    return Path(shutil.copytree(home, to))


def edited(forks: Forks, home: Path) -> Path:
    """The home after a run, with all that a person can add: an article of her own, names, words, what she barred."""
    for does in (
        ["cli", "run", SLUG],
        ["page", "article/block", {"op": "insert", "index": 2, "source": "Mijn eigen zin.", "was": "{sha}"}],
        ["cli", "speakers", SLUG, "set", "A=Marieke Verhoeven"],
        ["cli", "words", SLUG, "set", "wijk=buurt"],
        ["page", "passages/bar", {"start": 12.0, "end": 14.0, "barred": True}],
        ["cli", "run", SLUG],
    ):
        ended = forks(home, does)
        assert ended.code == 0, (does, ended.said)
    return home


def told(wrong: list[str]) -> str:
    """What went wrong, for people: the first of it whole."""
    return "\n".join([f"{len(wrong)} went wrong:", *wrong[:30]])
