"""The writer without a model: every sentence it writes follows from the plan, the transcript or the webinar's TOML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote as percent

from pipeline.article.headings import often
from pipeline.article.people import the
from pipeline.article.plan import GOOD
from pipeline.article.questions import alike, worth
from pipeline.article.scene import Scene
from pipeline.article.text import (
    counted,
    date,
    escaped,
    inside,
    listed,
    lower_first,
    norms,
    sign,
    upper_first,
)
from pipeline.engines.sections import in_a_row, section, unstopped
from pipeline.writing import DraftPart

VIEWERS = sign("viewers")
LAST_WORDS = 0.7  # of the talk: what is asked later is no main question
MOST_LISTED = 5  # people that one sentence can introduce with their roles


def write(scene: Scene) -> tuple[DraftPart, ...]:
    """The article, part by part."""
    params, plan = scene.params, scene.plan
    title = inside(params.title or scene.recording.title)
    parts = [
        _part(scene, "title", [f"# {params.style.title.format(title=title)}"]),
        lead(scene),
        _part(scene, "context", [_context(scene, title)]),
        _part(scene, "participants", [_participants(scene)]),
    ]
    for number, part in enumerate(plan.sections, 1):
        paragraphs = section(scene, part, number)
        parts.append(_part(scene, f"section {number}", [f"## {escaped(part.heading)}", *paragraphs]))
    parts.append(_part(scene, "closing", [_closing(scene)]))
    return (*parts, _part(scene, "disclosure", [params.style.disclosure]))


def lead(scene: Scene) -> DraftPart:
    """The lead alone."""
    return _part(scene, "lead", [_lead(scene)])


def _part(scene: Scene, name: str, paragraphs: Sequence[str]) -> DraftPart:
    claims, scene.claims = tuple(scene.claims), []
    return DraftPart(name=name, writer="extractive", markdown="\n\n".join(filter(None, paragraphs)), claims=claims)


# Before the first heading --------------------------------------------------------------------------


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
    said = in_a_row(scene, scene.plan.questions)
    if not questions:
        said.append(scene.say(f"In dit webinar {'kwamen' if many else 'kwam'} {who} aan het woord."))
    else:
        did = f"bespraken {which} in dit webinar" if many else f"ging in dit webinar in op {which}"
        said.append(scene.say(f"{upper_first(who)} {did}."))
    if scene.plan.pull_quote:
        pull = scene.plan.pull_quote
        said.append(f"{unstopped(pull.text)} zei {scene.introduced(pull.voice)}.")
    return " ".join(said)


def _context(scene: Scene, title: str) -> str:
    """What it is about, and the webinar's title, date and organisers."""
    params, day = scene.params, scene.params.date
    organisers = [escaped(the(name, f"{params.about or ''} {scene.heard}")) for name in params.organisers]
    when = f" op {date(day)}" if day else ""
    if organisers:
        hosted = f"Het webinar ‘{title}’ werd{when} georganiseerd door {listed(organisers)}."
    else:
        hosted = f"Het webinar ‘{title}’ vond{when} plaats." if day else f"Het webinar heette ‘{title}’."
    scene.say(hosted)
    if params.about:
        return f"{escaped(params.about)} {hosted}"
    barred = {*norms(params.title or ""), *scene.evidence.names}
    named = often(scene.evidence.usable, barred)
    named = named if len(named) > 1 else [name for name in often(scene.evidence.usable, barred, least=2) if " " in name]
    if len(named) < 2:
        return hosted
    scene.topics += named
    return f"{hosted} {scene.say(f'In het gesprek ging het geregeld over {escaped(listed(named))}.')}"


def _participants(scene: Scene) -> str:
    """Who led, who took part and where they are from, and one more question."""
    known = [guest for guest in scene.guests if guest.known]
    led = scene.introduced(scene.host.voice or "") if scene.host else None
    full = [scene.mentioned(guest.voice or "") for guest in known]
    who = f"{'; '.join(full[:-1])}; en {full[-1]}" if len(full) > 2 else listed(full)
    said = []
    if known and led:
        many = f"gingen {counted(len(known))} gasten in gesprek" if len(known) > 1 else "kwam één gast aan het woord"
        said.append(scene.say(f"Onder leiding van {led}, {many}: {who}."))
    elif known:
        said.append(scene.say(f"Aan het woord {'kwamen' if len(known) > 1 else 'kwam'} {who}."))
    elif led:
        said.append(scene.say(f"Het gesprek stond onder leiding van {led}."))
    unknown = [escaped(guest.name) for guest in scene.guests if not guest.known]
    if unknown:
        few = "één stem" if len(unknown) == 1 else f"{counted(len(unknown))} stemmen"
        said.append(scene.say(f"Van {few} is de naam nog niet bekend: {listed(unknown)}."))
    if chat := [s.id for s in scene.evidence.usable if s.voice == scene.evidence.host and VIEWERS.search(s.text)]:
        said.append(scene.say("Ook kijkers stelden via de chat hun vragen.", *chat))
    main = _main_question(scene) if scene.params.style.main_question else None
    if main:
        said.append(main)
    return " ".join(said)


def _main_question(scene: Scene) -> str | None:
    """The best question that is not asked yet, and that was no last word."""
    until = LAST_WORDS * scene.evidence.sentences[-1].end
    main = [(worth(text), key) for key, text in scene.untold() if scene.evidence.by_id[key].start < until]
    if not main or max(main)[0] < GOOD:
        return None
    key = max(main)[1]
    scene.asked.append(scene.questions[key])
    return scene.say(f"Een van de hoofdvragen was: {lower_first(escaped(scene.questions[key]))}", key)


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
