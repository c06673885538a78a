"""The writer without a model: every sentence it writes follows from the plan, the transcript or the webinar's TOML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote as percent

from pipeline.article.evidence import Evidence
from pipeline.article.headings import often
from pipeline.article.people import surnames, the
from pipeline.article.plan import GOOD, blocks_of
from pipeline.article.questions import alike, asked_by_host, asks, personal, worth
from pipeline.article.text import content, counted, date, escaped, inside, listed, lower_first, norms, sign, upper_first
from pipeline.config import DraftParams
from pipeline.models import Recording
from pipeline.writing import Plan, Quote, Section

DISAGREES, AGREES, YES, ROUND, TIP = map(sign, ("disagrees", "agrees", "yes", "round", "tip"))
# What a verb of saying claims of a quote, the most telling first; verbs of another house style claim nothing.
FITS = {
    "vertelde": sign("tells"),
    "legde uit": sign("explains"),
    "benadrukte": sign("stresses"),
    "stelde": sign("states"),
}
BRIEF = 24  # words up to which a quote may come before the name of who said it
LATER = 60.0  # seconds after which 'later in het gesprek' is said
LAST_WORDS = 0.7  # of the talk: what is asked later is no main question
MOST_LISTED = 5  # people that one sentence can introduce with their roles


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

    def __post_init__(self) -> None:
        speaking = {s.voice for s in self.evidence.usable} - {self.evidence.host}
        order = {speaker.name: at for at, speaker in enumerate(self.params.speakers)}
        guests = [person for voice, person in self.evidence.people.items() if voice in speaking]
        self.guests = sorted(guests, key=lambda person: order.get(person.name, len(order)))
        self.host = self.evidence.people.get(self.evidence.host or "")
        self.heard = " ".join(s.text for s in self.evidence.sentences)
        self.short = surnames(self.evidence.people.values())
        self.blocks = blocks_of(self.evidence)
        self.questions = asked_by_host(self.evidence)

    def name(self, voice: str) -> str:
        """Full and with the role before it at first mention in the article's body; afterwards the surname."""
        person = self.evidence.people[voice]
        if person.name in self.named:
            return escaped(self.short[person.name])
        self.named.add(person.name)
        plain = person.role and not re.search(r"\b(van|bij|voor|in|en)\b|,|(\S+\s+){3}", person.role)
        return escaped(f"{person.role} {person.name}" if plain else person.name)

    def verb(self, text: str) -> str:
        """A verb of saying that fits a quote, not one of the last two."""
        verbs = [verb for verb in self.params.style.say if verb not in self.verbs[-2:]]
        fitting = [verb for verb, claims in FITS.items() if verb in verbs and claims.search(text)]
        plain = [verb for verb in verbs if verb not in FITS]
        self.verbs.append([*fitting, *plain, "zei"][0])
        return self.verbs[-1]

    def untold(self) -> list[tuple[str, str]]:
        """Ids and texts of the questions that stand nowhere in the article yet."""
        asked = [(key, self.questions[key]) for key in self.plan.subjects]
        return [(key, text) for key, text in asked if not personal(text) and not alike(text, self.asked)]


def write(evidence: Evidence, plan: Plan, params: DraftParams, recording: Recording) -> str:
    """The article in Markdown."""
    scene = Scene(evidence, plan, params, recording)
    title = inside(params.title or recording.title)
    parts = [f"# {params.style.title.format(title=title)}", _lead(scene), _context(scene, title), _participants(scene)]
    for part in plan.sections:
        parts += [f"## {escaped(part.heading)}", *_section(scene, part, last=part is plan.sections[-1])]
    return "\n\n".join(filter(None, [*parts, _closing(scene), params.style.disclosure])) + "\n"


