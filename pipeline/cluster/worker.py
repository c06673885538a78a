"""`impressie cluster worker`: does what the scheduler asks, in child processes that die with it.

What runs goes on when the scheduler is lost: it publishes what it makes, and whoever asks for the same work again,
from a scheduler that was started anew, gets the outcome of what runs already.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pipeline.batch.hand import Hand
from pipeline.batch.tasks import Outcome, Task
from pipeline.cluster.membership import guarded, only_here, quiet, scratch

WORK = "WORK"  # what every worker offers, once for each task that it does at a time
OFFERS = ("GPU", "DOWNLOAD", "LLM")
AGAIN = 2.0  # seconds between attempts to find a scheduler that is gone


def usual() -> list[str]:
    """What a worker offers that was told nothing."""
    import ctranslate2

    return ["DOWNLOAD"] + ["GPU"] * (ctranslate2.get_cuda_device_count() > 0)


class Hands:
    """So many child processes of this worker; work that is asked for while it runs is not begun twice."""

    def __init__(self, home: Path, count: int, threads: int) -> None:
        self.home, self.threads = home, threads
        self._pool = ThreadPoolExecutor(count)  # its threads, and so the children, live as long as this process
        self._mine = threading.local()
        self._all: list[Hand] = []
        self._running: dict[str, Future[Outcome]] = {}
        self._lock = threading.Lock()

    def do(self, task: Task) -> Future[Outcome]:
        """The outcome of a task, in a while."""
        with self._lock:
            running = self._running.get(task.key)
            if running is None or running.done():
                running = self._running[task.key] = self._pool.submit(self._done, task)
        return running

    def _done(self, task: Task) -> Outcome:
        hand: Hand | None = getattr(self._mine, "hand", None)
        if hand is None or not hand.alive:
            hand = self._mine.hand = Hand(self.home)
            self._all.append(hand)
        try:
            return hand.do(task, self.threads)
        finally:
            with self._lock:
                self._running.pop(task.key, None)

    def kill(self) -> None:
        """Stop whatever runs."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for hand in self._all:
            hand.kill()


_hands: Hands | None = None


async def perform_here(task: dict[str, Any]) -> dict[str, Any]:
    """What Dask runs on a worker: a task as JSON to its outcome as JSON."""
    assert _hands, "this is no worker of impressie's"
    outcome = await asyncio.wrap_future(_hands.do(Task.model_validate(task)))
    return outcome.model_dump(mode="json")


def serve(
    home: Path,
    address: str,
    folder: Path,
    tasks: int,
    threads: int,
    offers: Mapping[str, float],
    say: Callable[[str], None],
) -> None:
    """Work until stopped, `tasks` at a time with so many `threads` each; offers: GPU, DOWNLOAD, LLM."""
    global _hands  # noqa: PLW0603 - Dask calls a function that can be imported, and there is one worker in a process
    member = guarded(address, folder)
    downloads = int(offers.get("DOWNLOAD", 0))
    _hands = Hands(home, tasks + downloads, threads)
    try:
        asyncio.run(_work(address, member, tasks + downloads, {WORK: tasks, **offers}, say))
    finally:
        _hands.kill()


async def _work(
    address: str, member: object, slots: int, resources: Mapping[str, float], say: Callable[[str], None]
) -> None:
    import dask
    from distributed import Worker

    quiet()
    told, host = "", "127.0.0.1" if only_here(address) else None

    def tell(line: str) -> None:
        nonlocal told
        if line != told:
            say(line)
        told = line

    while True:
        try:
            with dask.config.set({"distributed.worker.http.routes": [], "temporary-directory": scratch()}):
                worker = Worker(
                    address, host=host, nthreads=slots, resources=dict(resources), security=member, dashboard=False,
                    dashboard_address="127.0.0.1:0", memory_limit=0, death_timeout=AGAIN,
                )  # fmt: skip
            async with worker:
                tell(f"Working for {address}, {slots} at a time, offering {', '.join(resources)}")
                await worker.finished()
            tell(f"The scheduler at {address} is gone; looking for it …")
        except (OSError, TimeoutError, RuntimeError) as error:
            tell(f"There is no scheduler at {address} ({type(error).__name__}); looking for it …")
        await asyncio.sleep(AGAIN)
