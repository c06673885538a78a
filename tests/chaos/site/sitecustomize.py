"""Loaded by every Python of a cluster under test: leases that expire soon, stages that last, and a log of what ran."""

from __future__ import annotations

import json
import os
import sys
import time

if log := os.environ.get("IMPRESSIE_CHAOS"):
    from pipeline import leases

    leases.LEASE, leases.BEAT = float(os.environ["IMPRESSIE_LEASE"]), float(os.environ["IMPRESSIE_LEASE"]) / 6

    def told(event: str, slug: str, stage: str, **more: object) -> None:
        line = json.dumps({"at": time.time(), "event": event, "slug": slug, "stage": stage, "pid": os.getpid(), **more})
        file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, line.encode() + b"\n")
        os.close(file)

    if "pipeline.batch.hand" in sys.orig_argv:
        from pipeline import runner

        run_stage, put = runner.run_stage, leases.Desk.put

        def running(workspace, stage, *args, **kwargs):
            told("start", workspace.slug, stage.name, token=workspace.desk.token)
            begun = time.time()
            time.sleep(float(os.environ.get("IMPRESSIE_LASTS", "0")))
            try:
                run_stage(workspace, stage, *args, **kwargs)
            except leases.OvertakenError:
                told("overtaken", workspace.slug, stage.name, seconds=time.time() - begun)
                raise
            told("end", workspace.slug, stage.name, seconds=time.time() - begun)

        def putting(desk, ready, target):
            put(desk, ready, target)
            if target.parent.name == "receipts":
                told("publish", target.parent.parent.name, target.stem, token=desk.token)

        runner.run_stage, leases.Desk.put = running, putting
