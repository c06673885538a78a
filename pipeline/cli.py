"""The commands: each reads its arguments, calls one function, shows one result."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from pipeline import __version__, console
from pipeline.errors import PipelineError, refused
from pipeline.here import Here, Slug
from pipeline.many import many
from pipeline.publish import publish

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="From the recording of a Dutch webinar to an article with checked quotes. Start with: impressie demo",
    epilog="A webinar is named by its slug, or by any part of it that is unique.",
)
models_app = typer.Typer(rich_markup_mode=None, help="What Whisper and speaker models are here, and what each costs.")
app.add_typer(models_app, name="models")
style_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="The house style of your articles.")
app.add_typer(style_app, name="style")
app.add_typer(publish)
app.add_typer(many)


def _version(asked: bool) -> None:
    if asked:
        console.out(f"impressie {__version__}")
        raise typer.Exit


@app.callback()
def main_options(
    home: Annotated[Optional[Path], typer.Option(help="Folder with configs/ and outputs/.", show_default=False)] = None,
    version: Annotated[  # noqa: ARG001 - its callback has answered
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version and stop.")
    ] = False,
) -> None:
    """Options that go before the command."""
    Here.asked = home


@app.command(no_args_is_help=True)
def run(
    source: Annotated[Optional[str], typer.Argument(help="A URL, a media file, a slug, or a webinar's TOML.")] = None,
    transcript: Annotated[
        Optional[Path], typer.Option(help="A transcript that already exists: .vtt, .srt or .json.")
    ] = None,
) -> None:
    """Make the article: run every stage that is not up to date, and nothing else."""
    from pipeline.begin import opened

    _run(opened(Here.or_here(), source, transcript, console.say))


def _run(workspace: Any) -> None:
    """Run what is not up to date, and say where the article is and what comes next."""
    from pipeline import runner
    from pipeline.articles import article_path

    with console.terminal() as face:
        said = "Done" if runner.run(workspace, face) else "Everything is up to date"
    path = article_path(workspace)
    console.say(f"{said}. The article: {os.path.relpath(path) if path.is_relative_to(Path.cwd()) else path}")
    console.say(f"Read, listen, name, correct and approve it: impressie review {workspace.slug}")
    console.say(f"Or in the terminal: impressie status {workspace.slug}, impressie speakers {workspace.slug}")


@app.command()
def new(
    source: Annotated[Optional[str], typer.Argument(help="A URL or a media file.", show_default=False)] = None,
    title: Annotated[Optional[str], typer.Option(help="The title, if the source's own will not do.")] = None,
    date: Annotated[Optional[str], typer.Option(help="The day it was held, as 2026-09-24.")] = None,
    like: Annotated[
        Optional[str], typer.Option(help="Take organisers, speakers and settings from this webinar.")
    ] = None,
    transcript: Annotated[Optional[Path], typer.Option(help="A transcript that already exists.")] = None,
) -> None:
    """Begin a webinar: write its TOML, so that you can fill in speakers and terms before the first run."""
    from pipeline.begin import created

    workspace = created(Here.or_here(), source, transcript=transcript, title=title, date=date, like=like)
    console.say(f"Fill in who takes part: {workspace.toml}")
    console.say(f"Then: impressie run {workspace.slug}")


@app.command()
def rerun(
    slug: Slug,
    stage: Annotated[str, typer.Argument(help="download, transcribe, diarize, segment, draft, rehear or check.")],
    set_: Annotated[
        Optional[list[str]],
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of this stage, for good."),
    ] = None,
    discard_edits: Annotated[
        bool, typer.Option("--discard-edits", help="Overwrite what was changed by hand; a copy is kept.")
    ] = False,
) -> None:
    """Run one stage again and leave the others as they are."""
    from pipeline import runner, webinars

    workspace = webinars.find(Here.home(), slug)
    with console.terminal() as face:
        stale = runner.rerun(workspace, stage, face, set_ or [], discard_edits=discard_edits)
    if stale:
        console.say(f"  Now out of date: {', '.join(stale)}")
        console.say(f"  Next: impressie run {workspace.slug}")


@app.command()
def redraft(
    slug: Slug,
    section: Annotated[int, typer.Option(help="Which section: 1 is the one under the first heading.")],
    hint: Annotated[str, typer.Option(help='What you would rather read, such as "meer over uitvoering".')] = "",
    discard_edits: Annotated[
        bool, typer.Option("--discard-edits", help="Also if you changed that section; a copy is kept.")
    ] = False,
) -> None:
    """Write one section of the article again, and leave every other letter as it is."""
    from pipeline import redrafting, webinars

    workspace = webinars.find(Here.home(), slug)
    with console.terminal() as face:
        redrafting.redraft(workspace, section, hint, face, discard_edits=discard_edits)
    console.say(f"  Next: impressie run {workspace.slug}")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="An article in Markdown, also one that somebody wrote by hand.")],
    against: Annotated[str, typer.Option(metavar="SLUG", help="The webinar that it is about.")],
    json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Hold any article against a webinar's transcript: quotes, speakers, names, numbers, claims."""
    from pipeline import webinars
    from pipeline.stages.check import against as held_against

    report, page = held_against(webinars.find(Here.home(), against), file)
    if json:
        console.as_json(report.model_dump(mode="json"))
    else:
        console.out(page.rstrip())


