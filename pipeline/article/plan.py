"""What goes where: questions, themes with their quotes and headings, other subjects; all of it by id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.article.choice import choose, provable
from pipeline.article.cleaning import explain
from pipeline.article.evidence import Evidence
from pipeline.article.features import Stretch, stretches
from pipeline.article.headings import heading, lexicon
from pipeline.article.questions import alike, asked_by, subject, worth
from pipeline.article.text import norms
from pipeline.article.themes import Block, blocks_of, themes_of
from pipeline.config import HouseStyle
from pipeline.errors import PipelineError
from pipeline.models import Plan, Quote, Section

SHORT_TALK = 1500  # words of guests (about twelve minutes) below which the article is a short one
LONG_TALK = 9000  # and above which it may have one section more
SHARE = 0.44  # of the words are quotes, in the middle of the 40–45 % of the published example
RETURNS = 1.5  # what a quote loses for holding the pull quote: as much as a second voice in a theme is worth
PULL_WORDS = 32  # longest pull quote
GOOD = 0.95  # a question worth less is asked in the lead only to make up the number


def make_plan(evidence: Evidence, style: HouseStyle) -> Plan:
    """Decide what the article holds. Raises PipelineError where nothing may be quoted."""
    names = names_in(evidence)
    spoken = sum(len(s.text.split()) for s in evidence.usable() if s.voice != evidence.host)
    target = style.words if spoken >= SHORT_TALK else style.words_short
    count = style.sections[1] if spoken > LONG_TALK else style.sections[0]
    room = SHARE * target - 40  # what a pull quote and a last tip take is counted apart
    ideal = max(style.quote[0] + 6, round(room / (2 * count)))
    found = stretches(evidence, style.quote, ideal, names)
    if not found:
        raise PipelineError(
            "there is nothing in this recording that can be quoted",
            "see in 40-transcript.md whether the speech was recognised, and if not try a bigger model: "
            "--set model=small",
        )
    pull = _pull(found)
    rest = _without(found, pull)
    themes = themes_of(blocks_of(evidence), rest, count)
    return _assembled(evidence, style, pull, themes, choose(themes, rest, evidence, room))


def _without(found: Sequence[Stretch], pull: Stretch | None) -> list[Stretch]:
    """What is left for the sections: the pull quote may return inside a longer quote, but others go before it."""
    if pull is None:
        return list(found)
    apart = [stretch for stretch in found if not stretch.shares(pull)]
    longer = [stretch for stretch in found if stretch.shares(pull) and stretch.words > pull.words + 8]
    again = [replace(stretch, score=stretch.score - RETURNS) for stretch in longer]
    return sorted([*apart, *again], key=lambda stretch: (-stretch.score, stretch.start))


def names_in(evidence: Evidence) -> frozenset[str]:
    """Normal forms of the parts of participants' names."""
    return frozenset(word for person in evidence.people.values() for word in norms(person.name) if len(word) > 3)


def _pull(found: Sequence[Stretch]) -> Stretch | None:
    """The sentence that sticks; none where hardly anything else is left to quote."""
    short = [s for s in found if s.words <= PULL_WORDS and len(s.sentences) <= 2 and provable(s)]
    best = max(short, key=lambda s: s.score + 0.8 * (s.words <= 24), default=None)
    return best if best and sum(not stretch.shares(best) for stretch in found) > 2 else None


def _assembled(
    evidence: Evidence,
    style: HouseStyle,
    pull: Stretch | None,
    themes: Sequence[Sequence[Block]],
    chosen: Sequence[Sequence[Stretch]],
) -> Plan:
    names = names_in(evidence)
    asked = asked_by(evidence.sentences, evidence.host, names)
    lead = _lead(evidence, asked, style)
    words = lexicon(evidence.usable())
    sections: list[Section] = []
    for theme, quotes in zip(themes, chosen, strict=True):
        texts = [(s.id, s.clean) for quote in quotes for s in quote.sentences]
        ids = [key for key, _ in texts]
        texts += [(s.id, s.clean) for block in theme for s in block.guests if s.excluded is None and s.id not in ids]
        found = heading(texts, style.heading, words, names, [section.heading for section in sections], ids)
        title = found or ("Uit het gesprek" if not sections else "Verder in het gesprek", None)
        sections.append(Section(heading=title[0], heading_from=title[1], quotes=tuple(map(quote_of, quotes))))
    order = {s.id: at for at, s in enumerate(evidence.sentences)}
    rest = [key for key in asked if key not in lead and not any(alike(asked[key], asked[other]) for other in lead)]
    named = [s.id for s in evidence.usable() if s.voice == evidence.host and subject(s.clean, names)]
    return Plan(
        questions=tuple(sorted(lead, key=lambda key: order[key])),
        pull_quote=quote_of(pull) if pull else None,
        sections=tuple(sections),
        subjects=tuple(dict.fromkeys(rest + named)),
    )


def _lead(evidence: Evidence, asked: dict[str, str], style: HouseStyle) -> list[str]:
    """The questions that open the article: the best, no two alike, those that the host announced first."""
    first = next((s.start for s in evidence.usable() if s.voice != evidence.host), 0.0)
    announced = {s.id for s in evidence.sentences if s.id in asked and s.start < first}
    lead: list[str] = []
    sure = {s.id: 1.0 if s.confidence is None else s.confidence for s in evidence.sentences}
    value = {key: worth(asked[key]) + 0.6 * (key in announced) + min(0.0, sure[key] - 0.6) for key in asked}
    for key in sorted(asked, key=lambda key: -value[key]):
        enough = len(lead) >= (style.questions[0] if worth(asked[key]) < GOOD else style.questions[1] - 1)
        if not enough and not any(alike(asked[key], asked[other]) for other in lead):
            lead.append(key)
    return lead


def quote_of(stretch: Stretch) -> Quote:
    """A stretch as it will stand in the article, with the edits that made it."""
    spoken = " ".join(s.text for s in stretch.sentences)
    return Quote(
        start=stretch.start,
        end=stretch.sentences[-1].end,
        sentences=tuple(s.id for s in stretch.sentences),
        voice=stretch.voice,
        text=stretch.text,
        spoken=spoken,
        edits=explain(spoken.split(), stretch.text) or (),
    )
