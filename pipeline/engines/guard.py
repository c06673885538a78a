"""Which computers a download may talk to: those that the user named, and the public internet.

A page decides where it redirects to and which media it names, so without this a web page could read what only this
computer or its network can reach. Checked at every connection Python makes, on the address really connected to, so
neither a redirect nor a name that resolves differently the second time gets around it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from pipeline.errors import PipelineError

Kind = Literal["public", "private", "loopback", "link-local"]


class RefusedError(OSError):
    """A connection that was not made. An OSError, so that every HTTP library lets go of its socket."""


@dataclass
class Guard:
    """`allowed` kinds of addresses; `refused` is the first address that was not one of them."""

    allowed: set[Kind]
    proxies: set[str] = field(default_factory=set)
    refused: str | None = None
    thread: int = field(default_factory=threading.get_ident)


_active: list[Guard] = []
_installed = False


def kind_of(address: str) -> Kind:
    """What an IP address is to us; one that cannot be read counts as link-local, which is never allowed."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "link-local"
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if mapped is not None:
        return kind_of(str(mapped))
    if ip.is_loopback or ip.is_unspecified:
        return "loopback"
    if ip.is_link_local or ip.is_multicast:
        return "link-local"
    return "public" if ip.is_global else "private"


def addresses(host: str, port: int | None = None) -> set[str]:
    """The IP addresses of a host; none where it cannot be found."""
    with contextlib.suppress(OSError, UnicodeError):
        return {str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    return set()


@contextlib.contextmanager
def guarded(url: str) -> Iterator[Guard]:
    """While this lasts, connect to public addresses only, and to the kind that the user's own `url` points at."""
    global _installed  # noqa: PLW0603 - an audit hook can be added once and never taken away
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    kinds = {kind_of(address) for address in addresses(urllib.parse.urlsplit(url).hostname or "")}
    if "link-local" in kinds:
        raise PipelineError(f"{url[:100]} is an address inside this computer's own network equipment", "give another")
    proxies: set[str] = set()
    for proxy in urllib.request.getproxies().values():
        proxies |= addresses(urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}").hostname or "")
    guard = Guard({"public", *kinds}, proxies)
    _active.append(guard)
    try:
        yield guard
    finally:
        _active.remove(guard)


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect" or not _active:
        return
    address = arguments[1]
    if not isinstance(address, tuple) or not isinstance(address[0], str):
        return  # a socket of this computer's own, such as a pipe between threads
    for guard in _active:
        theirs = guard.thread == threading.get_ident()  # other threads are other work, such as a local language model
        if theirs and address[0] not in guard.proxies and kind_of(address[0]) not in guard.allowed:
            guard.refused = guard.refused or address[0]
            raise RefusedError(f"{address[0]} is not on the public internet")
