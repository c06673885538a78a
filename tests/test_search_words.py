"""Whatever words look like and wherever they are cut, they are found, and what marks them is shown with them."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import console, webinars
from pipeline.asking import MOST, tokens
from pipeline.models import Passage, Passages, Span, Suspect, Word
from pipeline.search import search
from pipeline.webinars import index_of
from tests.talks import FIETSPAD, passages_of
from tests.test_search import found as said
from tests.test_search import held, quiet
from tests.webinars_as_text import talk

CUT = "A: Ik zeg altijd uitvoering is\nA: beleid, en dat geheim mag niemand weten."


def timed(*words: tuple[float, float, str]) -> Passages:
    """One passage of words with their times."""
    made = tuple(Word(start=start, end=end, text=text) for start, end, text in words)
    ends = min(w.start for w in made), max(w.end for w in made)
    return Passages(passages=(Passage(id="t0", start=ends[0], end=ends[1], speaker="A", words=made),))


def marks(home, query: str) -> tuple[bool, str | None]:
    """Whether the only hit is barred, and why it is doubtful."""
    [hit] = search(home, query, quiet).hits
    return hit.barred, hit.doubt


# Times and marks -----------------------------------------------------------------------------------


def test_words_out_of_order_are_found_and_the_index_stays(home):
    held(home, "over-elkaar", timed((5, 6, "later"), (1, 2, "eerder"), (6, 7, "slot")))
    held(home, "ander", "A: Alles was eerder beter.")
    assert said(home, "later eerder") == [("over-elkaar", "later eerder")]
    made = index_of(home).stat().st_ino
    assert said(home, "slot") == [("over-elkaar", "slot")]
    assert len(said(home, "eerder")) == 2
    assert index_of(home).stat().st_ino == made
    [hit] = search(home, "later eerder", quiet).hits
    assert (hit.span.start, hit.span.end) == (1, 6)


def test_what_is_barred_or_doubtful_after_a_cut_is_marked_before_it_too(home):
    made = passages_of(CUT)
    second = made.passages[1]
    barred, doubted = Span(start=second.start, end=second.end), Suspect(start=second.start, end=second.end, reason="x")
    held(home, "w", made.model_copy(update={"barred": (barred,)}))
    assert marks(home, "uitvoering is beleid") == (True, None)
    held(home, "w", made.model_copy(update={"suspects": (doubted,)}))
    assert marks(home, "uitvoering is beleid") == (False, "x")


def test_a_hit_is_barred_if_any_word_around_it_is_and_doubtful_only_if_it_is_itself(home):
    made = passages_of(CUT)
    stretch = {"start": made.passages[1].start, "end": made.passages[1].end}
    marked = {"barred": (Span(**stretch),), "suspects": (Suspect(**stretch, reason="x"),)}
    held(home, "w", made.model_copy(update=marked))
    assert marks(home, "altijd") == (True, None)


def test_a_hit_across_a_cut_lasts_until_its_last_word(home):
    made = passages_of(CUT)
    held(home, "w", made)
    [hit] = search(home, "uitvoering is beleid", quiet).hits
    assert hit.span.end == pytest.approx(made.passages[1].words[0].end, abs=0.006)


def test_a_mark_far_from_all_that_is_shown_is_not_the_hits(home):
    made = passages_of(f"A: beleid {'en nog iets ' * 9} einde")
    last = made.passages[0].words[-1]
    held(home, "w", made.model_copy(update={"barred": (Span(start=last.start, end=last.end),)}))
    assert marks(home, "beleid") == (False, None)
    assert marks(home, "einde") == (True, None)


def test_a_short_word_has_the_marks_of_its_middle_and_no_others(home):
    made = timed((0, 0.96, "geen"), (0.96, 1, "geld"), (1, 1, "ooit"))
    held(home, "kort", made.model_copy(update={"barred": (Span(start=0.96, end=1),)}))
    assert marks(home, "geld") == (True, None)
    made = timed((0, 1, "een"), (1, 2, "woord"), (2.006, 3, "hierna"))
    held(home, "kort", made.model_copy(update={"suspects": (Suspect(start=2.006, end=3, reason="x"),)}))
    assert marks(home, "woord") == (False, None)
    assert marks(home, "hierna") == (False, "x")


def test_a_word_without_length_has_its_marks(home):
    made = timed((0, 1, "een"), (1, 1, "einde"))
    held(home, "w", made.model_copy(update={"barred": (Span(start=0.5, end=1),)}))
    assert marks(home, "einde") == (True, None)


# What is found -------------------------------------------------------------------------------------


def test_the_longest_phrase_that_can_be_asked_is_found_across_a_cut(home):
    first, second = ([f"{part}{n}" for n in range(MOST)] for part in ("eerste", "tweede"))
    held(home, "lang", f"A: {' '.join(first)}\nA: {' '.join(second)}")
    for own in (1, 30, MOST - 1):
        phrase = " ".join(first[MOST - own :] + second[: MOST - own])
        assert [hit.exact for hit in search(home, phrase, quiet).hits] == [True]


def test_words_far_into_what_follows_count_in_a_phrase_alone(home):
    held(home, "w", f"A: Over gemeenten.\nA: {'en ' * 20} burgers gemeenten.")
    assert len(said(home, "burger gemeente")) == 1


def test_a_digit_is_a_word_like_any_other(home):
    held(home, "w", "A: Wij zitten in groep 8.\nB: De groep mensen is groot.")
    assert said(home, "groep 8") == [("w", "groep 8.")]
    assert said(home, "8 zitten") == [("w", "zitten 8.")]


def test_what_nobody_sees_does_not_matter_and_a_half_is_no_twelve(home):
    held(home, "w", "A: Het uitvoer\u00adings\u200bbeleid kost 2½ procent, geen 212 euro.")
    assert said(home, "uitvoeringsbeleid") == said(home, "uitvoerings\u00adbeleid") != []
    assert said(home, "212") == [("w", "212")]
    assert [token.plain for token in tokens("2½ m² o\ufb03cieel ĳs")] == ["2", "m2", "officieel", "ijs"]


ODD = "A: Ideeën\u00ad: co\u0308o\u0308peratie ﬁets ½ auto’s 24/7 e-mail A.V.G. Ĳmuiden 10.000 € “zo” m² ½uur \u200bnul"


def simply(text: str) -> list[str]:
    """Words in another way than ours: letters and digits of ASCII, all else parts them."""
    bare = unicodedata.normalize("NFKD", re.sub("[\u00ad\u200b]", "", text)).replace("1⁄2", " ").casefold()
    return re.findall("[a-z0-9]+", re.sub("[\u0300-\u036f]", "", bare))


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A home, and by passage its webinar, its start and its words."""
    home = tmp_path_factory.mktemp("words") / "home"
    webinars.make_home(home)
    talks = {"loket": talk("loket").passages, "fiets": passages_of(FIETSPAD), "vreemd": passages_of(ODD)}
    for slug, made in talks.items():
        held(home, slug, made)
    return home, {
        (slug, round(one.start, 1)): (one, [word for w in one.words for word in simply(w.text)])
        for slug, made in talks.items()
        for one in made.passages
    }


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=st.data())
def test_every_phrase_is_found_as_one_who_cuts_words_otherwise_finds_it(library, drawn):
    home, there = library
    slug = drawn.draw(st.sampled_from(["vreemd", "loket", "fiets"]))
    words = drawn.draw(st.sampled_from([words for (of, _), (_, words) in there.items() if words and of == slug]))
    first = drawn.draw(st.integers(0, len(words) - 1))
    phrase = f" {' '.join(words[first : first + drawn.draw(st.integers(1, 8))])} "
    hits = [hit for hit in search(home, phrase, quiet, limit=5000).hits if hit.exact]
    for (of, _), (one, its) in there.items():
        inside = [hit for hit in hits if hit.workspace.slug == of and one.start - 0.01 <= hit.span.start < one.end]
        assert (phrase in f" {' '.join(its)} ") <= bool(inside)


