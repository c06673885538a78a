"""What a person should look at, as Dutch sentences: about a quote, the people, the claims and the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.article.claims import unknown_names, unknown_numbers
from pipeline.article.evidence import Evidence
from pipeline.article.exclusions import SERIOUS
from pipeline.article.people import Person
from pipeline.article.quotes import Place, Printed, cut_off
from pipeline.article.text import date, norms
from pipeline.config import CheckParams, HouseStyle
from pipeline.models import CheckedQuote, Finding, NamedVoice, Passages, Recording

SPOKE_LONG = 0.1  # of the time: who spoke that much belongs in the article
UNSURE = 0.4  # confidence below which a quote is to be heard again
LONGER, SHORTER = 1.25, 0.75  # how far the length may leave what the house style asks


def _blocks(kind: str, text: str, at: float | None = None) -> Finding:
    return Finding(kind=kind, severity="blocks", text=text, at=at)


def _look(kind: str, text: str, at: float | None = None) -> Finding:
    return Finding(kind=kind, severity="look", text=text, at=at)


def _start(text: str) -> str:
    """The first words of a quote, to name it by."""
    words = text.split()
    return f"‘{' '.join(words[:7])}{' …' if len(words) > 7 else ''}’"


def about_quote(quote: Printed, checked: CheckedQuote, place: Place | None, evidence: Evidence) -> list[Finding]:
    """Status, place and hearing of one quote."""
    which, at = _start(quote.text), checked.span.start if checked.span else None
    status = {
        "not found": f"Het citaat {which} is in de opname niet gevonden.",
        "altered": f"Het citaat {which} wijkt af van wat er is gezegd: ‘{checked.spoken}’.",
        "misattributed": f"Het citaat {which} is niet door {checked.credited_to} gezegd, maar door {checked.name}.",
    }
    found = [_blocks("quote", status[checked.status], at)] if checked.status in status else []
    if not quote.closed:
        found.append(_look("quote", f"Het citaat {which} wordt niet met een aanhalingsteken gesloten.", at))
    if place is None:
        return found
    if checked.credited_to is None:
        found.append(_look("quote", f"Bij het citaat {which} staat niet wie het zei; het was {checked.name}.", at))
    left = cut_off(place) if place.edits is not None else None
    if left:
        found.append(_look("quote", f"Van de zin met {which} is een deel met een ontkenning weggelaten: ‘{left}’.", at))
    return found + _about_place(which, checked, evidence)


def _about_place(which: str, checked: CheckedQuote, evidence: Evidence) -> list[Finding]:
    """Whether those seconds may be used, and how well they were understood."""
    found = []
    span, at = checked.span, checked.span.start if checked.span else None
    for sentence in evidence.sentences:
        if span and sentence.excluded and sentence.voice == checked.voice and sentence.overlap(span) > 0.3:
            text = f"Het citaat {which} komt uit een fragment dat niet in het artikel hoort: {sentence.excluded}."
            found.append((_blocks if sentence.excluded in SERIOUS else _look)("excluded", text, at))
            break
    if checked.heard_twice == "differently":
        found.append(_look("hearing", f"De tweede keer is {which} anders verstaan: ‘{checked.second_hearing}’.", at))
    if checked.confidence is not None and checked.confidence < UNSURE:
        found.append(_look("hearing", f"De spraakherkenning was onzeker over {which}; luister het na.", at))
    return found


def about_people(
    shown: Sequence[str], quotes: Sequence[CheckedQuote], evidence: Evidence, names: Mapping[str, NamedVoice]
) -> list[Finding]:
    """Names that a person must confirm, and voices that were left out."""
    text = f" {' '.join(norms(' '.join(shown)))} "
    seconds = {voice: sum(s.duration for s in evidence.usable(voice)) for voice in evidence.people}
    total = sum(seconds.values()) or 1
    found: list[Finding] = []
    for voice, person in evidence.people.items():
        mine = [quote for quote in quotes if quote.voice == voice]
        mentioned = any(f" {' '.join(norms(name))} " in text for name in (person.name, person.surname))
        found += _about_name(person, names.get(voice), mine, mentioned)
        if seconds[voice] > SPOKE_LONG * total and not mentioned:
            share = round(100 * seconds[voice] / total)
            found.append(_look("coverage", f"{person.name} sprak {share} % van de tijd en wordt niet genoemd."))
    if len(evidence.people) < 2:
        text = "Het transcript kent maar één stem; of elk citaat van de juiste spreker is, kon niet worden nagegaan."
        found.append(_look("voices", text))
    if not quotes:
        found.append(_look("quote", "Er staat geen enkel citaat in het artikel."))
    return found


def _about_name(
    person: Person, named: NamedVoice | None, mine: Sequence[CheckedQuote], mentioned: bool
) -> Iterable[Finding]:
    if not mine and not mentioned:
        return
    at = mine[0].span.start if mine and mine[0].span else None
    if named is None or named.name is None or named.status == "unknown":
        if mine:
            yield _blocks("name", f"{person.name} wordt geciteerd, maar heeft nog geen naam.", at)
    elif named.status == "proposed":
        text = f"De naam {person.name} is een voorstel; bevestig hem of geef de juiste."
        yield (_blocks if mine else _look)("name", text, at)


def about_claims(
    shown: Sequence[str],
    printed: Sequence[Printed],
    passages: Passages,
    people: Mapping[str, Person],
    params: CheckParams,
    recording: Recording,
) -> list[Finding]:
    """Names and numbers outside the quotes that nothing supports."""
    spoken = " ".join(passage.text for passage in passages.passages)
    everybody = list(dict.fromkeys([*(p.name for p in people.values()), *(s.name for s in params.speakers)]))
    facts = [text for text in (params.title, recording.title, params.about) if text]
    facts += [*params.organisers, *params.glossary, *(date(day) for day in (params.date, recording.published) if day)]
    facts += [fact for speaker in params.speakers for fact in (speaker.role, speaker.organisation) if fact]
    prose = [_without(line, printed) for line in shown]
    numbers = unknown_numbers(" ".join(prose), [*facts, *everybody], spoken, max(len(everybody), 2))
    names = unknown_names(prose, everybody, facts, spoken)
    return [
        *(_blocks("number", f"Het getal ‘{number}’ komt in de opname en de gegevens niet voor.") for number in numbers),
        *(_blocks("name", f"De naam ‘{name}’ staat niet in de gegevens en valt niet in de opname.") for name in names),
    ]


def _without(line: str, printed: Sequence[Printed]) -> str:
    """A paragraph without its quotes; a comma in their place ends a run of names."""
    here = [quote for quote in printed if len(quote.paragraph) == len(line) and norms(quote.paragraph) == norms(line)]
    for quote in sorted(here, key=lambda quote: -quote.start):
        line = f"{line[: quote.start]} , {line[quote.end :]}"
    return line


def about_form(shown: Sequence[str], quotes: Sequence[CheckedQuote], style: HouseStyle) -> list[Finding]:
    """The article against the house style."""
    text = " ".join(shown)
    words = len(norms(text))
    headings = [line.lstrip("# ") for line in shown if line.startswith("##")]
    lead = next((line for line in shown if not line.startswith("#")), "")
    share = round(100 * sum(len(norms(quote.text)) for quote in quotes) / max(1, words))
    low, high = (round(100 * part) for part in style.quote_share)
    measured = [
        ("Het artikel telt @ woorden", words, (SHORTER * style.words_short, LONGER * style.words)),
        ("Het artikel heeft @ tussenkoppen", len(headings), style.sections),
        ("De inleiding stelt @ vragen", lead.count("?"), style.questions),
        ("Van de tekst is @ % citaat", share, (low, high)),
        *((f"De tussenkop ‘{head}’ telt @ woorden", len(head.split()), style.heading) for head in headings),
        *((f"Het citaat {_start(q.text)} telt @ woorden", len(q.text.split()), style.quote) for q in quotes),
    ]
    found = [
        Finding(
            kind="form",
            severity="note",
            text=f"{sentence.replace('@', str(value))}; de huisstijl vraagt {bounds[0]:.0f} tot {bounds[1]:.0f}.",
        )
        for sentence, value, bounds in measured
        if not bounds[0] <= value <= bounds[1]
    ]
    plain = " ".join(norms(text))
    if " ".join(norms(style.disclosure)) not in plain:
        found.append(_look("disclosure", "De regel dat dit concept automatisch is gemaakt ontbreekt."))
    if " ".join(norms(style.closing.split("{where}")[0])) not in plain:
        found.append(Finding(kind="form", severity="note", text="De slotzin ontbreekt: waar de opname te zien is."))
    return found
