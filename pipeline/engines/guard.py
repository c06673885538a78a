"""A page may not send a download into this computer or its network, by a redirect or by the media that it names."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from socket import getaddrinfo
from urllib.parse import urlsplit
from urllib.request import getproxies

_here = threading.local()  # other threads are other work, such as a local language model


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    own = getattr(_here, "own", None) if event == "socket.connect" else None
    if own is None or not isinstance(address := arguments[1], tuple) or address[0] in own:
        return
    if not ip_address(address[0].partition("%")[0]).is_global:
        _here.refused.append(address[0])
        raise OSError(f"{address[0]} is not on the public internet")  # makes every HTTP library close its socket


sys.addaudithook(_watch)  # sees each connection as it is made, so that no name can resolve differently a second time


@contextmanager
def guarded(url: str) -> Iterator[list[str]]:
    """Connect to the public internet, `url` and proxies only, to link-local never; yields the addresses refused."""
    _here.own, _here.refused = set(), []
    for address in (url, *getproxies().values()):
        with suppress(OSError, UnicodeError):  # not found: whoever connects will say so
            found = getaddrinfo(urlsplit(f"//{address.partition('//')[2] or address}").hostname, None)
            ips = {str(each[4][0]) for each in found}
            _here.own |= {ip for ip in ips if not ip_address(ip.partition("%")[0]).is_link_local}
    try:
        yield _here.refused
    finally:
        _here.own = None
