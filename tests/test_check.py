"""The check: every lie about a quote, a speaker, a name or a number is seen, and true sentences pass."""

from __future__ import annotations

import pytest
from talks import FIETSPAD, NAMES, SPEAKERS, check_params, draft_params, passages_of, recording

from pipeline.article.check import check
from pipeline.article.evidence import gather
from pipeline.article.people import people_of
from pipeline.article.plan import make_plan
from pipeline.article.quotes import find
from pipeline.article.scene import Scene
from pipeline.engines.extractive import write
from pipeline.models import NamedVoice
from pipeline.writing import CheckReport, HeardAgain, Hearing, joined

PASSAGES = passages_of(FIETSPAD)
DRAFT = draft_params()
SAID = "Tel eerst wat er rijdt, en praat daarna pas over wat er zou moeten rijden."


def report_of(markdown: str, names: dict[str, NamedVoice] | None = None, hearing: Hearing | None = None) -> CheckReport:
    return check(markdown, PASSAGES, NAMES if names is None else names, check_params(DRAFT), recording(), hearing)


def blocking(markdown: str) -> list[str]:
    return [finding.text for finding in report_of(markdown).findings if finding.severity == "blocks"]


def test_the_machines_own_article_passes_whole() -> None:
    evidence = gather(PASSAGES, people_of(PASSAGES, NAMES, SPEAKERS))
    parts = write(Scene(evidence, make_plan(evidence, DRAFT.style), DRAFT, recording()))
    claims = [claim for part in parts for claim in part.claims]
    report = check(joined(parts), PASSAGES, NAMES, check_params(DRAFT), recording(), None, (), claims)
    assert len(report.quotes) >= 5
    assert {quote.status for quote in report.quotes} <= {"exact", "cleaned"}
    assert all(quote.credited_to == quote.name for quote in report.quotes)
    assert [finding for finding in report.findings if finding.severity != "note"] == []


@pytest.mark.parametrize(
    ("sentence", "status"),
    [
        (f"Visser zei: ‘{SAID}’", "exact"),
        (f"‘{SAID[:-1]}’, zei Bram Visser.", "exact"),
        ("De Wit: ‘Een straat is de voorkamer van de stad.’", "exact"),
        ("De Wit: ‘Een straat is geen parkeerplaats, een straat is de voorkamer van de stad.’", "cleaned"),
        ("Visser zei: ‘Tel eerst wat er rijdt … en praat daarna over wat er zou moeten rijden.’", "altered"),
        ("Visser zei: ‘Tel eerst wat er rijdt, en praat daarna nooit over wat er zou moeten rijden.’", "altered"),
        ("Visser zei: ‘Wij hebben 80 gemeenten gevraagd naar hun kosten.’", "altered"),
        ("Haddad zei: ‘Wij hebben in onze straat een voorkamer nodig, wij hebben een deur nodig.’", "altered"),
        (f"De Wit zei: ‘{SAID}’", "misattributed"),
        (f"Karel de Vries zei: ‘{SAID}’", "misattributed"),
        ("Visser zei: ‘De gemeente zal volgend jaar alle parkeerplaatsen in het centrum opheffen.’", "not found"),
        (f"Visser zei: ‘{SAID} Een straat is geen parkeerplaats, een straat is de voorkamer van de stad.’", "altered"),
    ],
)
def test_a_quote_gets_the_status_it_deserves(sentence: str, status: str) -> None:
    [quote] = report_of(f"# Impressie\n\n{sentence}\n").quotes
    assert quote.status == status


def test_who_said_it_is_read_after_the_quote_before_it_and_from_the_sentence_before() -> None:
    article = (
        "‘Begin klein’, zei De Wit.\n\n"
        "Smit vroeg Visser om een tip. Visser antwoordde: ‘Tel eerst wat er rijdt.’ Om daaraan toe te voegen: "
        "‘Praat daarna pas over wat er zou moeten rijden.’"
    )
    assert [quote.credited_to for quote in report_of(article).quotes] == ["Sanne de Wit", "Bram Visser", "Bram Visser"]


