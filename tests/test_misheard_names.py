"""Names and terms that were nearly heard are proposed; what is merely like them is left alone."""

from __future__ import annotations

import pytest

from pipeline.models import Word
from pipeline.speech.nearmisses import proposals

NAMES = ("Esmée van Rijswijk", "Deniz Korkmaz", "Hanneke Tol", "Lieven Van den Bossche", "drs. Loes Mulder")
TERMS = ("algoritmeregister", "prompt injection", "human in the loop", "Goede Wind", "Rupelgem", "raadsbrief", "Oda")


def near(text, names=NAMES, terms=TERMS, settled=()):
    words = [Word(start=i, end=i + 1, text=t) for i, t in enumerate(text.split())]
    return {miss.heard: miss.written for miss in proposals(words, names, terms, settled)}


@pytest.mark.parametrize(
    ("said", "heard", "written"),
    [
        ("Ik zit hier met Denis Korkmas, hij werkt in de stad.", "Denis Korkmas", "Deniz Korkmaz"),
        ("En uit Vlaanderen, Lieven van de Bos, welkom.", "Lieven van de Bos", "Lieven Van den Bossche"),
        ("Met Hanneke Dol.", "Hanneke Dol", "Hanneke Tol"),
        ("Mijn naam is Esmee van Rijswijck.", "Esmee van Rijswijck", "Esmée van Rijswijk"),
        ("Dank je wel Esmee van Rijswijk.", "Esmee van Rijswijk", "Esmée van Rijswijk"),
        ("Dank je wel, Esmee.", "Esmee", "Esmée"),
        ("Daar zei mevrouw Muldert iets over.", "Muldert", "Mulder"),
        ("Zei Haneke dat ook?", "Haneke", "Hanneke"),
        ("Dat staat in het algoritme register van de stad.", "algoritme register", "algoritmeregister"),
        ("Dat heet prompt in ejection, en het werkt.", "prompt in ejection", "prompt injection"),
        ("Met een human in de loop bij elk besluit.", "human in de loop", "human in the loop"),
        ("Wij wonen in Rupelken aan zee.", "Rupelken", "Rupelgem"),
    ],
)
def test_a_near_miss_is_proposed(said, heard, written):
    assert near(said) == {heard: written}


@pytest.mark.parametrize(
    "said",
    [
        "Deniz Korkmaz, Hanneke Tol en Lieven Van den Bossche praten met Esmée van Rijswijk.",
        "Wij hebben ons leven lang de mulders geholpen, en daar ben ik dol op.",
        "Hanneke dol op koffie? Hanneke, tel maar.",
        "Loes Mulders plan en Mulders brief.",
        "Pieter Korkmaz en Deniz Demir kennen elkaar niet.",
        "Karin Muldert is een ander.",
        "Een glas goede wijn en de goede wil.",
        "Twee algoritmeregisters, drie raadsbrieven en de Rupelgemse markt.",
        "Ook daar, zei oma.",
        "Een mens in de lus is een human in the loop.",
        "Bij de Maas in Rupelmonde en in Amsterdam.",
    ],
)
def test_what_is_merely_alike_is_left_alone(said):
    assert near(said) == {}


def test_a_name_misheard_as_a_whole_is_known_again_by_its_parts():
    said = "Ik vraag het Denis Korkmas. Denis, wat vind jij? Dat zei Korkmas gisteren ook, en Denis Bergkamp niet."
    assert near(said) == {"Denis Korkmas": "Deniz Korkmaz", "Denis": "Deniz", "Korkmas": "Korkmaz"}
    assert near("Denis, wat vind jij?") == {}


def test_each_proposal_tells_when_it_is_heard():
    words = [
        Word(start=i, end=i + 1, text=t) for i, t in enumerate(["Zo", "zei", "Haneke.", "Maar", "Haneke", "lacht."])
    ]
    assert [(miss.heard, miss.at) for miss in proposals(words, NAMES, ())] == [("Haneke", (2, 4))]


def test_what_a_person_wrote_is_not_doubted():
    assert near("Dat zei mevrouw Muldert ook.", settled=("Muldert",)) == {}
    assert near("Met Denis Korkmas erbij.", settled=("Denis Korkmas",)) == {}