def _lead(scene: Scene) -> str:
    """The questions, who discussed them, and the pull quote."""
    questions = [scene.questions[key] for key in scene.plan.questions]
    scene.asked += questions
    more = any(not alike(scene.questions[key], questions) for key in scene.plan.subjects)
    which = f"deze {'en andere ' if more else ''}vragen" if len(questions) > 1 else "onder meer deze vraag"
    roles = [f"een {escaped(guest.role)}" for guest in scene.guests if guest.role]
    many = len(scene.guests) > 1
    who = f"{counted(len(scene.guests))} sprekers" if many else "een spreker"
    if len(set(roles)) == len(scene.guests) <= MOST_LISTED:
        who = listed(roles)
    said = _in_a_row(questions)
    if not questions:
        said.append(f"In dit webinar {'kwamen' if many else 'kwam'} {who} aan het woord.")
    else:
        did = f"bespraken {which} in dit webinar" if many else f"ging in dit webinar in op {which}"
        said.append(f"{upper_first(who)} {did}.")
    if scene.plan.pull_quote:
        pull = scene.plan.pull_quote
        said.append(f"{_unstopped(pull.text)}, zei {escaped(scene.evidence.people[pull.voice].name)}.")
    return " ".join(said)


def _in_a_row(questions: list[str]) -> list[str]:
    """Questions for Markdown, the last with 'En'."""
    said = [escaped(asked) for asked in questions]
    return said if len(said) < 2 else [*said[:-1], f"En {lower_first(said[-1])}"]


def _context(scene: Scene, title: str) -> str:
    """What it is about, and the webinar's title, date and organisers."""
    params, day = scene.params, scene.params.date
    organisers = [escaped(the(name, f"{params.about or ''} {scene.heard}")) for name in params.organisers]
    when = f" op {date(day)}" if day else ""
    if organisers:
        hosted = f"Het webinar ‘{title}’ werd{when} georganiseerd door {listed(organisers)}."
    else:
        hosted = f"Het webinar ‘{title}’ vond{when} plaats." if day else f"Het webinar heette ‘{title}’."
    if params.about:
        return f"{escaped(params.about)} {hosted}"
    named = often(scene.evidence.usable, {*norms(params.title or ""), *scene.evidence.names})
    return f"{hosted} In het gesprek ging het geregeld over {escaped(listed(named))}." if len(named) > 1 else hosted


def _participants(scene: Scene) -> str:
    """Who led, who took part and where they are from, and one more question."""
    said, known = [], [guest for guest in scene.guests if guest.known]
    if scene.host:
        said.append(f"Het gesprek stond onder leiding van {escaped(scene.host.belongs(scene.heard))}.")
    full = [guest.belongs(scene.heard) for guest in known]
    if 1 < len(known) < MOST_LISTED and all(guest.role and guest.organisation for guest in known):
        where = [f"vanuit {the(guest.organisation or '', scene.heard)}" for guest in known]
        who = [f"{guest.role} {guest.name}" for guest in known]
        who[0] = f"nam {who[0]} deel"
        said.append(upper_first(escaped(listed([f"{a} {b}" for a, b in zip(where, who, strict=True)]))) + ".")
    elif known:
        said.append(f"Aan het woord {'kwamen' if len(known) > 1 else 'kwam'} {escaped(listed(full))}.")
    unknown = [escaped(guest.name) for guest in scene.guests if not guest.known]
    if unknown:
        few = "één stem" if len(unknown) == 1 else f"{counted(len(unknown))} stemmen"
        said.append(f"Van {few} is de naam nog niet bekend: {listed(unknown)}.")
    until = LAST_WORDS * scene.evidence.sentences[-1].end
    main = [text for key, text in scene.untold() if scene.evidence.by_id[key].start < until and worth(text) >= GOOD]
    if main:
        scene.asked.append(max(main, key=worth))
        said.append(f"Een van de hoofdvragen was: {lower_first(escaped(scene.asked[-1]))}")
    return " ".join(said)


def _section(scene: Scene, part: Section, last: bool) -> list[str]:
    """The paragraphs of a section; the last one also names the other subjects, before a quote that answers nobody."""
    paragraphs: list[str] = []
    before: Quote | None = None
    replies = [_replies(scene, a, b) for a, b in zip((None, *part.quotes), part.quotes, strict=False)]
    free = [at for at, reply in enumerate(replies) if not reply]
    for at, quote in enumerate(part.quotes):
        if last and at == free[-1]:
            others = _others(scene)
            paragraphs += [others] if others else []
            before = None if others else before
        paragraphs.append(_attributed(scene, quote, before))
        before = quote
    return paragraphs