@pytest.mark.parametrize(
    ("markdown", "texts"),
    [
        ("Zij zei: ‘De foto’s van zo’n dag zijn van ’s ochtends.’", ["De foto’s van zo’n dag zijn van ’s ochtends."]),
        ("‘Hij riep: “Kom dan!” en liep weg’, zei ze.", ["Hij riep: “Kom dan!” en liep weg"]),
        ("Het webinar ‘Ruimte voor de fiets’ was in de jaren ’90.", []),
        ("Ze zei: 'Dat is niet zo.' En: “Dat ook niet.”", ["Dat is niet zo.", "Dat ook niet."]),
        (r"Ze zei: ‘Een \*ster\* en [een link](https://x.nl/a_(b)).’", ["Een *ster* en een link."]),
        ("Hij noemde het plan 'een totale ramp voor de hele regio'.", ["een totale ramp voor de hele regio"]),
        ("Zij vond «een ramp» en « geen plan ».", ["een ramp", "geen plan"]),
        ("Word maakt er ’een ramp van foto’s’ van.", ["een ramp van foto’s"]),
        ("In 's-Hertogenbosch zag 'k 's ochtends auto's in 't dorp, 'n ramp, 'm dan, in '90 en Hans' auto.", []),
        ("# Kop met ‘woorden’\n\nGeen citaat in foto’s of ’s ochtends.", []),
    ],
)
def test_quotes_are_found_in_any_markdown(markdown: str, texts: list[str]) -> None:
    assert [quote.text for quote in find(markdown, ["Ruimte voor de fiets"])] == texts


@pytest.mark.parametrize(
    ("sentence", "flagged"),
    [
        ("Ook Karel de Vries sprak mee.", "Karel de Vries"),
        ("Volgens het bureau Panteia was dat waar.", "Panteia"),
        ("Er keken 512 mensen mee.", "512"),
        ("Dat gold voor tachtig gemeenten.", "tachtig"),
        ("Ook Bram Haddad sprak mee.", "Bram Haddad"),
    ],
)
def test_a_name_or_number_from_nowhere_blocks(sentence: str, flagged: str) -> None:
    assert any(f"‘{flagged}’" in text for text in blocking(sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "Op 5 maart 2026 spraken drie gasten over de Dorpsstraat in Meerstad.",
        "Wethouder Sanne de Wit telde 4000 fietsers, Van de Vereniging Fiets en Bestuur was Karin Smit erbij.",
        "Vanuit het Instituut voor Mobiliteit deed Bram Visser mee; Haddad niet op maandag.",
        "Bij zestig gemeenten vroeg Visser naar de kosten.",
    ],
)
def test_true_names_and_numbers_pass(sentence: str) -> None:
    assert blocking(sentence) == []


def test_a_quote_from_off_the_record_blocks_even_when_exact() -> None:
    article = "Visser zei: ‘Dit hoeft niet in het verslag, maar onze opdrachtgever heeft dat rapport in de la gelegd.’"
    assert any("off the record" in text for text in blocking(article))


WIND = passages_of("""\
B: Het plan is goed voor ons dorp. Wij hebben €5 miljoen nodig. Het vroor die nacht -5 graden. Dit is mogelijk.
D: Wij noemden het een totale ramp voor de hele regio.
B: Wij gaan de molens
A: Ja, precies.
B: bouwen op het land. Ik ben bereid
A: Dan gaan we nu door naar een heel ander onderwerp.
B: te stoppen met vlees.
""")


def quoted(sentence: str) -> tuple[str, list[str]]:
    """The status of the one quote in a sentence, and what a person should look at in it."""
    report = check(sentence, WIND, NAMES, check_params(DRAFT), recording(), None)
    [quote] = report.quotes
    found = [
        f.text
        for f in report.findings
        if f.kind == "quote" and f.severity == "look" and quote.text.split()[0] in f.text
    ]
    return quote.status, found


