"""What a person should look at, as Dutch sentences: people, names and numbers from nowhere, the form of the article."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from pipeline.article.evidence import Evidence
from pipeline.article.gaps import MARKS, QUOTE
from pipeline.article.quotes import SAYING, Printed, questions_in
from pipeline.article.support import Ground
from pipeline.article.text import CALENDAR, FUNCTION, date, norm, norms, number, numbers, sayable, wordset
from pipeline.config import CheckParams
from pipeline.models import Misheard, NamedVoice, Recording
from pipeline.settings import HouseStyle
from pipeline.writing import CheckedQuote, Claim, Finding

SPOKE_LONG = 0.1  # of the time: who spoke that much belongs in the article
BLOCKING = ("number", "role", "speaker")  # what a sentence may not be published with
_PARTICLES = wordset("particles")
_STARTS = wordset("starts")
_NAME = re.compile(rf"(?<![\w’-])[A-ZÀ-Þ][\w’-]*(?:(?: (?:{'|'.join(sorted(_PARTICLES))}))* [A-ZÀ-Þ0-9][\w’-]*)*")
_HOUSE = frozenset(("impressie", "spreker", "youtube"))


def blocks(kind: str, text: str, at: float | None = None) -> Finding:
    """What must be settled before the article can be approved."""
    return Finding(kind=kind, severity="blocks", text=text, at=at)


def look(kind: str, text: str, at: float | None = None) -> Finding:
    """What deserves a look."""
    return Finding(kind=kind, severity="look", text=text, at=at)


def start(text: str) -> str:
    """The first words of a quote, to name it by."""
    words = text.split()
    return f"‘{' '.join(words[:7])}{' …' if len(words) > 7 else ''}’"


def about_people(
    shown: Sequence[str], quotes: Sequence[CheckedQuote], evidence: Evidence, names: Mapping[str, NamedVoice]
) -> Iterator[Finding]:
    """Names that a person must confirm, and voices that were left out."""
    text = f" {' '.join(norms(' '.join(shown)))} "
    seconds = evidence.seconds
    for voice, person in evidence.people.items():
        mine = [quote for quote in quotes if quote.voice == voice]
        mentioned = any(f" {' '.join(norms(name))} " in text for name in (person.name, person.surname))
        at = mine[0].span.start if mine and mine[0].span else None
        named = names.get(voice) or NamedVoice(voice=voice)
        if named.name is None and mine:
            yield blocks("name", f"{person.name} wordt geciteerd, maar heeft nog geen naam.", at)
        elif named.status == "proposed" and (mine or mentioned):
            why = f" ({named.evidence})" if named.evidence else ""
            hint = f"De naam {person.name} is een voorstel{why}; bevestig hem of geef de juiste."
            yield (blocks if mine else look)("name", hint, at)
        share = seconds[voice] / (sum(seconds.values()) or 1)
        if share > SPOKE_LONG and not mentioned:
            yield look("coverage", f"{person.name} sprak {100 * share:.0f} % van de tijd en wordt niet genoemd.")
    if len(evidence.people) < 2:
        text = "Het transcript kent maar één stem; of elk citaat van de juiste spreker is, kon niet worden nagegaan."
        yield look("voices", text)
    if not quotes:
        yield look("quote", "Er staat geen enkel citaat in het artikel.")


def about_claims(
    shown: Sequence[str], printed: Sequence[Printed], evidence: Evidence, params: CheckParams, recording: Recording
) -> Iterator[Finding]:
    """Names and numbers outside the quotes that nothing supports."""
    spoken = " ".join(sentence.text for sentence in evidence.sentences)
    people = {*(p.name for p in evidence.people.values()), *(s.name for s in params.speakers)}
    facts = [params.title, recording.title, params.about, *params.organisers, *params.glossary]
    facts += [date(day) for day in (params.date, recording.published) if day]
    facts += [fact for speaker in params.speakers for fact in (speaker.role, speaker.organisation)]
    known = [fact for fact in facts if fact]
    prose = [_without(line, printed) for line in shown]
    counts = map(str, range(1, max(len(people), 2) + 1))  # of the people
    given = {*numbers(" ".join([*known, *people])), *sayable(spoken), *counts}
    for value, written in numbers(" ".join(prose)).items():
        if value not in given:
            yield blocks("number", f"Het getal ‘{written}’ komt in de opname en de gegevens niet voor.")
    told = f" {' | '.join(' '.join(norms(text)) for text in (*people, *known, spoken))} "
    for name in dict.fromkeys(name for paragraph in prose for name in _names(paragraph)):
        if not _known(norms(name), told, people):
            yield blocks("name", f"De naam ‘{name}’ staat niet in de gegevens en valt niet in de opname.")


def about_prose(
    shown: Sequence[str], printed: Sequence[Printed], ground: Ground, claims: Sequence[Claim], params: CheckParams
) -> Iterator[Finding]:
    """Sentences of the article's own that the transcript does not hold up."""
    cites = {" ".join(norms(claim.text)): claim.cites for claim in claims}
    facts = " ".join(norms(f"{params.about or ''} {params.style.disclosure}"))
    closing = " ".join(norms(params.style.closing.split("{where}")[0]))
    for paragraph in shown:
        if paragraph.startswith("#"):
            continue
        for sentence in own_sentences(_without(paragraph, printed, "¶")):
            plain = " ".join(norms(sentence))
            if not plain or plain in facts or (closing and plain.startswith(closing)):
                continue
            nowhere = {value for value in numbers(sentence) if value not in ground.spoken}
            for doubt in ground.doubts(sentence, cites.get(plain, ())):
                if doubt.kind == "number" and nowhere:
                    continue  # told already, as a number that nobody said
                severe = blocks if doubt.kind in BLOCKING else look
                yield severe(
                    "number" if doubt.kind == "number" else "support", f"De zin ‘{sentence}’ {doubt.told}.", doubt.at
                )