def _replies(scene: Scene, before: Quote | None, quote: Quote) -> bool:
    return before is not None and scene.evidence.replies(before.sentences[0], quote.sentences[0])


def _attributed(scene: Scene, quote: Quote, before: Quote | None) -> str:
    """A quote with the words that lead to it."""
    led = next(b.led for b in scene.blocks if any(s.id == quote.sentences[0] for s in b.guests))
    words = f"‘{inside(quote.text)}’"
    if before is not None and _replies(scene, before, quote) and not ROUND.search(led):
        return f"{_reply(scene, quote)}: {words}"
    if TIP.search(led):
        who = scene.name(quote.voice)
        again = "tip" in scene.verbs
        scene.verbs.append("tip")
        return f"De tip van {who}: {words}" if again else f"{upper_first(who)} gaf als tip mee: {words}"
    head, _, particle = scene.verb(quote.text).partition(" ")
    if len(quote.text.split()) <= BRIEF and not particle:
        return f"{_unstopped(quote.text)}, {head} {scene.name(quote.voice)}."
    if before is not None and quote.start - before.end > LATER:
        return f"Later in het gesprek {head} {scene.name(quote.voice)}{' ' * bool(particle)}{particle}: {words}"
    return f"{upper_first(scene.name(quote.voice))} {head}{' ' * bool(particle)}{particle}: {words}"


def _reply(scene: Scene, quote: Quote) -> str:
    """How a speaker answers the one before her, as her own first words show."""
    passage = scene.evidence.by_id[quote.sentences[0]].passage
    first = [s.text for s in scene.evidence.sentences if s.passage == passage][:2]
    name = upper_first(scene.name(quote.voice))
    if any(map(DISAGREES.search, first)):
        return f"{name} was het daar niet mee eens"
    if any(map(AGREES.search, first)):
        return f"{name} sloot zich daarbij aan"
    adds = scene.params.style.say_next[:1] if YES.search(first[0]) else ()
    return f"{name} {(*adds, 'reageerde')[0]}"


def _unstopped(text: str) -> str:
    """A quote that its sentence goes on after: without its full stop, as ‘…’, zei zij asks."""
    return f"‘{re.sub(r'(?<=[^.])[.]$', '', inside(text))}’"


def _others(scene: Scene) -> str:
    """The other subjects: questions that were put, and things that were named."""
    questions = [text for _, text in scene.untold() if asks(text) and not text.startswith("Wie")]
    questions = [text for at, text in enumerate(questions) if not alike(text, questions[:at])][:2]
    scene.asked += questions
    told = " ".join(quote.text for part in scene.plan.sections for quote in part.quotes).casefold()
    roles = {(speaker.role or "").casefold() for speaker in scene.params.speakers}
    terms = [term for term in scene.params.glossary if term[:1].islower() and term.casefold() not in roles]
    terms = [term for term in terms if term.casefold() in scene.heard.casefold() and term.casefold() not in told]
    about = norms(scene.params.title or "")
    things = [term for term in terms if not set(content(norms(term))) <= set(about)][:4]
    said = _in_a_row(questions)
    if questions:
        said.insert(0, f"Ook {'andere vragen kwamen' if len(questions) > 1 else 'een andere vraag kwam'} langs.")
    if things:
        said.append(f"{'Verder ging het' if said else 'Het ging ook'} over {escaped(listed(things))}.")
    return " ".join(said)


def _closing(scene: Scene) -> str:
    """Where the whole recording can be seen."""
    style, params = scene.params.style, scene.params
    url = scene.recording.parts[0].url if scene.recording.parts else ""
    if not url.startswith(("http://", "https://")):
        organiser = escaped(the(params.organisers[0], scene.heard)) if params.organisers else "de organisatie"
        return style.closing.format(where=style.closing_file.format(organiser=organiser))
    host = re.sub(r"^www\.", "", re.sub(r"^https?://([^/?#:@]+).*$", r"\1", url))
    site = "YouTube" if host in ("youtube.com", "youtu.be", "m.youtube.com") else escaped(host)
    link = percent(url, safe="/:?&=#%+,;@~-._")
    return style.closing.format(where=style.closing_url.format(url=link, site=site))
