"""Many machines: who is let in, what each is asked, and that nothing is lost when they are killed and paused."""

from __future__ import annotations

import datetime as dt
import stat
import subprocess
import sys
import threading
from types import SimpleNamespace

import psutil
import pytest

from pipeline import webinars
from pipeline.batch.crew import Lane
from pipeline.batch.tasks import Outcome, Task
from pipeline.cluster import crew as crews
from pipeline.cluster import membership, scheduler, worker
from pipeline.errors import PipelineError
from tests.chaos.storm import CLI, archive, weather
from tests.faults.table import size

TASK = Task(slug="een", stage="transcribe", key="k", needs=("GPU",))


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """A home with a certificate."""
    home = webinars.make_home(tmp_path / "gedeeld")
    membership.init(home / membership.FOLDER)
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def serving(shared):
    """A scheduler, and where it listens."""
    command = [*CLI, "cluster", "start", "--port", "0"]
    process = subprocess.Popen(command, cwd=shared, stderr=subprocess.PIPE, text=True)
    address = process.stderr.readline().split()[-1]
    yield process, address
    process.kill()
    process.wait()
    process.stderr.close()


# Who is let in -------------------------------------------------------------------------------------


def test_the_certificate_is_for_its_owner_alone_and_is_not_made_twice(shared):
    folder = shared / membership.FOLDER
    if sys.platform != "win32":
        assert stat.S_IMODE((folder / membership.KEY).stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / ".gitignore").read_text(encoding="utf-8") == "*\n"
    with pytest.raises(PipelineError, match="holds a certificate already"):
        membership.init(folder)
    assert len([path for path in folder.iterdir() if b"PRIVATE KEY" in path.read_bytes()]) == 1  # the member's


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.5", "::", "voorbeeld.nl"])
def test_a_scheduler_that_others_can_reach_is_refused_without_a_certificate(tmp_path, host):
    with pytest.raises(PipelineError, match="without TLS anybody might"):
        scheduler.start(tmp_path, host, 0, print)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://10.0.0.5:8786", "open to anybody"),
        ("tcp://voorbeeld.nl:8786", "open to anybody"),
        ("tls://10.0.0.5:8786", "there is no certificate"),
        ("10.0.0.5:8786", "is no address of a cluster"),
        ("http://10.0.0.5", "is no address of a cluster"),
        ("tcp://127.0.0.1", "is no address of a cluster"),
        ("tcp://127.0.0.1:abc", "is no address of a cluster"),
        ("tcp://[::1", "is no address of a cluster"),
    ],
)
def test_nobody_works_for_a_scheduler_that_anybody_may_have_started(tmp_path, address, said):
    with pytest.raises(PipelineError, match=said):
        membership.guarded(address, tmp_path)


def test_without_a_certificate_this_machine_itself_will_do(tmp_path):
    assert membership.guarded("tcp://127.0.0.1:8786", tmp_path) is None
    assert membership.guarded("tcp://[::1]:8786", tmp_path) is None


def test_a_certificate_that_has_expired_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(membership, "VALID", -dt.timedelta(minutes=30))
    membership.init(tmp_path / "c")
    with pytest.raises(PipelineError, match="has expired"):
        membership.security(tmp_path / "c")


@pytest.mark.parametrize("file", [membership.KEY, membership.AUTHORITY, membership.CERTIFICATE])
def test_a_damaged_certificate_says_so(shared, file):
    (shared / membership.FOLDER / file).write_bytes(b"damaged")
    with pytest.raises(PipelineError, match="cannot be used"):
        membership.security(shared / membership.FOLDER)


