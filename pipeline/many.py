"""The commands over all webinars of a home: search."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Optional

import typer

from pipeline import console
from pipeline.errors import PipelineError
from pipeline.here import Here

many = typer.Typer(rich_markup_mode=None)


@many.command()
def search(
    query: Annotated[
        Optional[str], typer.Argument(help='Words in any form; within "…" exactly so.', show_default=False)
    ] = None,
    speaker: Annotated[str, typer.Option(metavar="NAME", help="Only what this person said; a part will do.")] = "",
    since: Annotated[
        Optional[str], typer.Option(metavar="DATE", help="Only webinars from this day on, as 2025-01-31.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make the index anew first.")] = False,
) -> None:
    """Find what was said in all webinars: by whom, when, and the second at which it can be heard."""
    try:
        day = dt.date.fromisoformat(since) if since else None
    except ValueError as error:
        raise PipelineError(f"'{since}' is no date", "write it as 2025-01-31") from error
    home = Here.home()
    if home is None:
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
        return
    console.hits(found.hits)
    for slug, problem in found.unread.items():
        console.say(f"  ! {slug} could not be searched: {problem}")
    if found.behind:
        console.say("  Another impressie is making the index: what is new may not be found yet")
    if found.more:
        console.say(f"There is more: --limit {2 * limit}")
    elif not found.hits:
        console.say("Nothing like that was said")
