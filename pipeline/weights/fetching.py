"""Getting one file of known size and SHA-256, over HTTP or from a folder, going on where an earlier try stopped."""

from __future__ import annotations

import contextlib
import hashlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit
from urllib.request import url2pathname

from pipeline.weights.catalogue import Package
from pipeline.weights.index import IndexSettings

if TYPE_CHECKING:
    import requests
    from pypi_simple import ProjectPage

Report = Callable[[float, float, str], None]

TIMEOUT = (6.0, 30.0)  # seconds to connect, and to wait for the next bytes
HOME_TIMEOUT = 4.0  # seconds for an official home to answer at all: many an office network swallows the question
TRIES = 5
PAUSE = 1.0  # seconds before the second try; doubles each time
CHUNK = 1 << 16
_silent: set[str] = set()  # official homes that did not answer this process


class UnavailableError(Exception):
    """A place that cannot give the file, and why, in a few words; `final` where asking again will not help."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


def session(settings: IndexSettings) -> requests.Session:
    """A session that trusts the system's certificates, uses the environment's proxies and pip's certificates."""
    import requests
    import truststore
    from requests.adapters import HTTPAdapter

    class SystemTrust(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, ssl_context=_context(), **options)

        def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
            return super().proxy_manager_for(proxy, ssl_context=_context(), **options)

    def _context() -> ssl.SSLContext:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    made = requests.Session()
    made.mount("https://", SystemTrust())
    made.headers["Accept-Encoding"] = "identity"  # a range of a compressed answer is no range of the file
    if settings.cert:
        made.verify = settings.cert
    made.cert = settings.client_cert
    return made


def host(url: str) -> str:
    """Who is asked, without login: what an error may show."""
    parts = urlsplit(url)
    return parts.hostname or url2pathname(parts.path)


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Requests' errors as UnavailableError."""
    import requests

    try:
        yield
    except requests.exceptions.SSLError as error:
        raise UnavailableError(f"the certificate of {host(url)} is not trusted here") from error
    except requests.exceptions.HTTPError as error:
        code = error.response.status_code if error.response is not None else "an error"
        raise UnavailableError(f"{host(url)} answers {code}") from error
    except requests.exceptions.RequestException as error:
        raise UnavailableError(f"no connection to {host(url)}") from error


def asked(get: requests.Session, url: str) -> requests.Response:
    """What an official home says of a file, within HOME_TIMEOUT; a home that was silent once is not asked again.

    The question is asked in a thread, because resolving a name and trying each of its addresses has no time limit.
    """
    import requests

    silent = UnavailableError(f"no connection to {host(url)}")
    if host(url) in _silent:
        raise silent
    said: list[requests.Response] = []

    def ask() -> None:
        with contextlib.suppress(requests.RequestException):
            said.append(get.head(url, timeout=HOME_TIMEOUT, allow_redirects=False))

    asker = threading.Thread(target=ask, daemon=True)
    asker.start()
    asker.join(HOME_TIMEOUT)
    if not said:
        _silent.add(host(url))
        raise silent
    return said[0]


