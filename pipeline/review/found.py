"""What a search over all webinars found, as JSON for the start page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline import dutch
from pipeline.errors import PipelineError

MOST = 500  # hits at once
Json = dict[str, Any]


def found(home: Path, asked: Mapping[str, str]) -> Json:
    """The hits for `q`, perhaps of a `speaker`, `since` a day, so many (`limit`); PipelineError where none is asked."""
    from pipeline.search import search  # brings a dictionary along

    try:
        since = dt.date.fromisoformat(asked["since"]) if asked.get("since") else None
    except ValueError as error:
        raise PipelineError(f"'{asked['since']}' is no date", "write it as 2025-01-31") from error
    limit = min(MOST, max(1, int(asked.get("limit", 20))))
    made = search(home, asked.get("q", ""), lambda *_: None, speaker=asked.get("speaker", ""), since=since, limit=limit)
    return {
        "hits": [
            {
                "slug": hit.workspace.slug,
                "title": hit.talk.title,
                "date": hit.talk.date and hit.talk.date.isoformat(),
                "start": hit.span.start,
                "end": hit.span.end,
                "who": hit.talk.label(hit.voice),
                "runs": hit.runs,
                "marks": [
                    *(["niet citeren"] if hit.barred else []),
                    *([dutch.DOUBTS.get(hit.doubt, hit.doubt)] if hit.doubt else []),
                ],
                "sound": hit.sound,
            }
            for hit in made.hits
        ],
        "more": made.more and limit < MOST,
        "behind": made.behind,
        "unread": sorted(made.unread),
    }
