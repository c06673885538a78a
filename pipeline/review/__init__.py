"""The review page: a local server for one reader, in her own browser; nothing leaves the machine."""

from __future__ import annotations

import os
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from uvicorn import Server

    from pipeline.review.guard import Keys

HOST = "127.0.0.1"


def serve(home: Path, slug: str | None, port: int, *, browser: bool, say: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C. `port` 0 takes a free one. PipelineError where the port is taken."""
    listening = listening_on(port)
    server, keys = server_of(home, listening)
    address = f"http://{HOST}:{keys.port}/{f'w/{slug}' if slug else ''}?token={keys.token}"
    say(f"The review page: {address}")
    say("Only this computer can open it, and this address works once. Stop with Ctrl-C.")
    if browser:
        webbrowser.open(address)
    server.run(sockets=[listening])
    say("Stopped. What you changed is saved; what you were typing is kept in your browser.")


def listening_on(port: int) -> socket.socket:
    """A socket that only this computer can reach."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let a second server take the same port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        raise PipelineError(f"port {port} cannot be used: {error}", "leave --port out, or choose another") from error
    return listening


def server_of(home: Path, listening: socket.socket) -> tuple[Server, Keys]:
    """The server for a socket, and the keys that open it."""
    import uvicorn

    from pipeline.review.app import Desk, application
    from pipeline.review.guard import Keys

    class Stopping(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            for hub in desk.hubs.values():
                hub.close()
            await super().shutdown(sockets)

    desk, keys = Desk(home), Keys(listening.getsockname()[1])
    config = uvicorn.Config(
        application(desk, keys), log_level="warning", access_log=False, server_header=False, date_header=False,
        timeout_graceful_shutdown=1, lifespan="off",
    )  # fmt: skip
    return Stopping(config), keys
