"""Renew what has to stay as young as YouTube, and nothing else."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata

from pipeline.errors import PipelineError

YOUNG = ("yt-dlp", "yt-dlp-ejs", "deno")
WANTED = ("yt-dlp[default,deno]", "deno")  # yt-dlp says itself which yt-dlp-ejs it goes with
PATIENCE = 600.0  # seconds


def update() -> list[tuple[str, str, str]]:
    """Install the newest of each; (name, version before, version now). PipelineError where that cannot be."""
    before = versions()
    _run(installer())
    importlib.invalidate_caches()
    now = versions()
    return [(name, before.get(name, "absent"), now.get(name, "absent")) for name in YOUNG]


def versions() -> Mapping[str, str]:
    """Which version of each is here."""
    return {each.name: each.version for name in YOUNG for each in metadata.distributions(name=name)}


def installer() -> Sequence[str]:
    """The command that renews them in the environment that we run in: pip's, else uv's."""
    if importlib.util.find_spec("pip"):
        renew = ("--upgrade", "--upgrade-strategy", "only-if-needed", "--disable-pip-version-check")
        return (sys.executable, "-m", "pip", "install", "--quiet", *renew, *WANTED)
    if uv := shutil.which("uv"):
        young = [word for name in YOUNG for word in ("--upgrade-package", name)]
        return (uv, "pip", "install", "--quiet", "--python", sys.executable, *young, *WANTED)
    raise PipelineError(
        "there is neither pip nor uv here to renew anything with", "install impressie again, the way you did before"
    )


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    except subprocess.CalledProcessError as error:
        said = [line.strip() for line in error.stderr.splitlines() if line.strip()] or ["no reason given"]
        why = next((line for line in said if line.lower().startswith("error")), said[-1])
        raise PipelineError(
            f"nothing could be renewed ({why[:200]})", "is there a connection? try again later"
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PipelineError(f"nothing could be renewed ({error})", "is there a connection? try again later") from error
