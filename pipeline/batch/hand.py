"""A hand: a child process that does tasks one after another, so that a model stays loaded from webinar to webinar.

It dies with whoever started it, however that dies, and a task that brings it down brings nothing else down. Tasks and
outcomes are lines of JSON on its standard input and output; whatever a library prints goes to its standard error.
"""

from __future__ import annotations

import io
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from pipeline import system
from pipeline.batch.tasks import Outcome, Task, perform

OFTEN = 0.5  # seconds between two tellings of how far a stage is
SHOWN = 400  # characters of what a hand that died had said last

Far = tuple[float, float, str]  # done, total, unit


class Hand:
    """The side of whoever started it. Start it in a thread that lives as long as the hand may: Linux looks at that."""

    def __init__(self, home: Path) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child may say something
        # -P: not the user's current folder, in which there may be a module of any name
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipeline.batch.hand", str(home)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, encoding="utf-8",
            preexec_fn=system.bounded_child(),  # noqa: PLW1509 - it allocates nothing
        )  # fmt: skip

    @property
    def alive(self) -> bool:
        """Whether it can be given a task."""
        return self._child.poll() is None

    def do(self, task: Task, threads: int = 0, told: Callable[[Far], None] = lambda _: None) -> Outcome:
        """Have it do a task with so many threads, and wait for the outcome; where it dies of it, that is the outcome.

        0 threads: as the webinar's settings say, else all.
        """
        try:
            assert self._child.stdin
            assert self._child.stdout
            self._child.stdin.write(f"{threads} {task.model_dump_json()}\n")
            self._child.stdin.flush()
            for line in self._child.stdout:
                kind, what = json.loads(line)
                if kind == "outcome":
                    return Outcome.model_validate(what)
                told(tuple(what))
        except (OSError, ValueError):
            pass  # it died, perhaps in the middle of a line
        return Outcome(slug=task.slug, state="failed", summary=self._died() if not self._said.closed else "stopped")

    def _died(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(10)
        self._child.kill()
        code = self._child.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        self.kill()
        why = f"was stopped by signal {-code} (was there enough memory?)" if code < 0 else f"ended with {code}"
        return f"the process {why}" + (f": {said[-1][:SHOWN]}" if said else "")

    def kill(self) -> None:
        """Stop it at once: a stage that is not done leaves what was there before, and its checkpoints."""
        self._child.kill()
        self._child.wait()
        for file in (self._child.stdin, self._child.stdout, self._said):
            with suppress(OSError):
                if file:
                    file.close()


# In the child --------------------------------------------------------------------------------------


class _Face:
    """Passes on how far a stage is; what else there is to say stands in the outcome."""

    def __init__(self, tell: Callable[[str, Any], None]) -> None:
        self.tell = tell
        self.last = 0.0

    def started(self, stage: str) -> None:
        self.last = 0.0

    def progressed(self, stage: str, done: float, total: float, unit: str) -> None:
        if time.monotonic() - self.last > OFTEN:
            self.last = time.monotonic()
            self.tell("far", (done, total, unit))

    def noted(self, text: str) -> None:
        pass

    def finished(self, stage: str, summary: str, seconds: float) -> None:
        pass


def work(home: Path, tasks: TextIO, answers: TextIO) -> None:
    """Do tasks as they come; end, in the middle of one if need be, when nobody is there any more to ask for them."""
    from pipeline import engines

    engines.keeping = True
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        for line in tasks:
            waiting.put(line)
        os._exit(0)

    def tell(kind: str, what: Any) -> None:
        answers.write(json.dumps([kind, what]) + "\n")
        answers.flush()

    threading.Thread(target=listen, daemon=True).start()
    while True:
        threads, _, task = waiting.get().partition(" ")
        outcome = perform(home, Task.model_validate_json(task), _Face(tell), int(threads))
        tell("outcome", outcome.model_dump(mode="json"))


def main() -> None:
    """The child."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8")  # whatever Windows thinks
    work(Path(sys.argv[1]), sys.stdin, answers)


if __name__ == "__main__":
    main()
