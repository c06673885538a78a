"""What goes where: questions, themes with their quotes and headings, other subjects; all of it by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, combinations, pairwise, product

from pipeline.article.evidence import Evidence
from pipeline.article.headings import heading, lexicon
from pipeline.article.phrasing import according
from pipeline.article.questions import alike, asked_by_host, asked_loosely, leaning, personal, worth
from pipeline.article.stretches import Stretch, general, stretches, values
from pipeline.article.text import content, lemmas, norms, sign
from pipeline.article.wording import near
from pipeline.errors import PipelineError
from pipeline.settings import HouseStyle
from pipeline.writing import Plan, Section, Sentence

LONG_TALK = 9000  # words of guests above which it may have one section more
APART_WORDS = 45  # a pull quote and a last tip
PULL_WORDS = 32  # longest pull quote
GOOD = 0.95  # a question worth less is asked in the lead only to make up the number
EACH = 8  # best stretches of a voice that are weighed per theme, so that no talker fills the list
GROUPS = 12  # best groups of quotes per theme that are weighed against those of the other themes
QUOTE_COSTS = 1.5  # what a quote must be worth to stand beside others
APART = 20.0  # seconds between two quotes of one voice; what is nearer is one quote or none
TIP_WORDS = 32  # longest quote that still closes an article
MUST_SPEAK = 0.1  # of the time: who spoke that much is quoted
TOPICLESS = 2  # words that a loose question must tell of
FINAL, TURN = sign("final"), sign("turn")
HINT, AGAIN = 1.5, 3.0  # what each word of a hint is worth in a quote, and what it costs to quote the same again
REMARKS = 2  # in one section
TELLING, SURE = 0.4, 0.5  # value and confidence above which a sentence is told in the article's own words
WHOLE_BLOCK = 8  # sentences of a block where nobody leads
Quotes = tuple[Stretch, ...]


@dataclass(frozen=True)
class Block:
    """What the host said, and what came of it until she steered again."""

    host: tuple[Sentence, ...]
    guests: tuple[Sentence, ...]

    @cached_property
    def led(self) -> str:
        """What the host said, as one text."""
        return " ".join(s.text for s in self.host)

    @cached_property
    def words(self) -> int:
        """Length of the answers that may be used."""
        return sum(len(s.text.split()) for s in self.guests if s.excluded is None)


def make_plan(evidence: Evidence, style: HouseStyle, more: int = 0) -> Plan:
    """Decide what the article holds, with `more` words of quotes than usual. PipelineError: nothing may be quoted."""
    spoken = sum(len(s.text.split()) for s in evidence.usable if s.voice != evidence.host)
    count = style.sections[1] if spoken > LONG_TALK else style.sections[0]
    room = sum(style.quote_share) / 2 * sum(style.words) / 2 - APART_WORDS + more
    found = quotable(evidence, style, room / count)
    if not found:
        raise PipelineError(
            "there is nothing in this recording that can be quoted",
            "see in 40-transcript.md whether the speech was recognised, and if not try a bigger model: "
            "--set model=small",
        )
    pull = _pull(found) if style.pull_quote else None
    rest = [stretch for stretch in found if pull is None or not stretch.shares(pull)]
    longer = [stretch for stretch in found if pull and stretch.shares(pull) and stretch.words > pull.words]
    themes = themes_of(blocks_of(evidence), rest, count)
    quotes = choose(themes, rest, evidence, room)
    quotes[-1] = _with_tip(themes[-1], quotes[-1], [*rest, *longer])
    lead, other = _questions(evidence, style)
    return Plan(
        questions=lead,
        pull_quote=pull.quote if pull else None,
        sections=tuple(_sections(evidence, style, themes, quotes)),
        subjects=other,
    )


def quotable(evidence: Evidence, style: HouseStyle, room: float) -> list[Stretch]:
    """All that may be quoted, best first; the best length is that of which some three fill a section."""
    return stretches(evidence, style.quote, max(style.quote[0] + 6, round(room / 3.2)))


def options(evidence: Evidence, plan: Plan, number: int, style: HouseStyle) -> list[Stretch]:
    """What section `number` may quote, best first, none of it quoted elsewhere and no sentence twice."""
    section = plan.sections[number - 1]
    elsewhere = [q for at, part in enumerate(plan.sections, 1) if at != number for q in part.quotes]
    taken = {key for quote in (*elsewhere, *filter(None, [plan.pull_quote])) for key in quote.sentences}
    room = sum(len(quote.text.split()) for quote in section.quotes)
    here = [s for s in quotable(evidence, style, room) if s.id in section.evidence and s.quote]
    return [s for s in here if not taken & {one.id for one in s.sentences}]


def replan(evidence: Evidence, plan: Plan, number: int, style: HouseStyle, hint: str) -> Section:
    """Section `number` with other quotes: those nearest to the hint, or without one those not quoted now."""
    section, wanted = plan.sections[number - 1], set(lemmas(hint))
    quoted = {key for quote in section.quotes for key in quote.sentences}

    def scored(stretch: Stretch) -> Stretch:
        close = sum(near(word, lemmas(stretch.text)) for word in wanted)
        again = bool(quoted & {s.id for s in stretch.sentences}) and not wanted
        return replace(stretch, score=stretch.score + HINT * close - AGAIN * again)

    here = sorted(map(scored, options(evidence, plan, number, style)), key=lambda s: -s.score)
    theme = [block for block in blocks_of(evidence) if any(s.id in section.evidence for s in block.guests)]
    if not here:
        raise PipelineError(f"there is nothing else to quote in section {number}", "take a quote from 40-transcript.md")
    room = sum(len(quote.text.split()) for quote in section.quotes)
    groups = _groups(evidence, theme, here)
    _, chosen = max(groups, key=lambda g: g[0] - 15.0 * max(0.0, abs(sum(s.words for s in g[1]) - room) / room - 0.3))
    titles = [part.heading for at, part in enumerate(plan.sections, 1) if at != number]
    made = _sections(evidence, style, [theme], [sorted(chosen, key=lambda s: s.start)], titles)
    others = {key for part in plan.sections if part is not section for quote in part.quotes for key in quote.sentences}
    remarks = tuple(key for key in made[0].remarks if key not in others)
    return made[0].model_copy(update={"evidence": section.evidence, "remarks": remarks})


def _pull(found: Sequence[Stretch]) -> Stretch | None:
    """The sentence that sticks; none where hardly anything else is left to quote."""
    short = [s for s in found if s.words <= PULL_WORDS and len(s.sentences) <= 2 and s.quote]
    best = max(short, key=lambda s: s.score + 0.8 * (s.words <= 24) + max(map(general, s.sentences)), default=None)
    return best if best and sum(not stretch.shares(best) for stretch in found) > 2 else None


def _questions(evidence: Evidence, style: HouseStyle) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of the questions that open the article (those announced first go first), and of the other subjects."""
    asked = asked_by_host(evidence)
    first = next((s.start for s in evidence.usable if s.voice != evidence.host), 0.0)
    value = {}
    for key, text in asked.items():
        sentence = evidence.by_id[key]
        sure = 1.0 if sentence.confidence is None else sentence.confidence
        value[key] = worth(text) + 0.6 * (sentence.start < first) + min(0.0, sure - 0.6)
    lead: list[str] = []
    for key in sorted(asked, key=lambda key: -value[key]):
        most = style.questions[0] if worth(asked[key]) < GOOD else style.questions[1] - 1
        if len(lead) < most and not alike(asked[key], [asked[other] for other in lead]):
            lead.append(key)
    rest = [key for key in asked if not alike(asked[key], [asked[other] for other in lead])]
    loose = asked_loosely(evidence)  # where nothing better was asked
    for key in sorted(loose, key=lambda key: personal(loose[key]) - worth(loose[key])):
        about = len(content(norms(loose[key]))) >= TOPICLESS
        if (
            about
            and len(lead) < style.questions[0]
            and not alike(loose[key], [loose[other] for other in lead if other in loose])
        ):
            lead.append(key)
    leans = leaning(evidence)
    for one, other in pairwise(leans):
        if (
            one in lead
            and other not in lead
            and len(lead) < style.questions[1]
            and not alike(leans[other], [leans[one]])
        ):
            lead.append(other)
    return tuple(s.id for s in evidence.usable if s.id in lead), tuple(rest)


