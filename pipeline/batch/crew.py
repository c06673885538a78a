"""Who does the tasks of a batch on this machine: so many hands that work, and one that downloads."""

from __future__ import annotations

import queue
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from pipeline.batch.hand import Far, Hand
from pipeline.batch.tasks import Outcome, Task

T = TypeVar("T")


@dataclass
class Lane:
    """Room for one task at a time. `last`: the stage that was done in it before; `far`: done, total, unit."""

    name: str
    downloads: bool = False
    last: str = ""
    task: Task | None = None
    began: float = 0.0  # seconds since 1970
    far: Far | None = None


@dataclass(frozen=True)
class Ended:
    """A task that came to its end; `began` and `ended` in seconds since 1970."""

    task: Task
    outcome: Outcome
    lane: str
    began: float
    ended: float


class Crew(Protocol):
    """Whoever does the tasks: hands of this machine, or a cluster."""

    def lanes(self) -> Sequence[Lane]:
        """All room there is at the moment."""
        ...

    def start(self, lane: Lane, task: Task, left: int) -> None:
        """Have a task done in a lane that is empty; so many webinars are not finished, this one among them."""
        ...

    def wait(self, seconds: float) -> list[Ended]:
        """What came to its end, as soon as something has; empty after so many seconds."""
        ...

    def close(self) -> None:
        """Stop. What runs is stopped too, unless others can take it up."""
        ...


def come(waiting: queue.SimpleQueue[T], seconds: float) -> list[T]:
    """All that has come, as soon as something has; empty after so many seconds."""
    found = []
    try:
        found.append(waiting.get(timeout=seconds))
        while True:
            found.append(waiting.get_nowait())
    except queue.Empty:
        return found


@dataclass
class LocalCrew:
    """Hands of this machine, that share its cores; a hand that dies of a task is replaced."""

    home: Path
    workers: int
    cores: int
    _lanes: list[Lane] = field(default_factory=list)
    _todo: dict[str, queue.SimpleQueue[tuple[Task, int]]] = field(default_factory=dict)
    _ended: queue.SimpleQueue[Ended] = field(default_factory=queue.SimpleQueue)
    _hands: dict[str, Hand] = field(default_factory=dict)
    _closed: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._lanes = [Lane(f"worker {n + 1}") for n in range(self.workers)] + [Lane("download", downloads=True)]
        for lane in self._lanes:
            self._todo[lane.name] = queue.SimpleQueue()
            threading.Thread(target=self._serve, args=(lane,), daemon=True).start()

    def lanes(self) -> Sequence[Lane]:
        """See Crew."""
        return self._lanes

    def start(self, lane: Lane, task: Task, left: int) -> None:
        """See Crew."""
        lane.task, lane.began, lane.far = task, time.time(), None
        self._todo[lane.name].put((task, max(1, self.cores // min(self.workers, left))))

    def wait(self, seconds: float) -> list[Ended]:
        """See Crew."""
        return come(self._ended, seconds)

    def close(self) -> None:
        """See Crew."""
        self._closed.set()
        for hand in self._hands.values():
            hand.kill()

    def _done(self, name: str, task: Task, threads: int, told: Callable[[Far], None]) -> Outcome:
        hand = self._hands.get(name)
        try:
            if hand is None or not hand.alive:
                hand = self._hands[name] = Hand(self.home)
        except (OSError, subprocess.SubprocessError) as error:
            return Outcome(slug=task.slug, state="failed", summary=f"no process could be started: {error}")
        if self._closed.is_set():
            hand.kill()
        return hand.do(task, threads, told)

    def _serve(self, lane: Lane) -> None:
        def told(far: Far) -> None:
            lane.far = far

        while not self._closed.is_set():
            task, threads = self._todo[lane.name].get()
            try:
                outcome = self._done(lane.name, task, threads, told)
            except Exception as error:  # noqa: BLE001 - whatever it is, the lane goes on
                outcome = Outcome(slug=task.slug, state="failed", summary=f"{type(error).__name__}: {error}")
            if self._closed.is_set():
                return
            ended = Ended(task, outcome, lane.name, lane.began, time.time())
            lane.task, lane.far, lane.last = None, None, task.stage
            self._ended.put(ended)
