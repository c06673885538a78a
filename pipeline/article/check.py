"""The article as it stands, whoever wrote or changed it, against the transcript. Pure and fast."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from pipeline.article import findings
from pipeline.article.evidence import gather
from pipeline.article.people import Person, people_of, surnames
from pipeline.article.quotes import LOCATED, Place, Printed, Stream, credit, find, locate, paragraphs, streams_of
from pipeline.article.sentences import confidence
from pipeline.article.text import norms
from pipeline.config import CheckParams
from pipeline.models import (
    CheckedQuote,
    CheckReport,
    Finding,
    HeardAgain,
    Hearing,
    NamedVoice,
    Passages,
    QuoteEdit,
    QuoteStatus,
    Recording,
    Span,
)

WORST_FIRST = ("blocks", "look", "note")


def check(
    markdown: str,
    passages: Passages,
    names: Mapping[str, NamedVoice],
    params: CheckParams,
    recording: Recording,
    hearing: Hearing | None,
) -> CheckReport:
    """Every quote with its status, and what a person should look at, worst first."""
    people = people_of(passages, names, params.speakers)
    evidence = gather(passages, people)
    streams = streams_of(passages)
    printed = find(markdown, [title for title in (params.title, recording.title) if title])
    written = _written(people, params)
    listed = {speaker.name for speaker in params.speakers}
    quotes: list[CheckedQuote] = []
    found: list[Finding] = []
    last: dict[str, tuple[int, str | None]] = {}
    for quote in printed:
        earlier, before = last.get(quote.paragraph, (0, None))
        credited = credit(quote, before, written, earlier)
        last[quote.paragraph] = (quote.end, credited)
        place = _place(quote, [v for v, person in people.items() if person.name == credited], streams)
        checked = _checked(quote, credited, place, people, listed)
        if checked.span:
            checked = checked.model_copy(update={"link": recording.link(checked.span.start)})
            checked = _heard_again(checked, hearing)
        quotes.append(checked)
        found += findings.about_quote(quote, checked, place, evidence)
    shown = paragraphs(markdown)
    found += findings.about_people(shown, quotes, evidence, names)
    found += findings.about_claims(shown, printed, passages, people, params, recording)
    found += findings.about_form(shown, quotes, params.style)
    found.sort(key=lambda finding: WORST_FIRST.index(finding.severity))
    return CheckReport(
        article_sha256=hashlib.sha256(markdown.encode()).hexdigest(),
        words=sum(len(norms(line)) for line in shown),
        quotes=tuple(quotes),
        findings=tuple(dict.fromkeys(found)),
    )


def _written(people: Mapping[str, Person], params: CheckParams) -> dict[str, str]:
    """Every way to write a person → the full name: whole, without first name, the first name where it is unique."""
    everybody = {person.name: person for person in people.values()}
    for speaker in params.speakers:
        everybody.setdefault(speaker.name, Person(None, speaker.name))
    short = surnames(list(everybody.values()))
    written = {name: name for name in everybody}
    for name, person in everybody.items():
        rest = short[name]
        written.setdefault(rest, name)
        written.setdefault(rest[:1].lower() + rest[1:], name)
        first = name.split(" ", 1)[0]
        if person.known and sum(other.split(" ", 1)[0] == first for other in everybody) == 1:
            written.setdefault(first, name)
    return written


def _place(quote: Printed, own: list[str], streams: Mapping[str, Stream]) -> Place | None:
    """Where it was said: by the voice it is credited to if that said it, else by any; None where nothing is near."""
    order = own + [voice for voice in streams if voice not in own]
    places = [place for voice in order if voice in streams and (place := locate(quote.text, streams[voice]))]
    whole = next((place for place in places if place.edits is not None), None)
    near = max(places, key=lambda place: place.similarity + 0.02 * (place.stream.voice in own), default=None)
    return whole or (near if near and near.similarity >= LOCATED else None)


def _checked(
    quote: Printed, credited: str | None, place: Place | None, people: Mapping[str, Person], listed: set[str]
) -> CheckedQuote:
    """The quote with its status."""
    if place is None:
        return CheckedQuote(text=quote.text, status="not found", credited_to=credited)
    voice, spoken = place.stream.voice, " ".join(place.tokens)
    edits = place.edits or ()
    status: QuoteStatus = "cleaned" if edits else "exact"
    if place.edits is None:
        status = "altered"
    elif credited is not None and not _may_be(credited, people[voice], people, listed):
        status = "misattributed"
    elif not edits and _marks(quote.text) != _marks(spoken):
        status, edits = "cleaned", (QuoteEdit(kind="punctuation", text=spoken),)
    return CheckedQuote(
        text=quote.text,
        status=status,
        credited_to=credited,
        span=Span(start=place.words[0].start, end=max(place.words[0].start, place.words[-1].end)),
        voice=voice,
        name=people[voice].name,
        spoken=spoken,
        edits=edits,
        similarity=place.similarity,
        confidence=confidence(place.words),
    )


def _may_be(credited: str, person: Person, people: Mapping[str, Person], listed: set[str]) -> bool:
    """Whether a voice is who the article says; a listed speaker without a voice may be any voice without a name."""
    if person.name == credited:
        return True
    has_voice = any(other.name == credited for other in people.values())
    return credited in listed and not has_voice and not person.known


def _marks(text: str) -> str:
    """A text as it is compared for 'exact': without its first capital, last stop and kinds of quote marks."""
    plain = re.sub(r"[‘’“”'\"]", "'", text).strip(" .,…'")
    return plain[:1].casefold() + plain[1:]


def _heard_again(quote: CheckedQuote, hearing: Hearing | None) -> CheckedQuote:
    """With what the second hearing made of the same seconds."""
    if hearing is None or hearing.engine is None or quote.span is None:
        return quote
    span = quote.span
    again: HeardAgain | None = max(hearing.quotes, key=lambda heard: heard.overlap(span), default=None)
    if again is None or again.overlap(span) <= 0.5 * max(span.duration, 0.01):
        return quote
    return quote.model_copy(
        update={"heard_twice": "differently" if again.differs else "alike", "second_hearing": again.second}
    )
