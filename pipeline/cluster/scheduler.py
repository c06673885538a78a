"""`impressie cluster start`: the scheduler, which tells workers what to do and keeps nothing that matters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from pipeline import leases
from pipeline.cluster.membership import is_loopback, quiet, scratch, security
from pipeline.errors import PipelineError

DEATHS = 20  # workers that may die under a task before it is given up: they are killed from outside, not by the task


def start(folder: Path, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until stopped. PipelineError where others could reach it without TLS, or the port is taken."""
    member = security(folder)
    if member is None and not is_loopback(host):
        raise PipelineError(
            f"others could reach a scheduler on {host}, and without TLS anybody might",
            "impressie cluster init makes the certificate; or start it with --host 127.0.0.1",
        )
    try:
        asyncio.run(_serve(member, host, port, say))
    except OSError as error:
        raise PipelineError(
            f"port {port} of {host} cannot be used: {error.strerror or error}", "choose another with --port"
        ) from error


async def _serve(member: object, host: str, port: int, say: Callable[[str], None]) -> None:
    import dask
    from distributed import Scheduler

    quiet()
    settings = {
        "temporary-directory": scratch(),
        "distributed.scheduler.http.routes": [],  # no pages: they know no TLS of ours
        "distributed.scheduler.worker-ttl": f"{2 * leases.LEASE}s",
        "distributed.scheduler.allowed-failures": DEATHS,
    }
    with dask.config.set(settings):
        scheduler = Scheduler(
            host=host, port=port, protocol="tls" if member else "tcp", security=member, dashboard=False,
            dashboard_address="127.0.0.1:0",
        )  # fmt: skip
        async with scheduler:
            say(f"The scheduler listens on {scheduler.address}")
            say(f"On each machine that is to work: impressie cluster worker {scheduler.address}")
            say(f"Then, anywhere: impressie batch --cluster {scheduler.address}")
            await scheduler.finished()
