"""What was said in any webinar is found again: by whom, when, and where it can be heard."""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import archive, edits, indexing, webinars
from pipeline.artifacts import PASSAGES, RECORDING
from pipeline.asking import tokens
from pipeline.errors import PipelineError
from pipeline.indexing import Said
from pipeline.models import Passage, Passages, Recording, Span, Suspect
from pipeline.search import search
from pipeline.webinars import index_of
from pipeline.workspace import Workspace
from tests.talks import FIETSPAD, PACE, passages_of, recording
from tests.test_forgotten_speakers import WHO, whole, workspace  # noqa: F401 fixtures
from tests.webinars_as_text import talk

BELEID = """\
A: Welkom allemaal, we spreken vandaag over gemeenten en hun burgers.
B: Ik zeg altijd: uitvoering is
B: beleid, en Één coördinatiepunt is genoeg.
A: Wie zegt dat de gemeente dat niet kan?
"""
OLD = "A: Uitvoering is beleid, zei men toen al. De wethouder was er ook."


def held(
    home: Path, slug: str, made: Passages | str, date: str | None = None, of: Recording | None = None
) -> Workspace:
    """A webinar of which only the transcript by voice is there; its files are not of today."""
    held = Workspace(home, slug)
    held.toml.write_text(f'title = "Over {slug}"\n' + (f'date = "{date}"\n' if date else ""), encoding="utf-8")
    held.folder.mkdir(parents=True, exist_ok=True)
    passages = passages_of(made) if isinstance(made, str) else made
    held.path(PASSAGES.file).write_bytes(PASSAGES.dump(passages))
    held.path(RECORDING.file).write_bytes(RECORDING.dump(of or recording()))
    rest(home)
    return held


def rest(home: Path) -> None:
    """As if nothing was touched for a while."""
    for path in (*home.glob("configs/*.toml"), *home.glob("outputs/*/*.json"), *home.glob("outputs/*/edits/*.json")):
        if path.stat().st_mtime != 1e9 + path.stat().st_size:
            os.utime(path, (1e9, 1e9 + path.stat().st_size))


def quiet(*_: object) -> None:
    """No progress."""


def found(home: Path, query: str, **more: object) -> list[tuple[str, str]]:
    """By hit its webinar and what was marked."""
    hits = search(home, query, quiet, **more).hits  # type: ignore[arg-type]
    return [(hit.workspace.slug, " ".join(text for text, asked in hit.runs if asked)) for hit in hits]


@pytest.fixture
def two(home):
    held(home, "beleid", BELEID, "2026-03-05")
    held(home, "oud", OLD, "2024-01-10", recording("opname.mp4"))
    return home


def test_a_phrase_is_found_across_the_cut_between_two_passages_the_newest_first(two):
    assert found(two, "uitvoering is beleid") == [("beleid", "uitvoering is beleid,"), ("oud", "Uitvoering is beleid,")]


def test_what_stands_only_after_the_cut_is_found_once(two):
    assert found(two, "één coördinatiepunt") == [("beleid", "Één coördinatiepunt")]


def test_a_hit_tells_the_second_of_its_first_word_and_where_to_hear_it(two):
    new, old = search(two, "uitvoering is beleid", quiet).hits
    words = BELEID.splitlines()[0].split()[1:]
    assert new.span.start == pytest.approx(PACE * (len(words) + 3) + 1, abs=0.01)
    assert new.link == f"https://www.youtube.com/watch?v=abc&t={int(new.span.start)}s"
    assert old.link is None


def test_case_and_accents_do_not_matter(two):
    assert found(two, "EEN COORDINATIEPUNT") == found(two, "een coördinatiepunt") == [("beleid", "Één coördinatiepunt")]


def test_any_form_of_a_word_is_found_and_the_word_itself_first(two):
    assert found(two, "gemeente") == [("beleid", "gemeente"), ("beleid", "gemeenten")]
    assert found(two, "wethouders") == [("oud", "wethouder")]


def test_words_may_stand_apart_and_in_any_order(two):
    assert found(two, "burger gemeente")[0] == ("beleid", "gemeenten burgers.")


def test_what_stands_in_quotes_must_stand_exactly_so(two):
    assert found(two, '"gemeente"') == [("beleid", "gemeente")]
    assert found(two, "burger “gemeenten en hun”") == [("beleid", "gemeenten en hun burgers.")]
    assert found(two, 'welkom "hun gemeenten"') == []


def test_words_that_everybody_uses_are_only_found_word_for_word(two):
    assert found(two, "is er de") == []
    assert found(two, "was er ook") == [("oud", "was er ook.")]


