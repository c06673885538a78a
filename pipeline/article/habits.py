"""What earlier articles have in common: their lengths, their verbs of saying, their title and their last line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from pipeline.article.quotes import Printed, find, paragraphs, questions_in
from pipeline.article.text import norm, norms, wordset
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
TITLE = re.compile(r"^([^{}]{0,40}?)(?<!\w)[‘'“\"](.+)[’'”\"]\s*$")
_NAME = r"[A-ZÀ-Þ][\w’&-]*"
WHERE = re.compile(  # 'op YouTube', 'op het YouTube-kanaal van de Kring voor Proefnemingen', with the name whole
    r"\b(?:op|via) (?:het |ons )?(?i:youtube)(?:-?kanaal)?"
    rf"(?: van (?:(?:de|het) )?{_NAME}(?: (?:(?:van|voor|de|het|der|en) )*{_NAME})*)?(?=[ ,.])(?! van\b)"
)
# what a closing line is about
SEEN = re.compile(r"\b(?:registratie|opname|terug\w*|bekijken|te zien)\b", re.IGNORECASE)
SPEAKS = re.compile(  # 'opperde Anna Vos' after a quote, 'Anna Vos opperde:' before it: any verb in the past tense
    rf"^[ ,–]*([a-zë]+[dt]en?) {_NAME}|{_NAME}(?: \([^)]*\))?(?:,[^,]*,)? ([a-zë]+[dt]e)(?: \w+)?:\s*$"
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
        questions=questions_in(lead),
        pull_quote=any(quote.paragraph == lead for quote in printed),
        headings=tuple(len(head.split()) for head in headings),
        quotes=tuple(len(quote.text.split()) for quote in printed),
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
    """The verb of saying just before or just after a quote: 'zei', 'merkte op'; also one that signs.toml lacks."""
    before = re.split(r"(?<=[.?!])[’”]?\s", quote.paragraph[: quote.start])[-1]
    after = re.split(r"[.?!:;‘“]", quote.paragraph[quote.end :])[0]
    for clause in (after, before):
        words = norms(clause)
        verb = next((word for word in reversed(words) if word in SAYING), None)
        if new := None if verb else SPEAKS.search(clause):
            yield norm(new[1] or new[2])
            return
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
        ("lead", [one.lead for one in measured if one.lead], 10),
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
        propose("title", titles.pop(), "alike wherever one is quoted")
    verbs = sum((one.verbs for one in measured), Counter[str]())
    least = TWICE if verbs.total() > TWICE * len(style.say) else 1
    habit = tuple(v for v, count in verbs.most_common(8) if count >= least and v not in style.say_next)
    if set(habit) - set(style.say):
        told = ", ".join(f"{verb} {count}×" for verb, count in verbs.most_common(8))
        propose("say", tuple(dict.fromkeys((*habit, *style.say))), told)
    closings = {made for one in measured if (made := _closing(one.closing))}
    if len(closings) == 1:
        propose("closing", closings.pop(), measured[-1].closing if len(measured) == 1 else "alike wherever it is told")


def _closing(paragraph: str) -> str | None:
    """The sentence that tells where the recording is, with {where}; None where it holds more that is this webinar's."""
    last = re.split(r"(?<=[.!?’])\s+(?=[A-ZÀ-Þ])", paragraph)[-1]
    if len(WHERE.findall(last)) != 1 or not SEEN.search(last) or re.search(r"[{}‘’“”\d]", last):
        return None
    return WHERE.sub("{where}", last)


def _range(values: Sequence[int], articles: int, step: int) -> tuple[int, int]:
    """From the least to the most, in round numbers; with some room round a single article."""
    spare = SPARE if articles == 1 else 0.0
    low = floor(min(values) * (1 - spare) / step) * step
    return max(1, low), max(1, ceil(max(values) * (1 + spare) / step) * step)
