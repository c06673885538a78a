"""The review server killed while it saves: whatever it had acknowledged is there, and the article is whole."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import threading

import pytest
import requests

from pipeline import articles
from pipeline.workspace import Workspace
from tests.conftest import SLUG
from tests.served import Reader
from tests.test_reruns import done, whole  # noqa: F401 fixtures

KILLS = int(os.environ.get("IMPRESSIE_KILLS", "8"))  # 50 were tried by hand, see tests/bench/README.md


@pytest.fixture
def home(done, home):  # noqa: F811
    return home


def started(home):
    """A server in a process of its own, and a reader who opened it."""
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "--home", str(home)]
    server = subprocess.Popen([*command, "review", SLUG, "--no-browser"], stderr=subprocess.PIPE, text=True)
    address, token = re.search(r"(http://[\d.:]+)/\S*\?token=(\S+)", server.stderr.readline()).groups()
    reader = Reader(address)  # the socket listens before the address is printed, so this waits for the server
    assert reader.get(f"/api/webinars?token={token}").status_code == 200
    return server, reader


@pytest.mark.fault(2)
def test_what_was_acknowledged_survives_a_kill_at_any_moment(home):
    chance, acknowledged = random.Random(5), []
    for number in range(KILLS):
        server, reader = started(home)
        moment = threading.Timer(chance.uniform(0.2, 2.0), server.kill)
        moment.start()
        try:
            for step in range(100):
                now = reader.api("article")
                text = f"Kill {number}, alinea {step}."
                reader.does("article/block", was=now["sha"], op="insert", index=len(now["blocks"]), source=text)
                acknowledged.append(text)
        except (requests.RequestException, AssertionError):
            pass
        moment.join()
        server.wait()
        server.stderr.close()
    article = articles.typed(articles.article_path(Workspace(home, SLUG)))
    assert acknowledged
    assert [text for text in acknowledged if text not in article] == []
    assert article.startswith("# Impressie webinar")
    leftovers = list((home / "outputs" / SLUG / "edits").glob(".*.next"))
    server, reader = started(home)
    reader.does("voices/name", voice="A", name="Anna de Groot")
    server.kill()
    server.wait()
    server.stderr.close()
    assert len(leftovers) <= 1
    assert list((home / "outputs" / SLUG / "edits").glob(".*.next")) == []