def test_a_search_can_be_of_one_person_and_from_a_day_on(two):
    said = Workspace(two, "beleid").folder / "edits" / edits.NAMES
    edits.write(said, edits.Names(names=(edits.Pin(name="Arne van Hout", moments=(5.0,)),)))
    assert found(two, "uitvoering", speaker="hout") == [("beleid", "uitvoering")]
    assert found(two, "uitvoering", speaker="Hout, Arne") == [("beleid", "uitvoering")]
    assert found(two, "gemeente", speaker="hout") == []
    assert found(two, "uitvoering", since=dt.date(2024, 1, 11)) == [("beleid", "uitvoering")]
    assert len(found(two, "uitvoering", since=dt.date(2024, 1, 10))) == 2


def test_a_webinar_without_a_day_comes_last_and_is_not_from_any_day_on(two):
    held(two, "ooit", OLD)
    assert [slug for slug, _ in found(two, "uitvoering")] == ["beleid", "oud", "ooit"]
    assert "ooit" not in dict(found(two, "uitvoering", since=dt.date.min))


def test_what_is_doubtful_or_barred_is_marked(home):
    made = passages_of(FIETSPAD)
    first, second = made.passages[2], made.passages[3]
    made = made.model_copy(
        update={
            "barred": (Span(start=first.start, end=first.end),),
            "suspects": (Suspect(start=second.start, end=second.end, reason="repeats itself"),),
        }
    )
    held(home, "fiets", made)
    [barred] = search(home, "ruimte voor de fiets", quiet).hits
    doubtful = search(home, "hoe kies je de straten", quiet).hits[0]
    assert (barred.barred, barred.doubt) == (True, None)
    assert (doubtful.barred, doubtful.doubt) == (False, "repeats itself")


def test_a_voice_without_a_name_is_called_as_on_the_page(two):
    [hit, _] = search(two, "uitvoering", quiet).hits
    assert hit.talk.label(hit.voice) == "Spreker 2"
    assert (hit.told()["speaker"], hit.told()["status"], hit.told()["voice"]) == (None, "unknown", "B")


# The command ---------------------------------------------------------------------------------------


def test_the_command_shows_when_who_what_and_where(two, impressie):
    said = impressie("search", "uitvoering is beleid")
    assert said.code == 0
    assert said.out == (
        "2026-03-05  Over beleid  0:00:06  voice B\n"
        "    Ik zeg altijd: «uitvoering is beleid,» en Één coördinatiepunt is genoeg.\n"
        "    https://www.youtube.com/watch?v=abc&t=6s\n"
        "2024-01-10  Over oud  0:00:00  voice A\n"
        "    «Uitvoering is beleid,» zei men toen al. De wethouder was er ook.\n"
        "    impressie review oud\n"
    )


def test_the_command_can_speak_json(two, impressie):
    [first, second] = json.loads(impressie("search", "uitvoering is beleid", "--json").out)
    assert (first["slug"], first["date"], first["exact"]) == ("beleid", "2026-03-05", True)
    assert second["link"] is None


def test_the_command_says_that_there_is_more(two, impressie):
    said = impressie("search", "uitvoering", "--limit", "1")
    assert said.out.count("\n") == 3
    assert "--limit 2" in said.err


def test_nothing_found_is_no_error(two, impressie):
    said = impressie("search", "zwartewaterzuivering")
    assert (said.code, said.out) == (0, "")
    assert "No passage holds all of that" in said.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["…"], "no word to search for"),
        ([], "no word to search for"),
        (["x", "--since", "31-1-2025"], "'31-1-2025' is no date"),
        (["x", "--speaker", "?"], "'?' gives no name"),
        (["x " * 99], "too long"),
    ],
)
def test_what_cannot_be_searched_is_said_in_one_sentence(two, impressie, arguments, told):
    said = impressie("search", *arguments)
    assert said.code == 1
    assert told in said.err


def test_a_home_without_webinars_has_nothing_to_find(home, impressie):
    assert impressie("search", "iets").code == 0
    assert "No passage holds all of that" in impressie("search", "iets").err


# Whatever is typed ---------------------------------------------------------------------------------

