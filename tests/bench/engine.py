"""What the engine of a batch costs for each task: python -m tests.bench.engine [TASKS [WORKERS [SECONDS]]]

As many webinars, each with a transcript, whose first stage is made to last so long; everything around it is
real: survey, lease, child processes, publishing, for the cluster Dask over TLS too.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil

from pipeline import webinars
from pipeline.batch.board import Board
from pipeline.batch.crew import Crew, LocalCrew
from pipeline.batch.driver import drive, tasks
from pipeline.batch.journal import Journal
from pipeline.cluster.crew import ClusterCrew
from pipeline.cluster.membership import FOLDER
from tests.chaos.storm import Cluster

VTT = "WEBVTT\n\n00:00.000 --> 00:04.000\n<v Anna>Goedemiddag en welkom.\n\n00:04.000 --> 00:09.000\n<v Bert>Dank.\n"


class Blind:
    """Nobody looks."""

    def surveyed(self, done: int, total: int) -> None:
        """See View."""

    def ended(self, ended: object) -> None:
        """See View."""

    def shows(self, board: Board, crew: Crew) -> None:
        """See View."""


class OneStage(Board):
    """Only the first stage of each webinar."""

    def ended(self, task, outcome, now):
        super().ended(task, outcome.model_copy(update={"then": None}), now)


def archive(home: Path, count: int) -> list[str]:
    """So many webinars that are a transcript each."""
    webinars.make_home(home)
    (home / "tekst").mkdir()
    slugs = [f"2026-01-01-webinar-{n:05}" for n in range(count)]
    for slug in slugs:
        (home / "tekst" / f"{slug}.vtt").write_text(VTT, encoding="utf-8")
        toml = f'title = "{slug}"\ntranscript = "{home / "tekst" / slug}.vtt"\n'
        (home / "configs" / f"{slug}.toml").write_text(toml, encoding="utf-8")
    return slugs


def measured(crew: Crew, home: Path, slugs: list[str], workers: int, lasts: float) -> tuple[float, float, float]:
    """Seconds of surveying, seconds of all tasks, and milliseconds that each task cost on top of its stage."""
    board, begun = OneStage(), time.perf_counter()
    tasks(home, slugs, [], board, Blind())
    surveyed = time.perf_counter() - begun
    while len(crew.lanes()) < workers:
        time.sleep(0.1)
    begun = time.perf_counter()
    drive(board, crew, Journal(home, dt.datetime.now()), Blind())
    took = time.perf_counter() - begun
    assert board.done["download"] == len(slugs), board.aside
    return surveyed, took, (took * workers / len(slugs) - lasts) * 1000


def main(count: int = 1000, workers: int = 2, lasts: float = 0.1) -> None:
    """Both engines."""
    for name in ("local", "cluster"):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            slugs = archive(home, count)
            cluster = Cluster(home, 8790, lasts, workers)
            os.environ.update(cluster.env)
            try:
                if name == "cluster":
                    cluster.start(("scheduler", *(f"worker {n}" for n in range(workers))))
                    crew: Crew = ClusterCrew(cluster.address, home / FOLDER)
                else:
                    crew = LocalCrew(home, workers, workers)
                before = psutil.Process().memory_info().rss
                surveyed, took, each = measured(crew, home, slugs, workers, lasts)
                grown = psutil.Process().memory_info().rss - before
            finally:
                cluster.close()
        print(
            f"{name}: {count} tasks of {lasts} s, {workers} workers: {took:.1f} s, {each:.1f} ms on top of each; "
            f"looked at before in {surveyed:.1f} s; the driver grew by {grown / 1e6:.1f} MB"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *map(float, sys.argv[3:]))
