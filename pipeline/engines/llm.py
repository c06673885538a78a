"""The writer with a language model: it chooses and connects; every quote, name and role is put in by code.

What cannot be used of an answer is left out, and a part of which too little remains is the extractive writer's. So
nothing stands in the article that was not checked the moment it came back.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.article.plan import options
from pipeline.article.scene import Scene
from pipeline.article.stretches import Stretch, values
from pipeline.article.support import SAID, Ground
from pipeline.article.text import escaped, inside, lemmas, norms, number, upper_first, wordset
from pipeline.article.wording import near
from pipeline.config import CheckParams, LlmParams
from pipeline.engines import extractive, meaning, sections
from pipeline.engines.endpoint import Endpoint, UnusableError
from pipeline.stage import Progress
from pipeline.writing import DraftPart, Plan, Quote, Section

PLACE = re.compile(r"\{(naam|rol):([A-Z]+)\}")
SAYS = rf"(?:{SAID}|{'|'.join(sorted(wordset('saying')))})"
CREDITED = re.compile(  # 'volgens {naam:A}', '{naam:A} zei', 'zo zei {rol:A}'
    rf"\b(?:volgens|aldus)\s(?:\w+\s){{0,2}}\{{|\}}\s(?:\w+\s){{0,2}}{SAYS}\b|\b{SAYS}\s(?:\w+\s){{0,2}}\{{",
    re.IGNORECASE,
)
QUOTED = re.compile(r"[‘’“”\"„«»]|(?<!\w)'|'(?!\w)")
OF_A_SPEAKER = {"ik", "wij", "we", "ons", "onze", "mij", "mijn", "jij", "jou", "jouw", "jullie"}  # not of an article
TALKING = wordset("talking")  # what a sentence may say of the webinar itself
LONGEST = 45  # words of one sentence
LATE = 2  # answers that did not come in time, after which no more are waited for
PAUSE = 1.0  # seconds before an endpoint that is busy is asked again, doubled each time
MOST_QUOTES, CANDIDATES = 3, 6
ANSWER, PER_TOKEN = 1900, 2.6  # tokens kept for answer and question; characters of Dutch a token, on the safe side
EXAMPLE = 2400  # characters of an earlier article that are shown

TEXT, IDS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}


def _object(**fields: object) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


LEAD = _object(vragen=IDS, zin=TEXT)
PIECE = _object(soort={"type": "string", "enum": ["zin", "citaat"]}, tekst=TEXT, bronnen=IDS)
SECTION = _object(kop=TEXT, stukken={"type": "array", "items": PIECE})


@dataclass
class Writer:
    """Writes part by part; after an endpoint proved useless, the rest is extractive without asking."""

    endpoint: Endpoint
    params: LlmParams
    progress: Progress
    gone: str | None = None
    late: int = 0
    done: int = 0
    total: int = 0

    def write(self, scene: Scene, hint: str = "", only: int | None = None) -> tuple[tuple[DraftPart, ...], Plan]:
        """The article part by part, and the plan with what the model chose; `only`: ask for that section alone."""
        parts: list[DraftPart] = []
        plain = {part.name: part for part in extractive.write(deepcopy(scene))}
        facts = CheckParams.model_validate({name: getattr(scene.params, name) for name in CheckParams.model_fields})
        ground = Ground(scene.evidence, facts, meaning.judge())
        sections = list(scene.plan.sections)
        self.total = 1 if only else len(sections) + 1
        for name, part in plain.items():
            kind, _, number = name.partition(" ")
            if kind == "lead" and only is None:
                parts.append(self._tried(part, lambda: self._lead(scene, ground)))
            elif kind == "section" and only in (None, int(number)):
                section = partial(self._section, scene, ground, int(number), hint, sections)
                parts.append(self._tried(part, section))
            else:
                parts.append(part)
        plan = scene.plan.model_copy(update={"sections": tuple(sections)})
        return tuple(parts), plan

    def _tried(self, plain: DraftPart, attempt: Callable[[], DraftPart]) -> DraftPart:
        """A part by the model, after at most `retries` more tries; else the plain one, with the reason."""
        why = self.gone
        for turn in range(self.params.retries + 1 if why is None else 0):
            self.progress(self.done, self.total, "parts")
            try:
                made = attempt()
            except UnusableError as error:
                why = str(error)
                self.late += error.late
                if error.final or self.late == LATE:
                    self.gone = why
                if error.final or error.late:
                    break
                if error.busy and turn < self.params.retries:
                    time.sleep(PAUSE * 2**turn)
            else:
                self.done += 1
                return made
        self.done += 1
        return plain.model_copy(update={"fell_back": why})

    def _system(self) -> str:
        shown = [text[:EXAMPLE] for text in self.params.examples]
        told = "\n\n".join(("Zo klinken eerdere impressies van deze organisatie (alleen voor de toon):", *shown))
        return self.params.prompts.system.format(examples=told if shown else "")

    # The lead --------------------------------------------------------------------------------------

    def _lead(self, scene: Scene, ground: Ground) -> DraftPart:
        keys = list(dict.fromkeys((*scene.plan.questions, *scene.plan.subjects)))
        coded = {f"V{at}": key for at, key in enumerate(keys, 1)}
        style = scene.params.style
        if len(coded) < style.questions[0]:
            raise UnusableError("too few questions were asked to choose from")
        asked = self.params.prompts.lead.format(
            questions="\n".join(f"{code}: {scene.questions[key]}" for code, key in coded.items()),
            guests="\n".join(f"- {guest.role or 'spreker'}" for guest in scene.guests),
            least=style.questions[0],
            most=style.questions[1],
        )
        answer = self.endpoint.ask(self._system(), asked, LEAD)
        chosen = answer.get("vragen")
        if not isinstance(chosen, list) or not all(isinstance(code, str) and code in coded for code in chosen):
            raise UnusableError("it names questions that are not there")
        chosen = list(dict.fromkeys(chosen))[: style.questions[1]]
        if len(chosen) < style.questions[0]:
            raise UnusableError("it chose too few questions")
        ids = tuple(key for key in scene.plan.questions + scene.plan.subjects if key in {coded[c] for c in chosen})
        mine = deepcopy(scene)
        mine.plan = scene.plan.model_copy(
            update={"questions": ids, "subjects": tuple(key for key in keys if key not in ids)}
        )
        part = extractive.lead(mine)
        sentence = answer.get("zin")
        if isinstance(sentence, str) and (told := usable(sentence, mine, ground, (), plain=True)):
            own = next(claim.text for claim in part.claims if not claim.cites)  # who discussed them
            who = " ".join(guest.role or "" for guest in mine.guests)
            if set(lemmas(told)) <= TALKING | set(lemmas(f"{own} {who}")):  # nobody is cited, so nothing is claimed
                part = part.model_copy(update={"markdown": part.markdown.replace(own, told)})
        scene.plan, scene.asked = mine.plan, mine.asked
        return part.model_copy(update={"writer": "llm"})

    # A section -------------------------------------------------------------------------------------

    def _section(self, scene: Scene, ground: Ground, at: int, hint: str, sections: list[Section]) -> DraftPart:
        now = scene.plan.model_copy(update={"sections": tuple(sections)})
        section = sections[at - 1]
        candidates = _apart(section, options(scene.evidence, now, at, scene.params.style))
        quotes = {f"C{n}": quote for n, quote in enumerate(candidates, 1)}
        answer = self.endpoint.ask(self._system(), self._asked(scene, section, quotes, hint), SECTION)
        pieces = answer.get("stukken")
        if not isinstance(pieces, list):
            raise UnusableError("it has no pieces")
        mine = deepcopy(scene)
        paragraphs, used, told = _told(pieces, quotes, mine, ground, section)
        if not used:
            raise UnusableError("no quote that is there")
        if not told:
            raise UnusableError("no sentence that the transcript holds up")
        head = _heading(answer.get("kop"), scene, section, [s.heading for n, s in enumerate(sections) if n != at - 1])
        made = section.model_copy(
            update={"heading": head or section.heading, "quotes": tuple(sorted(used, key=lambda q: q.start))}
        )
        sections[at - 1] = made
        scene.named, scene.verbs = mine.named, mine.verbs
        text = "\n\n".join([f"## {escaped(made.heading)}", *paragraphs])
        return DraftPart(name=f"section {at}", writer="llm", markdown=text, claims=tuple(mine.claims))

    def _asked(self, scene: Scene, section: Section, quotes: dict[str, Quote], hint: str) -> str:
        people = scene.evidence.people
        voices = dict.fromkeys(scene.evidence.by_id[key].voice for key in section.evidence)
        told = {voice: f"{{naam:{voice}}}: {people[voice].role or 'spreker'}" for voice in voices}
        room = (self.params.context - ANSWER) * PER_TOKEN - len(self._system()) - 400 * len(quotes)
        least, most = scene.params.style.heading
        return self.params.prompts.section.format(
            persons="\n".join(told.values()),
            quotes="\n".join(f"{code} ({{naam:{quote.voice}}}): {quote.text}" for code, quote in quotes.items()),
            evidence="\n".join(_evidence(scene, section, room)),
            hint=f"\nDe redacteur vraagt voor dit deel: {' '.join(hint.split())[:300]}\n" if hint else "",
            least=least,
            most=most,
        )


def _apart(section: Section, found: Sequence[Stretch]) -> list[Quote]:
    """The planned quotes, then the best others, none sharing a sentence; in the order of the talk."""
    chosen = list(section.quotes)
    for stretch in found:
        taken = {key for quote in chosen for key in quote.sentences}
        if len(chosen) < CANDIDATES and stretch.quote and not taken & set(stretch.quote.sentences):
            chosen.append(stretch.quote)
    return sorted(chosen, key=lambda quote: quote.start)


def _evidence(scene: Scene, section: Section, room: float) -> list[str]:
    """What was said, as far as there is room for it: the best sentences, in the order of the talk."""
    value = values(scene.evidence)
    lines = {key: f"{key} {{naam:{(s := scene.evidence.by_id[key]).voice}}}: {s.clean}" for key in section.evidence}
    kept: set[str] = set()
    for key in sorted(lines, key=lambda key: -value.get(key, 0)):
        room -= len(lines[key]) + 1
        if room < 0:
            break
        kept.add(key)
    return [line for key, line in lines.items() if key in kept]


def _told(
    pieces: Sequence[Any], quotes: dict[str, Quote], scene: Scene, ground: Ground, section: Section
) -> tuple[list[str], list[Quote], int]:
    """Paragraphs of what can be used, the quotes in them, and how many sentences of the model's own."""
    paragraphs: list[str] = []
    used: list[Quote] = []
    waiting: list[str] = []
    own = 0
    for piece in pieces:
        kind, text, ids = (
            (piece.get(key) for key in ("soort", "tekst", "bronnen")) if isinstance(piece, dict) else (None,) * 3
        )
        if not isinstance(text, str) or not isinstance(ids, list):
            continue
        if kind == "citaat":
            quote = next((quotes[code] for code in ids if isinstance(code, str) and code in quotes), None)
            if quote is None or quote in used or len(used) == MOST_QUOTES:
                continue
            used.append(quote)
            paragraphs.append(" ".join([*waiting, _attributed(text, quote, scene, ground)]))
            waiting = []
        elif kind == "zin":
            cites = tuple(key for key in ids if key in section.evidence)
            if cites and len(cites) == len(ids) and (told := usable(text, scene, ground, cites)):
                waiting.append(scene.say(told, *cites))
                own += 1
    return [*paragraphs, *([" ".join(waiting)] if waiting else [])], used, own


