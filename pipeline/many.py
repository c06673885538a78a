"""The commands for many webinars at once: batch."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from pipeline import console
from pipeline.errors import PipelineError
from pipeline.here import Here

if TYPE_CHECKING:
    from pipeline.batch.sources import Sources

many = typer.Typer(rich_markup_mode=None)


@many.command()
def batch(
    sources: Annotated[
        Optional[list[str]],
        typer.Argument(
            help="Text files of addresses, folders, playlists, channels, TOMLs, slugs; all webinars here without.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="So many at once on this computer.")] = 1,
    tries: Annotated[int, typer.Option(min=1, help="Set a webinar aside after a stage failed so often.")] = 2,
    pause: Annotated[float, typer.Option(min=0, help="Seconds between two downloads from one site.")] = 5.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would run, and for how long.")] = False,
) -> None:
    """Bring many webinars up to date, stage by stage; what fails is set aside and the others go on.

    Stop it whenever you like: the same command goes on where it was.
    """
    from pipeline.batch.sources import gathered
    from pipeline.engines import ytdlp

    home = Here.home() if dry_run else Here.or_here()
    if home is None:
        raise PipelineError("there are no webinars here yet", "impressie demo, or leave out --dry-run")
    found = gathered(home, sources or [], ytdlp.listed)
    for line in found.told:
        console.say(f"  · {line}")
    if not found.slugs and not found.new:
        raise PipelineError("there are no webinars here yet", "give what the batch is of: impressie batch --help")
    if dry_run:
        _forecast(home, found, workers)
    else:
        _batch(home, found, workers, tries, pause)


def _forecast(home: Path, found: Sources, workers: int) -> None:
    from pipeline.batch.forecast import forecast
    from pipeline.models import clock

    told = forecast(home, found.slugs, {source: found.seconds.get(source) for source in found.new}, workers)
    console.say(f"{len(found.slugs)} webinars are here, {len(found.new)} are to be begun.")
    if not told.rows:
        console.say("Everything is up to date.")
        return
    work = {row.stage: "?" if row.seconds is None else clock(row.seconds) for row in told.rows}
    rows = [(row.stage, str(row.count), work[row.stage], str(row.runs)) for row in told.rows]
    console.table(("stage", "webinars", "work", "earlier runs"), rows)
    at_once = f" with {workers} at once" if workers > 1 else ""
    least = f", and {', '.join(told.unknown)}, which never ran here" if told.unknown else ""
    console.say(f"About {clock(told.seconds)}{at_once}{least}. Nothing was run.")


def _batch(home: Path, found: Sources, workers: int, tries: int, pause: float) -> None:
    from pipeline.batch import driver, report
    from pipeline.batch.board import Board
    from pipeline.batch.crew import LocalCrew
    from pipeline.batch.journal import Journal
    from pipeline.config import Machine

    board, journal, began = Board(tries, pause), Journal(home, dt.datetime.now()), time.time()
    with console.batch() as view:
        driver.tasks(home, found.slugs, found.new, board, view)
        fresh, unread = board.finished, [(each.name, each.why, each.hint) for each in board.aside]
        written: list[Path] = []
        if board.left:
            crew = LocalCrew(home, workers, max(1, Machine().cores() // workers))
            try:
                driver.drive(board, crew, journal, view)
            finally:
                written = report.write(journal, began, fresh, unread)
    console.say(f"{board.finished} webinars are up to date, {len(board.aside)} were set aside.")
    for each in board.aside:
        console.say(f"  ✗ {each.name}  {each.stage}  {each.why}")
        if each.hint:
            console.say(f"      hint: {each.hint}")
    if written:
        console.say(f"The report: {written[-1]}")
    if board.aside:
        raise typer.Exit(1)
