"""The article as it stands, whoever wrote or changed it, against the transcript. Pure and fast."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.article import findings
from pipeline.article.cleaning import EXPLAINED
from pipeline.article.evidence import Evidence, confidence, gather
from pipeline.article.exclusions import SERIOUS, TAKEN_BACK
from pipeline.article.findings import blocks, look, start
from pipeline.article.people import Person, people_of, surnames
from pipeline.article.quotes import BORDER, Place, Printed, Stream, credit, find, paragraphs, said_at, streams_of
from pipeline.article.support import Alike, Ground
from pipeline.article.text import NEGATIONS, norms
from pipeline.config import CheckParams
from pipeline.models import Misheard, NamedVoice, Passages, Recording, Span, Word
from pipeline.writing import CheckedQuote, CheckReport, Claim, Finding, Hearing, QuoteEdit, QuoteStatus, Sentence

UNSURE = 0.3  # confidence below which a quote is to be heard again
HEARD = 0.9  # share of a quote's words that must have been heard a second time
WORST_FIRST = ("blocks", "look", "note")


def check(
    markdown: str,
    passages: Passages,
    names: Mapping[str, NamedVoice],
    params: CheckParams,
    recording: Recording,
    hearing: Hearing | None,
    misheard: Sequence[Misheard] = (),
    claims: Sequence[Claim] = (),
    alike: Alike | None = None,
) -> CheckReport:
    """Every quote with its status, and what a person should look at, worst first.

    `alike` tells how near two sentences are in meaning, if there is a model that knows; without it words must do.
    `claims` say what the article's own sentences rest on, as far as a writer told; for others the place is looked for.
    """
    people = people_of(passages, names, params.speakers)
    evidence = gather(passages, people)
    streams = streams_of(passages)
    printed = find(markdown, [title for title in (params.title, recording.title) if title])
    quotes: list[CheckedQuote] = []
    found: list[Finding] = []
    written = _written(people, params)
    last: dict[str, tuple[int, str | None]] = {}  # paragraph → where its last quote ended, and whose that was
    for quote in printed:
        earlier, before = last.get(quote.paragraph, (0, None))
        credited, sure = credit(quote, before, written, earlier)
        last[quote.paragraph] = (quote.end, credited)
        own = [voice for voice, person in people.items() if person.name == credited]
        place, foreign = _located(quote, printed, streams, own, passages)
        if foreign and any(quote is _original(other, printed) for other in printed):
            continue  # it stands beside its translation
        checked = _checked(quote, credited, place, people, params)
        if foreign and checked.status in ("exact", "cleaned", "altered"):
            checked = checked.model_copy(update={"status": "translated"})
        if checked.span and place:
            link = recording.link(checked.span.start)
            checked = checked.model_copy(update={"link": link, **_second(place.words, hearing)})
        quotes.append(checked)
        if not sure:
            text = f"Bij het citaat {start(quote.text)} staan meer namen; is het van {credited}?"
            found.append(look("quote", text, checked.span.start if checked.span else None))
        found += _about(quote, checked, place, evidence)
    shown = paragraphs(markdown)
    found += findings.about_people(shown, quotes, evidence, names)
    found += findings.about_claims(shown, printed, evidence, params, recording)
    found += findings.about_prose(shown, printed, Ground(evidence, params, alike), claims, params)
    found += findings.about_spelling(shown, misheard)
    found += findings.about_gaps(shown)
    found += findings.about_form(shown, quotes, params.style)
    return CheckReport(
        article_sha256=hashlib.sha256(markdown.encode()).hexdigest(),
        words=sum(len(norms(line)) for line in shown),
        quotes=tuple(quotes),
        findings=tuple(dict.fromkeys(sorted(found, key=lambda finding: WORST_FIRST.index(finding.severity)))),
        heard_by=hearing.model if hearing else None,
        heard_seconds=hearing.seconds if hearing else 0,
    )


def _located(
    quote: Printed, printed: Sequence[Printed], streams: Mapping[str, Stream], own: Sequence[str], passages: Passages
) -> tuple[Place | None, bool]:
    """Where a quote was said, or the original that stands beside it; and whether that was in another language."""
    place = said_at(quote.text, streams, own)
    proved = place is not None and place.edits is not None
    if not proved and (original := _original(quote, printed)):
        beside = said_at(original.text, streams)
        if _foreign(beside, passages):
            return beside, True
    return place, _foreign(place, passages)


def _foreign(place: Place | None, passages: Passages) -> bool:
    """Whether a quote was said in another language than Dutch."""
    if place is None or place.edits is None:
        return False
    return any(
        p.language != "nl" and p.overlap(_span(place)) > 0 and p.speaker == place.stream.voice
        for p in passages.passages
    )


def _span(place: Place) -> Span:
    return Span(start=place.words[0].start, end=max(place.words[0].start, place.words[-1].end))


def _original(quote: Printed, printed: Sequence[Printed]) -> Printed | None:
    """What stands in “ ” between brackets right after a quote: ‘Wij luisteren’ (“We listen”)."""
    after = (other for other in printed if other.paragraph == quote.paragraph and other.start >= quote.end)
    other = next(after, None)
    beside = other and re.fullmatch(r"\s*,?\s*[\[(][^‘“’”]{0,40}", quote.paragraph[quote.end : other.start])
    return other if beside else None


def _written(people: Mapping[str, Person], params: CheckParams) -> dict[str, str]:
    """Every way to write a person → the full name: whole, without first name, the first name where it is unique."""
    everybody = {s.name: Person(None, s.name) for s in params.speakers} | {p.name: p for p in people.values()}
    short = surnames(everybody.values())
    firsts = [name.split(" ", 1)[0] for name in everybody]
    written = {name: name for name in everybody}
    for name, person in everybody.items():
        written.setdefault(short[name], name)
        written.setdefault(short[name][:1].lower() + short[name][1:], name)
        first = name.split(" ", 1)[0]
        if person.known and firsts.count(first) == 1:
            written.setdefault(first, name)
    return written


def _checked(
    quote: Printed, credited: str | None, place: Place | None, people: Mapping[str, Person], params: CheckParams
) -> CheckedQuote:
    """The quote with its status."""
    if place is None:
        return CheckedQuote(text=quote.text, status="not found", credited_to=credited)
    voice, spoken, edits = place.stream.voice, " ".join(place.tokens), place.edits or ()
    status: QuoteStatus = "cleaned" if edits else "exact"
    if place.edits is None:
        status = "altered"
    elif credited is not None and credited not in _names(voice, people, params):
        status = "misattributed"
    elif not edits and _marks(quote.text) != _marks(spoken):
        status, edits = "cleaned", (QuoteEdit(kind="punctuation", text=spoken),)
    return CheckedQuote(
        text=quote.text,
        status=status,
        credited_to=credited,
        span=_span(place),
        voice=voice,
        name=people[voice].name,
        spoken=spoken,
        edits=edits,
        similarity=place.similarity,
        confidence=confidence(place.words),
    )


def _names(voice: str, people: Mapping[str, Person], params: CheckParams) -> set[str]:
    """Who a voice may be: a voice without a name may be any listed speaker who has no voice."""
    free = {speaker.name for speaker in params.speakers} - {person.name for person in people.values()}
    return {people[voice].name} | (set() if people[voice].known else free)


def _marks(text: str) -> str:
    """A text as it is compared for 'exact': without its first capital, last stop and kinds of quote marks."""
    plain = re.sub(r"[‘’“”'\"]", "'", text).strip(" .,…'")
    return plain[:1].casefold() + plain[1:]


def _second(words: Sequence[Word], hearing: Hearing | None) -> dict[str, object]:
    """What the second hearing made of the same words, as fields of a quote; a long quote was heard in pieces."""
    heard = [] if hearing is None or hearing.engine is None else sorted(hearing.quotes, key=lambda one: one.start)
    middles = [(word.start + word.end) / 2 for word in words]
    over = [one for one in heard if any(one.start <= at <= one.end for at in middles)]
    own = [one for one in over if words[0].start <= one.start and one.end <= words[-1].end]
    for pieces in (own, over):  # those of a longer quote only where its own do not suffice
        covered = sum(any(one.start <= at <= one.end for one in pieces) for at in middles)
        if covered > HEARD * len(words):
            inner = [a for a in pieces if any(a != b and a.overlap(b) == a.duration for b in pieces)]
            told = [one.second for one in pieces if one.differs or one not in inner]
            alike = not any(one.differs for one in pieces)
            differs = tuple(word for one in pieces for word in one.differs)
            heard_twice = "alike" if alike else "differently"
            return {"heard_twice": heard_twice, "second_hearing": " ".join(told), "differs": differs}
    return {}


def _about(quote: Printed, checked: CheckedQuote, place: Place | None, evidence: Evidence) -> Iterator[Finding]:
    """What a person should look at in one quote: status and place, whether it may be used, how it was understood."""
    which, at = start(quote.text), checked.span.start if checked.span else None
    status = {
        "not found": f"Het citaat {which} is in de opname niet gevonden.",
        "altered": f"Het citaat {which} wijkt af van wat er is gezegd: ‘{checked.spoken}’.",
        "misattributed": f"Het citaat {which} is niet door {checked.credited_to} gezegd, maar door {checked.name}.",
    }
    if checked.status in status:
        yield blocks("quote", status[checked.status], at)
    if checked.status == "translated":
        yield look("quote", f"Het citaat {which} is een vertaling; er is gezegd: ‘{checked.spoken}’.", at)
    if not quote.closed:
        yield look("quote", f"Het citaat {which} wordt niet met een aanhalingsteken gesloten.", at)
    if place is None or checked.span is None:
        return
    if checked.credited_to is None:
        yield look("quote", f"Bij het citaat {which} staat niet wie het zei; het was {checked.name}.", at)
    for text in _twisted(quote, place):
        yield look("quote", text, at)
    span, said = checked.span, [s for s in evidence.sentences if s.excluded and s.voice == checked.voice]
    why = next((s.excluded for s in said if s.overlap(span) > 0.3 and not _put_right(quote, s)), None)
    if why and not (why == "woorden van een ander" and "“" in quote.text):  # which shows whose words they are
        text = f"Het citaat {which} komt uit een fragment dat niet in het artikel hoort: {why}."
        yield (blocks if why in SERIOUS else look)("excluded", text, at)
    if checked.heard_twice == "differently":
        yield look("hearing", f"De tweede keer is {which} anders verstaan: ‘{checked.second_hearing}’.", at)
    if checked.confidence is not None and checked.confidence < UNSURE:
        yield look("hearing", f"De spraakherkenning was onzeker over {which}; luister het na.", at)


def _put_right(quote: Printed, sentence: Sentence) -> bool:
    """Whether the quote begins after 'nee, dat zeg ik verkeerd': with what the speaker put in its place."""
    taken_back = TAKEN_BACK.search(sentence.text)
    after = norms(sentence.text[taken_back.end() :]) if taken_back else []
    return sentence.excluded == "teruggenomen" and norms(quote.text)[:4] == after[:4]


def _twisted(quote: Printed, place: Place) -> Iterator[str]:
    """What may turn round the sense of a quote though its edits are permitted."""
    which, left = start(quote.text), place.cut_off()
    if place.edits is not None and BORDER in place.tokens:
        yield f"Het citaat {which} is op twee momenten gezegd; luister of de delen bij elkaar horen."
    if NEGATIONS & set(norms(" ".join(EXPLAINED.findall(quote.text)))):
        yield f"Tussen [ ] in het citaat {which} staat een ontkenning die niet is gezegd."
    if place.edits is not None and left and not TAKEN_BACK.search(left):
        yield f"Van de zin met {which} is een deel met een ontkenning weggelaten: ‘{left}’."
