"""What stands under the headings: questions, quotes with the words that lead to them, and what else was said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.article.headings import often
from pipeline.article.phrasing import according, topic
from pipeline.article.plan import FINAL, Block
from pipeline.article.questions import alike, asks, personal
from pipeline.article.scene import Scene
from pipeline.article.text import (
    content,
    escaped,
    inside,
    lemma,
    listed,
    lower_first,
    norms,
    sign,
    upper_first,
)
from pipeline.writing import Quote, Section, Sentence

DISAGREES, AGREES, YES, ROUND, TIP, CHAT = map(sign, ("disagrees", "agrees", "yes", "round", "tip", "chat"))
BRIEF = 24  # words up to which a quote may come before the name of who said it
LATER = 60.0  # seconds after which 'later in het gesprek' is said
ASKED = ("vervolgens vroeg {}", "daarna vroeg {}", "{} vroeg ook")
LATER_ON = ("Later in het gesprek", "Verderop in het gesprek", "Enige tijd later")
AT_ONCE = 40.0  # seconds after a question within which it is answered
FIRST = 0.25  # of the talk: what is asked later opens nothing
BEGINS = ("Allereerst ging het over {}.", "Vervolgens ging het over {}.", "Daarna kwam het gesprek op {}.")


def section(scene: Scene, part: Section, number: int) -> list[str]:
    """The paragraphs of a section: questions, quotes and what else was said, in the order of the talk.

    The last section also names the other subjects, before a quote that answers nobody.
    """
    last = number == len(scene.plan.sections)
    paragraphs = list(_begins(scene, part, number))
    replies = [_replies(scene, a, b) for a, b in zip((None, *part.quotes), part.quotes, strict=False)]
    free = [at for at, reply in enumerate(replies) if not reply]
    remarks = [scene.evidence.by_id[key] for key in part.remarks]
    before: Quote | None = None
    for at, quote in enumerate(part.quotes):
        if last and at == free[-1] and (others := _others(scene)):
            paragraphs.append(others)
            before = None
        if last and (final := _final(scene, quote)):
            paragraphs.append(final)
        asked = "" if before and replies[at] else _asked(scene, quote)
        new = before is None or _block(scene, before) is not _block(scene, quote)
        led = _led(scene, quote) if new and not asked and not replies[at] and (at or not paragraphs) else ""
        told = attributed(scene, quote, before, answers=bool(asked))
        own = [s for s in remarks if s.voice == quote.voice]
        remarks = [s for s in remarks if s not in own]
        paragraphs.append(" ".join(filter(None, [led, asked, told, *_remarked(scene, own)])))
        before = quote
    if remarks:
        paragraphs.append(" ".join(_remarked(scene, remarks)))
    return paragraphs


def _begins(scene: Scene, part: Section, number: int) -> Iterator[str]:
    """What the host asked first of all, or said that it is about."""
    block = _block(scene, part.quotes[0])
    early = [s for s in scene.evidence.usable if s.voice == scene.evidence.host and s.id in scene.questions]
    if number == 1 and early and early[0].start < min(part.quotes[0].start, FIRST * scene.evidence.sentences[-1].end):
        text = scene.questions[early[0].id]
        if not alike(text, scene.asked) and scene.host:
            scene.asked.append(text)
            who = upper_first(scene.name(scene.host.voice or ""))
            yield scene.say(f"{who} opende met de vraag: {lower_first(escaped(text))}", early[0].id)
    about, told = topic(block.led), (scene.params.title or "", *scene.topics)
    if about and not set(content(norms(about))) & {word for one in told for word in content(norms(one))}:
        scene.topics.append(about)
        keys = [s.id for s in block.host if topic(s.text)]
        yield scene.say(BEGINS[min(number, len(BEGINS)) - 1].format(escaped(about)), *keys)


def _final(scene: Scene, quote: Quote) -> str | None:
    """That the host asked for a last word, before the first quote that is one."""
    block = _block(scene, quote)
    keys = [s.id for s in block.host if FINAL.search(s.text)]
    until = next((i for i, b in enumerate(scene.blocks) if b is block), 0)
    final = keys or [s.id for b in scene.blocks[max(0, until - 3) : until] for s in b.host if FINAL.search(s.text)]
    if not final or "final" in scene.topics or not scene.host:
        return None
    scene.topics.append("final")
    who = scene.name(scene.host.voice or "")
    many = "de gasten" if len(scene.guests) > 1 else scene.name(scene.guests[0].voice or "")
    wanted = "een tip" if any(TIP.search(scene.evidence.by_id[key].text) for key in final) else "een laatste woord"
    return scene.say(f"Tot slot vroeg {who} {many} om {wanted}.", *final)


def _block(scene: Scene, quote: Quote) -> Block:
    return next(block for block in scene.blocks if any(s.id == quote.sentences[0] for s in block.guests))


def _asked(scene: Scene, quote: Quote) -> str:
    """The host's question that this quote is an answer to, if it was not told before."""
    block = _block(scene, quote)
    answers = [s for s in block.guests if len(norms(s.text)) > 3][:1]
    key = next((s.id for s in reversed(block.host) if s.id in scene.questions), None)
    if not answers or answers[0].voice != quote.voice or key is None or TIP.search(block.led):
        return ""
    text = scene.questions[key]
    if alike(text, scene.asked):
        return ""
    scene.asked.append(text)
    if CHAT.search(block.led):
        return scene.say(f"Uit de chat kwam de vraag: {lower_first(escaped(text))}", key)
    if personal(text) and scene.host:
        host, guest = scene.name(scene.host.voice or ""), scene.name(quote.voice)
        return scene.say(f"{upper_first(host)} vroeg {guest}: {lower_first(escaped(text))}", key)
    return scene.say(escaped(text), key)