def own_sentences(prose: str) -> list[str]:
    """A paragraph with ¶ for its quotes, by sentence, tidied where a quote stood."""
    parts = re.split(r"(?<=[.?!])\s+(?=[A-ZÀ-Þ’¶])|(?<=: ¶)\s+(?=[A-ZÀ-Þ’])", " ".join(prose.split()))
    tidy = (re.sub(r"\s*¶\s*,?", " ", part).strip(" ,:") for part in parts)
    return [part for part in tidy if norms(part)]


def _without(line: str, printed: Sequence[Printed], mark: str = ",") -> str:
    """A paragraph without its quotes; a comma in their place ends a run of names."""
    here = [quote for quote in printed if len(quote.paragraph) == len(line) and norms(quote.paragraph) == norms(line)]
    for quote in sorted(here, key=lambda quote: -quote.start):
        line = f"{line[: quote.start]} {mark} {line[quote.end :]}"
    return line


def _names(paragraph: str) -> Iterator[str]:
    """'Joost van der Meer'; a sentence's first word counts only if a name or a verb of saying follows it."""
    for match in _NAME.finditer(paragraph.lstrip("# ")):
        name, before, after = match.group(), match.string[: match.start()], norms(match.string[match.end() :])
        opens = re.search(r"(^|[.?!:][’”\"]?\s)[‘“(]?$", before) is not None
        first = norm(name.split()[0])
        if (opens and first in FUNCTION | _STARTS) or (" " in name and first in _STARTS):
            name, opens = re.sub(r"^\S+\s*[^A-ZÀ-Þ]*", "", name), False
        if name and (not opens or " " in name or after[:1] in [[verb] for verb in SAYING]):
            yield name


def _known(name: Sequence[str], given: str, people: Collection[str]) -> bool:
    """Whether a name falls apart into known pieces, and no two persons are mixed into one."""
    at, owners = 0, []
    while at < len(name):
        loose = name[at] in CALENDAR | _HOUSE | _PARTICLES or number(name[at]) is not None
        ends = (end for end in range(len(name), at, -1) if f" {' '.join(name[at:end])} " in given)
        end = next(ends, at + 1 if loose else None)
        if end is None:
            return False
        piece = f" {' '.join(name[at:end])} "
        owners += [{person for person in people if piece in f" {' '.join(norms(person))} "}]
        at = end
    persons = [owner for owner in owners if owner]
    return len(persons) < 2 or bool(set.intersection(*persons))


def about_spelling(shown: Sequence[str], misheard: Sequence[Misheard]) -> Iterator[Finding]:
    """Names and terms in the article that the recogniser may have misspelt."""
    text = f" {' '.join(norms(' '.join(shown)))} "
    for miss in misheard:
        if f" {' '.join(norms(miss.heard))} " in text:
            told = f"In het artikel staat ‘{miss.heard}’. Is dat ‘{miss.written}’? Beslis het met ‘impressie words’."
            yield look("spelling", told, miss.at[0])


def about_gaps(shown: Sequence[str]) -> Iterator[Finding]:
    """What was taken out because a speaker asked for it leaves a gap that a person has to mend."""
    for line in shown:
        if any(mark in line.replace(f"‘{QUOTE}’", "") for mark in MARKS):  # as a quote it is one that nobody said
            told = f"In {start(line.lstrip('# ‘'))} is iets weggehaald op verzoek van een spreker"
            yield blocks("gap", f"{told}: maak de alinea af, of haal hem weg.")


def about_form(shown: Sequence[str], quotes: Sequence[CheckedQuote], style: HouseStyle) -> Iterator[Finding]:
    """The article against the house style."""
    words = norms(" ".join(shown))
    headings = [line.lstrip("# ") for line in shown if line.startswith("##")]
    lead = next((line for line in shown if not line.startswith("#")), "")
    share = round(100 * sum(len(norms(quote.text)) for quote in quotes) / max(1, len(words)))
    low, high = (round(100 * part) for part in style.quote_share)
    measured = [
        ("Het artikel telt @ woorden", len(words), style.words),
        ("De inleiding telt @ woorden", len(norms(lead)), style.lead),
        ("Het artikel heeft @ tussenkoppen", len(headings), style.sections),
        ("De inleiding stelt @ vragen", questions_in(lead), style.questions),
        ("Van de tekst is @ % citaat", share, (low, high)),
        *((f"De tussenkop ‘{head}’ telt @ woorden", len(head.split()), style.heading) for head in headings),
        *((f"Het citaat {start(q.text)} telt @ woorden", len(q.text.split()), style.quote) for q in quotes),
    ]
    for sentence, value, (least, most) in measured:
        if not least <= value <= most:
            text = f"{sentence.replace('@', str(value))}; de huisstijl vraagt {least:.0f} tot {most:.0f}."
            yield Finding(kind="form", severity="note", text=text)
    plain = " ".join(words)
    if " ".join(norms(style.disclosure)) not in plain:
        yield look("disclosure", "De regel dat dit concept automatisch is gemaakt ontbreekt.")
    if " ".join(norms(style.closing.split("{where}")[0])) not in plain:
        yield Finding(kind="form", severity="note", text="De slotzin ontbreekt: waar de opname te zien is.")
