"""Which task is next. Pure: it knows no clock, no process, no disk.

Stage by stage, so that a model is loaded once per hand: of what can be done, the earliest stage, but a hand stays with
the stage that it did last as long as there is any; the longest recording first, so that none is left for the end. One
task of a webinar at a time; one download from a site at a time, with a pause after it; and what failed comes back in
its line until it has failed so often.
"""

from __future__ import annotations

import heapq
import itertools
import urllib.parse
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.batch.tasks import BEGIN, ORDER, Outcome, Task

BUSY = 5.0  # seconds until it is tried again where somebody else is at work
LATER = 60.0  # seconds to stay away from a site that asks for it and does not say how long
PATIENCE = 5  # times in a row that a site may ask for that, before it is left alone
LONGEST = 3600.0  # seconds that a site may ask for, before it is left alone


@dataclass(frozen=True)
class SetAside:
    """A webinar that is not gone on with, and why."""

    name: str  # its slug, or its address where it was not begun
    stage: str
    why: str
    hint: str | None


@dataclass
class Board:
    """What is to be done, what is being done, and what came of it. Times are seconds of any clock that only goes on.

    `tries`: after so many failures of a stage a webinar is set aside. `pause`: seconds between downloads from a site.
    """

    tries: int = 2
    pause: float = 5.0
    running: dict[str, Task] = field(default_factory=dict)  # by key
    done: Counter[str] = field(default_factory=Counter)  # stage → times that it ran
    finished: int = 0  # webinars
    aside: list[SetAside] = field(default_factory=list)
    _works: dict[str, list[tuple[float, int, Task]]] = field(default_factory=lambda: {stage: [] for stage in ORDER})
    _sites: dict[str, dict[str, deque[Task]]] = field(default_factory=dict)
    _resting: list[tuple[float, int, Task]] = field(default_factory=list)
    _opens: dict[str, float] = field(default_factory=dict)  # site → when it may be asked again
    _failed: Counter[str] = field(default_factory=Counter)
    _refused: Counter[str] = field(default_factory=Counter)
    _count: Iterator[int] = field(default_factory=itertools.count)

    def add(self, task: Task) -> None:
        """There is something to do."""
        if task.address:
            self._sites.setdefault(site_of(task), {}).setdefault(task.stage, deque()).append(task)
        else:
            heapq.heappush(self._works[task.stage], (-task.length, next(self._count), task))

    @property
    def left(self) -> bool:
        """Whether anything is to be done or being done."""
        return bool(self.running) or sum(self.waiting().values()) > 0

    def waiting(self) -> Counter[str]:
        """Stage → how many tasks are to be done now or later."""
        told: Counter[str] = Counter({stage: len(tasks) for stage, tasks in self._works.items()})
        for lines in self._sites.values():
            told.update({stage: len(tasks) for stage, tasks in lines.items()})
        told.update(task.stage for _, _, task in self._resting)
        return told

    def next(self, now: float, *, downloads: bool, last: str = "") -> Task | None:
        """Take the next task for a hand that did `last`, one that downloads or one that works; None for none yet."""
        while self._resting and self._resting[0][0] <= now:
            self.add(heapq.heappop(self._resting)[2])
        task = self._download(now) if downloads else self._work(last)
        if task:
            self.running[task.key] = task
        return task

    def _work(self, last: str) -> Task | None:
        stages = ([last] if last else []) + list(ORDER)
        return next((heapq.heappop(self._works[stage])[2] for stage in stages if self._works[stage]), None)

    def _download(self, now: float) -> Task | None:
        """What was begun is downloaded before the next is begun, so that there is work as soon as can be."""
        asked = {site_of(task) for task in self.running.values() if task.address}
        for site, lines in self._sites.items():
            if site in asked or self._opens.get(site, now) > now:
                continue
            for stage in sorted(lines, key=lambda stage: stage == BEGIN):
                if lines[stage]:
                    return lines[stage].popleft()
        return None

    def wakes(self, now: float) -> float | None:
        """Seconds until something that has to wait may go on; None where nothing has to."""
        asked = {site_of(task) for task in self.running.values() if task.address}
        wanted = [site for site, lines in self._sites.items() if site not in asked and any(lines.values())]
        times = [self._opens[site] for site in wanted if site in self._opens]
        times += [self._resting[0][0]] if self._resting else []
        return min((time - now for time in times if time > now), default=None)

    def ended(self, task: Task, outcome: Outcome, now: float) -> None:
        """What came of a task that was taken."""
        self.running.pop(task.key, None)
        name, site = name_of(task), site_of(task)
        if site:
            self._opens[site] = now + self.pause
        if outcome.state == "busy":
            heapq.heappush(self._resting, (now + BUSY, next(self._count), task))
        elif outcome.state == "later":
            self._refused[site] += 1
            self._opens[site] = now + (outcome.wait or LATER)
            self.add(task)
            if self._refused[site] > PATIENCE or outcome.wait > LONGEST:
                self._leave(site, outcome)
        elif outcome.state == "done":
            self.done[task.stage] += outcome.did
            self._refused.pop(site, None)
            self._failed.pop(name, None)
            self.finished += outcome.then is None
            if outcome.then:
                self.add(outcome.then)
        else:
            self._failed[name] += 1
            if self._failed[name] < self.tries:
                self.add(task)
            else:
                self.aside.append(SetAside(name, task.stage, outcome.summary, outcome.hint))
                del self._failed[name]

    def _leave(self, site: str, outcome: Outcome) -> None:
        """A site that goes on refusing is not asked any more: whatever waits for it is set aside."""
        for tasks in self._sites.pop(site, {}).values():
            for task in tasks:
                self.aside.append(SetAside(name_of(task), task.stage, outcome.summary, outcome.hint))

    def closed(self, now: float) -> dict[str, float]:
        """Site → seconds until it may be asked again, where something waits for that."""
        waits = {site: self._opens.get(site, now) - now for site, lines in self._sites.items() if any(lines.values())}
        return {site: seconds for site, seconds in waits.items() if seconds > 2 * self.pause}


def name_of(task: Task) -> str:
    """What a webinar is called: its slug, or its address while it has none."""
    return task.slug or task.source


def site_of(task: Task) -> str:
    """The site that a task downloads from, without 'www.'; '' where it downloads nothing."""
    try:
        host = urllib.parse.urlsplit(task.address).hostname
    except ValueError:  # no address at all, as will be told when its turn comes
        host = None
    return (host or task.address).removeprefix("www.")
