"""The review page as a real server in a thread, and somebody who talks to it as the browser would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from pipeline.review import listening_on, server_of
from tests.conftest import SLUG


@dataclass
class Reader:
    """A session that opened the page with its token."""

    address: str
    slug: str = SLUG
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.session.get(self.address + path, timeout=60, **more)

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        sent = {"Origin": self.address} | headers
        return self.session.post(f"{self.address}/api/w/{self.slug}/{path}", json=body, headers=sent, timeout=60)

    def api(self, path: str) -> Any:
        answer = self.get(f"/api/w/{self.slug}/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def does(self, path: str, **body: Any) -> Any:
        answer = self.post(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, str]]:
    """The address and the token of a server that stops afterwards."""
    listening = listening_on(0)
    server, keys = server_of(home, listening)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{keys.port}", str(keys.token)
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@contextmanager
def reading(home: Path) -> Iterator[Reader]:
    """Somebody who opened the page."""
    with serving(home) as (address, token):
        reader = Reader(address)
        assert reader.get(f"/api/webinars?token={token}").status_code == 200
        yield reader
