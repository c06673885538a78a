"""The bench of lies: what is false about two webinars is told, what is true is left in peace.

The items were written by people who had not seen the check. It was made with `seen.jsonl` at hand; `locked.jsonl` and
`fresh.jsonl` were looked at for the first time when it was done: what was seen then stands in tests/lies/README.md.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from functools import cache
from typing import Any

import pytest
from webinars_as_text import LIES, talk

from pipeline.article.check import check
from pipeline.article.findings import _without, own_sentences
from pipeline.article.quotes import find, paragraphs
from pipeline.writing import Claim

NOT_OF_A_SENTENCE = {"form", "coverage", "disclosure", "voices", "spelling"}  # of an article as a whole


def items(half: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LIES / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()]


def flagged(item: dict[str, Any], *, cited: bool) -> list[str]:
    """What the check says of one sentence; `cited`: the place it rests on is given, as a model would give it."""
    here = talk(item["webinar"])
    claims = []
    if cited:
        spans = item["cites"]
        ids = [s.id for s in here.evidence.sentences if any(min(s.end, b) - max(s.start, a) > 0.2 for a, b in spans)]
        printed = find(item["text"], [here.webinar.title or ""])
        own = [o for line in paragraphs(item["text"]) for o in own_sentences(_without(line, printed, "¶"))]
        claims = [Claim(text=text, cites=tuple(ids)) for text in own]
    report = check(item["text"], here.passages, here.names, here.facts, here.recording, None, (), claims, here.alike)
    found = [f for f in report.findings if f.kind not in NOT_OF_A_SENTENCE and f.severity != "note"]
    return [f.text for f in found if "geen enkel citaat" not in f.text and "niet wie het zei" not in f.text]


@cache
def verdicts(half: str, *, cited: bool) -> tuple[tuple[bool, str, str, bool], ...]:
    return tuple((i["lie"], i["kind"], i["touches"], bool(flagged(i, cited=cited))) for i in items(half))


def rate(told: list[bool]) -> float:
    return sum(told) / len(told)


def table(half: str, *, cited: bool) -> str:
    """Per kind: how many of the lies were caught, how many of the true sentences flagged."""
    kinds: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for lie, kind, _, told in verdicts(half, cited=cited):
        kinds[lie, kind].append(told)
    rows = [f"| {kind} | {sum(told)} of {len(told)} |" for (_, kind), told in sorted(kinds.items(), reverse=True)]
    return "\n".join(rows)


def test_there_are_two_hundred_lies_of_sixteen_kinds_and_two_hundred_true_sentences() -> None:
    every = [*items("seen"), *items("locked")]
    lies = Counter(item["kind"] for item in every if item["lie"])
    assert len(lies) == 16
    assert lies.total() >= 200
    assert sum(not item["lie"] for item in every) >= 200


HALVES = [("seen", True), ("locked", True), ("locked", False), ("fresh", True), ("fresh", False)]
FREELY = 0.27  # of the true sentences of 'fresh', which are put more freely than a draft is, are doubted


@pytest.mark.parametrize(("half", "cited"), HALVES)
def test_every_lie_in_a_quote_or_of_a_speaker_is_caught_and_nearly_all_of_names_and_numbers(
    half: str, cited: bool
) -> None:
    missed = [(touches, kind) for lie, kind, touches, told in verdicts(half, cited=cited) if lie and not told]
    assert [kind for touches, kind in missed if touches == "quote"] == []
    assert len([kind for touches, kind in missed if touches == "speaker"]) <= (half == "fresh"), missed
    assert len([kind for touches, kind in missed if touches in ("name", "number")]) <= 3, missed


@pytest.mark.parametrize(("half", "cited"), HALVES)
def test_invented_claims_are_told_and_true_sentences_left_in_peace(half: str, cited: bool) -> None:
    prose = [told for lie, _, touches, told in verdicts(half, cited=cited) if lie and touches == "prose"]
    true = [told for lie, _, _, told in verdicts(half, cited=cited) if not lie]
    assert rate(prose) >= 0.75, table(half, cited=cited)
    assert rate(true) <= (FREELY if half == "fresh" else 0.07), table(half, cited=cited)


def test_the_page_tells_where_a_lie_stands() -> None:
    [text, *_] = flagged({"webinar": "sample", "text": "Volgens Jansen waren het 90 parken.", "cites": []}, cited=False)
    assert re.search(r"90", text)
