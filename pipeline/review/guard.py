"""Who may talk to the page: this browser alone, from the page itself; rebinding and foreign pages stop here."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 2_000_000  # bytes of a body: an article is some kilobytes
SELF = ("script-src", "style-src", "img-src", "media-src", "connect-src", "form-action")
POLICY = "; ".join(
    ["default-src 'none'", *(f"{what} 'self'" for what in SELF), "frame-ancestors 'none'", "base-uri 'none'"]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass
class Keys:
    """The one-time token of the address that is printed, and the session that it opens."""

    port: int
    token: str | None = field(default_factory=lambda: secrets.token_urlsafe(24))
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def cookie(self) -> str:
        """Cookies know no ports: each server has a name of its own."""
        return f"impressie-{self.port}"

    @property
    def hosts(self) -> tuple[str, str]:
        """What a browser may call us; any other name was made to point here by somebody else."""
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"

    def spend(self, token: str) -> bool:
        """Whether this is the token; it works once."""
        good = self.token is not None and hmac.compare_digest(self.token.encode(), token.encode())
        if good:
            self.token = None
        return good

    def opens(self, headers: Headers) -> bool:
        """Whether the session's cookie came along."""
        morsel = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        return morsel is not None and hmac.compare_digest(morsel.value.encode(), self.session.encode())


class Guard:
    """ASGI middleware around everything that is served."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self.app = app
        self.keys = keys

    async def __call__(  # noqa: D102 - what ASGI asks for
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        request = Request(scope)
        refusal = self._refusal(request)
        if refusal is not None:
            await refusal(scope, receive, guarded)
            return
        await self.app(scope, _limited(receive), guarded)

    def _refusal(self, request: Request) -> PlainTextResponse | RedirectResponse | None:
        """Why a request is not let in, or the redirect that makes a token a cookie; None lets it in."""
        headers = request.headers
        if foreign := self._foreign(request.method, headers):
            return _no(foreign)
        length = headers.get("content-length") or "0"
        if not length.isascii() or not length.isdigit() or int(length) > LARGEST:
            return _no("Dat is te groot.", 413)
        token, known = request.query_params.get("token"), self.keys.opens(headers)
        if token is not None and (known or self.keys.spend(token)):
            answer = RedirectResponse(request.url.path, 303)
            answer.set_cookie(self.keys.cookie, self.keys.session, httponly=True, samesite="strict", path="/")
            return answer
        if not known:
            return _no("Deze link is al gebruikt of niet meer geldig. Start opnieuw: impressie review")
        return None

    def _foreign(self, method: str, headers: Headers) -> str | None:
        """Why a request cannot have come from our own page; None where it can."""
        if headers.get("host") not in self.keys.hosts:
            return "Dit adres hoort niet bij Impressie."
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        own = {f"http://{host}" for host in self.keys.hosts}
        if site not in (None, "same-origin", "none") or (origin is not None and origin not in own):
            return "Dit verzoek komt van een andere pagina."
        if method not in ("GET", "HEAD") and origin is None and site != "same-origin":
            return "Dit verzoek komt niet van de pagina zelf."
        return None


def _no(text: str, status: int = 403) -> PlainTextResponse:
    return PlainTextResponse(text + "\n", status)


class TooLargeError(Exception):
    """A body without an announced length went on for too long."""


def _limited(receive: Receive) -> Receive:
    got = 0

    async def limited() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > LARGEST:
            raise TooLargeError
        return message

    return limited
