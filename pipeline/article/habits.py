"""What earlier articles have in common: their lengths, their verbs of saying, their title and their last line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from pipeline.article.quotes import Printed, find, paragraphs
from pipeline.article.text import norms, wordset
from pipeline.settings import HouseStyle

SAYING = wordset("saying") - {"volgens", "was", "vond", "vindt", "wilde", "noemde", "noemt"}
PARTICLES = {
    "merkte": "op",
    "legde": "uit",
    "voegde": "toe",
    "vulde": "aan",
    "lichtte": "toe",
    "gaf": "aan",
    "vatte": "samen",
}
TITLE = re.compile(r"^(.{0,40}?)[‘'“\"](.+)[’'”\"]\s*$")
WHERE = re.compile(
    r"\b(?:op|via) (?:\[[^\]]+\]\([^)]*\)|(?:het |ons )?(?:YouTube|youtube)(?:-?kanaal)?(?: van [^,.]+?)?)(?=[ ,.])"
)
SPARE = 0.15  # how far a range reaches beyond what was measured in a single article
HEAD = 6  # words up to which a line that stands alone, without a stop, is a heading
TWICE = 2  # times that a verb must be used to be a habit, where articles together hold more than one


@dataclass(frozen=True)
class Measured:
    """One article: lengths in words, `share` of all words that is quoted (0…1), `verbs` with how often each is used."""

    name: str
    title: str | None
    words: int
    lead: int
    questions: int
    pull_quote: bool
    headings: tuple[int, ...]
    quotes: tuple[int, ...]
    share: float
    verbs: Counter[str]
    closing: str


@dataclass(frozen=True)
class Proposal:
    """A setting of the house style that earlier articles ask to be otherwise."""

    setting: str
    now: Any
    measured: str
    proposed: Any


def measure(text: str, name: str) -> Measured:
    """An article as Markdown, or as plain text with its headings on lines of their own."""
    shown = paragraphs(_marked(text))
    title = next((line.lstrip("# ") for line in shown if line.startswith("#")), None)
    headings = [line.lstrip("# ") for line in shown if line.startswith("##")]
    body = [line for line in shown if not line.startswith("#")]
    quoted = TITLE.match(title or "")
    printed = find("\n\n".join(body), [quoted[2]] if quoted else [])
    words = sum(len(norms(line)) for line in shown)
    lead = body[0] if body else ""
    return Measured(
        name=name,
        title=f"{quoted[1]}‘{{title}}’" if quoted else None,
        words=words,
        lead=len(norms(lead)),
        questions=re.sub(r"[‘“][^’”]*[’”]", "", lead).count("?"),
        pull_quote=any(quote.paragraph == lead for quote in printed),
        headings=tuple(len(head.split()) for head in headings),
        quotes=tuple(len(norms(quote.text)) for quote in printed),
        share=sum(len(norms(quote.text)) for quote in printed) / max(1, words),
        verbs=Counter(verb for quote in printed for verb in _verbs(quote)),
        closing=next((line for line in reversed(body) if "automatisch" not in line), ""),
    )


def _marked(text: str) -> str:
    """Plain text with # before its first line and ## before what looks like a heading; Markdown as it is."""
    if re.search(r"^# ", text, re.MULTILINE):
        return text
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if block.strip()]
    made = [f"# {' '.join(block.split())}" for block in blocks[:1]]
    for block in blocks[1:]:
        short = "\n" not in block and len(block.split()) <= HEAD and block[-1] not in ".!:;,’”"
        made.append(f"## {block}" if short else block)
    return "\n\n".join(made)


def _verbs(quote: Printed) -> Iterator[str]:
    """The verb of saying just before or just after a quote: 'zei', 'merkte op'."""
    before = re.split(r"(?<=[.?!])\s", quote.paragraph[: quote.start])[-1]
    after = re.split(r"[.?!:;‘“]", quote.paragraph[quote.end :])[0]
    for clause in (after, before):
        words = norms(clause)
        verb = next((word for word in reversed(words) if word in SAYING), None)
        if verb:
            particle = PARTICLES.get(verb)
            if particle is None or particle in words[words.index(verb) :]:
                yield f"{verb} {particle}" if particle else verb
            return


def proposals(measured: Sequence[Measured], style: HouseStyle) -> list[Proposal]:
    """Settings that would fit these articles better; a setting that fits them already is not named."""
    made: list[Proposal] = []

    def propose(setting: str, value: Any, told: str) -> None:
        if value != getattr(style, setting):
            made.append(Proposal(setting, getattr(style, setting), told, value))

    for setting, values, step in (
        ("words", [one.words for one in measured], 50),
        ("lead", [one.lead for one in measured], 10),
        ("questions", [one.questions for one in measured if one.questions], 1),
        ("sections", [len(one.headings) for one in measured if one.headings], 1),
        ("heading", [words for one in measured for words in one.headings], 1),
        ("quote", [words for one in measured for words in one.quotes], 1),
    ):
        low, high = getattr(style, setting)
        if values and not low <= min(values) <= max(values) <= high:
            propose(setting, _range(values, len(measured), step), f"{min(values)} … {max(values)}")
    shares = [one.share for one in measured if one.quotes]
    if shares and not style.quote_share[0] <= min(shares) <= max(shares) <= style.quote_share[1]:
        low, high = _range([round(100 * share) for share in shares], len(measured), 5)
        propose("quote_share", (low / 100, min(1.0, high / 100)), f"{min(shares):.2f} … {max(shares):.2f}")
    pulled = sum(one.pull_quote for one in measured)
    propose("pull_quote", 2 * pulled >= len(measured), f"{pulled} of {len(measured)}")
    _propose_words(measured, style, propose)
    return made


def _propose_words(measured: Sequence[Measured], style: HouseStyle, propose: Any) -> None:
    """Title, verbs of saying, last line."""
    titles = {one.title for one in measured if one.title}
    if len(titles) == 1:
        propose("title", titles.pop(), "each")
    verbs = sum((one.verbs for one in measured), Counter[str]())
    least = TWICE if verbs.total() > TWICE * len(style.say) else 1
    habit = tuple(v for v, count in verbs.most_common(8) if count >= least and v not in style.say_next)
    if set(habit) - set(style.say):
        told = ", ".join(f"{verb} {count}×" for verb, count in verbs.most_common(8))
        propose("say", tuple(dict.fromkeys((*habit, *style.say))), told)
    closings = {WHERE.sub("{where}", one.closing, count=1) for one in measured if WHERE.search(one.closing)}
    if len(closings) == 1:
        [closing] = closings
        if closing.count("{") == 1 and "{title}" not in closing:
            propose("closing", re.sub(r"^\{where\}", "{where}", closing), "each")


def _range(values: Sequence[int], articles: int, step: int) -> tuple[int, int]:
    """From the least to the most, in round numbers; with some room round a single article."""
    spare = SPARE if articles == 1 else 0.0
    low = floor(min(values) * (1 - spare) / step) * step
    return max(1, low), max(1, ceil(max(values) * (1 + spare) / step) * step)
