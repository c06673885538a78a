"""How a section is told: who said it, and in answer to what. No sentence says more than the transcript shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.article.choice import Floor
from pipeline.article.evidence import Evidence
from pipeline.article.headings import Lexicon, lexicon
from pipeline.article.people import Person, surnames
from pipeline.article.plan import names_in
from pipeline.article.questions import alike, personal, question, subject
from pipeline.article.text import (
    content,
    escaped,
    inner_quotes,
    listed,
    lower_first,
    norms,
    one_line,
    rarity,
    upper_first,
)
from pipeline.article.themes import Block, blocks_of
from pipeline.config import DraftParams
from pipeline.models import Plan, Quote, Recording, Section, Sentence

DISAGREES = re.compile(
    r"\b(ik|wij|we)\b[^.?!]{0,40}\bniet( helemaal| echt)? mee eens\b|\b(ik|wij|we)\b[^.?!]{0,30}\boneens\b|"
    r"\b(dat|dit) vind ik te (streng|simpel|makkelijk|snel|negatief|optimistisch)|zie ik (echt )?anders",
    re.IGNORECASE,
)
AGREES = re.compile(
    r"\bkan ik (me|mij) (daar )?(helemaal )?bij aansluiten|\bdaar sluit ik (me|mij)\b|\bik sluit (me|mij) (daar)?bij\b|"
    r"\bkan ik (me|mij) bij aansluiten|\bdaar ben ik het (helemaal |zeer )?mee eens\b",
    re.IGNORECASE,
)
YES = re.compile(r"^(ja(?! maar|, maar)|precies|inderdaad|klopt|zeker)\b", re.IGNORECASE)
ROUND = re.compile(r"\b(iedereen|allemaal|allebei|ieder|elk van|rond(e|je)|tips?)\b", re.IGNORECASE)  # answers in turn
TIP = re.compile(r"\btips?\b", re.IGNORECASE)
# What a verb of saying claims of a quote, the most telling first; verbs of another house style claim nothing.
FITS = {
    "vertelde": re.compile(r"\d|\b(toen|ging|waren|was|kwam|zagen|deden|hadden|gingen)\b", re.IGNORECASE),
    "benadrukte": re.compile(r"(?<!ik )\b(moet|moeten|nooit|altijd|belangrijk\w*|nodig)\b", re.IGNORECASE),
    "legde uit": re.compile(r"\b(want|omdat|doordat)\b", re.IGNORECASE),
    "stelde": re.compile(r"\b(is|zijn|moet|moeten|kan|kun|wordt)\b", re.IGNORECASE),
}
BRIEF = 24  # words up to which a quote may come before the name of who said it
LATER = 60.0  # seconds after which 'later in het gesprek' is said


@dataclass
class Scene:
    """What an article is written from, and what it has told so far, so that nothing is told twice the same way."""

    evidence: Evidence
    plan: Plan
    params: DraftParams
    recording: Recording
    named: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    things: list[str] = field(default_factory=list)

    @cached_property
    def heard(self) -> str:
        """All that was said, as one text."""
        return " ".join(s.text for s in self.evidence.sentences)

    @cached_property
    def names(self) -> frozenset[str]:
        """Normal forms of the participants' names."""
        return names_in(self.evidence)

    @cached_property
    def short(self) -> dict[str, str]:
        """Full name → surname."""
        return surnames(list(self.evidence.people.values()))

    @cached_property
    def words(self) -> Lexicon:
        """Nouns and their articles."""
        return lexicon(self.evidence.usable())

    @cached_property
    def by_id(self) -> dict[str, Sentence]:
        """The sentences by id."""
        return {s.id: s for s in self.evidence.sentences}

    @property
    def host(self) -> Person | None:
        """Who led the talk."""
        return self.evidence.people.get(self.evidence.host or "")

    @property
    def guests(self) -> list[Person]:
        """Everybody else who said something that may be used; in the order of the webinar's list."""
        speaking = {s.voice for s in self.evidence.usable()}
        order = {speaker.name: at for at, speaker in enumerate(self.params.speakers)}
        people = [p for v, p in self.evidence.people.items() if v in speaking and v != self.evidence.host]
        return sorted(people, key=lambda person: order.get(person.name, len(order)))

    def name(self, voice: str, first: bool = False) -> str:
        """Full at first mention, in the article's body with the role before it; afterwards the surname."""
        person = self.evidence.people[voice]
        if person.name in self.named:
            return escaped(self.short[person.name])
        if not first:
            self.named.add(person.name)
        role = person.role or ""
        fits = role and not first and len(role.split()) <= 3 and not re.search(r"\b(van|bij|voor|in|en)\b|,", role)
        return escaped(f"{role} {person.name}" if fits else person.name)

    def verb(self, text: str) -> str:
        """A verb of saying that fits a quote, not one of the last two."""
        verbs = [verb for verb in self.params.style.say if verb not in self.verbs[-2:]] or ["zei"]
        fitting = [verb for verb, claims in FITS.items() if verb in verbs and claims.search(text)]
        plain = [verb for verb in verbs if verb not in FITS]
        self.verbs.append((fitting or plain or ["zei"])[0])
        return self.verbs[-1]

    def question(self, key: str) -> str | None:
        """The question in a sentence."""
        return question(self.by_id[key].clean, self.names)

    @cached_property
    def blocks(self) -> list[Block]:
        """The talk by what the host asked."""
        return blocks_of(self.evidence)

    @cached_property
    def reserved(self) -> list[str]:
        """Questions that will lead to a quote further down."""
        quotes = [quote for part in self.plan.sections for quote in part.quotes]
        return [asked for quote in quotes if (asked := _own_question(self, quote))]

    def told(self, asked: str) -> bool:
        """Whether a question, or one like it, stands in the article already."""
        return any(alike(asked, other) for other in self.asked)

    def free(self, asked: str) -> bool:
        """Whether a question may be told now: not told before, and not to be told with its answer."""
        return not personal(asked) and not any(alike(asked, other) for other in (*self.asked, *self.reserved))


