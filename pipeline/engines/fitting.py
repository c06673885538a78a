"""How this machine decodes fastest: measured once, and kept in the cache.

CTranslate2 can work on several batches side by side, each on some of the cores, and can use AVX-512, which it does not
choose by itself. What is best differs by machine: a trial is a few windows of noise through Whisper base, in a child.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import count

from pipeline import system, weights
from pipeline.stage import Progress

MODEL = "whisper-base"  # in the catalogue
ISA = "CT2_FORCE_CPU_ISA"  # read by CTranslate2 before its first model
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
        """Have CTranslate2 use these instructions, unless the user said which."""
        if self.isa:
            os.environ.setdefault(ISA, self.isa)


def fit(cores: int, progress: Progress) -> Fit:
    """The fastest that was measured on this machine with so many cores; measured now, if never before."""
    if not weights.present(MODEL):
        return Fit(1, cores)
    file = weights.cache() / "machine.json"
    key = f"{platform.node()}, {cores} cores, ctranslate2 {version('ctranslate2')}"
    with weights.locked("machine"):
        try:
            known = json.loads(file.read_text(encoding="utf-8"))
            return Fit(**known[key])
        except (OSError, ValueError, TypeError):
            known = {}
        except KeyError:
            pass
        found = _measured(cores, progress)
        file.write_text(json.dumps(known | {key: asdict(found)}, indent=2), encoding="utf-8")
    return found


def _measured(cores: int, progress: Progress) -> Fit:
    trials = count(1)

    def seconds(fit: Fit) -> float:
        progress(next(trials), 4, "trials of this machine")
        return _trial(fit)

    plain = Fit(1, cores)
    took = {plain: seconds(plain) * CLEARLY}
    faster = Fit(1, cores, "AVX512")
    took[faster] = seconds(faster)
    isa = min(took, key=took.__getitem__).isa
    for workers in sorted({min(cores, MOST), min(cores, MOST) // 2} - {0, 1}):
        several = Fit(workers, cores // workers, isa)
        took[several] = seconds(several)
    return min(took, key=took.__getitem__)


def _trial(fit: Fit) -> float:
    """Seconds per batch; without end where this machine cannot do it."""
    command = [sys.executable, "-m", "pipeline.engines.fitting", str(weights.path(MODEL)), str(fit.workers)]
    told = {name: value for name, value in os.environ.items() if name != ISA} | ({ISA: fit.isa} if fit.isa else {})
    try:
        done = subprocess.run(
            [*command, str(fit.threads)],
            env=told, capture_output=True, text=True, check=True, timeout=PATIENCE, preexec_fn=system.die_with_parent(),
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