def _attributed(text: str, quote: Quote, scene: Scene, ground: Ground) -> str:
    """A quote behind the model's words, if they name who spoke and claim nothing; else behind our own."""
    plain = text.strip().rstrip(":").strip()
    named = [voice for kind, voice in PLACE.findall(plain) if kind == "naam"]
    told = usable(f"{plain}.", scene, ground, quote.sentences) if named == [quote.voice] else None
    if told is None:
        return sections.attributed(scene, quote, None, answers=False)
    intro = scene.say(told.rstrip("."), *quote.sentences)
    return f"{intro}: ‘{inside(quote.text)}’"


def usable(text: str, scene: Scene, ground: Ground, cites: Sequence[str], *, plain: bool = False) -> str | None:
    """A sentence of the model's with its names filled in, fit for the article; None where anything is wrong with it.

    It may type no quote mark, no name and no code that is unknown, it credits what it cites to whoever said it and to
    nobody else, by code, and the transcript must hold it up. `plain`: it may hold no code at all.
    """
    line = " ".join(text.split())
    bare = PLACE.sub(" ", line)
    people = scene.evidence.people
    typed = set(norms(bare)) & {word for person in people.values() for word in norms(person.name) if len(word) > 2}
    codes = PLACE.findall(line)
    wrong = QUOTED.search(bare) or re.search(r"[{}<>\[\]*_#|`]|https?:", bare) or typed or (plain and codes)
    if wrong or len(line.split()) > LONGEST or OF_A_SPEAKER & set(norms(bare)):
        return None
    if any(voice not in people for _, voice in codes):
        return None
    said = {scene.evidence.by_id[key].voice for key in cites}
    if cites and not (said == {voice for _, voice in codes} and CREDITED.search(line)):
        return None  # what one person said would stand there as a fact, or as another's; so would an injected order
    if not re.search(r"[.?]$", line) or any(people[voice].role is None for kind, voice in codes if kind == "rol"):
        return None
    named = set(scene.named)
    told = upper_first(PLACE.sub(lambda code: _filled(code[1], code[2], scene), line))
    if len(told.split()) < 3 or any(ground.doubts(told, cites)):
        scene.named = named
        return None
    return told


def _filled(kind: str, voice: str, scene: Scene) -> str:
    return scene.name(voice) if kind == "naam" else (scene.evidence.people[voice].role or "")


def _heading(text: object, scene: Scene, section: Section, others: Sequence[str]) -> str | None:
    """A heading of the model's, if it is of the right length and made of what was said."""
    if not isinstance(text, str):
        return None
    plain = text.strip().rstrip(".:!").strip()
    least, most = scene.params.style.heading
    said = {word for key in section.evidence for word in lemmas(scene.evidence.by_id[key].text)}
    held = all(near(word, said) for word in lemmas(plain))
    fit = least <= len(plain.split()) <= most and lemmas(plain) and held and plain not in others
    clean = (
        not QUOTED.search(plain) and not re.search(r"[{}<>\[\]*_#|`]", plain) and not any(map(number, plain.split()))
    )
    return upper_first(plain) if fit and clean else None