def _sections(
    evidence: Evidence,
    style: HouseStyle,
    themes: Sequence[Sequence[Block]],
    chosen: Sequence[Sequence[Stretch]],
    titles: Sequence[str] = (),
) -> list[Section]:
    """The quotes of each theme under a heading, with what is told in the article's own words."""
    words, value = lexicon(evidence.usable), values(evidence)
    every = {s.id for stretches_ in chosen for stretch in stretches_ for s in stretch.sentences}
    sections: list[Section] = []
    for theme, stretches_ in zip(themes, chosen, strict=True):
        quoted = [s for stretch in stretches_ for s in stretch.sentences]
        others = [s for block in theme for s in block.guests if s.excluded is None and s not in quoted]
        led = " ".join(block.led for block in theme)
        taken = [*titles, *(section.heading for section in sections)]
        title, source = heading(quoted, others, led, style.heading, words, evidence.names, taken)
        quotes = tuple(stretch.quote for stretch in stretches_ if stretch.quote)
        remarks = _remarks(others, value, every)
        said = tuple(s.id for block in theme for s in (*block.host, *block.guests) if s.excluded is None)
        sections.append(Section(heading=title, heading_from=source, quotes=quotes, remarks=remarks, evidence=said))
    return sections


def _remarks(others: Sequence[Sentence], value: Mapping[str, float], quoted: Collection[str]) -> tuple[str, ...]:
    """The best sentences that can be told in the article's own words and are in no quote."""
    told = [s for s in others if s.id not in quoted and according(s.clean, "") and value[s.id] > TELLING]
    sure = [s for s in told if s.confidence is None or s.confidence > SURE]
    best = list({s.voice: s for s in sorted(sure, key=lambda s: value[s.id])}.values())[-REMARKS:]
    return tuple(s.id for s in sorted(best, key=lambda s: s.start))


