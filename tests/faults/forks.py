"""Commands in forked children, which die or are refused at any system call of their writing.

A process of its own (`Forks`) loads everything once and forks for each command: a thousand kills take minutes. What it
injects is injected by strace, as SQLite's testers do it: the kernel never sees the call. Linux with strace only.
"""

from __future__ import annotations

import gc
import json
import os
import re
import select
import signal
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import requests

from pipeline.errors import REFUSED
from tests.conftest import SLUG
from tests.served import Reader, serving

# Calls that change what is on the disk; openat only where it makes or opens for writing.
WRITING = (
    "openat", "write", "writev", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "renameat", "renameat2",
    "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "link", "symlink", "sendfile", "copy_file_range", "utimensat",
)  # fmt: skip
LIMIT = 120.0  # seconds after which a command hangs
CALL = re.compile(r"^(?:\[pid +(\d+)\] |(\d+) +)?(\w+)\((.*)$")


@dataclass(frozen=True)
class Point:
    """The `nth` call of this name in a thread of the command."""

    call: str
    nth: int
    what: str = ""

    def __str__(self) -> str:
        return f"{self.call} {self.nth} ({self.what})"


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit code, or minus a signal; what it said; where it wrote, if that was counted."""

    code: int
    said: str
    points: tuple[Point, ...] = ()

    @property
    def hung(self) -> bool:
        return self.code == -int(signal.SIGALRM)


class Forks:
    """The process that forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forks"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip

    def __call__(self, home: Path, does: list[Any], **how: Any) -> Ended:
        """Do something in a home: ["cli", ARGUMENT, …], or ["page", PATH, BODY] as the review page would.

        `at` and `with_`: inject this at a Point; `killed_after`: seconds; `count`: say where it writes.
        """
        assert self._process.stdin
        assert self._process.stdout
        point = how.pop("at", None)
        job = {"home": str(home), "does": does, **how} | ({"at": [point.call, point.nth]} if point else {})
        print(json.dumps(job), file=self._process.stdin, flush=True)
        told = json.loads(self._process.stdout.readline())
        return Ended(told["code"], told["said"], tuple(Point(*point) for point in told["points"]))

    def close(self) -> None:
        self._process.communicate()


# In the process that forks -------------------------------------------------------------------------


def main() -> None:
    """Answer jobs until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    act = _loaded()
    for line in sys.stdin:
        print(json.dumps(_done(json.loads(line), act)), file=answers, flush=True)


def _loaded() -> Callable[[list[Any]], int]:
    """All imports that a command with fake engines wants, and what does it."""
    import faster_whisper.vad  # noqa: F401
    import onnxruntime  # noqa: F401

    from pipeline import cli, runner  # noqa: F401
    from pipeline.article.text import lemma, rarity
    from pipeline.engines import meaning
    from pipeline.review import app  # noqa: F401
    from pipeline.stages import rehear

    rarity("lemma")  # the dictionaries take longer to load than all the rest
    lemma("liepen")
    meaning.fetch = lambda *_: None
    meaning.judge = lambda: None
    rehear.time = SimpleNamespace(perf_counter=lambda: 0.0)  # how long it took stands in the report
    gc.freeze()  # else each child copies what the collector touches

    def act(does: list[Any]) -> int:
        kind, *rest = does
        if kind == "cli":
            sys.argv = ["impressie", *rest]
            try:
                cli.main()
            except SystemExit as end:
                return end.code if isinstance(end.code, int) else int(end.code is not None)
            return 0
        try:
            answer = _asked(*rest)
            print(answer.status_code, answer.text[:300], file=sys.stderr)
        except OSError as refused:  # what is refused here is refused to any thread, also to the one that asks
            return 1 if refused.errno in REFUSED else 70
        return 0 if answer.status_code == 200 else 1 if "problem" in answer.text else 3

    return act


def _asked(path: str, body: dict[str, Any]) -> requests.Response:
    """What the page's server answers to somebody who opens it and does this; the first refusal, if there is one."""
    with serving(Path.cwd()) as (address, token):
        reader = Reader(address)
        opened = reader.get(f"/api/webinars?token={token}")
        article = reader.get(f"/api/w/{SLUG}/article") if opened.status_code == 200 else opened
        if article.status_code != 200:
            return article
        now = article.json()
        opens = [one["text"] for one in now["obstacles"] if not one["waived"]]
        known = {"{sha}": now["sha"], "{objection}": opens[0] if opens else ""}
        return reader.post(path, {key: known.get(value, value) for key, value in body.items()})


def _done(job: dict[str, Any], act: Callable[[list[Any]], int]) -> dict[str, Any]:
    ready, go = os.pipe()
    home = Path(job["home"])
    said, trace = home.with_suffix(".said"), home.with_suffix(".trace")
    child = os.fork()
    if child == 0:
        os.close(go)
        _child(ready, home, said, act, job["does"])
    os.close(ready)
    tracer = _tracer(job, child, trace)
    os.write(go, b"x")
    os.close(go)
    code = _awaited(child, job.get("killed_after"))
    if tracer:
        tracer.wait()
    points = _points(trace.read_text(errors="replace"), home) if job.get("count") else []
    return {"code": code, "said": said.read_text(errors="replace")[-4000:], "points": points}


def _child(ready: int, home: Path, said: Path, act: Callable[[list[Any]], int], does: list[Any]) -> None:
    code = 70
    try:
        os.read(ready, 1)
        out = said.open("w", buffering=1)
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
        sys.stdout = sys.stderr = out
        os.chdir(home)
        code = act(does)
    except BaseException:  # noqa: BLE001 - a child says what happened, whatever it is, and ends
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _tracer(job: dict[str, Any], child: int, trace: Path) -> subprocess.Popen[str] | None:
    if not job.get("count") and "at" not in job:
        return None
    told = ["-e", f"trace={','.join(WRITING)}"]
    if "at" in job:
        call, nth = job["at"]
        told = ["-e", f"trace={call}", "-e", f"inject={call}:{job['with_']}:when={nth}"]
    threads = ["-f"] if job["does"][0] == "page" else []
    tracer = subprocess.Popen(
        ["strace", *threads, "-y", "-s", "0", "-o", str(trace), *told, "-p", str(child)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert tracer.stderr
    while "attached" not in (line := tracer.stderr.readline()):
        if not line:
            os.kill(child, signal.SIGKILL)
            raise RuntimeError("strace could not attach")
    return tracer


def _awaited(child: int, killed_after: float | None) -> int:
    """Its exit code, or minus the signal that ended it; SIGALRM for a command that hung."""
    handle = os.pidfd_open(child)
    ended, _, _ = select.select([handle], [], [], LIMIT if killed_after is None else killed_after)
    os.close(handle)
    if not ended:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not ended and killed_after is None:
        return -int(signal.SIGALRM)
    return os.waitstatus_to_exitcode(status)


def _points(trace: str, home: Path) -> list[tuple[str, int, str]]:
    """Every call that writes under `home`, with its number among the calls of that name in its thread."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for line in trace.splitlines():
        match = CALL.match(line)
        if not match:
            continue
        thread, call, rest = match[1] or match[2] or "", match[3], match[4]
        seen[thread, call] += 1
        paths = re.findall(rf'{re.escape(str(home))}(?:/([^">,]*))?(?=[">])', rest)
        reads = call == "openat" and not re.search(r"O_(?:WRONLY|RDWR|CREAT)", rest)
        if paths and not reads:
            path = paths[-1]
            found.append((call, seen[thread, call], path))
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    main()