# Whose they are ------------------------------------------------------------------------------------


@pytest.mark.parametrize("speaker", ["voice B", "B", "Spreker 2", "spr 2", "voi b"])
def test_a_voice_without_a_name_is_asked_as_it_is_shown(home, speaker):
    held(home, "w", "A: Beleid van Boer Bea.\nB: Beleid ook.")
    [hit] = search(home, "beleid", quiet, speaker=speaker).hits
    assert hit.voice == "B"


def test_the_beginning_of_a_name_will_do_and_no_word_that_was_said(home):
    held(home, "w", "A: Mijn naam is Anna Mulder, beleid.\nB: Beleid van mulders ook.")
    (home / "configs" / "w.toml").write_text('[[speakers]]\nname = "Anna Mulder"\n', encoding="utf-8")
    for part in ("mul", "Ann Muld", "mulder"):
        [hit] = search(home, "beleid", quiet, speaker=part).hits
        assert hit.named.name == "Anna Mulder"
    assert said(home, "beleid", speaker="mulders") == []


def test_a_query_as_long_as_may_be_does_not_harm_the_index(home):
    held(home, "w", "A: Beleid.")
    said(home, "beleid")
    made = index_of(home).stat().st_ino
    long = " ".join(f"w{n}" for n in range(MOST))
    assert said(home, f"{long}", speaker=long) == []
    assert index_of(home).stat().st_ino == made


def test_a_terminal_is_told_nothing_but_text(home, capsys):
    held(home, "w", "A: beleid\x1b[2J\x1b]0;x\x07 \x9b31m eind")
    console.hits(search(home, "eind", quiet).hits)
    shown = capsys.readouterr().out
    assert "«eind»" in shown
    assert {char for char in shown if unicodedata.category(char) == "Cc"} == {"\n"}
