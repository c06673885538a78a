"""Killed at random moments, two runs at once, a bit flipped: nothing lost, and the next run makes it whole."""

from __future__ import annotations

import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.stages import STAGES
from tests.conftest import SLUG
from tests.faults.forks import Forks
from tests.faults.states import Tree, copied, differing, kept, leftovers, told, tree
from tests.faults.table import size

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="forks and watches its children as Linux can"
)
RUN = ["cli", "run", SLUG]
MODELS = ("base", "small")


def wants(home: Path, model: str) -> None:
    """Change the model, so that all but the recording is made again."""
    toml = home / "configs" / f"{SLUG}.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace("batch = 1", f'batch = 1\nmodel = "{model}"', 1), encoding="utf-8")


def typed(home: Path) -> Tree:
    """What people typed: settings, edits and all kept copies."""
    return {name: sha for name, sha in tree(home).items() if "/edits/" in name or name.startswith("configs/")}


@pytest.mark.fault(2)
def test_kills_at_any_moment_lose_nothing(forks, whole, tmp_path, record_property):
    results, lasts = {}, 0.0
    for model in MODELS:
        home = copied(whole, tmp_path / "home")
        wants(home, model)
        before = time.perf_counter()
        assert forks(home, RUN).code == 0
        lasts = max(lasts, time.perf_counter() - before)
        results[model] = tree(home)
    chance, kills, wrong, finished = random.Random(2), 0, [], 0
    while kills < size(12, 2000):
        model = MODELS[finished % 2]
        home = copied(whole, tmp_path / "home")
        wants(home, model)
        mine, copies = typed(home), kept(home)
        while True:
            ended = forks(home, RUN, killed_after=chance.uniform(0, lasts * 1.1))
            if typed(home) != mine or not copies <= kept(home):
                wrong.append(f"kill {kills}: what was typed changed: {differing(typed(home), mine)}")
            if ended.code == 0:
                break
            if ended.code != -9:
                wrong.append(f"kill {kills}: {ended.code} {ended.said[-300:]}")
                break
            kills += 1
        finished += 1
        if tree(home) != results[model]:
            wrong.append(f"kill {kills}: another result: {differing(tree(home), results[model])}")
        wrong += [f"kill {kills}: left over: {name}" for name in leftovers(home)]
    record_property("cases", kills)
    record_property("figure", f"{finished} runs came to their end, all with the same result")
    assert not wrong, told(wrong)


@pytest.mark.fault(5)
def test_of_two_runs_at_once_one_works_and_the_other_waits_or_names_it(whole, tmp_path, record_property):
    pairs, wrong, named = size(3, 50), [], 0
    both = Forks(), Forks()
    home = copied(whole, tmp_path / "home")
    wants(home, "small")
    assert both[0](home, RUN).code == 0
    result = tree(home)
    for pair in range(pairs):
        home = copied(whole, tmp_path / "home")
        wants(home, "small")
        with ThreadPoolExecutor(2) as pool:
            ended = list(pool.map(Forks.__call__, both, (home, home), (RUN, RUN)))
        refused = [one for one in ended if one.code == 1 and "is in use by" in one.said]
        named += len(refused)
        if len(refused) > 1 or any(one.code for one in ended if one not in refused):
            wrong.append(f"pair {pair}: {[(one.code, one.said[-200:]) for one in ended]}")
        if tree(home) != result:
            wrong.append(f"pair {pair}: another result: {differing(tree(home), result)}")
    for forks in both:
        forks.close()
    record_property("cases", pairs)
    record_property("figure", f"{named} times the second was told who is at work")
    assert not wrong, told(wrong)


def made_again(forks: Forks, home: Path, stage: str) -> Tree:
    """What is there once a stage was run anew, and all that follows from it."""
    for does in (["cli", "rerun", SLUG, stage, "--discard-edits"], RUN):
        ended = forks(home, does)
        assert ended.code == 0, ended.said
    return tree(home)


@pytest.mark.fault(4)
def test_a_flipped_bit_is_seen_and_costs_no_edit(forks, whole, tmp_path, record_property):
    chance, cases, wrong, refused = random.Random(4), 0, [], 0
    files = [(stage.name, artifact.file) for stage in STAGES for artifact in stage.writes]
    unharmed = {stage.name: made_again(forks, copied(whole, tmp_path / "home"), stage.name) for stage in STAGES}
    for stage, file in files if size(0, 1) else files[1::3]:
        for _ in range(size(1, 20)):
            home = copied(whole, tmp_path / "home")
            path = home / "outputs" / SLUG / file
            if not path.exists():
                continue
            content, mine = bytearray(path.read_bytes()), typed(home)
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(content)
            cases += 1
            for does in (["cli", "status", SLUG], RUN, ["cli", "words", SLUG]):
                ended = forks(home, does)
                refused += ended.code == 1
                if ended.code not in (0, 1, 2) or "Traceback" in ended.said:
                    wrong.append(f"{file}, {does[1]}: {ended.code} {ended.said[-400:]}")
            if typed(home) != mine:
                wrong.append(f"{file}: what was typed changed: {differing(typed(home), mine)}")
            if rest := differing(made_again(forks, home, stage), unharmed[stage]):
                wrong.append(f"{file}: another result afterwards: {rest}")
    record_property("cases", cases)
    record_property("figure", f"{refused} commands said in one sentence that it cannot be read")
    assert not wrong, told(wrong)
