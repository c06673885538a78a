"""Voices that a person merged, split or moved: they hold, names follow, and what no longer fits is told."""

from __future__ import annotations

import json
import re

import pytest

from pipeline.artifacts import PASSAGES, TRANSCRIPT, TURNS
from pipeline.models import Segment, Transcript, Turn, Turns, Word
from pipeline.workspace import Workspace
from tests.conftest import SLUG

SENTENCE = "Wij vroegen eerst aan de buurt zelf wat er nodig was."  # eleven words


def spoke(letters, seconds=10.0):
    """'ABA': three turns of ten seconds."""
    turns = [Turn(start=i * seconds, end=(i + 1) * seconds, speaker=letter) for i, letter in enumerate(letters)]
    return Turns(turns=tuple(turns))


class Talk:
    """A webinar of two minutes: a sentence every five seconds, the first at 0:00:00.5."""

    def __init__(self, home, impressie):
        self.folder, self.impressie = Workspace(home, SLUG).folder, impressie
        words = [
            Word(start=5 * n + 0.5 + 0.4 * i, end=5 * n + 0.9 + 0.4 * i, text=text)
            for n in range(24)
            for i, text in enumerate(SENTENCE.split())
        ]
        segment = Segment(start=words[0].start, end=words[-1].end, language="nl", words=tuple(words))
        made = Transcript(engine="fake", model=None, language="nl", segments=(segment,))
        self.folder.mkdir(parents=True)
        (self.folder / TRANSCRIPT.file).write_bytes(TRANSCRIPT.dump(made))

    def diarized(self, turns):
        """The diarizer has run (again): `turns` by letter, or Turns."""
        (self.folder / TURNS.file).write_bytes(TURNS.dump(spoke(turns) if isinstance(turns, str) else turns))
        assert self.impressie("rerun", "proef", "segment").code == 0

    def speakers(self, *arguments):
        said = self.impressie("speakers", "proef", *arguments)
        assert said.code == 0, said.err
        return said

    def refused(self, *arguments):
        before = self.edits()
        said = self.impressie("speakers", "proef", *arguments)
        assert said.code == 1
        assert self.edits() == before
        return said.err.splitlines()[0]

    def heard(self):
        """Per ten seconds who speaks."""
        passages = PASSAGES.load((self.folder / PASSAGES.file).read_bytes()).passages
        return "".join(next(p.speaker for p in passages if p.start <= 10 * n + 3 <= p.end) for n in range(12))

    def names(self):
        """Voice → name and state, as `speakers` shows them."""
        rows = re.findall(
            r"^  ([A-Z])  +(\w+(?: \w+)*?)  +(?:(confirmed|proposed)\b)?.*%", self.speakers().out, re.MULTILINE
        )
        return {voice: (name, state) for voice, name, state in rows}

    def edits(self):
        return {path.name: path.read_text(encoding="utf-8") for path in self.folder.glob("edits/*.json")}


@pytest.fixture
def talk(webinar, home, impressie):
    made = Talk(home, impressie)
    made.diarized("ABCABCABCABC")
    return made


# What the commands do ------------------------------------------------------------------------------


def test_two_voices_that_are_one_person_are_merged(talk):
    said = talk.speakers("merge", "A", "C")
    assert talk.heard() == "ABAABAABAABA"
    assert "✓ what voice C said is voice A's now" in said.err
    assert "Next: impressie run" in said.err
    assert "0:01:17  67%" in said.out  # the table that is shown is of after the merge


def test_a_voice_is_split_from_a_moment(talk):
    assert "voice B from 0:00:45 on is a new voice, D" in talk.speakers("split", "B", "0:00:45").err
    made = PASSAGES.load((talk.folder / PASSAGES.file).read_bytes()).passages
    assert talk.heard() == "ABCABCADCADC"
    assert [(p.start, p.speaker) for p in made if 40 <= p.start < 50] == [(40.5, "B"), (45.5, "D")]


def test_a_split_inside_a_sentence_is_made_at_that_word(talk):
    talk.speakers("split", "B", "0:00:43")
    made = PASSAGES.load((talk.folder / PASSAGES.file).read_bytes()).passages
    assert [p.text for p in made if 40 <= p.start < 45] == [
        "Wij vroegen eerst aan de buurt",
        "zelf wat er nodig was. " + SENTENCE,
    ]


