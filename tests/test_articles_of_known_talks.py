"""The extractive article of two talks with known answers, held against the bars of the house."""

from __future__ import annotations

import re
from functools import cache

import pytest
from webinars_as_text import talk

from pipeline.article.check import check
from pipeline.article.plan import make_plan, replan
from pipeline.article.scene import Scene
from pipeline.article.stretches import dangling
from pipeline.engines.extractive import write
from pipeline.writing import CheckReport, DraftPart, Plan, joined

TALKS = ("sample", "loket", "schoolbus")


@cache
def article(name: str) -> tuple[tuple[DraftPart, ...], Plan, CheckReport]:
    here = talk(name)
    plan = make_plan(here.evidence, here.webinar.style)
    parts = write(Scene(here.evidence, plan, here.draft, here.recording))
    claims = [claim for part in parts for claim in part.claims]
    report = check(joined(parts), here.passages, here.names, here.facts, here.recording, None, (), claims)
    return parts, plan, report


@pytest.mark.parametrize("name", TALKS)
def test_every_quote_is_proved_and_of_the_right_speaker(name: str) -> None:
    *_, report = article(name)
    assert {quote.status for quote in report.quotes} <= {"exact", "cleaned"}
    assert all(quote.credited_to == quote.name for quote in report.quotes)


@pytest.mark.parametrize("name", TALKS)
def test_the_check_finds_nothing_wrong_with_it(name: str) -> None:
    *_, report = article(name)
    assert [finding.text for finding in report.findings] == []


@pytest.mark.parametrize("name", ["sample", "loket"])
def test_half_of_the_quotes_are_those_an_editor_would_choose(name: str) -> None:
    *_, report = article(name)
    spans = [quote.span for quote in report.quotes if quote.span]
    hits = [s for s in spans if any(min(s.end, b) - max(s.start, a) > s.duration / 2 for a, b in talk(name).keys)]
    assert len(hits) >= len(spans) / 2


@pytest.mark.parametrize("name", TALKS)
def test_it_has_the_length_and_the_form_of_the_house(name: str) -> None:
    parts, _, report = article(name)
    text = joined(parts)
    share = sum(len(quote.text.split()) for quote in report.quotes) / report.words
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert 500 <= report.words <= 700
    assert 0.35 <= share <= 0.5
    assert 3 <= len(heads) <= 4
    assert all(2 <= len(head.split()) <= 5 for head in heads)
    assert parts[1].markdown.count("?") >= 2


@pytest.mark.parametrize("name", TALKS)
def test_no_quote_begins_in_the_middle_of_an_argument(name: str) -> None:
    *_, report = article(name)
    assert [quote.text for quote in report.quotes if dangling(quote.text)] == []


@pytest.mark.parametrize("name", TALKS)
def test_all_who_spoke_long_are_in_it(name: str) -> None:
    parts, *_ = article(name)
    assert all(person.surname in joined(parts) for person in talk(name).evidence.people.values())


def test_nothing_of_what_may_not_be_told_is_in_it() -> None:
    parts, *_ = article("loket")
    text = joined(parts)
    assert [bad for bad in talk("loket").truth["forbidden_regex"] if re.search(bad, text, re.IGNORECASE)] == []


def test_the_two_halves_of_the_sample_that_are_taken_back_or_of_others_stay_out() -> None:
    text = joined(article("sample")[0])
    noted = [line["text"] for line in talk("sample").truth["lines"] if line.get("note")]
    barred = [line for line in noted if len(line.split()) > 6]
    assert [line for line in barred if line.rstrip(".") in text and "question" not in line and "?" not in line] == []


def test_each_sentence_of_its_own_names_what_it_rests_on_and_those_are_sentences_of_the_talk() -> None:
    for name in TALKS:
        parts, *_ = article(name)
        known = talk(name).evidence.by_id
        cited = [key for part in parts for claim in part.claims for key in claim.cites]
        assert len(cited) > 5
        assert set(cited) <= set(known)


def test_a_section_planned_again_takes_other_quotes_and_a_hint_brings_what_it_asks_for() -> None:
    here, (_, plan, _) = talk("loket"), article("loket")
    again = replan(here.evidence, plan, 2, here.webinar.style, "")
    assert not {q.text for q in again.quotes} & {q.text for q in plan.sections[1].quotes}
    hinted = replan(here.evidence, plan, 3, here.webinar.style, "meer over vrijwilligers")
    assert "vrijwilliger" in " ".join(quote.text for quote in hinted.quotes)
