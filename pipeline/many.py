"""The commands for many webinars at once: search, batch, and cluster for the machines that share one."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from pipeline import console
from pipeline.errors import PipelineError
from pipeline.here import Here

if TYPE_CHECKING:
    from pipeline.batch.crew import Crew
    from pipeline.batch.sources import Sources

MOST_HITS = 100_000
many = typer.Typer(rich_markup_mode=None)
cluster = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Machines that work on one batch together: impressie[cluster]."
)
many.add_typer(cluster, name="cluster")


@many.command()
def search(
    query: Annotated[
        Optional[str], typer.Argument(help='Words in any form; within "…" exactly so.', show_default=False)
    ] = None,
    speaker: Annotated[
        str, typer.Option(metavar="NAME", help="Only what this person said: how a name begins, or 'voice B'.")
    ] = "",
    since: Annotated[
        Optional[str], typer.Option(metavar="DATE", help="Only webinars from this day on, as 2025-01-31.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_HITS, help="How many to show.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make the index anew first.")] = False,
) -> None:
    """Find what was said in all webinars: by whom, when, and the second at which it can be heard."""
    try:
        day = dt.date.fromisoformat(since) if since else None
    except ValueError as error:
        raise PipelineError(f"'{since}' is no date", "write it as 2025-01-31") from error
    home = Here.home()
    if home is None or not (home / "configs").is_dir():
        raise PipelineError("there are no webinars here yet", "impressie demo")
    from pipeline import archive
    from pipeline.search import search as searched

    with console.terminal() as face:
        progress = console.fetching(face, "index")
        if rebuild:
            archive.update(home, progress, rebuild=True)
            if query is None:
                console.say("The index is new")
                return
        found = searched(home, query or "", progress, speaker=speaker, since=day, limit=limit)
    if json:
        console.as_json([hit.told() for hit in found.hits])
    else:
        console.hits(found.hits)
    for slug, problem in found.unread.items():
        console.say(f"  ! {slug} could not be searched: {problem}")
    if found.behind:
        console.say("  The index could not be brought up to date now: what is new may not be found yet")
    if found.more:
        console.say(f"There is more: --limit {2 * limit}" if 2 * limit <= MOST_HITS else "There is more")
    elif not found.hits:
        console.say("No passage holds all of that")


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
    on: Annotated[
        Optional[str],
        typer.Option("--cluster", metavar="ADDRESS", help="On these machines, such as tls://10.0.0.5:8786."),
    ] = None,
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
        what = "these sources hold no webinars" if sources else "there are no webinars here yet"
        raise PipelineError(what, "give what the batch is of: impressie batch --help")
    if dry_run:
        _forecast(home, found, workers)
    else:
        _batch(home, found, _crew(home, workers, on), tries, pause)


def _crew(home: Path, workers: int, on: str | None) -> Callable[[], Crew]:
    """Who does the work, once there is any."""
    if on is None:
        from pipeline.batch.crew import LocalCrew
        from pipeline.config import Machine

        return lambda: LocalCrew(home, workers, Machine().cores())
    _have_engine()
    from pipeline.cluster.crew import ClusterCrew
    from pipeline.cluster.membership import FOLDER

    return lambda: ClusterCrew(on, home / FOLDER)


def _forecast(home: Path, found: Sources, workers: int) -> None:
    from pipeline.batch.forecast import forecast
    from pipeline.models import clock

    told = forecast(home, found.slugs, {source: found.seconds.get(source) for source in found.new}, workers)
    console.say(f"{_webinars(len(found.slugs))} here, {len(found.new)} to be begun.")
    for line in told.broken:
        console.say(f"  ✗ {line}")
    if not told.rows:
        console.say("Nothing is left to run." if told.broken else "Everything is up to date.")
        return
    work = {row.stage: "?" if row.seconds is None else clock(row.seconds) for row in told.rows}
    rows = [(row.stage, str(row.count), work[row.stage], str(row.runs)) for row in told.rows]
    console.table(("stage", "webinars", "work", "earlier runs"), rows)
    at_once = f" with {workers} at once" if workers > 1 else ""
    if len(told.unknown) == len(told.rows):
        console.say("How long it takes nobody can say: nothing ran here before. Nothing was run.")
    else:
        more = f", and {', '.join(told.unknown)}, which never ran here" if told.unknown else ""
        console.say(f"About {clock(told.seconds)}{at_once}{more}. Nothing was run.")


def _batch(home: Path, found: Sources, crew: Callable[[], Crew], tries: int, pause: float) -> None:
    from pipeline.batch import driver, report
    from pipeline.batch.board import Board
    from pipeline.batch.journal import Journal

    board, journal, began = Board(tries, pause), Journal(home, dt.datetime.now()), time.time()
    with console.batch() as view:
        driver.tasks(home, found.slugs, found.new, board, view)
        fresh, unread = board.finished, [(each.name, each.why, each.hint) for each in board.aside]
        written: list[Path] = []
        if board.left:
            try:
                driver.drive(board, crew(), journal, view)
            finally:
                written = report.write(journal, began, fresh, unread)
    console.say(f"{_webinars(board.finished)} up to date{_aside(len(board.aside))}.")
    for each in board.aside:
        console.say(f"  ✗ {each.name}  {each.stage}  {each.why}")
        if each.hint:
            console.say(f"      hint: {each.hint}")
    if written:
        console.say(f"The report: {written[-1]}")
    if board.aside:
        raise typer.Exit(1)


def _webinars(count: int) -> str:
    return f"{count} webinar is" if count == 1 else f"{count} webinars are"


def _aside(count: int) -> str:
    return f", {count} {'was' if count == 1 else 'were'} set aside" if count else ""


# Many machines -------------------------------------------------------------------------------------


def _have_engine() -> None:
    from importlib.util import find_spec

    if find_spec("distributed") is None or find_spec("cryptography") is None:
        raise PipelineError("working on many machines wants an extra", "pip install 'impressie[cluster]'")


def _shared() -> Path:
    """The home that all machines see."""
    _have_engine()
    home = Here.home()
    if home is None:
        raise PipelineError("there are no webinars here", "run this in the folder that all machines share, or --home")
    return home


@cluster.command("init")
def cluster_init() -> None:
    """Make the certificate by which the machines of a cluster know each other; in .cluster/ of the shared folder."""
    home = _shared()
    from pipeline.cluster import membership

    membership.init(home / membership.FOLDER)
    console.say(f"The certificate is in {home / membership.FOLDER}: whoever can read that may join, and run anything.")
    console.say("Next, on one machine: impressie cluster start --host ITS-ADDRESS")


@cluster.command("start")
def cluster_start(
    host: Annotated[str, typer.Option(help="The address of this machine that the others can reach.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8786,
) -> None:
    """Run the scheduler, which tells the workers what to do."""
    home = _shared()
    from pipeline.cluster import membership, scheduler

    scheduler.start(home / membership.FOLDER, host, port, console.say)


@cluster.command("worker")
def cluster_worker(
    address: Annotated[str, typer.Argument(help="Where the scheduler listens, such as tls://10.0.0.5:8786.")],
    tasks: Annotated[int, typer.Option(min=1, max=64, help="So many at a time.")] = 1,
    offer: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="GPU|DOWNLOAD|LLM", help="What this machine has; DOWNLOAD, and GPU if it has one, without."
        ),
    ] = None,
) -> None:
    """Do what the scheduler asks, until it is stopped; a scheduler that is gone is waited for."""
    home = _shared()
    from pipeline.cluster import membership, worker
    from pipeline.config import Machine

    unknown = set(offer or []) - set(worker.OFFERS)
    if unknown:
        raise PipelineError(f"--offer {unknown.pop()} means nothing", f"choose from {', '.join(worker.OFFERS)}")
    offers = dict.fromkeys(offer if offer is not None else worker.usual(), 1.0)
    threads = max(1, Machine().cores() // tasks)
    worker.serve(home, address, home / membership.FOLDER, tasks, threads, offers, console.say)
