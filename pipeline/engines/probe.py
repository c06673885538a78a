"""What is known of a recording before it is downloaded."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import is_address
from pipeline.models import Chapter

# 'Sprekers: Anna de Wit (wethouder) en …', 'Met Anna de Wit, …' in the text below a video
INTRODUCED = re.compile(r"\b(?:sprekers?|gasten|panelleden|moderator|o\.a\.|medewerking van|met)\s*:?\s", re.IGNORECASE)
WORD = r"[A-ZÀ-Þ][\w'’]+(?:-[A-ZÀ-Þ]\w+)*"
NAME = re.compile(rf"\b{WORD}(?: (?:van|de|der|den|het|'t|ter|ten|te|von|la|el|al|in))*(?: {WORD}){{1,2}}")


@dataclass(frozen=True)
class Probe:
    """Facts about a source; `duration` in seconds. The description is shown once, by `new`, and never stored."""

    url: str
    title: str
    published: dt.date | None = None
    duration: float | None = None
    chapters: tuple[Chapter, ...] = ()
    uploader: str | None = None
    description: str | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Names that the description introduces as taking part; proposals, in its order."""
        named: dict[str, None] = {}
        for line in (self.description or "").splitlines():
            if begins := INTRODUCED.search(line):
                named.update(dict.fromkeys(NAME.findall(line[begins.end() :])))
        return tuple(named)[:12]


def probe_source(source: str, cookies: str | None = None) -> Probe:
    """Title, date, length, chapters of a URL or a media file, without downloading it. PipelineError says why not."""
    from pipeline.engines import media, ytdlp

    return ytdlp.probe(source, cookies) if is_address(source) else media.probe_media(Path(source).expanduser())