SIGNS = st.sampled_from(
    [*"\"“”*^:(){}+-,.'\\;%_", "AND", "OR", "NOT", "NEAR(", "said :", "lemmas", "\0", "é", "uitvoering", "is"]
)
TYPED = st.one_of(
    st.text(max_size=40), st.lists(SIGNS, max_size=12).map(" ".join), st.lists(SIGNS, max_size=12).map("".join)
)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A home with two talks of known words."""
    home = tmp_path_factory.mktemp("library") / "home"
    webinars.make_home(home)
    held(home, "loket", talk("loket").passages, "2026-02-01")
    held(home, "fiets", FIETSPAD, "2026-03-01")
    search(home, "x", quiet)
    return home


@settings(max_examples=300, deadline=None)
@given(query=TYPED, speaker=TYPED)
def test_nobody_can_type_a_query_language(library, query, speaker):
    said = ""
    try:
        search(library, query, quiet, speaker=speaker)
    except PipelineError as error:
        said = error.message
    assert not said or any(told in said for told in ("no word to search", "too long", "gives no name"))


def plain(words):
    return [token.plain for word in words for token in tokens(word.text)]


@cache
def said_in(home: Path) -> dict[tuple[str, str], tuple[Passage, list[str]]]:
    """All passages with their words as they are compared."""
    folders = {slug: Workspace(home, slug).folder for slug in webinars.slugs(home)}
    return {(slug, p.id): (p, plain(p.words)) for slug in folders for p in PASSAGES.found(folders[slug]).passages}


def scanned(home: Path, phrase: list[str]) -> set[tuple[str, str]]:
    """The passages that hold a phrase, by looking at each."""
    wanted = f" {' '.join(phrase)} "
    return {at for at, (_, words) in said_in(home).items() if wanted in f" {' '.join(words)} "}


def passage_of(home: Path, hit) -> tuple[str, str]:
    """The passage that a hit begins in."""
    its = [at for at, (one, _) in said_in(home).items() if at[0] == hit.workspace.slug
           and any(abs(word.start - hit.span.start) < 0.006 for word in one.words)]  # fmt: skip
    [at] = its
    return at


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=st.data())
def test_every_phrase_that_was_said_is_found_wherever_it_was_said(library, drawn):
    said = drawn.draw(st.sampled_from([words for _, words in said_in(library).values() if words]))
    first = drawn.draw(st.integers(0, len(said) - 1))
    phrase = said[first : first + drawn.draw(st.integers(1, 8))]
    hits = search(library, " ".join(phrase), quiet, limit=5000).hits
    assert scanned(library, phrase) <= {passage_of(library, hit) for hit in hits if hit.exact}


# Up to date ----------------------------------------------------------------------------------------


def read_again(monkeypatch):
    """Counts which webinars are read."""
    read, real = Counter(), indexing._talk

    def reading(one):
        read[one.slug] += 1
        return real(one)

    monkeypatch.setattr(indexing, "_talk", reading)
    return read


def test_only_a_webinar_that_changed_is_read_again(two, monkeypatch):
    read = read_again(monkeypatch)
    found(two, "uitvoering")
    assert read == {"beleid": 1, "oud": 1}
    found(two, "uitvoering")
    held(two, "oud", "A: Beleid is uitvoering, zei men later.", "2024-01-10")
    assert found(two, "uitvoering is beleid")[1:] == [("oud", "Beleid uitvoering,")]
    assert read == {"beleid": 1, "oud": 2}


def test_what_changes_within_the_clocks_tick_is_seen_too(two):
    found(two, "uitvoering")
    path = Workspace(two, "oud").path(PASSAGES.file)
    path.write_bytes(path.read_bytes().replace(b"wethouder", b"aanhouder"))
    stamp = path.stat()
    assert found(two, "aanhouder") == [("oud", "aanhouder")]
    path.write_bytes(path.read_bytes().replace(b"aanhouder", b"onthouder"))
    os.utime(path, ns=(stamp.st_mtime_ns, stamp.st_mtime_ns))
    assert found(two, "onthouder") == [("oud", "onthouder")]
    assert found(two, "aanhouder") == []


def test_a_webinar_that_is_gone_is_not_found_and_leaves_nothing(two):
    found(two, "uitvoering")
    Workspace(two, "oud").toml.unlink()
    assert found(two, "uitvoering") == [("beleid", "uitvoering")]
    assert "wethouder" not in indexed(two)


def test_a_webinar_that_cannot_be_read_is_named_and_the_others_are_searched(two, impressie):
    Workspace(two, "oud").path(PASSAGES.file).write_bytes(b"{")
    said = impressie("search", "uitvoering")
    assert said.code == 0
    assert "Over beleid" in said.out
    assert "oud could not be searched: 40-passages.json cannot be read" in said.err


def test_names_and_corrections_are_found_once_they_are_confirmed(workspace, impressie):  # noqa: F811
    assert impressie("search", "gemeente", "--speaker", "Pleuntje").out == ""
    hit = search(workspace.home, "de", quiet, limit=1).hits[0]
    assert impressie("speakers", "loket", "set", f"{hit.voice}=Pleuntje Prik").code == 0
    assert "Pleuntje Prik\n" in impressie("search", "de", "--speaker", "pleuntje").out
    assert impressie("search", "boekenwinkeldier").out == ""
    assert impressie("words", "loket", "set", "bibliotheek=boekenwinkeldier").code == 0
    assert impressie("run", "loket").code == 0
    assert "«boekenwinkeldier" in impressie("search", "boekenwinkeldier").out


# Whatever happens to the index ---------------------------------------------------------------------


SPOILT = (
    "UPDATE made SET by = '0'",  # another version's
    "DROP TABLE passage",
    "UPDATE passage SET said = x'00'",
    "UPDATE passage SET said = NULL",
    "UPDATE webinar SET talk = '{'",
    "DELETE FROM found_data",
)


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("damage", ["gone", "empty", "junk", "cut", "zeros", *SPOILT])
def test_a_damaged_index_is_made_anew(two, damage, changed):
    whole = found(two, "uitvoering is beleid")  # noqa: F811
    path = index_of(two)
    raw = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage in SPOILT:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(damage)
    else:
        zeros = raw[:8192] + bytes(len(raw) - 8192)
        path.write_bytes({"empty": b"", "junk": b"geen index" * 999, "cut": raw[:9000], "zeros": zeros}[damage])
    if changed:
        held(two, "oud", f"{OLD} En meer.", "2024-01-10")
    assert found(two, "uitvoering is beleid") == whole
    assert archive.known(path) == archive.marks(two)


def test_the_index_can_be_made_anew_on_request(two, impressie):
    assert impressie("search", "--rebuild").code == 0
    before = index_of(two).stat().st_ino
    assert "Over beleid" in impressie("search", "uitvoering", "--rebuild").out
    assert index_of(two).stat().st_ino != before


def test_a_kill_leaves_the_old_index_and_the_next_search_goes_on(two):
    found(two, "uitvoering")
    before = index_of(two).read_bytes()
    held(two, "nieuw", "A: Dit is pas net gezegd.", "2026-05-05")
    die = f"""
