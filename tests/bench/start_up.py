"""How long a user waits for nothing: --help, status, and a second run of the sample webinar.

python tests/bench/start_up.py        in a home where 'impressie demo' has been run; exit 1 over a limit
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 7
IMPRESSIE = Path(sys.executable).with_name("impressie")
LIMITS = {"--help": 0.5, "status": 0.5, "status windmolens": 0.5, "run windmolens": 1.0}  # seconds


def seconds(command: str) -> float:
    """Median wall time of a command, after one run to warm up."""
    times = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run([IMPRESSIE, *command.split()], check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def main() -> None:
    """Print a line per command."""
    over = False
    for command, limit in LIMITS.items():
        took = seconds(command)
        over = over or took > limit
        print(f"impressie {command:<20} {took:.2f} s   (limit {limit} s)")
    sys.exit(over)


main()
