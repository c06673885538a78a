"""What goes on, told to every open page: runs with their steps, and changes made elsewhere."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import dutch, runner
from pipeline.errors import REFUSED, PipelineError, refused
from pipeline.models import clock
from pipeline.workspace import Workspace

LOOK = 2.0  # seconds between looks at whether somebody else changed something
OFTEN = 0.25  # seconds between two tellings of how far a stage is


class Hub:
    """One webinar's pages, and the run that goes on in it, if any."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.pages: list[tuple[asyncio.AbstractEventLoop, asyncio.Queue[str | None]]] = []
        self.running: Running | None = None
        self.acting = 0  # requests that change something right now
        self.seen = seen(workspace)

    def tell(self, event: str, **what: Any) -> None:
        """Send an event to every page; from any thread."""
        message = f"event: {event}\ndata: {json.dumps(what, ensure_ascii=False)}\n\n"
        for loop, queue in list(self.pages):
            loop.call_soon_threadsafe(queue.put_nowait, message)

    def changed(self, what: str, by: str | None) -> None:
        """Tell that the article or everything changed; `by` is the tab that knows already."""
        self.seen = seen(self.workspace)
        self.tell("changed", what=what, by=by)

    async def events(self) -> AsyncIterator[str]:
        """The stream of one page, until it goes away."""
        mine = (asyncio.get_running_loop(), asyncio.Queue[str | None]())
        self.pages.append(mine)
        try:
            yield ": hallo\n\n"
            while True:
                try:
                    message = await asyncio.wait_for(mine[1].get(), LOOK)
                except TimeoutError:
                    if self.running is None and not self.acting and seen(self.workspace) != self.seen:
                        self.changed("all", None)
                    message = ": nog daar\n\n"
                if message is None:
                    return
                yield message
        finally:
            self.pages.remove(mine)

    def close(self) -> None:
        """The server stops: end every stream, and the run."""
        if self.running:
            self.running.stop.set()
        for _, queue in self.pages:
            queue.put_nowait(None)

    def run(self) -> bool:
        """Bring all stages up to date in the background; False where that goes on already."""
        if self.running is not None:
            return False
        self.running = Running(self)
        threading.Thread(target=self._run, args=(self.running,), daemon=True).start()
        return True

    def _run(self, running: Running) -> None:
        said: tuple[str | None, str | None] = (None, None)
        try:
            runner.run(self.workspace, running)
        except PipelineError as error:
            said = dutch.problem(error)
        except KeyboardInterrupt:
            said = ("Gestopt; er is niets half veranderd.", "Kies ‘Bijwerken’ om verder te gaan.")
        except Exception as error:
            if isinstance(error, OSError) and error.errno in REFUSED:
                said = dutch.problem(refused(error))
            else:
                logging.getLogger("impressie").exception("a run failed")
                said = ("Er ging iets mis dat niet had mogen gebeuren; de terminal zegt wat.", None)
        finally:
            self.running = None
            self.seen = seen(self.workspace)
            self.tell("done", problem=said[0], hint=said[1])


@dataclass
class Running:
    """A face that tells the pages how a run goes, in Dutch."""

    hub: Hub
    stop: threading.Event = field(default_factory=threading.Event)
    last: dict[str, float] = field(default_factory=dict)

    def started(self, stage: str) -> None:
        """A stage begins."""
        self._tell(stage, state="begonnen")

    def progressed(self, stage: str, done: float, total: float, unit: str) -> None:
        """A stage is this far; told a few times a second."""
        if self.stop.is_set():
            raise KeyboardInterrupt
        if time.monotonic() - self.last.get(stage, 0.0) < OFTEN:
            return
        self.last[stage] = time.monotonic()
        amount = clock if unit == "s" else lambda value: f"{value / 1e6:.0f} MB" if unit == "B" else f"{value:.0f}"
        far = f"{amount(done)} van {amount(total)}" if total else amount(done)
        self._tell(stage, state="bezig", share=min(1.0, done / total) if total else None, far=far)

    def noted(self, text: str) -> None:
        """There is something to say."""
        self.hub.tell("note", text=dutch.told(text))

    def finished(self, stage: str, summary: str, seconds: float) -> None:
        """A stage is done."""
        self._tell(stage, state="klaar", share=1, summary_nl=dutch.told(summary), seconds=seconds)

    def _tell(self, stage: str, **what: Any) -> None:
        told = {"share": None, "far": None, "summary_nl": None, "seconds": None} | what
        self.hub.tell("stage", stage=stage, name_nl=dutch.STAGES.get(stage, stage), **told)


class Quiet:
    """A face for what takes no time."""

    def started(self, stage: str) -> None:
        """A stage begins."""

    def progressed(self, stage: str, done: float, total: float, unit: str) -> None:
        """A stage is this far."""

    def noted(self, text: str) -> None:
        """There is something to say."""

    def finished(self, stage: str, summary: str, seconds: float) -> None:
        """A stage is done."""


def seen(workspace: Workspace) -> frozenset[tuple[str, int]]:
    """What edits/ and receipts/ look like: any command in the terminal leaves its mark there."""
    folders = (workspace.folder / "edits", workspace.folder / "receipts")
    files = [path for folder in folders for path in folder.glob("[!.]*") if path.is_file()] + [workspace.toml]
    return frozenset((path.name, _changed(path)) for path in files)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