def test_a_passage_is_moved_to_another_voice_or_to_a_new_one(talk):
    assert (
        "‘Wij vroegen eerst aan de buurt …’ is voice A's now, and was B's" in talk.speakers("move", "0:00:40", "a").err
    )
    talk.speakers("move", "0:01:12", "new")
    assert talk.heard() == "ABCAACADCABC"
    talk.speakers("move", "0:00:10", "D")
    assert talk.heard() == "ADCAACADCABC"


def test_undo_takes_back_the_last_change_with_the_names_it_had_taken(talk):
    talk.speakers("set", "A=Marieke Verhoeven", "C=Tom Hendriks")
    before = talk.names()
    talk.speakers("merge", "A", "C")
    talk.speakers("move", "0:00:10", "new")
    talk.speakers("undo")
    assert talk.heard() == "ABAABAABAABA"
    talk.speakers("undo")
    assert (talk.heard(), talk.names()) == ("ABCABCABCABC", before)
    assert talk.refused("undo") == "error: there is nothing to undo"


def test_undo_says_which_name_it_takes_back(talk):
    talk.speakers("split", "B", "0:01:00")
    talk.speakers("set", "B=Tom Hendriks", "D=Saskia Brouwer")
    assert "no voice goes by Saskia Brouwer now" in talk.speakers("undo").err
    assert talk.names()["B"] == ("Tom Hendriks", "confirmed")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("merge A X", "there is no voice 'X'"),
        ("merge A A", "voice A cannot be merged with itself"),
        ("merge A", "'merge' wants other arguments"),
        ("split A 0:30:00", "0:30:00 is after the last word, which is at 0:01:59"),
        ("split C 0:00:03", "voice C says nothing before 0:00:03, so there is nothing to split"),
        ("split C 0:01:56", "nothing is said there"),
        ("split C straks", "'straks' is no time; write seconds or h:mm:ss"),
        ("move 0:00:00.2 B", "nobody speaks at 0:00:00"),
        ("move 0:00:10 B", "the passage at 0:00:10 is voice B's already"),
        ("undo A", "'undo' wants other arguments"),
        ("join A C", "'speakers join' is not known"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(talk, arguments, sentence):
    if arguments.startswith("split C 0:01"):
        talk.diarized("ABCABCABCABA")
    assert talk.refused(*arguments.split()) == f"error: {sentence}"


def test_of_two_passages_in_one_second_it_is_asked_which(talk):
    cut = Turn(start=0, end=5.2, speaker="A"), Turn(start=5.2, end=6, speaker="B"), Turn(start=6, end=120, speaker="C")
    talk.diarized(Turns(turns=cut))
    assert talk.refused("move", "0:00:05", "A") == "error: 2 passages begin at 0:00:05"
    assert "is voice A's now, and was C's" in talk.speakers("move", "0:00:05.9", "A").err


# Names follow --------------------------------------------------------------------------------------


def test_after_a_merge_the_receivers_name_wins(talk):
    talk.speakers("set", "A=Marieke Verhoeven", "C=Tom Hendriks")
    assert "no voice goes by Tom Hendriks now" in talk.speakers("merge", "A", "C").err
    assert talk.names() == {"A": ("Marieke Verhoeven", "confirmed"), "B": ("unknown", "")}
    assert "  ! " not in talk.speakers().out


def test_a_name_goes_along_where_the_receiver_has_none(talk):
    talk.speakers("set", "C=Tom Hendriks")
    talk.speakers("merge", "A", "C")
    assert talk.names()["A"] == ("Tom Hendriks", "confirmed")


@pytest.mark.parametrize("moment", ["0:00:40", "0:01:45", "0:00:12"])
def test_after_a_split_the_old_voice_keeps_its_name_and_the_new_one_has_none(talk, moment):
    talk.speakers("set", "B=Tom Hendriks")
    talk.speakers("split", "B", moment)
    assert talk.names() | {"A": 0, "C": 0} == {
        "A": 0, "B": ("Tom Hendriks", "confirmed"), "C": 0, "D": ("unknown", ""),
    }  # fmt: skip


def test_a_moved_passage_takes_no_name_along(talk):
    talk.speakers("set", "A=Marieke Verhoeven", "B=Tom Hendriks")
    for moment in ("0:00:10", "0:00:40", "0:01:10"):
        talk.speakers("move", moment, "C")
    assert talk.names() == {
        "A": ("Marieke Verhoeven", "confirmed"), "B": ("Tom Hendriks", "confirmed"), "C": ("unknown", ""),
    }  # fmt: skip


def test_splitting_a_voice_that_goes_by_two_names_answers_which_is_which(talk):
    talk.diarized("ACACACBCBCBC")
    talk.speakers("set", "A=Marieke Verhoeven", "B=Tom Hendriks")
    talk.diarized("ACACACACACAC")
    assert talk.names()["A"][1] == "proposed"
    talk.speakers("split", "A", "0:01:00")
    assert talk.names() == {
        "A": ("Marieke Verhoeven", "confirmed"), "B": ("Tom Hendriks", "confirmed"), "C": ("unknown", ""),
    }  # fmt: skip


# After another diarization -------------------------------------------------------------------------


def test_names_and_moves_hold_when_the_ids_swap(talk):
    talk.speakers("merge", "A", "C")
    talk.speakers("set", "A=Marieke Verhoeven", "B=Tom Hendriks")
    talk.diarized("CABCABCABCAB")
    assert talk.heard() == "CACCACCACCAC"
    assert talk.names() == {"C": ("Marieke Verhoeven", "confirmed"), "A": ("Tom Hendriks", "confirmed")}


def test_a_new_voice_stays_one_when_the_ids_swap(talk):
    talk.speakers("split", "B", "0:01:00")
    talk.speakers("set", "D=Saskia Brouwer")
    talk.diarized("BCABCABCABCA")
    assert talk.heard() == "BCABCABDABDA"
    assert talk.names()["D"] == ("Saskia Brouwer", "confirmed")


def test_voices_that_another_diarization_merges_keep_the_name_of_most_moments_and_the_other_is_told(talk):
    talk.speakers("set", "A=Marieke Verhoeven", "B=Tom Hendriks")
    talk.diarized("AACAACAACAAC")
    said = talk.speakers()
    assert re.search(r"^  ! (Tom|Marieke) \w+ was named at", said.out, re.MULTILINE)
    assert talk.names()["A"][1] == "proposed"


def test_a_part_of_a_named_voice_that_is_a_voice_of_its_own_now_is_a_question(talk):
    talk.speakers("set", "A=Marieke Verhoeven")
    talk.diarized("ABCABCABCDBC")
    assert talk.names()["A"] == ("Marieke Verhoeven", "confirmed")
    assert talk.names()["D"] == ("unknown", "")
    talk.diarized("ABCABCDBCDBC")
    assert {talk.names()[voice] for voice in "AD"} == {("Marieke Verhoeven", "proposed")}
    assert "only a part of whom you named Marieke Verhoeven" in talk.speakers().out
    talk.speakers("merge", "A", "D")
    assert talk.names()["A"] == ("Marieke Verhoeven", "confirmed")


def test_two_voices_that_a_person_gave_one_name_both_keep_it(talk):
    talk.speakers("set", "A=Tom Hendriks", "C=Tom Hendriks")
    assert {talk.names()[voice] for voice in "AC"} == {("Tom Hendriks", "confirmed")}


def test_a_name_of_which_too_little_is_left_is_told(talk):
    talk.speakers("set", "A=Tom Hendriks")
    pins = json.loads((talk.folder / "edits" / "names.json").read_text(encoding="utf-8"))
    pins["names"][0]["moments"] = [3.0, 500.0, 600.0, 700.0]
    (talk.folder / "edits" / "names.json").write_text(json.dumps(pins), encoding="utf-8")
    assert "voice A, which is heard there now, is not heard at most of the other moments" in talk.speakers().out


def test_a_move_that_no_longer_fits_is_told_and_neither_forced_nor_dropped(talk):
    talk.speakers("move", "0:00:10", "C")
    file = talk.folder / "edits" / "voices.json"
    raw = json.loads(file.read_text(encoding="utf-8"))
    raw["moves"][0]["spans"] = [{"start": 500.0, "end": 510.0}]
    file.write_text(json.dumps(raw), encoding="utf-8")
    talk.diarized("ABCABCABCABC")
    told = "  ! what was said from 0:08:20 to 0:08:30 was given to the voice at 0:00:2"
    assert told in talk.speakers().out
    assert talk.heard() == "ABCABCABCABC"
    talk.speakers("merge", "A", "B")
    assert json.loads(file.read_text(encoding="utf-8"))["moves"][0] == raw["moves"][0]
