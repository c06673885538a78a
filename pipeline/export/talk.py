"""The webinar as its exports tell of it: what it is called, who said what when, and whether its article is approved."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline import articles, edits
from pipeline.article.markup import https
from pipeline.article.text import date
from pipeline.artifacts import PASSAGES, RECORDING
from pipeline.config import Webinar
from pipeline.edits import Approval
from pipeline.errors import PipelineError
from pipeline.export.blocks import line
from pipeline.models import NamedVoice, Passages, Recording, Span
from pipeline.speech.names import names_of
from pipeline.stages.segment import spoken_by
from pipeline.workspace import Workspace

INVENTED = "known invention"
LONGEST_NAME = 80  # letters of a file's name
_DEVICES = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)$")


@dataclass(frozen=True)
class Talk:
    """A webinar with its settings, recording, transcript and names; `approval` where one holds for its article."""

    webinar: Webinar
    recording: Recording
    passages: Passages
    names: Mapping[str, NamedVoice]
    approval: Approval | None = None

    @property
    def title(self) -> str:
        """As the user calls it, else as the site does."""
        return line(self.webinar.title or self.recording.title) or "zonder titel"

    @property
    def state(self) -> str:
        """Who made the article and who read it, for a file's properties."""
        if self.approval is None:
            return "Automatisch gemaakt concept (AI-generated draft), nog niet door een redacteur goedgekeurd."
        return f"Nagelezen en goedgekeurd door een redacteur op {date(self.approval.when.date())}."

    def label(self, voice: str) -> str:
        """Who speaks, for a reader: a name, one that is proposed only as such, or 'Spreker 2'."""
        return line(spoken_by(voice, self.names)) or "Spreker"

    def name(self, voice: str) -> str:
        """The same, without saying that it is proposed only."""
        return line(self.names[voice].name or "") or self.label(voice)

    def link(self, moment: float) -> str | None:
        """Where on https a moment can be heard, if anywhere."""
        return https(self.recording.link(moment))

    def owns(self, address: str | None) -> bool:
        """Whether an address is the recording's own."""
        own = [part.url for part in self.recording.parts if https(part.url)]
        return any(address == url or (address or "").startswith((f"{url}?", f"{url}&", f"{url}#")) for url in own)

    def invented(self, span: Span) -> bool:
        """Whether the recogniser is known to invent what it wrote here."""
        return any(one.start <= span.middle <= one.end for one in self.passages.suspects if one.reason == INVENTED)


def talk_of(workspace: Workspace) -> Talk:
    """A webinar as it stands. PipelineError where nobody was heard in it yet."""
    path = workspace.path(PASSAGES.file)
    if not path.exists():
        raise PipelineError(f"{workspace.slug} has no transcript yet", f"impressie run {workspace.slug}")
    webinar, passages = workspace.webinar(), PASSAGES.load(path.read_bytes())
    names = names_of(passages, webinar.names(), edits.read_pins(workspace.folder / "edits" / edits.NAMES))
    recording = RECORDING.load(workspace.path(RECORDING.file).read_bytes())
    return Talk(webinar, recording, passages, names, articles.approved(workspace))


def filename(name: str) -> str:
    """A name, whoever thought of it, as that of a file on any system; without its ending."""
    text = unicodedata.normalize("NFC", line(name))
    text = " ".join(re.sub(r"[<>:\"/\\|?*]", " ", text).split())[:LONGEST_NAME].strip(" .-~")
    return f"{text}-" if _DEVICES.match(text) else text or "zonder naam"