@pytest.mark.fault(21)
@pytest.mark.parametrize("stranger", ["with another certificate", "without any"])
def test_a_stranger_is_not_let_in(serving, tmp_path, stranger):
    _, address = serving
    elsewhere = tmp_path / "elders"
    archive(elsewhere, 1)
    if stranger == "with another certificate":
        membership.init(elsewhere / membership.FOLDER)
    else:
        address = address.replace("tls://", "tcp://")
    script = "import sys; from pipeline.cluster import crew; from pipeline.cli import main; crew.CONNECT = 2\n"
    script += f"sys.argv = ['impressie', 'batch', '--cluster', {address!r}]; main()"
    said = subprocess.run([sys.executable, "-c", script], cwd=elsewhere, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert "no scheduler answers at" in said.stderr
    assert "Traceback" not in said.stderr


def test_nothing_else_of_a_scheduler_can_be_reached_from_outside(serving):
    process, address = serving
    listening = [c.laddr for c in psutil.Process(process.pid).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    assert address.startswith("tls://127.0.0.1:")
    assert {place.ip for place in listening} == {"127.0.0.1"}


# What each is asked --------------------------------------------------------------------------------


class Client:
    """Dask's client, as far as a crew wants it."""

    def __init__(self, **offers):
        self.status, self.asked, self.offers = "running", [], offers

    def scheduler_info(self, n_workers):
        return {"workers": {f"w{n}": {"resources": offer} for n, offer in enumerate(self.offers.values())}}

    def submit(self, _, task, **how):
        self.asked.append(how)
        return SimpleNamespace(
            add_done_callback=lambda told: setattr(self, "told", told), release=lambda: None, status="finished",
            result=lambda timeout: Outcome(slug="een", state=self.state).model_dump(),
        )  # fmt: skip


@pytest.fixture
def crew(monkeypatch):
    def made(**offers):
        client = Client(**offers)
        monkeypatch.setattr(crews.ClusterCrew, "_connected", lambda _: client)
        monkeypatch.setattr("distributed.fire_and_forget", lambda _: None)
        return crews.ClusterCrew("tcp://127.0.0.1:1", None), client

    return made


def test_a_task_goes_to_a_worker_that_has_what_it_wants_and_to_any_where_none_has(crew):
    some, client = crew(a={"WORK": 1, "GPU": 1}, b={"WORK": 2, "DOWNLOAD": 1})
    lanes = some.lanes()
    assert [lane.downloads for lane in lanes] == [False] * 3 + [True]
    some.start(lanes[0], TASK, 1)
    some.start(lanes[1], TASK.model_copy(update={"key": "l", "needs": ("LLM",)}), 1)
    some.start(lanes[3], TASK.model_copy(update={"key": "d", "needs": ("DOWNLOAD",), "address": "https://x.nl/"}), 1)
    assert [how["resources"] for how in client.asked] == [{"WORK": 1, "GPU": 1}, {"WORK": 1}, {"DOWNLOAD": 1}]


def test_work_that_failed_is_asked_for_under_another_name_and_other_work_under_its_own(crew):
    some, client = crew(a={"WORK": 1})
    for state in ("failed", "busy", "done", "done"):
        client.state = state
        [lane, *_] = some.lanes()
        some.start(lane, TASK, 1)
        client.told(SimpleNamespace(**vars(client.submit(None, None))))
        [ended] = some.wait(1)
        assert ended.outcome.state == state
    names = [how["key"] for how in client.asked if how]
    assert names == ["k-0", "k-1", "k-1", "k-0"]


def test_when_the_last_that_could_do_it_has_left_the_task_is_asked_for_again_from_any(crew):
    some, client = crew(a={"WORK": 1, "GPU": 1}, b={"WORK": 1})
    lane, _, _ = some.lanes()
    some.start(lane, TASK, 1)
    cancelled = []
    some._asked[lane.name][0].cancel = lambda **how: cancelled.append(how)
    del client.offers["a"]
    some._looked = float("-inf")
    assert some.lanes()
    assert cancelled == [{"force": True}]
    some._came(lane, SimpleNamespace(result=lambda timeout: 1 / 0, status="cancelled", release=lambda: None))
    some.start(lane, TASK, 1)
    assert [how["resources"] for how in client.asked] == [{"WORK": 1, "GPU": 1}, {"WORK": 1}]


def test_when_the_scheduler_is_lost_the_task_is_asked_for_again_and_nothing_has_failed(crew):
    some, _ = crew(a={"WORK": 1})
    lane = Lane("lane 1", task=TASK)

    def lost(timeout):
        raise RuntimeError("cancelled")

    future = SimpleNamespace(result=lost, status="cancelled", release=lambda: None)
    assert some._came(lane, future).outcome.state == "busy"


def test_what_runs_already_is_not_begun_again(monkeypatch, tmp_path):
    going, go, done = threading.Event(), threading.Event(), []

    class Slow:
        alive = True

        def __init__(self, *_):
            pass

        def do(self, task, threads):
            done.append(task.key)
            going.set()
            assert go.wait(10)
            return Outcome(slug=task.slug, state="done")

    monkeypatch.setattr(worker, "Hand", Slow)
    hands = worker.Hands(tmp_path, 2, 1)
    first = hands.do(TASK)
    assert going.wait(10)
    second = hands.do(TASK)
    go.set()
    assert first.result(10) == second.result(10)
    assert done == ["k"]
    assert hands.do(TASK).result(10)
    assert done == ["k", "k"]


def test_an_offer_that_means_nothing_is_told(shared, impressie):
    said = impressie("cluster", "worker", "tls://127.0.0.1:1", "--offer", "KOFFIE")
    assert said.code == 1
    assert "choose from GPU, DOWNLOAD, LLM" in said.err


# Killed and paused ---------------------------------------------------------------------------------


@pytest.mark.fault(21)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP")
def test_a_storm_of_kills_and_pauses_loses_nothing_and_publishes_nothing_twice(tmp_path, record_property):
    count = size(8, 120)
    how = {"lasts": size(1, 3) / 10, "seed": 11, "port": 8791}
    found = weather(tmp_path / "archief", count, kills=size(6, 40), stops=size(1, 8), **how)
    record_property("cases", found.kills.total() + found.stops)
    record_property("figure", found.line())
    assert found.tasks == 7 * count
    assert found.kills.total() >= size(5, 40)
    assert (found.twice, found.wrong, found.orphans) == ([], [], [])
