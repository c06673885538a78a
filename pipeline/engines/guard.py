"""A page may not send a download into this computer or its network.

It decides where it redirects to and which media it names, so every connection is checked when Python makes it: then
neither a redirect nor a name that resolves differently the second time gets around it.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_here = threading.local()  # other threads are other work, such as a local language model


@dataclass
class Guard:
    """`own` addresses are allowed beside the public internet; `refused` is the last one that was not."""

    own: set[str]
    refused: str | None = None


@contextmanager
def guarded(url: str) -> Iterator[Guard]:
    """While this lasts, connect to the public internet, to the user's own `url` and proxies; never to link-local."""
    _install()
    own: set[str] = set()
    for address in (url, *urllib.request.getproxies().values()):
        with suppress(OSError, UnicodeError):
            host = urllib.parse.urlsplit(address if "//" in address else f"//{address}").hostname
            own |= {str(found[4][0]) for found in socket.getaddrinfo(host, None)} if host else set()
    _here.guard = Guard({each for each in own if not ipaddress.ip_address(each.partition("%")[0]).is_link_local})
    try:
        yield _here.guard
    finally:
        _here.guard = None


@functools.cache
def _install() -> None:
    sys.addaudithook(_watch)  # cannot be taken away again


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    guard: Guard | None = getattr(_here, "guard", None) if event == "socket.connect" else None
    if guard is None or not isinstance(address := arguments[1], tuple) or address[0] in guard.own:
        return
    if not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global:
        guard.refused = str(address[0])
        raise OSError(f"{guard.refused} is not on the public internet")  # lets every HTTP library close its socket
