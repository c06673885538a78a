"""A webinar's folder is safe and its own, whatever its title holds."""

from __future__ import annotations

import datetime as dt
import random
import re
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.begin import slug_for
from tests.faults.table import size

pytestmark = pytest.mark.fault(11)

DAY = dt.date(2026, 9, 24)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        (
            "Samenwerken als één overheid – wat betekent dit?",
            "2026-09-24-samenwerken-als-een-overheid-wat-betekent-dit",
        ),
        ("../../etc/passwd", "2026-09-24-etc-passwd"),
        ("CON", "2026-09-24-webinar"),
        ("😀\u202e\x00\n", "2026-09-24-webinar"),
        ("x" * 10_000, "2026-09-24-" + "x" * 48),
    ],
)
def test_a_title_becomes_plain_words(title, slug):
    assert slug_for(title, DAY, ()) == slug


def test_the_same_title_twice_gets_a_number():
    assert slug_for("Wijken", DAY, ["2026-09-24-wijken", "2026-09-24-wijken-2"]) == "2026-09-24-wijken-3"


@settings(max_examples=size(200, 2000), deadline=None)
@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_title_stays_inside_outputs_and_collides_with_none(title, others):
    taken = [slug_for(other, DAY, ()) for other in others]
    slug = slug_for(title, DAY, taken)
    assert re.fullmatch(r"2026-09-24(-[a-z0-9]+)+", slug)
    assert len(slug) < 80
    assert slug not in taken
    assert PurePosixPath(slug).name == PureWindowsPath(slug).name == slug


ODD = [
    *(
        "..",
        "/",
        "\\",
        "\0",
        "\n",
        "CON",
        "nul",
        "-",
        "--exec",
        ".",
        " ",
        "%2e%2e",
        "~",
        "$HOME",
        "`id`",
        "C:",
        "//srv",
    ),
    *("é", "e\u0301", "Ĳ", "\u202e", "\ufeff", "😀", "漢字", "x" * 300, ":", "*", "?", '"', "<b>", "2026"),
    *("Wijken", "wijken", "WIJKEN"),
]


def test_ten_thousand_titles_one_after_the_other_each_get_a_folder_of_their_own(tmp_path, record_property):
    chance, taken, outputs = random.Random(11), set(), tmp_path / "outputs"
    titles = size(2000, 10_000)
    for _ in range(titles):
        title = chance.choice(("", " ", "-", "/")).join(chance.choices(ODD, k=chance.randrange(6)))
        slug = slug_for(title, DAY, taken)
        assert (outputs / slug).resolve().parent == outputs.resolve(), title
        assert slug.casefold() not in taken, title
        taken.add(slug)
    record_property("cases", titles)
    record_property("figure", f"{titles} titles, {len(taken)} folders, 0 outside outputs/")