GOOD, RAMP = "‘het plan is goed voor ons dorp’", "‘een totale ramp voor de hele regio’"


@pytest.mark.parametrize(
    ("sentence", "status"),
    [
        (f"Sanne de Wit opende de avond. Bram Visser zei dat {GOOD}.", "misattributed"),
        (f"Bram Visser opende de avond. Sanne de Wit zei dat {GOOD}.", "exact"),
        (f"Volgens Sanne de Wit was het mooi, Bram Visser vond dat {GOOD}.", "misattributed"),
        (f"Na Sanne de Wit was Bram Visser aan de beurt. Hij zei: {GOOD}", "misattributed"),
        (f"Na Bram Visser was Sanne de Wit aan de beurt. Zij zei: {GOOD}", "exact"),
        (f"Naast Sanne de Wit noemde ook Bram Visser het plan {RAMP}.", "exact"),
        (f"Bram Visser noemde Sanne de Wit {RAMP}.", "exact"),
        (f"Sanne de Wit was er ook, maar daarna noemde onderzoeker Bram Visser het {RAMP}.", "exact"),
        (f"Bram Visser sprak Sanne de Wit tegen: {RAMP}", "exact"),
        (f"Karin Smit vroeg Bram Visser om een reactie. {RAMP}", "exact"),
        (f"Bram Visser was kort. Daarmee sprak hij Sanne de Wit tegen: het was {RAMP}.", "exact"),
        (f"Sanne de Wit opende de avond. Karel de Vries vond dat {GOOD}.", "misattributed"),
        (f"Sanne de Wit kwam aan het woord. In Den Haag vond zij dat {GOOD}.", "exact"),
    ],
)
def test_a_quote_is_of_the_last_one_named_at_the_verb_of_its_own_sentence(sentence: str, status: str) -> None:
    assert quoted(sentence) == (status, [])


def test_two_names_that_no_verb_tells_apart_are_pointed_out() -> None:
    status, [text] = quoted(f"Na Bram Visser kwam Sanne de Wit aan het woord: {GOOD}")
    assert (status, text.split("; ")[1]) == ("exact", "is het van Sanne de Wit?")


def test_a_long_quote_is_heard_alike_only_if_all_its_pieces_are() -> None:
    article = f"Visser zei: ‘{SAID}’"
    span = report_of(article).quotes[0].span
    assert span is not None
    middle = (span.start + span.end) / 2

    def heard(*pieces: tuple[float, float, str, str]) -> tuple[str, str | None]:
        again = [
            HeardAgain(start=start, end=end, first="", second=second, differs=(differs,) if differs else ())
            for start, end, second, differs in pieces
        ]
        quote = report_of(article, hearing=Hearing(engine="fake", model="m", quotes=tuple(again))).quotes[0]
        return quote.heard_twice, quote.second_hearing

    first, last = (span.start, middle + 0.1, "Tel eerst", ""), (middle + 0.1, span.end, "te rijden.", "")
    assert heard(last, first) == ("alike", "Tel eerst te rijden.")
    assert heard(first, (*last[:3], "zou")) == ("differently", "Tel eerst te rijden.")
    assert heard(first)[0] == "not"
    assert heard((*first[:1], *last[1:]), first) == ("alike", "te rijden.")
    assert heard((*first[:1], *last[1:]), (span.start - 9, span.end, "", "x"))[0] == "alike"


@pytest.mark.parametrize(
    ("said", "status", "look"),
    [
        ("Wij gaan de molens bouwen op het land.", "exact", ""),
        ("Wij gaan de molens … op het land.", "cleaned", ""),
        ("Ik ben bereid te stoppen met vlees.", "altered", ""),
        ("Ik ben … te stoppen met vlees.", "cleaned", "op twee momenten gezegd"),
    ],
)
def test_words_of_two_moments_are_no_quote(said: str, status: str, look: str) -> None:
    found = quoted(f"De Wit zei: ‘{said}’")
    assert (found[0], [look in text for text in found[1]]) == (status, [True] if look else [])


