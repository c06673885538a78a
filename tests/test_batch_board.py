"""Which task is next: stage by stage, politely, and without what fails time and again."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.batch.board import BUSY, LATER, LONGEST, PATIENCE, Board, site_of
from pipeline.batch.tasks import BEGIN, ORDER, Outcome, Task, beginning

URL = "https://www.voorbeeld.nl/opname/"


def task(slug, stage="transcribe", address=""):
    return Task(slug=slug, stage=stage, key=f"{slug}-{stage}", address=address)


def done(of, then=None):
    return Outcome(slug=of.slug, state="done", did=True, then=then)


def failed(of):
    return Outcome(slug=of.slug, state="failed", summary="broken", hint="mend it")


def taken(board, now=0.0, **how):
    found = []
    while one := board.next(now, **({"downloads": False} | how)):
        found.append(one)
    return found


def test_of_what_can_be_done_the_earliest_stage_comes_first():
    board = Board()
    for stage in ("draft", "transcribe", "segment"):
        board.add(task("een", stage))
        board.add(task("twee", stage))
    assert [one.stage for one in taken(board)] == ["transcribe"] * 2 + ["segment"] * 2 + ["draft"] * 2


def test_of_one_stage_the_longest_recording_comes_first():
    board = Board()
    for slug, length in (("kort", 60.0), ("lang", 7200.0), ("half", 1800.0)):
        board.add(task(slug).model_copy(update={"length": length}))
    assert [one.slug for one in taken(board)] == ["lang", "half", "kort"]


def test_a_hand_stays_with_the_stage_whose_model_it_has_loaded():
    board = Board()
    for stage in ("transcribe", "rehear"):
        board.add(task("een", stage))
        board.add(task("twee", stage))
    assert [one.stage for one in taken(board, last="rehear")] == ["rehear"] * 2 + ["transcribe"] * 2


def test_one_download_from_a_site_at_a_time_and_a_pause_after_it():
    board = Board(pause=5.0)
    for n in range(3):
        board.add(task(f"w{n}", "download", f"{URL}{n}"))
    board.add(task("elders", "download", "https://elders.nl/x"))
    first, other = taken(board, downloads=True)
    assert {site_of(first), site_of(other)} == {"voorbeeld.nl", "elders.nl"}
    board.ended(first, done(first), now=10.0)
    assert board.next(14.9, downloads=True) is None
    assert 4.9 < board.wakes(10.0) <= 5.0
    assert board.next(15.0, downloads=True).slug == "w1"
    assert board.next(15.0, downloads=True) is None


def test_a_file_is_no_download_and_waits_for_nobody():
    board = Board()
    board.add(task("een", "download"))
    board.add(task("twee", "download"))
    assert board.next(0.0, downloads=True) is None
    assert len(taken(board)) == 2


def test_what_was_begun_is_downloaded_before_the_next_is_begun():
    board = Board(pause=0)
    for n in range(2):
        board.add(beginning(f"{URL}{n}"))
    first = board.next(0.0, downloads=True)
    assert first.stage == BEGIN
    board.ended(first, Outcome(slug="een", state="done", did=True, then=task("een", "download", f"{URL}0")), 0.0)
    assert board.next(0.0, downloads=True).stage == "download"


def test_a_site_that_asks_to_come_back_later_is_left_alone_so_long_and_no_webinar_is_set_aside_for_it():
    board = Board(pause=0, tries=1)
    board.add(task("een", "download", URL))
    now = 0.0
    for wait in [300.0, 0.0, 1.0, 1.0, 1.0]:
        one = board.next(now, downloads=True)
        board.ended(one, Outcome(slug="een", state="later", wait=wait), now)
        assert board.next(now + (wait or LATER) - 0.1, downloads=True) is None
        assert board.closed(now) == {"voorbeeld.nl": wait or LATER}
        now += wait or LATER
    assert board.aside == []


@pytest.mark.parametrize("wait", [1.0, LONGEST + 1])
def test_a_site_that_goes_on_refusing_is_not_asked_any_more_for_any_webinar(wait):
    board, now, asked = Board(pause=0, tries=1), 0.0, 0
    for n in range(8):
        board.add(task(f"w{n}", "download", f"{URL}{n}"))
    board.add(task("elders", "download", "https://elders.nl/x"))
    while board.left:
        one = board.next(now, downloads=True)
        if one is None:
            now += board.wakes(now)
        elif one.slug == "elders":
            board.ended(one, done(one), now)
        else:
            asked += 1
            board.ended(one, Outcome(slug=one.slug, state="later", wait=wait, summary="429"), now)
    assert asked == (PATIENCE + 1 if wait < LONGEST else 1)
    assert sorted(each.name for each in board.aside) == [f"w{n}" for n in range(8)]
    assert board.finished == 1


def test_what_fails_comes_back_at_the_end_and_is_set_aside_with_its_reason_when_it_failed_so_often():
    board = Board(tries=2)
    board.add(task("een"))
    board.add(task("twee"))
    one = board.next(0.0, downloads=False)
    board.ended(one, failed(one), 0.0)
    assert [each.slug for each in taken(board)] == ["twee", "een"]
    board.ended(one, failed(one), 0.0)
    [aside] = board.aside
    assert (aside.name, aside.stage, aside.why, aside.hint) == ("een", "transcribe", "broken", "mend it")
    assert board.left  # the other runs


def test_a_webinar_that_somebody_else_works_on_is_tried_again_in_a_while_and_never_set_aside():
    board, now = Board(tries=1), 0.0
    board.add(task("een"))
    for _ in range(20):
        one = board.next(now, downloads=False)
        board.ended(one, Outcome(slug="een", state="busy"), now)
        assert board.next(now, downloads=False) is None
        assert board.wakes(now) == BUSY
        now += BUSY
    assert board.aside == []
    assert board.left


STATES = st.lists(st.sampled_from(["done", "failed", "busy", "later"]), max_size=200)


@given(STATES, st.integers(1, 30), st.integers(2, 4))
def test_every_webinar_ends_up_to_date_or_set_aside_and_never_runs_twice_at_once(states, count, hands):
    board, now, luck = Board(tries=2, pause=1.0), 0.0, iter(states)
    for n in range(count):
        board.add(beginning(f"{URL}{n}") if n % 3 else beginning(f"/opnamen/{n}.mp3"))
    while board.left:
        running = [one for n in range(hands) if (one := board.next(now, downloads=n == 0, last=ORDER[n]))]
        assert max(Counter(one.source or one.slug for one in running).values(), default=0) <= 1
        assert sum(1 for one in running if one.address) <= 1
        for one in running:
            state, slug, after = next(luck, "done"), one.slug or one.key, ORDER.index(one.stage) + 1
            more = state == "done" and after < len(ORDER)
            then = task(slug, ORDER[after], one.address if after == 1 else "") if more else None
            board.ended(one, Outcome(slug=slug, state=state, did=True, then=then), now)
        now += 1.0 if running else board.wakes(now)
    assert board.finished + len(board.aside) == count
