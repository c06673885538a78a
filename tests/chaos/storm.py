"""A cluster of real processes over TLS that is killed and paused at random while it does a batch.

The full size: python -m tests.chaos.storm --webinars 120 --kills 40 --stops 8
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import soundfile

from pipeline import begin, runner, webinars
from pipeline.artifacts import Noted
from pipeline.stages import STAGES
from pipeline.workspace import Workspace
from tests.conftest import FAKES
from tests.faults.states import leftovers

SITE = Path(__file__).parent / "site"
LEASE = 3.0  # seconds, instead of half a minute
ELSEWHERE = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c"]
CLI = [sys.executable, "-c", "from pipeline.cli import main; main()"]


def archive(home: Path, count: int, seconds: int = 20) -> list[str]:
    """A home with so many webinars that were not run yet: engines that need no weights."""
    webinars.make_home(home)
    samples, rate = soundfile.read(Path(begin.SAMPLE).with_name("webinar.opus"), dtype="int16")
    slugs = []
    for n in range(count):
        sound = home / "opnamen" / f"{n}.wav"
        sound.parent.mkdir(exist_ok=True)
        soundfile.write(sound, np.roll(samples, -7919 * n)[: seconds * rate], rate)
        slugs.append(f"2026-{1 + n // 28 % 12:02}-{1 + n % 28:02}-proef-{n}")
        toml = FAKES.format(audio=sound.as_posix()).replace("over wijken", f"over wijken {n}")
        (home / "configs" / f"{slugs[-1]}.toml").write_text(toml, encoding="utf-8")
    return slugs


@dataclass
class Cluster:
    """A scheduler, workers and a driver, each started again when it is gone."""

    home: Path
    port: int
    lasts: float = 0.0
    workers: int = 2
    apart: bool = False  # each worker on a machine of its own, as far as it can tell
    log: Path = field(init=False)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.log = self.home / "chaos.jsonl"
        self.address = f"tls://127.0.0.1:{self.port}"
        env = {"IMPRESSIE_CHAOS": str(self.log), "IMPRESSIE_LEASE": str(LEASE), "IMPRESSIE_LASTS": str(self.lasts)}
        paths = os.pathsep.join([str(SITE), str(Path(__file__).parents[2])])
        self.env = os.environ | env | {"PYTHONPATH": paths}
        subprocess.run([*CLI, "cluster", "init"], cwd=self.home, env=self.env, check=True, capture_output=True)

    def commands(self) -> dict[str, list[str]]:
        """Name → command."""
        started = {"scheduler": ["cluster", "start", "--port", str(self.port)]}
        started |= {f"worker {n}": ["cluster", "worker", self.address] for n in range(self.workers)}
        return started | {"driver": ["batch", "--cluster", self.address, "--tries", "5"]}

    def keep(self) -> bool:
        """Start whatever is gone; False once the driver came to its own end."""
        driver = self.processes.get("driver")
        if driver and driver.poll() in (0, 1):
            return False
        self.start(self.commands())
        return True

    def start(self, names: Iterable[str]) -> None:
        """Start these, where they are not there."""
        for name in names:
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                with (self.home / f"{name.replace(' ', '-')}.log").open("ab") as out:
                    command = [*CLI, *self.commands()[name]]
                    if self.apart and name.startswith("worker"):
                        command = [*ELSEWHERE, f'hostname machine-{name[-1]}; exec "$@"', "sh", *command]
                    self.processes[name] = subprocess.Popen(
                        command, cwd=self.home, env=self.env, stdout=out, stderr=out
                    )

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self.processes[name].kill()
        self.processes[name].wait()

    def pause(self, name: str, *, stop: bool) -> None:
        """SIGSTOP or SIGCONT to a worker and the children that do its work."""
        sign = signal.SIGSTOP if stop else signal.SIGCONT
        try:
            one = psutil.Process(self.processes[name].pid)
            for each in [one, *one.children(recursive=True)]:
                each.send_signal(sign)
        except psutil.NoSuchProcess:
            pass

    def close(self) -> list[str]:
        """Kill everything; which processes of this home are left after that."""
        for process in self.processes.values():
            process.kill()
            process.wait()
        mine = [each for each in psutil.process_iter() if each.pid != os.getpid() and self._mine(each)]
        _, alive = psutil.wait_procs(mine, timeout=10)
        return [" ".join(process.cmdline()) for process in alive]

    def _mine(self, process: psutil.Process) -> bool:
        try:
            return str(self.home) in " ".join(process.cmdline()) or process.cwd() == str(self.home)
        except psutil.Error:
            return False


@dataclass(frozen=True)
class Weathered:
    """What came of it."""

    seconds: float
    kills: Counter[str]
    stops: int
    tasks: int
    again: int  # stages that were begun once more
    share: float  # of the seconds of all stages, that were spent once more
    overtaken: int
    twice: list[str]
    wrong: list[str]
    orphans: list[str]

    def line(self) -> str:
        """For people."""
        who = ", ".join(f"{count} {name}" for name, count in sorted(self.kills.items()))
        return (
            f"{self.tasks} stages in {self.seconds:.0f} s; {self.kills.total()} kills ({who}), {self.stops} pauses; "
            f"begun again {self.again} ({self.again / max(1, self.tasks):.1%}; {self.share:.1%} of the time), "
            f"overtaken {self.overtaken}; published twice {len(self.twice)}; wrong {len(self.wrong)}; "
            f"orphans {len(self.orphans)}"
        )


def weather(
    home: Path, count: int, kills: int, stops: int, *, lasts: float, seed: int, port: int, apart: bool = False
) -> Weathered:
    """Do a batch under kills and pauses; at most half an hour."""
    slugs = archive(home, count)
    cluster, chance, begun = Cluster(home, port, lasts, apart=apart), random.Random(seed), time.monotonic()
    killed: Counter[str] = Counter()
    paused: dict[str, float] = {}
    stopped = 0
    total = count * len(STAGES)
    try:
        while cluster.keep() and time.monotonic() - begun < 1800:
            time.sleep(0.1)
            now = time.monotonic()
            for name in [name for name, until in paused.items() if until < now]:
                cluster.pause(name, stop=False)
                del paused[name]
            done = len(_events(cluster.log, "publish"))
            wanted = (kills + stops) * done / (0.9 * total)  # spread over the work, whatever the machine's speed
            if done and killed.total() + stopped < min(wanted, kills + stops):
                if stopped < stops and chance.random() < stops / (kills + stops) and not paused:
                    name = f"worker {chance.randrange(cluster.workers)}"
                    cluster.pause(name, stop=True)
                    paused[name] = now + 4 * LEASE
                    stopped += 1
                else:
                    name = chance.choice([name for name in cluster.processes if name not in paused])
                    cluster.kill(name)
                    killed[name.split()[0]] += 1
        for name in paused:
            cluster.pause(name, stop=False)
        seconds = time.monotonic() - begun
    finally:
        orphans = cluster.close()
    return _judged(slugs, cluster, seconds, killed, stopped, orphans)


def _events(log: Path, kind: str) -> list[dict[str, object]]:
    if not log.exists():
        return []
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    return [line for line in lines if line["event"] == kind]


def _judged(
    slugs: list[str], cluster: Cluster, seconds: float, killed: Counter[str], stopped: int, orphans: list[str]
) -> Weathered:
    starts = Counter((e["slug"], e["stage"]) for e in _events(cluster.log, "start"))
    puts = Counter((e["slug"], e["stage"]) for e in _events(cluster.log, "publish"))
    overtaken = _events(cluster.log, "overtaken")
    useful = sum(float(str(e["seconds"])) for e in _events(cluster.log, "end"))
    usual = useful / max(1, len(_events(cluster.log, "end")))
    again = sum(starts.values()) - len(starts)
    wrong, home = [], cluster.home
    for slug in slugs:
        workspace = Workspace(home, slug)
        with workspace.locked("look"):
            pass  # what was promised and not finished is finished now
        for standing in runner.survey(workspace, workspace.webinar()):
            if standing.state != "fresh":
                wrong.append(f"{slug} {standing.stage.name} is {standing.state}: {standing.reasons}")
            for artifact in standing.stage.writes:
                if isinstance(artifact, Noted) and workspace.path(artifact.file).exists():
                    artifact.load(workspace.path(artifact.file).read_bytes())
    wrong += [f"left over: {name}" for name in leftovers(home)]
    return Weathered(
        seconds=seconds, kills=killed, stops=stopped, tasks=len(starts), again=again,
        share=again * usual / max(1e-9, useful + again * usual), overtaken=len(overtaken),
        twice=[f"{slug} {stage}" for (slug, stage), times in puts.items() if times > 1], wrong=wrong, orphans=orphans,
    )  # fmt: skip


def main() -> None:
    """The full size."""
    arguments = argparse.ArgumentParser()
    for name, usual in (("webinars", 120), ("kills", 40), ("stops", 8), ("seed", 1), ("port", 8797)):
        arguments.add_argument(f"--{name}", type=int, default=usual)
    arguments.add_argument("--lasts", type=float, default=0.3, help="seconds that each stage lasts at least")
    arguments.add_argument("--apart", action="store_true", help="each worker in namespaces of its own; wants root")
    arguments.add_argument("--home", type=Path, default=None)
    told = arguments.parse_args()
    home = told.home or Path(tempfile.mkdtemp(prefix="impressie-chaos-"))
    how = {"lasts": told.lasts, "seed": told.seed, "port": told.port, "apart": told.apart}
    found = weather(home, told.webinars, told.kills, told.stops, **how)
    print(found.line())
    for line in (*found.twice, *found.wrong, *found.orphans):
        print("  ", line)


if __name__ == "__main__":
    main()
