"""A local OpenAI-compatible endpoint that answers as a test wants: honestly, with lies, or not at all."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Question"], "str | int | bytes | None"]


@dataclass(frozen=True)
class Question:
    """What was asked: the texts, and what can be read out of them."""

    system: str
    user: str
    headers: dict[str, str]

    @property
    def part(self) -> str:
        return "lead" if "VRAGEN" in self.user else "section"

    @property
    def quotes(self) -> dict[str, tuple[str, str]]:
        """Code → (voice, text)."""
        return {c: (v, t) for c, v, t in re.findall(r"^(C\d+) \(\{naam:([A-Z]+)\}\): (.*)$", self.user, re.MULTILINE)}

    @property
    def evidence(self) -> dict[str, tuple[str, str]]:
        """Sentence id → (voice, text)."""
        return {k: (v, t) for k, v, t in re.findall(r"^(t[\d.]+) \{naam:([A-Z]+)\}: (.*)$", self.user, re.MULTILINE)}


@dataclass
class Server:
    """Where it listens, and what it was asked."""

    url: str
    asked: list[Question] = field(default_factory=list)


def honest(question: Question) -> str:
    """Two quotes by their codes, and one sentence in the words of what was said."""
    if question.part == "lead":
        return json.dumps({"vragen": ["V1", "V2"], "zin": "Zij bespraken deze vragen in dit webinar."})
    if not question.evidence:
        return '{"klaar": "ja"}'
    codes = list(question.quotes)[:2]
    pieces: list[dict[str, Any]] = []
    for code in codes:
        voice = question.quotes[code][0]
        pieces.append({"soort": "citaat", "tekst": f"{{naam:{voice}}} zei", "bronnen": [code]})
    key, (voice, text) = max(question.evidence.items(), key=lambda item: len(item[1][1]))
    told = text.rstrip(".?!").replace("‘", "").replace("’", "")
    pieces.insert(1, {"soort": "zin", "tekst": f"Volgens {{naam:{voice}}}: {told}.", "bronnen": [key]})
    return json.dumps({"kop": "x", "stukken": pieces})


@contextmanager
def endpoint(answer: Answer) -> Iterator[Server]:
    """Listens on a port of its own; `answer` gives a text, an HTTP status, raw bytes, or None to break off."""
    server = Server("")

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._send(200, json.dumps({"object": "list", "data": [{"id": "liar-1", "object": "model"}]}).encode())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            texts = [message["content"] for message in body["messages"]]
            question = Question(texts[0], texts[1], {key.lower(): value for key, value in self.headers.items()})
            server.asked.append(question)
            said = answer(question)
            if said is None:
                self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"choices":')
                self.close_connection = True
            elif isinstance(said, int):
                self._send(said, json.dumps({"error": {"message": f"no: {self.headers['Authorization']}"}}).encode())
            elif isinstance(said, bytes):
                self._send(200, said)
            else:
                message = {"role": "assistant", "content": said}
                choice = {"index": 0, "finish_reason": "stop", "message": message}
                usage = {"prompt_tokens": 900, "completion_tokens": 120, "total_tokens": 1020}
                whole = {"id": "x", "object": "chat.completion", "created": 0, "model": "liar-1"}
                self._send(200, json.dumps({**whole, "choices": [choice], "usage": usage}).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
