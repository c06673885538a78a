"""What would run, and for how long, told from the receipts of earlier runs in this home."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pipeline import articles, runner, webinars
from pipeline.artifacts import RECORDING
from pipeline.errors import PipelineError
from pipeline.stages import STAGES
from pipeline.workspace import Workspace

BY_LENGTH = ("download", "transcribe", "diarize")  # take a share of the recording's length; the others do not
SETTINGS = ("engine", "model")  # of a stage, that make it take longer


@dataclass(frozen=True)
class Row:
    """A stage: how many webinars want it, and seconds of work where that can be told; from so many earlier runs."""

    stage: str
    count: int
    seconds: float | None
    runs: int


@dataclass(frozen=True)
class Forecast:
    """By stage; `seconds` of all, with so many workers, once every stage was run before."""

    rows: tuple[Row, ...]
    seconds: float
    unknown: tuple[str, ...]  # stages that no earlier run tells of
    broken: tuple[str, ...]  # why a webinar cannot be looked at


def forecast(home: Path, slugs: Sequence[str], new: Mapping[str, float | None], workers: int) -> Forecast:
    """What a batch of these webinars and new sources (with their seconds, if known) would do."""
    runs, lengths = history(home)
    usual = median(lengths.values()) if lengths else 3600.0
    wanted: Counter[str] = Counter()
    spent: dict[str, float] = defaultdict(float)
    chains: list[list[tuple[str, float]]] = []
    broken = []
    for slug in slugs:
        try:
            todo = _todo(home, slug)
        except PipelineError as error:
            broken.append(error.message)
            continue
        chains.append([(stage, _guess(runs, stage, params, lengths.get(slug, usual)) or 0.0) for stage, params in todo])
    chains += [[(s.name, _guess(runs, s.name, {}, length or usual) or 0.0) for s in STAGES] for length in new.values()]
    for chain in chains:
        for stage, seconds in chain:
            wanted[stage] += 1
            spent[stage] += seconds
    known = {stage for stage, _ in runs}
    rows = tuple(
        Row(s.name, wanted[s.name], spent[s.name] if s.name in known else None, len(runs.get((s.name, ()), ())))
        for s in STAGES
        if wanted[s.name]
    )
    unknown = tuple(row.stage for row in rows if row.seconds is None)
    return Forecast(rows, _on(chains, workers), unknown, tuple(broken))


def history(home: Path) -> tuple[dict[tuple[str, tuple[str, ...]], list[float]], dict[str, float]]:
    """(stage, settings) → what each run took, per second of recording where that counts; slug → seconds of recording.

    Under no settings () stand the runs with any.
    """
    runs: dict[tuple[str, tuple[str, ...]], list[float]] = defaultdict(list)
    lengths: dict[str, float] = {}
    for slug in webinars.slugs(home):
        workspace = Workspace(home, slug)
        try:
            recording = RECORDING.found(workspace.folder)
        except PipelineError:
            continue
        if recording is None or not recording.duration:
            continue
        lengths[slug] = recording.duration
        for stage in STAGES:
            if receipt := workspace.receipt(stage.name):
                took = receipt.seconds / (recording.duration if stage.name in BY_LENGTH else 1)
                runs[stage.name, ()].append(took)
                if with_ := _settings(receipt.params):
                    runs[stage.name, with_].append(took)
    return dict(runs), lengths


def _settings(params: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(str(params[key]) for key in SETTINGS if params.get(key) is not None)


def _todo(home: Path, slug: str) -> Iterable[tuple[str, Mapping[str, object]]]:
    """What is not up to date of a webinar: some of it may turn out to be, when what it reads stays the same."""
    workspace = Workspace(home, slug)
    webinar = workspace.webinar()
    if articles.approved(workspace):
        return []
    standings = [s for s in runner.survey(workspace, webinar) if not s.done]
    return [(s.stage.name, s.stage.uses(webinar).model_dump(mode="json")) for s in standings]


def _guess(
    runs: Mapping[tuple[str, tuple[str, ...]], Sequence[float]],
    stage: str,
    params: Mapping[str, object],
    length: float,
) -> float | None:
    """Seconds that a stage takes: the median of runs with these settings, else of any; None where there are none."""
    earlier = runs.get((stage, _settings(params))) or runs.get((stage, ()))
    return median(earlier) * (length if stage in BY_LENGTH else 1) if earlier else None


def _on(chains: Iterable[Sequence[tuple[str, float]]], workers: int) -> float:
    """Seconds until all is done: stage by stage, each task to whoever is free first, none before the one it needs."""
    ready = [(0, 0.0, n, list(chain)) for n, chain in enumerate(chains) if chain]
    free = [0.0] * workers
    heapq.heapify(ready)
    end = 0.0
    while ready:
        step, since, n, chain = heapq.heappop(ready)
        begin = max(heapq.heappop(free), since)
        done = begin + chain[0][1]
        heapq.heappush(free, done)
        end = max(end, done)
        if len(chain) > 1:
            heapq.heappush(ready, (step + 1, done, n, chain[1:]))
    return end
