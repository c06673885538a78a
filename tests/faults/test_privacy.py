"""What goes out and what stays behind: no connection, no file elsewhere, no voiceprint, no key."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline import begin, weights
from pipeline.engines import onnx_diarizer
from tests.conftest import FAKES, SLUG
from tests.endpoints import endpoint, honest
from tests.test_reruns import done, whole  # noqa: F401

SAMPLE = Path(begin.SAMPLE).with_name("webinar.opus")
SECONDS = 120


def real(home: Path) -> Path:
    """A webinar with the engines that are used when nobody chooses."""
    samples, rate = soundfile.read(SAMPLE, dtype="int16")
    soundfile.write(home / "opname.wav", samples[: SECONDS * rate], rate)
    toml = home / "configs" / f"{SLUG}.toml"
    text = FAKES.replace('engine = "fake"', "").replace("batch = 1", "")
    toml.write_text(text.format(audio=(home / "opname.wav").as_posix()), encoding="utf-8")
    return toml


@pytest.mark.fault(22)
@pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("strace") is None, reason="only Linux has strace"
)
def test_a_run_opens_no_connection_and_leaves_no_file_elsewhere(home, tmp_path, record_property):
    real(home)
    user, trace = tmp_path / "user", tmp_path / "trace"
    user.mkdir()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(user), "IMPRESSIE_CACHE": str(weights.cache()),
        "PYTHONDONTWRITEBYTECODE": "1", "CANARY_KEY": "sk-canary-4711", "TMPDIR": str(tmp_path / "t"),
    }  # fmt: skip
    (tmp_path / "t").mkdir()
    alone = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    impressie = [sys.executable, "-c", "from pipeline.cli import main; main()"]
    calls = "connect,sendto,sendmsg,sendmmsg,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,symlink,execve"
    traced, written, programs = [], set(), 0
    looks = ["speakers", SLUG], ["words", SLUG], ["status"], ["search", "de"]
    for does in (["run", SLUG], ["export", SLUG, "--to", "docx"], *looks):
        command = [*alone, "strace", "-f", "-s", "4096", "-o", str(trace), "-e", f"trace={calls}", *impressie, *does]
        ended = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        traced += trace.read_text(errors="replace").splitlines()
    for line in traced:
        assert "sk-canary" not in line
        assert not re.search(r"(?:connect|send\w*)\(.*sa_family=AF_INET", line), line
        programs += "execve(" in line and " = 0" in line
        writes = re.search(r"(?:openat|creat)\(.*O_(?:WRONLY|RDWR|CREAT)|(?:mkdir|rename|link)\w*\(", line)
        if writes and " = -1 " not in line:
            written |= set(re.findall(r'"(/[^"]*)"', line))
    assert len(written) > 10
    allowed = (str(home), str(weights.cache()), "/dev/", "/proc/", str(tmp_path / "t"))
    assert [path for path in written if not path.startswith(allowed)] == []
    assert list(user.rglob("*")) == []
    assert list((tmp_path / "t").rglob("*")) == []
    record_property("figure", f"6 commands, {programs} programs, {len(written)} paths written, 0 connections")


@pytest.mark.fault(20)
def test_no_voiceprint_stands_in_any_file(home, impressie, monkeypatch, tmp_path, record_property):
    toml = real(home)
    toml.write_text(
        toml.read_text(encoding="utf-8").replace("[transcribe]", '[transcribe]\nengine = "fake"\nbatch = 1'),
        encoding="utf-8",
    )
    heard: list[np.ndarray] = []
    hears = onnx_diarizer.heard

    def recorded(*arguments):
        found, embeddings, seconds = hears(*arguments)
        heard.append(embeddings.copy())
        return found, embeddings, seconds

    monkeypatch.setattr(onnx_diarizer, "heard", recorded)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert impressie("run", SLUG).code == 0
    prints = [row for row in heard[0] if row.any()]
    assert len(prints) > 2
    traces = set()
    for row in prints:
        for value in row[:8]:
            traces |= {f"{value:.5f}".encode().lstrip(b"-"), f"{value:.4e}".encode().lstrip(b"-")}
        unit = row / np.linalg.norm(row)
        for kind in (np.float16, np.float32, np.float64):
            traces |= {each.astype(kind)[4 * i : 4 * i + 4].tobytes() for each in (row, unit) for i in range(3)}
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".wav"]
    assert len(files) > 15
    for path in files:
        content = path.read_bytes()
        assert not [trace for trace in traces if trace in content], path
    record_property("figure", f"{len(prints)} prints of {len(prints[0])} numbers looked for in {len(files)} files")


@pytest.mark.fault(18)
def test_a_key_stands_in_nothing_that_is_made(done, impressie, monkeypatch, record_property):  # noqa: F811
    monkeypatch.setenv("CANARY_KEY", "sk-canary-4711")
    toml, home = done, done.parent.parent
    with endpoint(honest) as server:
        text = toml.read_text(encoding="utf-8")
        text += f'\n[draft]\nwriter = "llm"\n\n[llm]\nbase_url = "{server.url}"\nkey_env = "CANARY_KEY"\n'
        toml.write_text(text, encoding="utf-8")
        told = [impressie("run", SLUG), impressie("status", SLUG, "--json")]
        told += [impressie("export", SLUG, "--to", kind) for kind in ("md", "html", "docx", "pack")]
        assert len(server.asked) > 3
    assert [said.err for said in told if said.code] == []
    assert not any("canary-4711" in said.out + said.err for said in told)
    files = [path for path in home.rglob("*") if path.is_file()]
    for path in files:
        if path.suffix in (".docx", ".zip"):
            with zipfile.ZipFile(path) as parts:
                assert not any(b"sk-canary" in parts.read(part) for part in parts.namelist()), path
        assert b"sk-canary" not in path.read_bytes(), path
    record_property("cases", len(files))


@pytest.mark.fault(18)
def test_a_crash_tells_no_key(home, tmp_path):
    """A defect of ours shows a traceback: it holds lines of code and no values."""
    real(home)
    script = "import pipeline.runner as r, pipeline.cli as c; r.survey = None; c.main()"
    ended = subprocess.run(
        [sys.executable, "-c", script, "run", SLUG], cwd=home, capture_output=True, text=True, check=False,
        env=os.environ | {"IMPRESSIE_KEY": "sk-canary-4711", "OPENAI_API_KEY": "sk-canary-4711"},
    )  # fmt: skip
    assert "Traceback" in ended.stderr
    assert "canary" not in ended.stderr + ended.stdout
