"""The nouns of the article: evidence, plan, quotes, and what the check found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pipeline.models import Kept, Noun, Span


class QuoteEdit(Noun):
    """One permitted edit: what was taken out of the spoken words, and why."""

    kind: Literal["filler", "opener", "repetition", "false start", "punctuation", "ellipsis", "explanation"]
    text: str


class Sentence(Span):
    """A sentence of the transcript as evidence; `clean` differs from `text` by `edits` only."""

    id: str
    passage: str
    voice: str
    text: str
    clean: str
    edits: tuple[QuoteEdit, ...] = ()
    confidence: float | None = None
    excluded: str | None = None


class Quote(Span):
    """Consecutive sentences of one voice as they stand in the article."""

    sentences: tuple[str, ...]
    voice: str
    text: str
    spoken: str
    edits: tuple[QuoteEdit, ...] = ()


class Section(Noun):
    """One theme: heading, quotes, sentences told in the article's own words, and all that was said on it, by id."""

    heading: str
    heading_from: str | None = None
    quotes: tuple[Quote, ...]
    remarks: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class Plan(Noun):
    """What goes where: ids of sentences, never text of a writer."""

    questions: tuple[str, ...]
    pull_quote: Quote | None
    sections: tuple[Section, ...]
    subjects: tuple[str, ...] = ()


class Claim(Noun):
    """A sentence of the article's own, as written, and the sentences of the transcript that it rests on."""

    text: str
    cites: tuple[str, ...] = ()


class DraftPart(Noun):
    """A piece of the article ('lead', 'section 2'), who wrote it, and why it is not who was asked."""

    name: str
    writer: str
    markdown: str
    claims: tuple[Claim, ...] = ()
    fell_back: str | None = None


class Cost(Noun):
    """What a language model cost: calls, tokens in and out as the endpoint counts them, seconds."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0


class Draft(Kept):
    """The machine's article: what was planned, and the parts of which the Markdown was made."""

    writer: str
    cost: Cost | None = None
    plan: Plan
    parts: tuple[DraftPart, ...] = ()
    markdown: str


def joined(parts: Sequence[DraftPart]) -> str:
    """The parts as one Markdown text."""
    return "\n\n".join(part.markdown for part in parts if part.markdown) + "\n"


QuoteStatus = Literal["exact", "cleaned", "altered", "misattributed", "not found", "translated"]


class CheckedQuote(Noun):
    """A quote as it stands in the article, and where it was said."""

    text: str
    status: QuoteStatus
    credited_to: str | None
    span: Span | None = None
    voice: str | None = None
    name: str | None = None
    spoken: str | None = None
    edits: tuple[QuoteEdit, ...] = ()
    similarity: float | None = None
    confidence: float | None = None
    heard_twice: Literal["alike", "differently", "not"] = "not"
    second_hearing: str | None = None
    differs: tuple[str, ...] = ()
    link: str | None = None


class HeardAgain(Span):
    """A quote's seconds, recognised a second time; `differs` holds the words that came out otherwise."""

    first: str
    second: str
    differs: tuple[str, ...] = ()


class Hearing(Kept):
    """The second hearing of all quotes; `engine` is None where there is no audio to hear."""

    engine: str | None
    model: str | None
    quotes: tuple[HeardAgain, ...] = ()
    seconds: float = 0


class Finding(Noun):
    """Something a person should look at; `text` is a Dutch sentence."""

    kind: str
    severity: Literal["blocks", "look", "note"]
    text: str
    at: float | None = None


class CheckReport(Kept):
    """The article against the transcript; the second hearing with `heard_by` took `heard_seconds`."""

    article_sha256: str
    words: int
    quotes: tuple[CheckedQuote, ...]
    findings: tuple[Finding, ...]
    heard_by: str | None = None
    heard_seconds: float = 0