def blocks_of(evidence: Evidence) -> list[Block]:
    """By what the host said; by passage, or by eight sentences, where nobody leads."""
    blocks: list[Block] = []
    host: list[Sentence] = []
    guests: list[Sentence] = []
    for sentence in evidence.sentences:
        leads = sentence.voice == evidence.host
        if leads:
            fresh = len(norms(sentence.text)) >= 5 or bool(TURN.search(sentence.text))  # and does not just hum along
        else:
            full = not guests or guests[-1].passage != sentence.passage or len(guests) >= WHOLE_BLOCK
            fresh = evidence.host is None and full
        if fresh and guests:
            blocks.append(Block(tuple(host), tuple(guests)))
            host, guests = [], []
        (host if leads else guests).append(sentence)
    return [*blocks, Block(tuple(host), tuple(guests))] if guests else blocks


def themes_of(blocks: Sequence[Block], found: Sequence[Stretch], most: int) -> list[list[Block]]:
    """At most `most` themes of neighbouring blocks, each with something to quote, by two voices where possible."""
    best = [{s.voice: max(0.1, s.score) for s in reversed(_of([block], found))} for block in blocks]
    until = [0, *accumulate(block.words for block in blocks)]
    total = until[-1] or 1
    edge = [float(bool(TURN.search(block.led))) for block in blocks]
    worth = _worth(best)
    for count in range(min(most, len(blocks)), 0, -1):
        value = {
            (a, b): worth[a, b] + edge[a] - 3 * abs((until[b] - until[a]) / total - 1 / count)
            for a, b in worth
            if worth[a, b]
        }
        if way := _best_way(value, len(blocks), count):
            return [list(blocks[a:b]) for a, b in way]
    return [list(blocks)]


def _worth(best: Sequence[Mapping[str, float]]) -> dict[tuple[int, int], float]:
    """What the best quotes of two voices are worth together, from block to block; 0 where there is nothing to quote."""
    worth = {}
    for a in range(len(best)):
        voices: dict[str, float] = {}
        for b, block in enumerate(best[a:], a + 1):
            for voice, score in block.items():
                voices[voice] = max(score, voices.get(voice, 0.0))
            top = sorted(voices.values(), reverse=True)
            worth[a, b] = sum(top[:2]) + (1.0 if len(top) > 1 else 0.0)
    return worth


def _best_way(value: Mapping[tuple[int, int], float], end: int, count: int) -> tuple[tuple[int, int], ...]:
    """The `count` spans from 0 to `end` that are worth most together; none where there is no such way."""
    reached: dict[int, tuple[float, tuple[tuple[int, int], ...]]] = {0: (0.0, ())}
    for _ in range(count):
        further: dict[int, tuple[float, tuple[tuple[int, int], ...]]] = {}
        for (a, b), gain in value.items():
            if a in reached:
                option = (reached[a][0] + gain, (*reached[a][1], (a, b)))
                further[b] = max(option, further.get(b, option))
        reached = further
    return reached.get(end, (0.0, ()))[1]