def _led(scene: Scene, quote: Quote) -> str:
    """What the host asked before somebody came to speak of it, without saying that the quote answers it."""
    at = next(i for i, block in enumerate(scene.blocks) if block is _block(scene, quote))
    before = [s for block in scene.blocks[max(0, at - 1) : at + 1] for s in block.host if s.start < quote.start]
    for sentence in reversed(before):
        text = scene.questions.get(sentence.id)
        if text and scene.host and not personal(text) and not alike(text, scene.asked):
            scene.asked.append(text)
            who = scene.name(scene.host.voice or "")
            scene.asking += 1
            asked = ASKED[scene.asking % len(ASKED)].format(who)
            return scene.say(f"{upper_first(asked)}: {lower_first(escaped(text))}", sentence.id)
    return ""


def _remarked(scene: Scene, sentences: Sequence[Sentence]) -> Iterator[str]:
    for sentence in sentences:
        if text := according(sentence.clean, scene.name(sentence.voice)):
            yield scene.say(escaped(text), sentence.id)


def _replies(scene: Scene, before: Quote | None, quote: Quote) -> bool:
    return before is not None and scene.evidence.replies(before.sentences[0], quote.sentences[0])


def attributed(scene: Scene, quote: Quote, before: Quote | None, *, answers: bool) -> str:
    """A quote with the words that lead to it."""
    block = _block(scene, quote)
    words = f"‘{inside(quote.text)}’"
    if before is not None and _replies(scene, before, quote) and not ROUND.search(block.led):
        return f"{_reply(scene, quote)}: {words}"
    if TIP.search(block.led):
        who = scene.name(quote.voice)
        again = "tip" in scene.verbs
        scene.verbs.append("tip")
        text = f"De tip van {who}" if again else f"{upper_first(who)} gaf als tip mee"
        return f"{scene.say(f'{text}:', quote.sentences[0])} {words}"
    if answers and quote.start - block.host[-1].end < AT_ONCE:
        return f"{upper_first(scene.name(quote.voice))} antwoordde: {words}"
    head, _, particle = scene.verb(quote.text).partition(" ")
    if len(quote.text.split()) <= BRIEF and not particle and not answers:
        return f"{unstopped(quote.text)} {head} {scene.name(quote.voice)}."
    name, after = scene.name(quote.voice), f" {particle}" if particle else ""
    if before is not None and quote.start - before.end > LATER:
        when = LATER_ON[scene.later % len(LATER_ON)]
        scene.later += 1
        return f"{when} {head} {name}{after}: {words}"
    return f"{upper_first(name)} {head}{after}: {words}"