def quoted(text: str) -> str:
    """A quote between ‘ and ’, safe for Markdown."""
    return f"‘{inside(text)}’"


def inside(text: str) -> str:
    """What may stand between ‘ and ’."""
    return escaped(inner_quotes(one_line(text).replace("‘", "“")))


def section(scene: Scene, part: Section, last: bool) -> str:
    """The paragraphs of a section; the last one also names the other subjects."""
    quotes = part.quotes
    final = len(quotes) - 1
    bound = last and final > 0 and _replies(scene, quotes[-2], quotes[-1])
    paragraphs: list[str] = []
    for at, quote in enumerate(quotes):
        aside = last and (at == final if not bound and final else at == 0)
        told = others(scene) if aside else ""
        before = quotes[at - 1] if at and not told else None
        lead = attributed(scene, quote, before)
        paragraphs.extend(filter(None, [told, lead]))
    return "\n\n".join(paragraphs)


def _replies(scene: Scene, before: Quote, quote: Quote) -> bool:
    return Floor(scene.evidence).replies(scene.by_id[before.sentences[0]], scene.by_id[quote.sentences[0]])


def attributed(scene: Scene, quote: Quote, before: Quote | None) -> str:
    """A quote with the words that lead to it."""
    led = " ".join(s.text for s in _block(scene, quote).host)
    words = quoted(quote.text)
    if before is not None and before.voice == quote.voice:
        same = scene.by_id[before.sentences[-1]].passage == scene.by_id[quote.sentences[0]].passage
        if same:
            return f"{upper_first(scene.name(quote.voice))} vervolgde: {words}"
    elif before is not None and _replies(scene, before, quote) and not ROUND.search(led):
        return f"{_reply(scene, quote)}: {words}"
    asked = _own_question(scene, quote)
    if asked and not scene.told(asked):
        scene.asked.append(asked)
        return _after_question(scene, asked, quote, words)
    if TIP.search(led):
        scene.verbs.append("tip")
        if scene.verbs.count("tip") > 1:
            return f"De tip van {scene.name(quote.voice)}: {words}"
        return f"{upper_first(scene.name(quote.voice))} gaf als tip mee: {words}"
    return _plainly(scene, quote, before, words)


def _reply(scene: Scene, quote: Quote) -> str:
    """How a speaker answers the one before her, as her own first words show."""
    passage = scene.by_id[quote.sentences[0]].passage
    first = [s.text for s in scene.evidence.sentences if s.passage == passage][:2]
    name = upper_first(scene.name(quote.voice))
    if any(DISAGREES.search(text) for text in first):
        return f"{name} was het daar niet mee eens"
    if any(AGREES.search(text) for text in first):
        return f"{name} sloot zich daarbij aan"
    if YES.match(first[0]) and scene.params.style.say_next:
        return f"{name} {scene.params.style.say_next[0]}"
    return f"{name} reageerde"