@pytest.mark.parametrize(
    ("said", "status", "looks"),
    [
        ("Wij hebben €5 miljoen nodig.", "exact", 0),
        ("Wij hebben $5 miljoen nodig.", "altered", 0),
        ("Wij hebben 5 miljoen nodig.", "altered", 0),
        ("Het vroor die nacht −5 graden.", "cleaned", 0),
        ("Het vroor die nacht 5 graden.", "altered", 0),
        ("Het plan is [niet] goed voor ons dorp.", "cleaned", 1),
        ("Het plan is [van de gemeente] goed voor ons dorp.", "cleaned", 0),
        ("Dit is [on]mogelijk.", "altered", 0),
    ],
)
def test_no_sign_currency_or_bracket_turns_the_sense_unseen(said: str, status: str, looks: int) -> None:
    found = quoted(f"De Wit zei: ‘{said}’")
    assert (found[0], len(found[1])) == (status, looks)


def test_a_negation_just_outside_the_quote_is_pointed_out() -> None:
    report = report_of("De Wit zei: ‘een straat is de voorkamer van de stad.’")
    assert any("ontkenning" in finding.text for finding in report.findings)


def test_names_that_nobody_confirmed_block() -> None:
    names = NAMES | {"D": NamedVoice(voice="D", name="Bram Visser", status="proposed"), "B": NamedVoice(voice="B")}
    texts = [f.text for f in report_of(f"Visser zei: ‘{SAID}’ Spreker 2 zei: ‘Begin klein.’", names).findings]
    assert "De naam Bram Visser is een voorstel; bevestig hem of geef de juiste." in texts
    assert "Spreker 2 wordt geciteerd, maar heeft nog geen naam." in texts


def test_a_proposed_name_says_what_it_rests_on() -> None:
    proposed = NamedVoice(voice="D", name="Bram Visser", status="proposed", evidence="0:01:20 stelt zich voor: ‘Bram’")
    texts = [f.text for f in report_of(f"Visser zei: ‘{SAID}’", NAMES | {"D": proposed}).findings]
    why = "De naam Bram Visser is een voorstel (0:01:20 stelt zich voor: ‘Bram’); bevestig hem of geef de juiste."
    assert why in texts


def test_who_spoke_long_and_is_left_out_is_named() -> None:
    texts = [finding.text for finding in report_of(f"Visser zei: ‘{SAID}’").findings]
    assert any(text.startswith("Omar Haddad sprak ") for text in texts)
    assert "De regel dat dit concept automatisch is gemaakt ontbreekt." in texts


def test_a_second_hearing_is_told_with_its_quote() -> None:
    article = f"Visser zei: ‘{SAID}’"
    span = report_of(article).quotes[0].span
    assert span is not None
    heard = HeardAgain(start=span.start, end=span.end, first=SAID, second="Del eerst wat er rijdt.", differs=("Tel",))
    quote = report_of(article, hearing=Hearing(engine="fake", model="m", quotes=(heard,))).quotes[0]
    assert (quote.heard_twice, quote.second_hearing) == ("differently", "Del eerst wat er rijdt.")
    assert report_of(article, hearing=Hearing(engine=None, model=None)).quotes[0].heard_twice == "not"


def test_a_quote_links_to_its_moment() -> None:
    quote = report_of(f"Visser zei: ‘{SAID}’").quotes[0]
    assert quote.span is not None
    assert quote.link == f"https://www.youtube.com/watch?v=abc&t={int(quote.span.start)}s"


def test_an_empty_article_is_no_crash() -> None:
    assert report_of("").quotes == ()


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("Zij zei: ‘90 procent van de mensen wil dat.’", ["90 procent van de mensen wil dat."]),
        ("In de jaren ‘90 zei zij: ‘Dat weet ik nog goed.’", ["Dat weet ik nog goed."]),
        ("In ‘90 hingen er foto’s.", []),
    ],
)
def test_a_quote_may_begin_with_a_number_and_a_year_begins_no_quote(text, quotes):
    assert [printed.text for printed in find(text, ())] == quotes
