"""The commands between draft and publication: review, approve, export, import, diff."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from pipeline import console
from pipeline.errors import PipelineError
from pipeline.here import Here, Slug

publish = typer.Typer(rich_markup_mode=None)


@publish.command()
def review(
    slug: Annotated[Optional[str], typer.Argument(help="One webinar; all of them without.", show_default=False)] = None,
    port: Annotated[int, typer.Option(help="The port of the page; a free one without.", show_default=False)] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in your browser.")] = True,
) -> None:
    """Read, listen, name, correct and approve, on a page in your browser that only this computer can open."""
    from pipeline import review as page
    from pipeline import webinars

    home = Here.home()
    if home is None:
        raise PipelineError("there are no webinars here yet", "impressie demo")
    page.serve(home, webinars.find(home, slug).slug if slug else None, port, browser=browser, say=console.say)


@publish.command()
def approve(
    slug: Slug,
    name: Annotated[str, typer.Option(help="Who answers for the text.")] = "",
    waive: Annotated[
        Optional[list[str]],
        typer.Option(metavar="REASON", help="Let what is still open stand, for this reason: one for each, in order."),
    ] = None,
) -> None:
    """Record that a person answers for the article as it stands; refused while something is to be settled."""
    from pipeline import approving, webinars

    workspace = webinars.find(Here.home(), slug)
    still_open = approving.gate(workspace).closed
    if len(waive or []) > len(still_open):
        raise PipelineError(f"{len(still_open)} things are open, and you gave {len(waive or [])} reasons")
    for obstacle, reason in zip(still_open, waive or [], strict=False):
        approving.waive(workspace, obstacle.text, reason, name)
    console.obstacles(still_open, len(waive or []))
    with console.terminal() as face:
        approval = approving.approve(workspace, name, approving.STATEMENT, face)
    console.say(f"Approved by {approval.who}. Next: impressie export {workspace.slug} --to docx")


@publish.command()
def export(
    slug: Slug,
    to: Annotated[str, typer.Option(help="docx, docx-met-bronnen, html, md, vtt, srt, transcript.docx or pack.")],
    file: Annotated[Optional[Path], typer.Option(help="Where to; else outputs/SLUG/export/.")] = None,
) -> None:
    """Write the article, the transcript, the captions, or what each speaker is asked to agree to."""
    from pipeline import export as leaving
    from pipeline import webinars

    console.say(f"Written: {leaving.written(webinars.find(Here.home(), slug), to, file)}")


@publish.command(name="import")
def import_(
    slug: Slug,
    file: Annotated[Path, typer.Argument(help="The article as it came back: .docx (changes taken as made) or .md.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take an article that came back from Word, after showing what differs; yours is kept as a version."""
    from pipeline import articles, webinars
    from pipeline.export.word import from_file
    from pipeline.stages.check import report_on

    workspace = webinars.find(Here.home(), slug)
    now = articles.current(workspace)
    was, text = articles.text_sha256(workspace), from_file(file, now)
    changes = articles.differs(workspace, text, file.name)
    if not changes:
        console.say("No difference.")
        return
    console.out(changes)
    console.findings(report_on(workspace, text))
    if not yes and not typer.confirm("Make this the article?", err=True):
        raise PipelineError("nothing was changed")
    articles.save(workspace, text, was)
    console.say(f"It is the article now. Next: impressie run {workspace.slug}")


@publish.command()
def diff(
    slug: Slug,
    since_approval: Annotated[
        bool, typer.Option("--since-approval", help="What changed since the article was approved last.")
    ] = False,
) -> None:
    """What differs between the machine's draft and the article as you edited it."""
    from pipeline import articles, webinars

    compared = articles.since_approval if since_approval else articles.compared
    console.out(compared(webinars.find(Here.home(), slug)) or "No difference.")
