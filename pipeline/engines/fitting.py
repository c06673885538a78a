"""How this machine decodes fastest: measured once, and kept in the cache.

CTranslate2 can work on several batches side by side, each on some of the cores, and can use AVX-512, which it does not
choose by itself. What is best differs by machine: a trial is a few windows of noise through Whisper base, in a child.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from pipeline import system, weights
from pipeline.errors import PipelineError
from pipeline.stage import Progress

MODEL = "whisper-base"  # in the catalogue
ISA = "CT2_FORCE_CPU_ISA"  # read by CTranslate2 once in a process, before its first model
AVX512 = "AVX512"
MOST = 4  # batches side by side: each holds some 200 MB of its own
CLEARLY = 0.9  # of the time of the plainest way: what gains less is noise
PATIENCE = 90  # seconds for a trial
ROUNDS, WINDOWS, TOKENS = 2, 2, 40  # of a trial: batches for each worker, windows in each, tokens written for each


@dataclass(frozen=True)
class Fit:
    """So many batches side by side, each on so many threads, with such instructions ('' for CTranslate2's choice)."""

    workers: int
    threads: int
    isa: str = ""

    def ask(self) -> None:
        """Have CTranslate2 use these instructions, unless the user said which, or this process has a model already."""
        if self.isa:
            os.environ.setdefault(ISA, self.isa)


def fit(cores: int, progress: Progress) -> Fit:
    """The fastest that was measured on such a machine with so many cores; measured now, if never before.

    The plainest way where nothing can be measured or kept: weights that are shared may be in a folder for all.
    """
    key = f"{system.processor()}, {cores} cores, ctranslate2 {version('ctranslate2')}"
    if not weights.present(MODEL):
        return Fit(1, cores)
    if known := _kept().get(key):
        return known
    try:
        with weights.locked("machine"):
            if known := _kept().get(key):  # by another process, meanwhile
                return known
            found = _measured(cores, progress)
            if found is None:
                return Fit(1, cores)
            kept = {name: asdict(each) for name, each in (_kept() | {key: found}).items()}
            _file().write_text(json.dumps(kept, indent=2), encoding="utf-8")
            return found
    except PipelineError:
        return Fit(1, cores)


def _file() -> Path:
    return weights.cache() / "machine.json"


def _kept() -> dict[str, Fit]:
    try:
        kept = json.loads(_file().read_text(encoding="utf-8"))
        return {name: Fit(**each) for name, each in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _measured(cores: int, progress: Progress) -> Fit | None:
    """None where not even the plainest way worked, which says nothing of this machine."""
    several = sorted({min(cores, MOST), min(cores, MOST) // 2} - {0, 1})
    took: dict[Fit, float] = {}
    isa = ""
    for workers, wanted in [(1, ""), (1, AVX512), *((workers, None) for workers in several)]:
        progress(len(took), 2 + len(several), "trials of this machine")
        fit = Fit(workers, cores // workers, isa if wanted is None else wanted)
        took[fit] = _trial(fit) * (1 if took else CLEARLY)
        isa = min(took, key=took.__getitem__).isa
    progress(len(took), len(took), "trials of this machine")  # who stops us now cut the last one short
    best = min(took, key=took.__getitem__)
    return best if took[Fit(1, cores)] < float("inf") else None


def _trial(fit: Fit) -> float:
    """Seconds per batch; without end where this machine cannot do it."""
    # -P: not the user's current folder, in which there may be a module of any name
    command = [sys.executable, "-P", "-m", "pipeline.engines.fitting", str(weights.path(MODEL)), str(fit.workers)]
    told = {name: value for name, value in os.environ.items() if name != ISA} | ({ISA: fit.isa} if fit.isa else {})
    try:
        done = subprocess.run(
            [*command, str(fit.threads)],
            env=told, capture_output=True, text=True, check=True, timeout=PATIENCE, preexec_fn=system.bounded_child(),
        )  # fmt: skip
        return float(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return float("inf")


def main(folder: str, workers: int, threads: int) -> float:
    """Seconds per batch with a model of so many workers and threads, once it is warm."""
    import ctranslate2
    import numpy as np

    system.hold_memory()
    model = ctranslate2.models.Whisper(
        folder, device="cpu", compute_type="int8", inter_threads=workers, intra_threads=threads
    )
    noise = np.random.default_rng(0).standard_normal((WINDOWS, 80, 3000)).astype(np.float32)
    start = [50258, 50271, 50359, 50363]  # of a transcript in Dutch without times
    end = 50257

    def work(rounds: int) -> None:
        for _ in range(rounds):
            heard = model.encode(ctranslate2.StorageView.from_array(noise))
            model.generate(heard, [start] * WINDOWS, beam_size=5, max_length=TOKENS, suppress_tokens=[-1, end])

    def all_work(rounds: int) -> None:
        several = [threading.Thread(target=work, args=(rounds,)) for _ in range(workers)]
        for each in several:
            each.start()
        for each in several:
            each.join()

    all_work(1)
    before = time.perf_counter()
    all_work(ROUNDS)
    return (time.perf_counter() - before) / (ROUNDS * workers)


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))  # noqa: T201 this is what the parent reads
