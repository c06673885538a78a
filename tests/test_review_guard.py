"""Who is let in to the review page: this browser with its cookie, from the page itself; nobody else."""

from __future__ import annotations

import contextlib
import socket

import pytest
import requests

from tests.conftest import SLUG
from tests.served import Reader, serving
from tests.test_reruns import done, whole  # noqa: F401 fixtures

pytestmark = pytest.mark.fault(16)


@pytest.fixture
def home(done, home):  # noqa: F811
    return home


@pytest.fixture
def page(home):
    """A reader who was let in."""
    with serving(home) as (address, token):
        reader = Reader(address)
        reader.token = token
        reader.get(f"/api/webinars?token={token}")
        yield reader


def test_the_address_works_once(page):
    assert requests.get(f"{page.address}/api/webinars?token={page.token}", timeout=9).status_code == 403
    assert page.get("/api/webinars").status_code == 200


def test_the_cookie_is_for_this_browser_alone(page):
    [cookie] = page.session.cookies
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite").lower() == "strict"


def test_without_the_cookie_nothing_is_served(page):
    api = "/api/webinars", "/api/search?q=x", f"/api/w/{SLUG}/article"
    for path in ("/", f"/w/{SLUG}", f"/w/{SLUG}/sound", "/static/page.js", *api):
        assert requests.get(page.address + path, timeout=9).status_code == 403


REFUSED = [
    {"Host": "kwaad.example"},
    {"Host": "127.0.0.1"},
    {"Host": "127.0.0.1:1"},
    {"Host": "localhost.kwaad.example:80"},
    {"Origin": "http://kwaad.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", REFUSED, ids=str)
def test_other_names_and_other_pages_are_refused(page, headers):
    assert page.get("/api/webinars", headers=headers).status_code == 403
    body = {"quote": "x", "start": 0, "end": 1}
    answer = page.session.post(
        f"{page.address}/api/w/{SLUG}/listened", json=body, headers={"Origin": page.address} | headers, timeout=9
    )
    assert answer.status_code == 403


def test_a_form_of_another_page_changes_nothing(page):
    answer = page.session.post(f"{page.address}/api/w/{SLUG}/run", data="{}", timeout=9)
    assert answer.status_code == 403  # no Origin, no Sec-Fetch-Site


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/w/..%2f..%2fetc%2fpasswd/sound",
        "/w/../../configs/default.toml",
        f"/api/w/{SLUG}/article/versions/..%2f..%2fnames.json",
        f"/api/w/{SLUG}/article/versions/%2e%2e",
        "/api/w/default/article",
        "/api/w//article",
    ],
)
def test_no_address_leads_out_of_the_webinar(page, path):
    host, port = page.address.removeprefix("http://").split(":")
    cookie = "; ".join(f"{c.name}={c.value}" for c in page.session.cookies)
    with socket.create_connection((host, int(port)), timeout=9) as raw:  # requests would tidy the path
        raw.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.split(b" ", 2)[1] in (b"404", b"400"), answer[:200]


def test_a_link_to_a_file_elsewhere_is_not_served(page, home, tmp_path):
    secret = tmp_path / "geheim.flac"
    secret.write_bytes(b"geheim")
    sound = home / "outputs" / SLUG / "10-audio.flac"
    sound.unlink()
    sound.symlink_to(secret)
    assert page.get(f"/w/{SLUG}/sound").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("bytes=0-99", 206), ("bytes=-50", 206), ("bytes=999999999-", 416), ("bytes=0-1,5-9", 416), ("kwaad", 400),
        ("bytes=99-0", 400), ("bytes=0-99999999999999999999", 206), (f"bytes={'9' * 4000}-", 416), ("bytes=-0", 416),
        ("bytes=" + ",".join(f"{i}-{i}" for i in range(0, 9000, 2)), 416), ("bytes=a-b", 400), ("bytes=", 400),
    ],
)  # fmt: skip
def test_the_sound_comes_in_single_ranges(page, wanted, status):
    answer = page.get(f"/w/{SLUG}/sound", headers={"Range": wanted})
    assert answer.status_code == status
    if status == 206:
        whole = int(answer.headers["Content-Range"].split("/")[1])
        assert len(answer.content) == {"bytes=0-99": 100, "bytes=-50": 50}.get(wanted, whole)


def test_slow_clients_keep_nobody_waiting(page):
    """Two hundred connections that never finish what they ask; the reader is served all the same."""
    host, port = page.address.removeprefix("http://").split(":")
    with contextlib.ExitStack() as slow:
        for number in range(200):
            raw = slow.enter_context(socket.create_connection((host, int(port)), timeout=9))
            raw.sendall(
                b"POST /api/w/x/article/block HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n"[: 10 + number % 60]
            )
        assert page.api("article")["blocks"]
        assert page.get(f"/w/{SLUG}/sound", headers={"Range": "bytes=0-99"}).status_code == 206


def test_every_answer_forbids_scripts_from_elsewhere(page):
    for path in ("/api/webinars", "/nergens", f"/w/{SLUG}/sound"):
        headers = page.get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("asked", ["", "q=", "q=%22*%3A", "q=x&since=gisteren", "q=x&limit=veel", "q=x&speaker=%3F"])
def test_a_search_that_cannot_be_read_is_refused_in_one_sentence(page, asked):
    answer = page.get(f"/api/search?{asked}")
    assert answer.status_code == 400
    assert answer.json()["problem"].endswith(".")


@pytest.mark.parametrize("body", [b"[]", b"{", b"null", b"7", b'{"was": 1}', b'{"op": "replace", "index": "x"}'])
def test_a_body_that_cannot_be_read_is_refused_in_one_sentence(page, body):
    answer = page.session.post(
        f"{page.address}/api/w/{SLUG}/article/block", data=body, headers={"Origin": page.address}, timeout=9
    )
    assert answer.status_code == 400
    assert answer.json()["problem"].endswith(".")


def test_a_body_that_is_too_large_is_refused(page):
    answer = page.session.post(
        f"{page.address}/api/w/{SLUG}/article/block", data=b"x" * 3_000_000, headers={"Origin": page.address}, timeout=9
    )
    assert answer.status_code == 413
