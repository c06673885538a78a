"""The writer without a model: every sentence it writes follows from the plan, the transcript or the webinar's TOML."""

from __future__ import annotations

import re
from urllib.parse import quote as percent

from pipeline.article.evidence import Evidence
from pipeline.article.people import Person, belonging, the
from pipeline.article.plan import GOOD
from pipeline.article.questions import worth
from pipeline.article.telling import Scene, inside, quoted, section, unstopped
from pipeline.article.text import content, counted, date, escaped, listed, lower_first, norms, upper_first
from pipeline.config import DraftParams
from pipeline.models import Plan, Recording

LAST_WORDS = 0.7  # of the talk: what is asked later is no main question
MOST_LISTED = 5  # people that one sentence can introduce with their roles


def write(evidence: Evidence, plan: Plan, params: DraftParams, recording: Recording) -> str:
    """The article in Markdown."""
    scene = Scene(evidence, plan, params, recording)
    title = inside(params.title or recording.title)
    parts = [f"# {params.style.title.format(title=title)}", _lead(scene), _context(scene, title), _participants(scene)]
    for number, part in enumerate(plan.sections, start=1):
        parts += [f"## {escaped(part.heading)}", section(scene, part, last=number == len(plan.sections))]
    parts += [_closing(scene), params.style.disclosure]
    return "\n\n".join(part for part in parts if part) + "\n"


def _lead(scene: Scene) -> str:
    """The questions, who discussed them, and the pull quote."""
    questions = [asked for key in scene.plan.questions if (asked := scene.question(key))]
    scene.asked.extend(questions)
    said = [escaped(asked) for asked in questions]
    if len(said) > 1:
        said[-1] = f"En {lower_first(said[-1])}"
    more = any(asked and not scene.told(asked) for asked in map(scene.question, scene.plan.subjects))
    which = f"deze {'en andere ' if more else ''}vragen" if len(said) > 1 else "onder meer deze vraag"
    who = _roles(scene)
    many = len(scene.guests) > 1
    if not questions:
        said.append(f"In dit webinar {'kwamen' if many else 'kwam'} {who} aan het woord.")
    elif many:
        said.append(f"{upper_first(who)} bespraken {which} in dit webinar.")
    else:
        said.append(f"{upper_first(who)} ging in dit webinar in op {which}.")
    pull = scene.plan.pull_quote
    if pull:
        said.append(f"{unstopped(quoted(pull.text))}, zei {scene.name(pull.voice, first=True)}.")
    return " ".join(said)


def _roles(scene: Scene) -> str:
    """'een wethouder, een onderzoeker en een huisarts'."""
    guests = scene.guests
    roles = [f"een {escaped(guest.role)}" for guest in guests if guest.role]
    if len(roles) == len(guests) <= MOST_LISTED and len(set(roles)) == len(roles):
        return listed(roles)
    return f"{counted(len(guests))} sprekers" if len(guests) > 1 else "een spreker"


def _context(scene: Scene, title: str) -> str:
    """What it is about, and the webinar's title, date and organisers."""
    params = scene.params
    organisers = [escaped(the(name, f"{params.about or ''} {scene.heard}")) for name in params.organisers]
    day = params.date or scene.recording.published
    when = f" op {date(day)}" if day else ""
    if organisers:
        hosted = f"Het webinar ‘{title}’ werd{when} georganiseerd door {listed(organisers)}."
    else:
        hosted = f"Het webinar ‘{title}’ vond{when} plaats." if day else f"Het webinar heette ‘{title}’."
    about = escaped(params.about) if params.about else ""
    return " ".join(filter(None, [about, hosted, "" if about else _recurring(scene)]))


def _recurring(scene: Scene) -> str:
    """Terms of the webinar's own list that were really used, most often used first; names and roles are none."""
    heard = " ".join(s.text for s in scene.evidence.usable()).casefold()
    roles = {(speaker.role or "").casefold() for speaker in scene.params.speakers}
    terms = [term for term in scene.params.glossary if term[:1].islower() or term.isupper()]
    used = sorted((-heard.count(term.casefold()), term) for term in terms if term.casefold() not in roles)
    named = [escaped(term) for count, term in used if count < -1][:3]
    scene.things.extend(named)
    return f"Begrippen die in het gesprek terugkwamen waren {listed(named)}." if len(named) > 1 else ""


def _participants(scene: Scene) -> str:
    """Who led, who took part and where they are from, and one more question."""
    said = []
    host, known = scene.host, [guest for guest in scene.guests if guest.known]
    if host:
        said.append(f"Het gesprek stond onder leiding van {_introduced(scene, host)}.")
    if 1 < len(known) <= MOST_LISTED - 1 and all(guest.role and guest.organisation for guest in known):
        said.append(_from_where(scene, known))
    elif known:
        said.append(f"Aan het woord {'kwamen' if len(known) > 1 else 'kwam'} {_series(scene, known)}.")
    unknown = [escaped(guest.name) for guest in scene.guests if not guest.known]
    if unknown:
        few = "één stem" if len(unknown) == 1 else f"{counted(len(unknown))} stemmen"
        said.append(f"Van {few} is de naam nog niet bekend: {listed(unknown)}.")
        said.append(_listed_only(scene))
    main = _main_question(scene)
    if main:
        said.append(f"Een van de vragen was: {lower_first(escaped(main))}")
    return " ".join(filter(None, said))


def _listed_only(scene: Scene) -> str:
    """Who is on the webinar's list without a voice of her own yet: one of the unnamed, or nobody."""
    named = {person.name for person in scene.evidence.people.values()}
    rest = [Person(None, s.name, s.role, s.organisation) for s in scene.params.speakers if s.name not in named]
    if not rest:
        return ""
    return f"Op de sprekerslijst {'staan' if len(rest) > 1 else 'staat'} {_series(scene, rest)}."


def _series(scene: Scene, people: list[Person]) -> str:
    """People with where they are from; with semicolons, for each has commas of its own."""
    full = [_introduced(scene, person) for person in people]
    if len(full) > 1 and any("," in one for one in full):
        return f"{'; '.join(full[:-1])}; en {full[-1]}"
    return listed(full)


def _introduced(scene: Scene, person: Person) -> str:
    """'Joost van der Meer, projectleider energie bij de gemeente Zuiderwaard'."""
    what = belonging(person, scene.heard)
    return escaped(f"{person.name}, {what}" if what and person.role else f"{person.name} {what}".strip())


def _from_where(scene: Scene, known: list[Person]) -> str:
    """'Vanuit de gemeente Zuiderwaard nam projectleider Joost van der Meer deel, …'."""
    parts = []
    for at, guest in enumerate(known):
        where = the(guest.organisation or "", scene.heard)
        who = f"{guest.role} {guest.name}"
        parts.append(escaped(f"vanuit {where} nam {who} deel" if at == 0 else f"vanuit {where} {who}"))
    return upper_first(listed(parts)) + "."


def _main_question(scene: Scene) -> str | None:
    """A question of the host that the lead did not take."""
    until = LAST_WORDS * scene.evidence.sentences[-1].end
    asked = [scene.question(key) for key in scene.plan.subjects if scene.by_id[key].start < until]
    fresh = [question for question in asked if question and scene.free(question) and len(content(norms(question))) > 1]
    best = max(fresh, key=worth, default=None)
    if best and worth(best) >= GOOD:
        scene.asked.append(best)
        return best
    return None


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
