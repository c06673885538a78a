"""The gate before publication: what must be settled, who listened, who waived what, and who answers for the text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from pipeline import articles, edits, runner
from pipeline.article.findings import start
from pipeline.article.text import norms
from pipeline.edits import LISTENED, REVIEW, Answer, Approval, Listened, Played, Review, Waiver
from pipeline.errors import PipelineError
from pipeline.models import Span
from pipeline.stages.check import STAGE, report_on
from pipeline.workspace import Workspace
from pipeline.writing import CheckedQuote, CheckReport

STATEMENT = "Ik heb de citaten, namen en cijfers nagelezen en sta in voor deze tekst."
SAME = 0.5  # of a quote's seconds that must have been played for it to count as listened to


@dataclass(frozen=True)
class Obstacle:
    """Why an article may not be approved yet, in Dutch; `waived` where a person answers for it."""

    text: str
    at: float | None = None
    quote: int | None = None
    waived: Waiver | None = None
    kind: str = "quote"


@dataclass(frozen=True)
class Gate:
    """The article as it stands, checked anew, with all that stands in the way of approving it."""

    text: str
    sha256: str
    report: CheckReport
    obstacles: tuple[Obstacle, ...]
    listened: frozenset[int]
    answers: Mapping[int, Answer]

    @property
    def closed(self) -> list[Obstacle]:
        """What still stands in the way."""
        return [obstacle for obstacle in self.obstacles if obstacle.waived is None]


def gate(workspace: Workspace) -> Gate:
    """Look at the article as it stands. PipelineError where there is none."""
    text = articles.current(workspace)
    return _gate(workspace, text, _report(workspace.home, workspace.slug, text, _stamps(workspace)))


def _gate(workspace: Workspace, text: str, report: CheckReport) -> Gate:
    folder = workspace.folder / "edits"
    review = edits.read(folder / REVIEW, Review)
    heard = listened(report.quotes, edits.read(folder / LISTENED, Listened).quotes)
    found = tuple(obstacles(report, review, heard))
    return Gate(text, report.article_sha256, report, found, heard, answered(report, review))


def still_open(workspace: Workspace, report: CheckReport) -> list[Obstacle]:
    """What is still to be settled by an earlier check, without checking anew: for a list of many webinars."""
    return _gate(workspace, "", report).closed


@lru_cache(maxsize=8)
def _report(home: Path, slug: str, text: str, _stamps: frozenset[tuple[str, int]]) -> CheckReport:
    """Remembered while nothing that the check reads changes: a page asks for it again and again."""
    return report_on(Workspace(home, slug), text)


def _stamps(workspace: Workspace) -> frozenset[tuple[str, int]]:
    files = [artifact.file for artifact in STAGE.reads] + [f"edits/{name}" for name in STAGE.lays]
    paths = [*map(workspace.path, files), workspace.toml, *workspace.toml.parent.glob("*.toml")]
    return frozenset((str(path), path.stat().st_mtime_ns) for path in paths if path.exists())


def listened(quotes: Sequence[CheckedQuote], played: Sequence[Played]) -> frozenset[int]:
    """Which quotes a person listened to as they stand: the same words, at the same seconds. Pure."""
    return frozenset(
        at
        for at, quote in enumerate(quotes)
        for one in played
        if quote.span and norms(one.text) == norms(quote.text) and _same(one, quote.span)
    )


def _same(played: Span, span: Span) -> bool:
    return played.overlap(span) >= SAME * span.duration


def obstacles(report: CheckReport, review: Review, heard: frozenset[int]) -> Iterator[Obstacle]:
    """What stands in the way of approval, as the check found it, and as nobody listened or agreed. Pure."""
    spans = [(at, quote.span) for at, quote in enumerate(report.quotes) if quote.span]
    for finding in report.findings:
        if finding.severity == "blocks":
            about = next((i for i, span in spans if finding.kind == "quote" and span.start == finding.at), None)
            yield _obstacle(report, review, finding.text, finding.at, about, finding.kind)
    for at, quote in enumerate(report.quotes):
        if quote.span and at not in heard and quote.heard_twice != "alike":
            text = f"Het citaat {start(quote.text)} is niet beluisterd en niet twee keer gelijk verstaan."
            yield _obstacle(report, review, text, quote.span.start, at)
    for at, given in answered(report, review).items():
        if given.answer != "agreed":
            quote = report.quotes[at]
            did = "trok het citaat in" if given.answer == "withdrawn" else "wil het citaat anders"
            text = f"{given.name} {did}: {start(quote.text)}."
            yield _obstacle(report, review, text, quote.span.start if quote.span else None, at)


def _obstacle(
    report: CheckReport, review: Review, text: str, at: float | None, quote: int | None, kind: str = "quote"
) -> Obstacle:
    about = "" if quote is None else report.quotes[quote].text
    waiver = next((w for w in reversed(review.waivers) if (w.objection, w.about) == (text, about)), None)
    return Obstacle(text, at, quote, waiver, kind)


def answered(report: CheckReport, review: Review) -> Mapping[int, Answer]:
    """What people said of their quotes as these stand; the last answer counts. Pure."""
    printed = {" ".join(norms(quote.text)): at for at, quote in enumerate(report.quotes)}
    given = {" ".join(norms(answer.quote)): answer for answer in review.answers}
    return {printed[words]: answer for words, answer in given.items() if words in printed}


def listen(workspace: Workspace, text: str, span: Span) -> None:
    """Keep that a person heard this quote from its beginning to its end."""
    played = Played(start=span.start, end=span.end, text=text, when=_now())
    edits.add(workspace, LISTENED, Listened, lambda said: said.model_copy(update={"quotes": (*said.quotes, played)}))


def waive(workspace: Workspace, objection: str, reason: str, who: str) -> None:
    """Keep that a person lets this stand, and why. PipelineError where the check does not object to it."""
    if not reason.strip() or not who.strip():
        raise PipelineError("a waiver needs a reason and a name", "say why this may stand, and who answers for it")
    now = gate(workspace)
    meant = [obstacle for obstacle in now.obstacles if obstacle.text == objection]
    if not meant:
        raise PipelineError("the check does not object to that (any more)", f"impressie status {workspace.slug}")
    given = tuple(
        Waiver(
            objection=objection,
            about="" if obstacle.quote is None else now.report.quotes[obstacle.quote].text,
            reason=reason.strip(),
            who=who.strip(),
            when=_now(),
        )
        for obstacle in meant
    )
    edits.add(workspace, REVIEW, Review, lambda said: said.model_copy(update={"waivers": (*said.waivers, *given)}))


def answer(workspace: Workspace, name: str, quote: str, said: str, wanted: str, who: str) -> None:
    """Keep what somebody said of a quote of hers: 'agreed', 'changed' (into `wanted`) or 'withdrawn'.

    PipelineError where she is not quoted so, or where it is not said who recorded it.
    """
    if " ".join(norms(quote)) not in {" ".join(norms(one.text)) for one in gate(workspace).report.quotes}:
        raise PipelineError("there is no such quote in the article", f"impressie status {workspace.slug}")
    try:
        given = Answer.model_validate(
            {"name": name, "quote": quote, "answer": said, "wanted": wanted or None, "who": who, "when": _now()}
        )
    except ValidationError as error:
        raise PipelineError("an answer needs a name and one of agreed, changed, withdrawn") from error
    edits.add(workspace, REVIEW, Review, lambda review: review.model_copy(update={"answers": (*review.answers, given)}))


def approve(workspace: Workspace, who: str, statement: str, face: runner.Face, was: str | None = None) -> Approval:
    """Record that a person answers for the text as it stands (`was`: the sha256 of what she read), and close it.

    PipelineError while the gate is closed.
    """
    if not who.strip():
        raise PipelineError("an approval needs a name", 'say who answers for the text: --name "Voornaam Achternaam"')
    with workspace.locked(f"approve {workspace.slug}"):
        runner.prepare(workspace, face)
        now = gate(workspace)
        if was is not None and was != now.sha256:
            raise articles.ChangedMeanwhileError("the article was changed meanwhile", "read it again first")
        if now.closed:
            first = now.closed[0]
            raise PipelineError(
                f"{len(now.closed)} things are to be settled before this can be approved; the first: {first.text}",
                f"settle them (impressie review {workspace.slug}), or let them stand with a reason: --waive",
            )
        articles.save(workspace, now.text, now.sha256)
        runner.refresh(workspace, "check", face)
        used = tuple(obstacle.waived for obstacle in now.obstacles if obstacle.waived)
        approval = Approval(
            who=who.strip(), when=_now(), sha256=now.sha256, statement=statement.strip(), text=now.text, waivers=used
        )
        edits.add(
            workspace, REVIEW, Review, lambda said: said.model_copy(update={"approvals": (*said.approvals, approval)})
        )
        workspace.log(f"approved by {approval.who}: {approval.sha256}")
    return approval


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
