"""Where a command finds the user's webinars, and how she names one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline import console

Slug = Annotated[str, typer.Argument(help="The webinar: its slug or a unique part of it.", metavar="SLUG")]


class Here:
    """Where the user's webinars are: --home, or the nearest folder upward with configs/."""

    asked: Path | None = None

    @classmethod
    def home(cls) -> Path | None:
        """The home, if there is one."""
        from pipeline import webinars

        home = webinars.find_home(cls.asked, Path.cwd())
        if home and home.is_dir():
            problems = webinars.finish_forgetting(home)
            if list(home.glob("outputs/*/edits/silencing.json")):
                from pipeline import silencing

                problems += silencing.finish(home)
            for problem in problems:
                console.say(problem)
        return home

    @classmethod
    def or_here(cls) -> Path:
        """The home, or else the current folder, which becomes one when a webinar is begun in it."""
        home = cls.home()
        if home is None:
            home = Path.cwd()
            console.say(f"Your webinars will live in {home} (configs/ and outputs/)")
        return home
