"""The driver's side of a cluster: a `Crew` whose lanes are whatever room the workers offer at the moment."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.batch.crew import Ended, Lane, come
from pipeline.batch.tasks import ORDER, Outcome, Task
from pipeline.cluster.membership import guarded, quiet
from pipeline.cluster.worker import WORK, perform_here
from pipeline.errors import PipelineError

LOOK = 2.0  # seconds between looks at which workers there are
CONNECT = 10  # seconds to find the scheduler
DOWNLOAD = "DOWNLOAD"


class ClusterCrew:
    """See Crew. What runs goes on when this is closed or killed; who asks for the same work again takes it up."""

    def __init__(self, address: str, folder: Path) -> None:
        self._address, self._member = address, guarded(address, folder)
        quiet()
        self._client: Any = self._connected()
        self._lanes: dict[str, Lane] = {}
        self._offered: dict[str, float] = {}
        self._workers = 0
        self._asked: dict[str, tuple[Any, tuple[str, ...]]] = {}  # lane → what runs there, and what it wants
        self._looked = 0.0
        self._ended: queue.SimpleQueue[tuple[Lane, Any]] = queue.SimpleQueue()
        self._tries: dict[str, int] = {}

    def _connected(self) -> Any:
        from distributed import Client

        try:
            return Client(self._address, security=self._member, timeout=CONNECT, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise PipelineError(
                f"no scheduler answers at {self._address}",
                "is it running, and is the certificate in .cluster/ the same? impressie cluster start",
            ) from error

    def lanes(self) -> Sequence[Lane]:
        """See Crew. A lane for each task that the workers can do at a time, and one for downloads."""
        now = time.monotonic()
        if now - self._looked > LOOK:
            self._looked = now
            self._look()
        return list(self._lanes.values()) if self._client.status == "running" and self._workers else []

    def _look(self) -> None:
        """Which workers there are, and what they offer."""
        if self._client.status == "closed":
            try:
                self._client = self._connected()
            except PipelineError:
                return
        try:
            workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        except (OSError, KeyError, RuntimeError):  # it is being looked for
            return
        self._workers, self._offered = len(workers), {}
        for worker in workers:
            for name, amount in worker["resources"].items():
                self._offered[name] = self._offered.get(name, 0) + amount
        for future, wants in self._asked.values():
            if not all(self._offered.get(name) for name in wants):  # who could do it has left: it is asked for again
                future.cancel(force=True)
        self._make_room()

    def _make_room(self) -> None:
        """A lane for each task that they can do; one that is in use stays until it is not."""
        works, downloads = int(self._offered.get(WORK, 0)), int(self._offered.get(DOWNLOAD, self._workers > 0))
        wanted = {f"lane {n + 1}": False for n in range(works)} | {f"download {n + 1}": True for n in range(downloads)}
        for name in [name for name, lane in self._lanes.items() if name not in wanted and lane.task is None]:
            del self._lanes[name]
        for name, downloading in wanted.items():
            self._lanes.setdefault(name, Lane(name, downloads=downloading))

    def start(self, lane: Lane, task: Task, left: int) -> None:
        """See Crew."""
        from distributed import fire_and_forget

        lane.task, lane.began = task, time.time()
        needs = [name for name in task.needs if self._offered.get(name)]
        resources = dict.fromkeys(needs if DOWNLOAD in needs else [WORK, *needs], 1)
        number = self._tries.get(task.key, 0)
        future = self._client.submit(
            perform_here, task.model_dump(mode="json"), key=f"{task.key}-{number}", resources=resources,
            priority=-ORDER.index(task.stage), pure=True, retries=0,
        )  # fmt: skip
        fire_and_forget(future)  # it goes on without us
        self._asked[lane.name] = future, tuple(resources)
        future.add_done_callback(lambda ended: self._ended.put((lane, ended)))

    def wait(self, seconds: float) -> list[Ended]:
        """See Crew."""
        return [ended for lane, future in come(self._ended, seconds) if (ended := self._came(lane, future))]

    def _came(self, lane: Lane, future: Any) -> Ended | None:
        task = lane.task
        self._asked.pop(lane.name, None)
        if task is None:
            return None
        try:
            outcome = Outcome.model_validate(future.result(timeout=CONNECT))
        except Exception as error:  # noqa: BLE001 - whatever Dask says, the task is asked for again
            gone = future.status in ("cancelled", "lost") or isinstance(error, OSError | TimeoutError)
            state, said = ("busy", "the scheduler is gone") if gone else ("failed", f"{type(error).__name__}: {error}")
            outcome = Outcome(slug=task.slug, state=state, summary=said[:400])
        future.release()
        if outcome.state == "done":
            self._tries.pop(task.key, None)
        elif outcome.state != "busy":
            self._tries[task.key] = self._tries.get(task.key, 0) + 1  # else Dask remembers the answer
        ended = Ended(task, outcome, lane.name, lane.began, time.time())
        lane.task, lane.last = None, task.stage
        return ended

    def close(self) -> None:
        """See Crew. What runs goes on."""
        self._client.close(timeout=2)