def _own_question(scene: Scene, quote: Quote) -> str | None:
    """The host's last question before this voice took the floor, if a reader can take it by itself."""
    host = _block(scene, quote).host
    last = next((s for s in reversed(host) if s.text.rstrip().endswith("?") and s.end <= quote.start + 0.5), None)
    if last is None or last.excluded is not None:
        return None
    between = [s for s in scene.evidence.sentences if last.end <= s.start < quote.start]
    asked = question(last.clean, scene.names)
    direct = all(s.voice in (quote.voice, scene.evidence.host) for s in between)
    return asked if asked and direct and not personal(asked) else None


def _block(scene: Scene, quote: Quote) -> Block:
    return next(b for b in scene.blocks if any(s.id == quote.sentences[0] for s in b.guests))


def _after_question(scene: Scene, asked: str, quote: Quote, words: str) -> str:
    said, host = escaped(asked), scene.host
    turn = sum("?" in verb for verb in scene.verbs) % 3
    scene.verbs.append("?")
    if turn == 1 and host is not None:
        leader = escaped(scene.short[host.name])
        return f"{said} Die vraag legde {leader} voor aan {scene.name(quote.voice)}: {words}"
    if turn == 2:
        return f"{said} {upper_first(scene.name(quote.voice))}: {words}"
    return f"{said} Die vraag kreeg {scene.name(quote.voice)} voorgelegd: {words}"


def _plainly(scene: Scene, quote: Quote, before: Quote | None, words: str) -> str:
    thing = _thing(scene, quote)
    verb = scene.verb(quote.text)
    head, _, particle = verb.partition(" ")
    tail = f" {particle}" if particle else ""
    if len(quote.text.split()) <= BRIEF and not particle:
        return f"{unstopped(words)}, {verb} {scene.name(quote.voice)}."
    if before is not None and quote.start - before.end > LATER:
        return f"Later in het gesprek {head} {scene.name(quote.voice)}{tail}: {words}"
    if thing and not particle:
        return f"Over {escaped(thing)} {head} {scene.name(quote.voice)}: {words}"
    return f"{upper_first(scene.name(quote.voice))} {verb}: {words}"


def unstopped(words: str) -> str:
    """A quote that its sentence goes on after: without its full stop, as ‘…’, zei zij asks."""
    return re.sub(r"(?<=\w)\.’$", "’", words)


def _thing(scene: Scene, quote: Quote) -> str | None:
    """What a quote is about, with its article: 'de chatbot', if the quote says the word twice."""
    said = norms(quote.text)
    best: tuple[float, str] | None = None
    for word in dict.fromkeys(content(norms(quote.text))):
        named = scene.words.named(word)
        if named is None or named in scene.things or said.count(word) < 2 or word in scene.names:
            continue
        value = rarity(word)
        if value > 0.3 and (best is None or value > best[0]):
            best = (value, named)
    if best:
        scene.things.append(best[1])
    return best[1] if best else None


def others(scene: Scene) -> str:
    """The other subjects: questions that were put, and things that were named."""
    questions: list[str] = []
    things: list[str] = []
    for key in scene.plan.subjects:
        asked = scene.question(key)
        named = subject(scene.by_id[key].clean, scene.names)
        if asked and norms(asked)[0] in ("hoe", "wat", "waarom", "wanneer", "welke"):
            if scene.free(asked) and len(questions) < 2:
                scene.asked.append(asked)
                questions.append(escaped(asked))
        elif named and not asked and not any(set(content(norms(named))) & set(norms(t)) for t in things):
            things.append(named)
    things = [thing for thing in things if not set(content(norms(thing))) <= set(norms(scene.params.title or ""))]
    things += [term for term in _terms(scene) if term not in things]
    said = []
    if questions:
        if len(questions) > 1:
            questions[-1] = f"En {lower_first(questions[-1])}"
        said.append(f"Ook {'andere vragen kwamen' if len(questions) > 1 else 'een andere vraag kwam'} langs.")
        said.extend(questions)
    if things:
        said.append(f"{'Verder ging het' if said else 'Het ging ook'} over {escaped(listed(things[:4]))}.")
    return " ".join(said)


def _terms(scene: Scene) -> list[str]:
    """Terms of the webinar's list (no names, no roles) that were said and are in no quote."""
    heard = " ".join(s.text for s in scene.evidence.usable()).casefold()
    told = " ".join(quote.text for part in scene.plan.sections for quote in part.quotes).casefold()
    roles = {(speaker.role or "").casefold() for speaker in scene.params.speakers}
    terms = [term for term in scene.params.glossary if term[:1].islower() and term.casefold() not in roles]
    known = [term for term in terms if term.casefold() in heard and term.casefold() not in told]
    return [term for term in known if term not in scene.things]
