"""The article by block: what is edited changes, every other byte stays; markup from outside is text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.review.blocks import blocks_of, diff, inserted, marked, replaced, runs

ARTICLE = (
    "# Impressie ‘A’\n\nVraag een? En twee?\n\n\n## Kop een\n\nMulder zei: ‘Wij luisteren.’\ntweede regel\n\n*slot*\n"
)
line = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=30)
texts = st.lists(line, max_size=12).map("\n".join)


def test_headings_and_paragraphs_are_blocks_of_their_own():
    assert [(b.kind, b.source) for b in blocks_of(ARTICLE)] == [
        ("title", "# Impressie ‘A’"),
        ("paragraph", "Vraag een? En twee?"),
        ("heading", "## Kop een"),
        ("paragraph", "Mulder zei: ‘Wij luisteren.’\ntweede regel"),
        ("paragraph", "*slot*"),
    ]


@given(texts)
def test_a_block_stands_where_it_says(text):
    assert all(text[b.start : b.end] == b.source and b.source.strip() for b in blocks_of(text))


@given(texts, texts.filter(lambda new: new.strip() and not new.startswith("#")), st.data())
def test_only_the_edited_block_changes(text, new, data):
    parts = blocks_of(text)
    if not parts:
        return
    at = data.draw(st.integers(0, len(parts) - 1))
    after = replaced(text, at, new)
    assert after.startswith(text[: parts[at].start])
    assert after.endswith(text[parts[at].end :])


def test_an_emptied_block_is_gone_and_the_others_are_as_they_were():
    left = [b.source for b in blocks_of(replaced(ARTICLE, 1, "  "))]
    assert left == [b.source for b in blocks_of(ARTICLE) if not b.source.startswith("Vraag")]


@pytest.mark.parametrize("at", range(6))
def test_a_new_block_stands_where_it_was_put(at):
    sources = [b.source for b in blocks_of(ARTICLE)]
    assert [b.source for b in blocks_of(inserted(ARTICLE, at, "Nieuw."))] == [*sources[:at], "Nieuw.", *sources[at:]]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("**vet** en <b onclick=x>dik</b>", "vet en <b onclick=x>dik</b>"),
        ("![kat](https://kwaad.example/x.png)", "kat"),
        ("[hier](javascript:alert(1))", "[hier](javascript:alert(1))"),
        ("[hier](ftp://oud.example/x)", "hier"),
    ],
)
def test_markup_from_outside_is_text(source, shown):
    found = runs(source)
    assert "".join(run.text for run in found) == shown
    assert all(run.href is None for run in found)


def test_a_link_to_the_recording_is_one():
    assert [(r.text, r.href) for r in runs("op [YouTube](https://youtu.be/x)")] == [
        ("op ", None),
        ("YouTube", "https://youtu.be/x"),
    ]


def test_a_quote_is_marked_with_its_marks_and_the_rest_is_not():
    found = marked(runs("Mulder zei: ‘Wij *luisteren* goed.’ Daarna niets."), [(0, "Wij luisteren goed.")])
    assert "".join(run.text for run in found if run.quote == 0) == "‘Wij luisteren goed.’"
    assert "".join(run.text for run in found) == "Mulder zei: ‘Wij luisteren goed.’ Daarna niets."


@given(texts, texts)
def test_a_difference_holds_both_texts_whole(a, b):
    steps = diff(a, b)
    assert "".join(text for op, text in steps if op in "=-") == a
    assert "".join(text for op, text in steps if op in "=+") == b