def _reply(scene: Scene, quote: Quote) -> str:
    """How a speaker answers the one before her, as her own first words show."""
    passage = scene.evidence.by_id[quote.sentences[0]].passage
    said = [s for s in scene.evidence.sentences if s.passage == passage][:2]
    name, first, keys = upper_first(scene.name(quote.voice)), [s.text for s in said], [s.id for s in said]
    if any(map(DISAGREES.search, first)):
        return scene.say(f"{name} was het daar niet mee eens", *keys)
    if any(map(AGREES.search, first)):
        return scene.say(f"{name} sloot zich daarbij aan", *keys)
    adds = scene.params.style.say_next[:1] if YES.search(first[0]) else ()
    return scene.say(f"{name} {(*adds, 'reageerde')[0]}", *keys)


def unstopped(text: str) -> str:
    """A quote that its sentence goes on after: ‘…’, zei zij; after a question or a cry without the comma."""
    plain = re.sub(r"(?<=[^.])[.]$", "", inside(text))
    return f"‘{plain}’" if plain.endswith(("?", "!", "…")) else f"‘{plain}’,"


def _others(scene: Scene) -> str:
    """The other subjects: questions that were put, and things that were named."""
    loose = [key for key in scene.questions if scene.evidence.by_id[key].voice == scene.evidence.host]
    more = [key for key in loose if not personal(scene.questions[key]) and not alike(scene.questions[key], scene.asked)]
    keys = [key for key in dict.fromkeys((*(key for key, _ in scene.untold()), *more)) if asks(scene.questions[key])]
    keys = [key for key in keys if not scene.questions[key].startswith("Wie") and key not in scene.leaning]
    texts = [scene.questions[key] for key in keys]
    keys = [key for at, key in enumerate(keys) if not alike(texts[at], texts[:at])][:2]
    scene.asked += [scene.questions[key] for key in keys]
    said = []
    if keys:
        said.append(scene.say(f"Ook {'andere vragen kwamen' if len(keys) > 1 else 'een andere vraag kwam'} langs."))
        said += in_a_row(scene, keys)
    things = _things(scene)
    if len(things) > 1:
        start = "Verder ging het over" if said else "Het ging over nog meer, zoals"
        said.append(scene.say(f"{start} {escaped(listed(things))}."))
    return " ".join(said)


def _things(scene: Scene) -> list[str]:
    """Terms of the glossary, and what guests spoke of more than once, that no quote tells of; with their article."""
    told = " ".join(quote.text for part in scene.plan.sections for quote in part.quotes).casefold()
    roles = " ".join(speaker.role or "" for speaker in scene.params.speakers).casefold()
    title, heard = norms(scene.params.title or ""), " ".join(s.text for s in scene.evidence.usable)
    found = []
    for term in scene.params.glossary:
        said = max(
            re.finditer(rf"\b(?:(de|het|een) )?{re.escape(term)}\b", heard, re.IGNORECASE), key=_article, default=None
        )
        new = term.casefold() not in told and term.casefold() not in roles and term[:1].islower()
        if said and new and said[1] != "een" and not set(content(norms(term))) <= set(title):
            found.append(f"{said[1].lower()} {term}" if said[1] else term)
    barred = {*title, *scene.evidence.names, *norms(told), *norms(" ".join(found))}
    named = often([s for s in scene.evidence.usable if s.voice != scene.evidence.host], barred, least=2)
    more = {lemma(name.split()[-1]): name for name in reversed(named) if " " in name}
    return [*found[:3], *reversed(more.values())][:4]


def _article(said: re.Match[str]) -> int:
    """'het register' before 'een register' before 'register'."""
    return ("", "een", "de", "het").index((said[1] or "").lower())


def in_a_row(scene: Scene, keys: Sequence[str]) -> list[str]:
    """Questions for Markdown, the last with 'En'."""
    said = [escaped(scene.questions[key]) for key in keys]
    if len(said) > 1:
        said[-1] = f"En {lower_first(said[-1])}"
    return [scene.say(text, key) for text, key in zip(said, keys, strict=True)]
