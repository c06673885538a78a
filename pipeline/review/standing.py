"""Where each webinar stands, as JSON: its stages, and a row for the start page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline import articles, dutch, webinars
from pipeline.approving import still_open
from pipeline.artifacts import CHECK
from pipeline.errors import PipelineError
from pipeline.runner import survey
from pipeline.workspace import Workspace

Json = dict[str, Any]


def stages(workspace: Workspace, *, running: bool) -> Json:
    """The stages with their state, and why one is out of date."""
    webinar = workspace.webinar()
    standings = survey(workspace, webinar)
    return {
        "title": webinar.title or workspace.slug,
        "busy": running or workspace.busy(),
        "stages": [
            {
                "stage": s.stage.name,
                "name_nl": dutch.STAGES[s.stage.name],
                "state": s.state,
                "state_nl": dutch.STATES[s.state],
                "why_nl": [dutch.told(reason) for reason in s.reasons],
            }
            for s in standings
        ],
    }


def overview(home: Path, running: frozenset[str]) -> list[Json]:
    """A row per webinar for the start page, the newest first."""
    return [_row(home, slug, slug in running) for slug in reversed(webinars.slugs(home))]


def _row(home: Path, slug: str, running: bool) -> Json:
    row: Json = {
        "slug": slug, "title": slug, "date": None, "words": None, "todo": None, "state": "nog niet uitgevoerd",
        "why": None, "approved_by": None, "approved_on": None,
    }  # fmt: skip
    workspace = Workspace(home, slug)
    try:
        webinar = workspace.webinar()
        row |= {"title": webinar.title or slug, "date": webinar.date and webinar.date.isoformat()}
        approval = articles.approved(workspace) if articles.article_path(workspace).exists() else None
        if workspace.path(CHECK.file).exists():
            report = CHECK.load(workspace.path(CHECK.file).read_bytes())
            row |= {"state": "te controleren", "words": report.words, "todo": len(still_open(workspace, report))}
    except PipelineError as error:
        return row | {"state": "niet leesbaar", "why": dutch.problem(error)[0]}
    if running or workspace.busy():
        row["state"] = "loopt"
    elif approval:
        row |= {"state": "goedgekeurd", "todo": 0}
        row |= {"approved_by": approval.who, "approved_on": approval.when.isoformat()}
    return row
