"""Where this user gets Python packages from: pip's and uv's own settings, read as they read them."""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PYPI = "https://pypi.org/simple/"
_UV = {
    "index-url": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "extra-index-url": ("UV_INDEX", "UV_EXTRA_INDEX_URL"),
    "find-links": ("UV_FIND_LINKS",),
}


@dataclass(frozen=True)
class IndexSettings:
    """Addresses (https:// or file://) of indexes and of folders or pages with links, and certificate files."""

    indexes: tuple[str, ...]
    find_links: tuple[str, ...]
    cert: str | None = None
    client_cert: str | None = None


def index_settings() -> IndexSettings:
    """What pip would use here: pip.conf, then PIP_… in the environment, then UV_… where pip is told nothing."""
    said = _said()
    main = said.get("index-url") or PYPI
    without = said.get("no-index", "").lower() in ("1", "true", "yes", "on")
    indexes = () if without else (main, *said.get("extra-index-url", "").split())
    return IndexSettings(
        indexes=tuple(dict.fromkeys(indexes)),
        find_links=tuple(dict.fromkeys(said.get("find-links", "").split())),
        cert=said.get("cert"),
        client_cert=said.get("client-cert"),
    )


def _said() -> dict[str, str]:
    said: dict[str, str] = {}
    for path in _config_files():
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip itself says what is wrong with it
        for section in ("global", "install", "download"):
            if parser.has_section(section):
                said |= {key.lstrip("-").replace("_", "-"): value for key, value in parser.items(section)}
    said |= {
        key[4:].lower().replace("_", "-"): value
        for key, value in os.environ.items()
        if key.startswith("PIP_") and value
    }
    for key, names in _UV.items():
        if key not in said:
            found = " ".join(os.environ[name] for name in names if os.environ.get(name))
            if found:
                said[key] = found.split()[0] if key == "index-url" else found
    return said


def _config_files() -> Iterator[Path]:
    """Pip's files, the weakest first (https://pip.pypa.io/en/stable/topics/configuration/)."""
    chosen = os.environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    home = Path.home()
    if sys.platform == "win32":
        yield Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "pip" / "pip.ini"
        yield home / "pip" / "pip.ini"
        yield Path(os.environ.get("APPDATA", home)) / "pip" / "pip.ini"
        yield Path(sys.prefix) / "pip.ini"
    else:
        for folder in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
            yield Path(folder) / "pip" / "pip.conf"
        yield Path("/etc/pip.conf")
        if sys.platform == "darwin":
            yield Path("/Library/Application Support/pip/pip.conf")
            yield home / "Library" / "Application Support" / "pip" / "pip.conf"
        yield home / ".pip" / "pip.conf"
        yield Path(os.environ.get("XDG_CONFIG_HOME", home / ".config")) / "pip" / "pip.conf"
        yield Path(sys.prefix) / "pip.conf"
    if chosen:
        yield Path(chosen)