def offers(get: requests.Session, url: str, sha256: str) -> bool:
    """Whether an official home holds this very file: Hugging Face names the SHA-256 of a big one before it sends it."""
    reply = asked(get, url)
    etag = reply.headers.get("X-Linked-Etag", "").strip('W/"')
    return reply.status_code < 400 and etag in ("", sha256)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fetch(get: requests.Session, url: str, part: Path, size: int, sha256: str, report: Report) -> None:
    """Complete `part` from `url` until it has `size` bytes and the right hash; what came stays for a next time.

    Raises UnavailableError; a file with another hash is deleted.
    """
    for attempt in range(1, TRIES + 1):
        had = _size(part)
        last: UnavailableError | None = None
        if had < size:
            try:
                _more(get, url, part, size, report)
            except UnavailableError as error:
                last = error
        if _size(part) == size and last is None:
            if sha256_of(part) == sha256:
                return
            part.unlink()
            last = UnavailableError(f"what {host(url)} offers is not the file that the catalogue knows; it was deleted")
            if not had:
                raise last
        if attempt == TRIES or (last and last.final):
            raise last or UnavailableError(f"{host(url)} sends only {_size(part)} of {size} bytes")
        time.sleep(PAUSE * 2 ** (attempt - 1))


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _more(get: requests.Session, url: str, part: Path, size: int, report: Report) -> None:
    if urlsplit(url).scheme == "file":
        _copy(url, part, size, report)
        return
    had = _size(part)
    headers = {"Range": f"bytes={had}-"} if had else {}
    with translated(url), get.get(url, headers=headers, stream=True, timeout=TIMEOUT) as reply:
        if reply.status_code == 416:
            part.unlink()
            raise UnavailableError(f"{host(url)} cannot go on where the last download stopped")
        if 400 <= reply.status_code < 500 and reply.status_code not in (408, 425, 429):
            raise UnavailableError(f"{host(url)} answers {reply.status_code}", final=True)
        reply.raise_for_status()
        if reply.status_code != 206:
            had = 0  # the server ignored the range and sends everything
        length = reply.headers.get("Content-Length", "")
        if length.isdigit() and had + int(length) != size:
            raise UnavailableError(f"what {host(url)} offers is not the file that the catalogue knows", final=True)
        with part.open("ab" if had else "wb") as stream:
            for chunk in reply.iter_content(CHUNK):
                had += len(chunk)
                if had > size:
                    raise UnavailableError(f"{host(url)} sends more than the catalogue knows", final=True)
                stream.write(chunk)
                report(had, size, "B")


def _copy(url: str, part: Path, size: int, report: Report) -> None:
    source = Path(url2pathname(urlsplit(url).path))
    if not source.is_file() or source.stat().st_size != size:
        raise UnavailableError(f"{source} is not the file that the catalogue knows", final=True)
    with source.open("rb") as given, part.open("wb") as stream:
        while chunk := given.read(CHUNK):
            stream.write(chunk)
            report(stream.tell(), size, "B")


def addresses(get: requests.Session, settings: IndexSettings, package: Package) -> Iterator[str | UnavailableError]:
    """Where this package's file can be had, one by one, or why not."""
    for place in settings.find_links:
        found = _in_folder(place, package)
        if found:
            yield found
    for index in settings.indexes:
        try:
            yield _on_index(get, index, package)
        except UnavailableError as error:
            yield error


def _in_folder(place: str, package: Package) -> str | None:
    folder = Path(url2pathname(urlsplit(place).path)) if place.startswith("file:") else Path(place)
    path = folder / package.file
    return path.resolve().as_uri() if path.is_file() else None


def _on_index(get: requests.Session, index: str, package: Package) -> str:
    page = _page(get, index, package.project)
    for offered in page.packages:
        if offered.filename == package.file:
            if offered.digests.get("sha256", package.sha256) != package.sha256:
                raise UnavailableError(f"what {host(index)} offers is not the file that the catalogue knows")
            return _with_login(offered.url, index)
    raise UnavailableError(f"{host(index)} does not have {package.project} {package.version}")


def _page(get: requests.Session, index: str, project: str) -> ProjectPage:
    from pypi_simple import NoSuchProjectError, ProjectPage, PyPISimple, UnsupportedContentTypeError

    missing = UnavailableError(f"{host(index)} does not have {project}")
    if index.startswith("file:"):
        path = Path(url2pathname(urlsplit(index).path)) / project / "index.html"
        if not path.is_file():
            raise missing
        return ProjectPage.from_html(project, path.read_bytes(), base_url=path.as_uri())
    try:
        with translated(index):
            return PyPISimple(index, session=get).get_project_page(project, timeout=TIMEOUT)
    except NoSuchProjectError as error:
        raise missing from error
    except (UnsupportedContentTypeError, ValueError) as error:
        raise UnavailableError(f"{host(index)} does not answer as a package index") from error


def _with_login(url: str, index: str) -> str:
    """The index's own user and password go along to its own host, and to no other."""
    given, target = urlsplit(index), urlsplit(url)
    if not given.username or target.username or target.netloc != given.netloc.rpartition("@")[2]:
        return url
    login = quote(given.username, safe="%") + (f":{quote(given.password, safe='%')}" if given.password else "")
    return urlunsplit(target._replace(netloc=f"{login}@{target.netloc}"))
