"""Write constraints.txt and constraints-test.txt from what is installed here: python .ci/pins.py

Every version with the SHA-256 of each file that its index has of it. Left out: torch and triton, which come in many
builds, and yt-dlp, yt-dlp-ejs and deno, which have to stay young.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pypi_simple import PyPISimple

UNPINNED = {"impressie", "torch", "triton", "yt-dlp", "yt-dlp-ejs", "deno"}
ELSEWHERE = (
    *("cp27", "cp36-cp36", "cp37-cp37", "cp38-cp38", "cp39-cp39", "cp310-cp310", "cp313t", "cp314t", "pp3"),
    *("win32", "i686", "ppc64le", "s390x", "armv7l", "riscv64", "ios", "android", "wasm"),
)
ROOT = Path(__file__).parent.parent


def needed(extras: Iterable[str]) -> set[str]:
    """The names of all that impressie with these extras wants, and what that wants in turn, as far as it is here."""
    found: set[str] = set()
    waiting = [("impressie", tuple(extras))]
    while waiting:
        name, wanted = waiting.pop()
        for line in metadata.requires(name) or ():
            told = Requirement(line)
            applies = told.marker is None or any(told.marker.evaluate({"extra": extra}) for extra in ("", *wanted))
            each = str(canonicalize_name(told.name))
            if applies and each not in found:
                try:
                    metadata.version(each)
                except metadata.PackageNotFoundError:
                    continue
                found.add(each)
                waiting.append((each, tuple(told.extras)))
    return found - UNPINNED


def pinned(names: Iterable[str], index: PyPISimple) -> str:
    """The lines of a requirements file."""
    lines = []
    for name in sorted(names):
        version = metadata.version(name)
        files = [
            file.digests["sha256"]
            for file in index.get_project_page(name).packages
            if file.version == version and not any(tag in file.filename for tag in ELSEWHERE)
        ]
        if not files:
            raise SystemExit(f"the index has no file of {name} {version}")
        lines.append(" \\\n".join([f"{name}=={version}", *(f"    --hash=sha256:{sha}" for sha in sorted(set(files)))]))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both files."""
    run, everything = needed(()), needed(("test",))
    head = "# Written by .ci/pins.py: what {} was tested with on Python 3.11. Not here: torch (Makefile), yt-dlp,\n"
    head += (
        "# yt-dlp-ejs and deno (pyproject.toml; 'impressie update' renews them), and what other systems want more.\n"
    )
    with PyPISimple() as index:
        for name, what, names in (("", "Impressie", run), ("-test", "the test suite", everything - run)):
            (ROOT / f"constraints{name}.txt").write_text(head.format(what) + pinned(names, index), encoding="utf-8")


if __name__ == "__main__":
    main()