import os, signal
from pathlib import Path
from pipeline import archive
archive.replace = lambda *_: os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
archive.update(Path({str(two)!r}), lambda *_: None)
"""
    assert subprocess.run([sys.executable, "-c", die], check=False).returncode != 0
    assert index_of(two).read_bytes() == before
    assert len(list(index_of(two).parent.glob(".*.next"))) == 1
    assert found(two, "pas net gezegd") == [("nieuw", "pas net gezegd.")]
    assert list(index_of(two).parent.glob(".*.next")) == []


@contextmanager
def elsewhere(claim):
    """Held by a process on another machine."""
    free = [*claim.parent.glob(f"{claim.name}-*.free"), claim.with_name(f"{claim.name}-000000.free")][0]
    free.mkdir(exist_ok=True)
    taken = free.rename(free.with_suffix(".other_abcdef.123456.77.1"))
    yield
    taken.rename(free)


def test_while_another_process_makes_the_index_the_old_one_answers(two, monkeypatch, impressie):
    monkeypatch.setattr(archive, "PATIENCE", 0.05)
    index_of(two).parent.mkdir()
    with elsewhere(index_of(two).with_name(".lock")):
        assert "another impressie is changing .search/" in impressie("search", "uitvoering").err
    found(two, "uitvoering")
    held(two, "nieuw", "A: Uitvoering, pas net gezegd.", "2026-05-05")
    with elsewhere(index_of(two).with_name(".lock")):
        said = impressie("search", "uitvoering")
        Workspace(two, "oud").toml.unlink()
        assert "Over oud" not in impressie("search", "uitvoering").out
    assert "Over oud" in said.out
    assert "may not be found yet" in said.err


def test_an_index_that_cannot_be_written_answers_as_it_is(two, monkeypatch, impressie):
    found(two, "uitvoering")
    held(two, "nieuw", "A: Uitvoering, pas net gezegd.", "2026-05-05")

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(archive, "held", refused)
    said = impressie("search", "uitvoering")
    assert "Over oud" in said.out
    assert "may not be found yet" in said.err


def test_a_disk_that_is_full_is_named(two, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(archive, "fill", full)
    with pytest.raises(PipelineError, match="disk is full"):
        found(two, "uitvoering")
    assert list(index_of(two).parent.glob(".*.next")) == []


def test_a_home_may_have_any_name(tmp_path):
    home = tmp_path / "map #1 met ?mode=rwc & 100%25 één"
    webinars.make_home(home)
    held(home, "oud", OLD)
    assert found(home, "wethouder") == [("oud", "wethouder")]


def test_a_sqlite_that_cannot_search_is_named(two, monkeypatch):
    monkeypatch.setattr(indexing, "SCHEMA", indexing.SCHEMA.replace("USING fts5", "USING fts5missing"))
    with pytest.raises(PipelineError, match="SQLite cannot search"):
        found(two, "uitvoering")


# Forgetting ----------------------------------------------------------------------------------------


def indexed(home: Path) -> str:
    """All that the index holds, its lists of words and what is packed in it included, and the bytes themselves."""
    with closing(archive.reading(index_of(home))) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'found', 'row')")
        terms = [term for (term,) in connection.execute("SELECT term FROM terms")]
        packed = [" ".join(Said.unpacked(raw).words) for (raw,) in connection.execute("SELECT said FROM passage")]
        talks = [str(row) for row in connection.execute("SELECT * FROM webinar")]
    raw = index_of(home).read_bytes().decode("utf-8", "replace")
    return " ".join([*terms, *packed, *talks, raw]).casefold()


def holding(home: Path, word: str) -> list[Path]:
    """The files that hold a word, read as bytes."""
    files = [path for path in (home / "outputs").rglob("*") if path.is_file()]
    return [path for path in files if word.encode() in path.read_bytes().lower()]


def test_a_forgotten_webinar_leaves_nothing_in_the_index(two, impressie):
    found(two, "wethouder")
    assert "wethouder" in indexed(two)
    left = index_of(two).with_name(".left.next")
    left.write_bytes(b"wethouder")
    assert impressie("forget", "oud", "--yes").code == 0
    assert not index_of(two).exists()
    assert holding(two, "wethouder") == []
    assert found(two, "wethouder") == []
    assert "wethouder" not in indexed(two)
    assert found(two, "uitvoering") == [("beleid", "uitvoering")]


def hers(home: Path) -> tuple[str, list[str]]:
    """A word that only she says, and her voice."""
    loket = Workspace(home, webinars.slugs(home)[0])
    made: Passages = PASSAGES.found(loket.folder)
    from tests.test_forgotten_speakers import names

    voice = next(v for v, named in names(loket, made).items() if named.name == WHO)
    said = {
        own: Counter(w for p in made.passages if (p.speaker == voice) == own for w in plain(p.words))
        for own in (True, False)
    }
    return voice, sorted((w for w in said[True] if w not in said[False] and w.isalpha()), key=len)[-5:]


def test_a_forgotten_speaker_leaves_nothing_in_the_index(workspace, impressie):  # noqa: F811
    voice, words = hers(workspace.home)
    impressie("speakers", "loket", "set", f"{voice}={WHO}")
    for word in words:
        assert impressie("search", f'"{word}"').out, word
    assert impressie("forget", "loket", "--speaker", WHO, "--yes").code == 0
    assert not index_of(workspace.home).exists()
    assert {word: holding(workspace.home, word) for word in words if holding(workspace.home, word)} == {}
    for word in words:
        assert impressie("search", f'"{word}"').out == ""
    assert set(words) & set(indexed(workspace.home).split()) == set()


def test_nobody_finds_what_is_being_forgotten_and_not_gone_yet(workspace, impressie, monkeypatch):  # noqa: F811
    from pipeline import blanking

    voice, words = hers(workspace.home)
    impressie("speakers", "loket", "set", f"{voice}={WHO}")
    assert impressie("search", words[0]).out

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(blanking, "blank", killed)
        assert impressie("forget", "loket", "--speaker", WHO, "--yes").code == 130
    assert not index_of(workspace.home).exists()
    assert search(workspace.home, words[0], quiet).hits == []
    assert search(workspace.home, "de", quiet).hits == []
    assert words[0] not in indexed(workspace.home)
    assert impressie("status").code == 0  # goes on with it
    assert not index_of(workspace.home).exists()


def test_a_forget_during_an_update_makes_it_begin_anew(two, monkeypatch):
    real, once = indexing._talk, []

    def forgetting(one):
        made = real(one)
        if not once:
            once.append(one.slug)
            webinars.forget(Workspace(two, "oud"))
        return made

    monkeypatch.setattr(indexing, "_talk", forgetting)
    assert found(two, "uitvoering") == [("beleid", "uitvoering")]
    assert "wethouder" not in indexed(two)