def choose(
    themes: Sequence[Sequence[Block]], found: Sequence[Stretch], evidence: Evidence, room: float
) -> list[list[Stretch]]:
    """Two or three quotes per theme, in order of time: the best that lets everybody speak within `room` words."""
    guests = {voice: s for voice, s in evidence.seconds.items() if voice != evidence.host}
    must = {voice for voice, seconds in guests.items() if seconds > MUST_SPEAK * sum(guests.values())}

    options = [
        [(score, pair, sum(quote.words for quote in pair), {quote.voice for quote in pair}) for score, pair in groups]
        for groups in (_groups(evidence, theme, found) for theme in themes)
    ]  # what each holds is counted once: there may be hundreds of thousands of choices

    def worth_of(choice: Sequence[tuple[float, Quotes, int, set[str]]]) -> float:
        voices = set[str]().union(*(who for _, _, _, who in choice))
        count = sum(len(pair) for _, pair, _, _ in choice)
        words = sum(length for _, _, length, _ in choice)
        value = sum(score for score, _, _, _ in choice) + 1.6 * len(must & voices)
        return value - 0.25 * (count - len(voices)) - 15.0 * max(0.0, abs(words - room) / room - 0.08)

    return [sorted(pair, key=lambda stretch: stretch.start) for _, pair, _, _ in max(product(*options), key=worth_of)]


def _of(theme: Collection[Block], found: Sequence[Stretch]) -> list[Stretch]:
    ids = {s.id for block in theme for s in block.guests}
    return [stretch for stretch in found if stretch.id in ids]


def _with_tip(theme: Sequence[Block], chosen: Sequence[Stretch], found: Sequence[Stretch]) -> list[Stretch]:
    """A last word, where the host asked for one, closes the article; by another voice than the quote before it."""
    final = next((theme[at:] for at, block in enumerate(theme) if FINAL.search(block.led)), [])
    said = _of(final, found)
    tips = [tip for tip in said if tip.words <= TIP_WORDS and tip.quote]
    before = max(chosen, key=lambda stretch: stretch.start).voice
    if {stretch.id for stretch in chosen} & {stretch.id for stretch in said}:
        tips = []
    last = sorted(tips, key=lambda tip: (tip.voice == before, -tip.score))[:1]
    return sorted([*chosen, *last], key=lambda stretch: stretch.start)


def _groups(evidence: Evidence, theme: Sequence[Block], found: Sequence[Stretch]) -> list[tuple[float, Quotes]]:
    """The best two or three quotes together of a theme; single quotes where there are no two."""
    where = {s.id: number for number, block in enumerate(theme) for s in block.guests}
    taken: Counter[str] = Counter()
    here: list[Stretch] = []
    for stretch in _of(theme, found):
        if taken[stretch.voice] < EACH and stretch.quote:
            taken[stretch.voice] += 1
            here.append(stretch)
    here.sort(key=lambda stretch: stretch.start)
    pairs = {(a.id, b.id): _pair(evidence, where, a, b) for a, b in combinations(here, 2)}
    groups: list[tuple[float, Quotes]] = []
    for size in (2, 3):
        for group in combinations(here, size):
            between = [pairs[a.id, b.id] for a, b in combinations(group, 2)]
            if None not in between:
                together = sum(filter(None, between)) / (size - 1)
                groups.append((sum(s.score - QUOTE_COSTS for s in group) + together, group))
    groups.sort(key=lambda group: (-group[0], group[1][0].start))
    kept = [group for size in (2, 3) for group in [g for g in groups if len(g[1]) == size][:GROUPS]]
    singles: list[tuple[float, Quotes]] = [(s.score, (s,)) for s in here]
    return kept or sorted(singles, key=lambda one: -one[0])[:GROUPS]


def _pair(evidence: Evidence, where: Mapping[str, int], a: Stretch, b: Stretch) -> float | None:
    """What two quotes are worth beside each other; None where they may not both stand there."""
    if a.shares(b) or (a.voice == b.voice and b.start - a.sentences[-1].end < APART):
        return None
    before = [evidence.answers.get(stretch.sentences[0].passage) for stretch in (a, b)]
    score = 1.5 * (a.voice != b.voice) + 0.8 * evidence.replies(a.id, b.id) + 0.5 * (where[a.id] == where[b.id])
    return score - 0.5 * sum(s is not None and s.voice != evidence.host for s in before)