@app.command()
def status(
    slug: Annotated[Optional[str], typer.Argument(help="One webinar; all of them without.", show_default=False)] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Where a webinar stands: which stages are up to date, and why not."""
    from pipeline import webinars

    home = Here.home()
    if slug:
        _one_status(webinars.find(home, slug), json)
        return
    rows = [webinars.standing(home, each) for each in webinars.slugs(home)] if home else []
    if json:
        console.as_json([{"slug": row[0], "states": row[1], "problem": row[2]} for row in rows])
    elif not rows:
        console.say("There are no webinars here yet. Try: impressie demo")
    else:
        shown = [(name, problem or ", ".join(f"{n} {state}" for state, n in c.items())) for name, c, problem in rows]
        console.table(("webinar", "stages"), shown)


def _one_status(workspace: Any, json: bool) -> None:
    from pipeline import runner
    from pipeline.articles import EDITED_ARTICLE, approved, article_path, last_approval, newer_draft, text_sha256
    from pipeline.artifacts import CHECK

    standings = runner.survey(workspace, workspace.webinar())
    if json:
        console.as_json(
            {
                "slug": workspace.slug,
                "article": str(article_path(workspace)),
                "stages": [{"stage": s.stage.name, "state": s.state, "reasons": s.reasons} for s in standings],
            }
        )
        return
    console.out(workspace.slug)
    console.stages(standings)
    if workspace.busy():
        console.out(f"  at work: {workspace.owner()}")
    if article_path(workspace).name == EDITED_ARTICLE:
        newer = "; a newer machine draft stands beside it" if newer_draft(workspace) else ""
        console.out(f"  the article is yours: edits/{EDITED_ARTICLE}{newer} (impressie diff {workspace.slug})")
    if last := last_approval(workspace):
        holds = "approved" if approved(workspace) else "no longer holds: the approval"
        console.out(f"  {holds} by {last.who} of {last.when.astimezone():%Y-%m-%d %H:%M}")
    if workspace.path(CHECK.file).exists():
        report = CHECK.load(workspace.path(CHECK.file).read_bytes())
        if report.article_sha256 != text_sha256(workspace):
            console.out("  The check below is of an earlier text.")
        console.findings(report)
    todo = [s.stage.name for s in standings if not s.done]
    console.out(f"Next: impressie run {workspace.slug}" if todo else f"The article: {article_path(workspace)}")


@app.command()
def speakers(
    slug: Slug,
    action: Annotated[
        Optional[str], typer.Argument(help="set, merge, split, move or undo; nothing to look.", show_default=False)
    ] = None,
    arguments: Annotated[Optional[list[str]], typer.Argument(metavar="VOICE|TIME|NAME", show_default=False)] = None,
) -> None:
    """Who is who: each voice with its time, moments to listen to, and evidence of its name.

    impressie speakers SLUG set A="Arne van Hout" confirms a name.

    impressie speakers SLUG merge A C gives all that C said to A.

    impressie speakers SLUG split B 0:12:30 makes B another voice from there on.

    impressie speakers SLUG move 0:12:30 A gives the passage at that time to A, or to a 'new' voice.

    impressie speakers SLUG undo takes back the last merge, split or move.
    """
    from pipeline import moving, voices, webinars

    workspace = webinars.find(Here.home(), slug)
    if action:
        with console.terminal() as face:
            moving.change(workspace, action, arguments or [], face, console.say)
    shown, length = voices.overview(workspace)
    console.voices(shown, length, voices.misfits(workspace))
    unsure = [row.named.voice for row in shown if row.named.status != "confirmed"]
    if unsure:
        console.say(f'To confirm a name: impressie speakers {workspace.slug} set {unsure[0]}="Voornaam Achternaam"')
    if action:
        console.say(f"Next: impressie run {workspace.slug}")


@app.command()
def words(
    slug: Slug,
    action: Annotated[Optional[str], typer.Argument(help="set or undo; nothing to look.", show_default=False)] = None,
    arguments: Annotated[Optional[list[str]], typer.Argument(metavar="[HEARD=WRITTEN …]", show_default=False)] = None,
    at: Annotated[Optional[list[str]], typer.Option(metavar="H:MM:SS", help="Only there, not everywhere.")] = None,
) -> None:
    """Which words may be misheard: names and terms that come near, doubtful stretches, and what you put right.

    impressie words SLUG set "Muldert=Mulder" puts it right everywhere; with --at 0:12:30 only there.

    impressie words SLUG set "Denis=Denis" says that it is right as it stands.

    impressie words SLUG undo "Muldert" takes it back.
    """
    from pipeline import webinars
    from pipeline import words as spelling

    workspace = webinars.find(Here.home(), slug)
    if action:
        with console.terminal() as face:
            spelling.change(workspace, action, arguments or [], at or [], face, console.say)
    shown = spelling.overview(workspace)
    console.words(shown)
    if action:
        console.say(f"Next: impressie run {workspace.slug}")
    elif shown.proposed:
        console.say(f"To put one right: impressie words {workspace.slug} {spelling.FORM}")


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """What is here, what fits this machine, and what each model costs in time and memory."""
    if context.invoked_subcommand is None:
        from pipeline.engines import choice

        console.table(choice.HEADINGS, choice.catalogue())
        console.say(
            "Fetch one now: impressie models fetch NAME. Use one: impressie rerun SLUG transcribe --set model=NAME"
        )


@models_app.command("fetch")
def fetch(name: Annotated[str, typer.Argument(help="A name from 'impressie models'.")]) -> None:
    """Fetch a model now, so that a later run needs no network."""
    from pipeline.engines import choice

    with console.terminal() as face:
        path = choice.fetch(name, console.fetching(face, name))
    console.say(f"{name} is in {path}")


@style_app.command("learn", no_args_is_help=True)
def learn(
    files: Annotated[list[Path], typer.Argument(help="Earlier articles, .md or .txt.")],
    write: Annotated[bool, typer.Option("--write", help="Put the proposals into configs/huisstijl.toml.")] = False,
) -> None:
    """Measure earlier articles and propose the settings of configs/huisstijl.toml."""
    from pipeline import styles

    home = Here.home()
    lesson = styles.learned(home, files)
    console.table(("article", "words", "lead", "questions", "headings", "quotes", "quoted"), lesson.articles())
    console.out("")
    if not lesson.proposals:
        console.out("  These articles fit the house style as it is.")
        return
    console.table(("setting", "now", "measured", "proposed"), lesson.changes())
    if write:
        console.say(f"Written to {styles.write(home or Here.or_here(), lesson)}")
    else:
        console.say("To put them into configs/huisstijl.toml: the same command with --write")


@app.command()
def doctor(
    url: Annotated[
        Optional[str], typer.Argument(help="Try this address too (metadata only).", show_default=False)
    ] = None,
) -> None:
    """Look at this machine: is all that is needed here, and if not, what to do."""
    from pipeline import doctor as examination

    ill = False
    for finding in examination.examine(Here.home() or Path.cwd(), url):
        ill = ill or finding.state == "bad"
        console.out(f"  {console.HEALTH[finding.state]} {finding.what:<14} {finding.found}")
        if finding.todo:
            console.out(f"      → {finding.todo}")
    raise typer.Exit(1 if ill else 0)


@app.command()
def update() -> None:
    """Renew yt-dlp and what belongs to it, which have to keep up with YouTube; nothing else changes."""
    from pipeline import updating

    for name, before, now in updating.update():
        console.out(f"  {name:<12} {before}" + (f" → {now}" if now != before else "  is the newest"))


@app.command()
def demo() -> None:
    """Run the bundled sample webinar through every stage."""
    from pipeline import begin

    workspace = begin.adopt_toml(Here.or_here(), begin.SAMPLE, console.say)
    console.say(f"The sample webinar, eight minutes of four invented people: {workspace.slug}")
    _run(workspace)


@app.command()
def forget(
    slug: Slug,
    speaker: Annotated[
        Optional[str],
        typer.Option(metavar="NAME", help="Only what this person said: words, voice, quotes."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove every trace of a webinar, your edits included; or of what one person said in it."""
    from pipeline import webinars

    workspace = webinars.find(Here.home(), slug, doomed=speaker is None)
    if speaker is not None:
        _forget_speaker(workspace, speaker, yes)
        return
    if not yes and not typer.confirm(f"Remove {workspace.slug}, with its recording, article and edits?", err=True):
        raise PipelineError("nothing was removed")
    webinars.forget(workspace)
    console.say(f"{workspace.slug} is gone")


def _forget_speaker(workspace: Any, speaker: str, yes: bool) -> None:
    """Take one person out, and make anew what follows from the transcript."""
    from pipeline import silencing

    asked = f"Remove all that {speaker} said in {workspace.slug}, for good, and silence the recording there?"
    if not yes and not typer.confirm(asked, err=True):
        raise PipelineError("nothing was removed")
    with console.terminal() as face:
        left = silencing.forget_speaker(workspace, speaker, face)
    _run(workspace)
    for line in left:
        console.say(line)


def main() -> None:
    """The command line: PipelineErrors and a disk's refusals in one sentence, Ctrl-C with 130; the rest is a bug."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal knows best what it can show; a file or a pipe gets UTF-8.
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        app()
    except PipelineError as problem:
        console.error(problem)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        console.error(refused(error))
        sys.exit(1)
