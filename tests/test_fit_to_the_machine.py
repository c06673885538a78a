"""How many windows are decoded side by side is measured once on a machine; how many, changes no words."""

from __future__ import annotations

import json

import pytest

from pipeline import weights
from pipeline.config import Machine
from pipeline.engines import choice, fitting
from pipeline.engines.fitting import Fit


def silent(_done, _total, _unit="s"):
    pass


@pytest.fixture
def trials(monkeypatch, tmp_path):
    """What each way of working takes, and which ones were tried."""
    monkeypatch.setenv("IMPRESSIE_CACHE", str(tmp_path))
    monkeypatch.setattr(weights, "present", lambda _name: True)
    took, tried = {}, []
    monkeypatch.setattr(fitting, "_trial", lambda fit: tried.append(fit) or took.get(fit, float("inf")))
    return took, tried


def test_the_fastest_way_is_taken_and_measured_once(trials):
    took, tried = trials
    took |= {Fit(1, 4): 4.0, Fit(1, 4, "AVX512"): 3.0, Fit(2, 2, "AVX512"): 2.0, Fit(4, 1, "AVX512"): 2.5}
    assert fitting.fit(4, silent) == fitting.fit(4, silent) == Fit(2, 2, "AVX512")
    assert len(tried) == 4
    assert fitting.fit(2, silent) != fitting.fit(4, silent)  # other cores are another machine
    assert len(tried) == 7


def test_a_machine_without_avx512_is_measured_without(trials):
    took, _ = trials
    took |= {Fit(1, 4): 4.0, Fit(2, 2): 3.0, Fit(4, 1): 2.0}
    assert fitting.fit(4, silent) == Fit(4, 1)


def test_what_gains_little_is_noise_and_what_cannot_be_tried_is_left(trials):
    took, _ = trials
    took |= {Fit(1, 2): 1.0, Fit(1, 2, "AVX512"): 0.95}
    assert fitting.fit(2, silent) == Fit(1, 2)
    assert fitting.fit(1, silent) == Fit(1, 1)


def test_a_broken_memory_of_what_was_measured_is_measured_again(trials, tmp_path):
    took, _ = trials
    took[Fit(1, 2)] = 1.0
    (tmp_path / "machine.json").write_text("{", encoding="utf-8")
    assert fitting.fit(2, silent) == Fit(1, 2)
    assert next(iter(json.loads((tmp_path / "machine.json").read_text(encoding="utf-8")).values()))["workers"] == 1


def test_what_did_not_work_this_time_is_tried_again_the_next(trials, tmp_path):
    assert fitting.fit(2, silent) == Fit(1, 2)
    assert not (tmp_path / "machine.json").exists()


def test_where_nothing_can_be_kept_the_plainest_way_is_taken(trials, tmp_path, monkeypatch):
    (tmp_path / "locks").write_text("a folder that cannot be made", encoding="utf-8")
    took, tried = trials
    took |= {Fit(1, 2): 4.0, Fit(2, 1): 1.0}
    assert fitting.fit(2, silent) == Fit(1, 2)
    assert tried == []


def test_a_user_who_stops_it_during_the_last_trial_leaves_nothing_behind(trials, tmp_path):
    def stopped(done, total, _unit="s"):
        if done == total:
            raise KeyboardInterrupt

    took, _ = trials
    took |= {Fit(1, 2): 4.0}
    with pytest.raises(KeyboardInterrupt):
        fitting.fit(2, stopped)
    assert not (tmp_path / "machine.json").exists()


def test_what_memory_has_no_room_for_is_not_done_side_by_side(monkeypatch):
    here = Machine(device="cpu")
    monkeypatch.setattr(choice, "room", lambda *_: 8e9)
    assert choice.fitting_in("base", here, 4, 2) == 4
    assert 1 <= choice.fitting_in("large-v3", here, 4, 2) < 4
    monkeypatch.setattr(choice, "room", lambda *_: 1e9)
    assert choice.fitting_in("large-v3", here, 4, 2) == 1
    assert choice.fitting_in("/models/mine", here, 4, 2) == 4


def test_a_real_trial_takes_time_and_an_impossible_one_forever():
    assert 0 < fitting._trial(Fit(1, 1)) < float("inf")
    assert fitting._trial(Fit(1, 1, "NO_SUCH_INSTRUCTIONS")) == float("inf")
