"""Who is who, as a person settles it: the name she gave last holds, and what no longer fits is told."""

from __future__ import annotations

import json
import re

from pipeline.artifacts import PASSAGES
from pipeline.workspace import Workspace
from tests.conftest import SLUG
from tests.test_names import passages

LONG = [("A", "Een zin."), ("B", "Ja."), ("A", "Nog een zin."), ("B", "Nee."), ("A", "En nog een.")]


def heard(home, made):
    """Lay down who was heard when, as the segment stage would."""
    folder = Workspace(home, SLUG).folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PASSAGES.file).write_text(made.model_dump_json(), encoding="utf-8")


def cut(made, pieces):
    """The same voices at the same times, in shorter passages."""
    parts = []
    for passage in made.passages:
        step = (passage.end - passage.start) / pieces
        for i in range(pieces):
            start = passage.start + i * step
            parts.append(passage.model_copy(update={"id": f"t{start}", "start": start, "end": start + step}))
    return made.model_copy(update={"passages": tuple(parts)})


def row(impressie, voice):
    said = impressie("speakers", "proef").out
    return next(line for line in said.splitlines() if line.split()[:1] == [voice])


def pins(home):
    return json.loads((Workspace(home, SLUG).folder / "edits" / "names.json").read_text(encoding="utf-8"))["names"]


def test_a_corrected_name_holds_also_after_the_passages_changed(webinar, home, impressie):
    made = passages(*LONG)
    heard(home, cut(made, 2))
    assert impressie("speakers", "proef", "set", "A=Tom Hendriks", "B=Saskia Brouwer").code == 0
    heard(home, made)
    assert impressie("speakers", "proef", "set", "A=Marieke Verhoeven").code == 0
    assert "Marieke Verhoeven" in row(impressie, "A")
    assert "confirmed" in row(impressie, "A")
    assert "Saskia Brouwer" in row(impressie, "B")
    assert [pin["name"] for pin in pins(home)] == ["Saskia Brouwer", "Marieke Verhoeven"]


def test_a_name_that_no_voice_goes_by_any_more_is_told_until_it_is_settled(webinar, home, impressie):
    heard(home, passages(*LONG))
    assert impressie("speakers", "proef", "set", "A=Tom Hendriks", "B=Saskia Brouwer").code == 0
    assert "was named at" not in impressie("speakers", "proef").out
    heard(home, passages(*[("A", text) for _, text in LONG]))
    said = impressie("speakers", "proef")
    assert (
        "Saskia Brouwer was named at 0:00:14, but voice A, which is heard there now, goes by Tom Hendriks" in said.out
    )
    assert "proposed" in row(impressie, "A")
    assert "To confirm a name" in said.err
    assert impressie("speakers", "proef", "set", "A=Saskia Brouwer").code == 0
    assert "was named at" not in impressie("speakers", "proef").out
    assert "confirmed" in row(impressie, "A")


def test_a_name_given_where_nobody_speaks_any_more_is_told(webinar, home, impressie):
    heard(home, passages(*LONG))
    assert impressie("speakers", "proef", "set", "B=Tom Hendriks").code == 0
    heard(home, passages(LONG[0]))
    said = impressie("speakers", "proef").out
    assert "Tom Hendriks was named at 0:00:14, but nobody is heard there any more" in said


def test_each_voice_shows_who_it_may_be_and_why_it_is_unknown(webinar, home, impressie):
    asked = ("A", "Ik ben Tom Hendriks. Marieke, wat zag jij?")
    heard(home, passages(asked, ("B", "Een kaart met acht molens."), ("C", "Ik ook.")))
    names, _, hints = impressie("speakers", "proef").out.partition("\n\n")
    told = [re.split(r"\s{2,}", line.strip())[1:3] for line in names.splitlines()[1:4]]
    assert told == [["Tom Hendriks", "proposed"], ["unknown", "one hint is not enough"], ["unknown", "nobody says who"]]
    assert [re.split(r"\s{2,}", line.strip()) for line in hints.splitlines()[1:]] == [
        ["A", "Tom Hendriks", "strong", "0:00:00", "introduction: ‘Ik ben Tom Hendriks’"],
        ["B", "Marieke Verhoeven", "fair", "0:00:01", "called, then speaks: ‘Marieke, wat zag jij?’"],
        ["C", "Marieke Verhoeven", "weak", "0:00:20", "order of the list"],
    ]


def test_a_voice_that_a_person_gave_two_names_says_so(webinar, home, impressie):
    heard(home, passages(*LONG))
    assert impressie("speakers", "proef", "set", "A=Tom Hendriks", "B=Saskia Brouwer").code == 0
    heard(home, passages(*[("A", text) for _, text in LONG]))
    assert "you also named it Saskia Brouwer" in row(impressie, "A")
