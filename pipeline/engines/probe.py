"""What is known of a recording before it is downloaded."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.models import Chapter

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters or more, so that C:\ is a path
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


def is_address(source: str) -> bool:
    """Whether a source is to be downloaded: anything with a scheme that is no file of that name."""
    return bool(SCHEME.match(source)) and not Path(source).exists()
