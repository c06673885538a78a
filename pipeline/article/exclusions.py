"""Why a sentence may not be quoted: signs in the words, and how far each of them reaches. The reasons are in Dutch."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pipeline.article.text import ends_sentence, norm, norms, wordset
from pipeline.models import Passages, Sentence

OPENING = re.compile(
    r"\bgoede(middag|morgen|navond|ndag)\b|\bgoeie(middag|morgen)\b|welkom\b.{0,40}\b(bij|allemaal|in|op|"
    r"terug|iedereen)\b|"
    r"dames en heren|mijn naam is .{3,60}(moderator|gespreksleid|presentat)",
    re.IGNORECASE,
)
WELCOME = re.compile(r"welkom|webinar", re.IGNORECASE)
CLOSING = re.compile(
    r"bedankt voor (het|uw|jullie|je)|(dank|bedankt)\b.{0,60}\b(kijken|luisteren|aanwezig|deelname|kijkers|"
    r"jullie|allemaal)\b|"
    r"dank\s*(je|jullie|u)\s*wel,? (aan )?[A-Z]\w+|volgende (webinar|keer|aflevering)|tot (dan|ziens|"
    r"de volgende|snel)\b|"
    r"fijne (dag|middag|avond|dinsdag|week)|(mooi|mooie) (slot|laatste|afsluit)|einde van (dit|het) webinar|"
    r"(terug|na) ?(te )?kijken|wel thuis",
    re.IGNORECASE,
)
OFF_RECORD = re.compile(
    r"\b(niet|buiten|uit)\b.{0,25}\b(verslag|notulen|impressie|artikel|stuk|opname)\b|off the record|"
    r"\bonder ons\b|tussen ons (blijven|gezegd)|heb ik (dus )?niet gezegd|hebben (jullie|we) niet gehoord|"
    r"vertrouwelijk zeg|"
    r"niet (verder )?(citeren|opschrijven|naar buiten|doorvertellen|noteren)|binnen deze (vier )?muren|"
    r"(knip|laat|haal)\b.{0,25}\b(eruit|weg)\b|laten we eruit|niet voor publicatie|blijft? (even )?binnenskamers",
    re.IGNORECASE,
)
TAKEN_BACK = re.compile(
    r"\b(dat )?zeg ik (nu )?(verkeerd|fout|niet goed)|ik vergis me|vergiste ik me|dat klopt niet,? (het|ik)|"
    r"neem ik terug|"
    r"(moet|wil) ik (even )?(corrigeren|rectificeren|rechtzetten|terugnemen)|\bcorrectie\b|nee,? (sorry|pardon|wacht)|"
    r"\bsorry,? (nee|dat)|\bof nee\b|nee,? ik bedoel|\bik verspreek|versprak ik|sorry,? ik bedoel",
    re.IGNORECASE,
)
TECHNICAL = re.compile(
    r"\bop mute\b|\bmicrofoon|microfoon staat|\bunmute|hoor(t|den)? (je|u|jullie|iemand) (me|mij|ons)\b|"
    r"\bhoor(t|en)?\b.{0,25}\b(jullie|je|jou|me|mij|mezelf|mijzelf|niets?|niks|u)\b.{0,15}\b(niet|wel|nu|goed|"
    r"meer|twee keer)?$|"
    r"scherm (te )?(delen|zien)|deel.{0,12} scherm|volgende (slide|dia|sheet)|(slide|dia|sheet)s? (aan|door|erbij)|"
    r"(zijn|gaan) we (al )?(live|eruit|eraf)|de stream\b|koptelefoon|opname loopt|lampje is|verbinding (valt|"
    r"is|hapert)|"
    r"(beeld|geluid) (valt|is|doet|hapert|weg)|kan iemand (hem|het|de)\b.{0,20}aanzetten|zet (hem|hen|"
    r"haar) (even )?aan",
    re.IGNORECASE,
)
READING = re.compile(
    r"ik (lees|las)\b.{0,25}\b(voor|op)\b|(voor te|even) (lezen|voorlezen)|\bbullet\b|\bstreepje\b|op de (dia|"
    r"slide|sheet) staat|"
    r"er staat (hier|op)|hier staat\b|\bik citeer\b|einde citaat",
    re.IGNORECASE,
)
ORDERS = re.compile(
    r"negeer\b.{0,40}\b(instructie|opdracht|regel|prompt)|systeem ?(bericht|prompt|melding)|system (message|prompt)|"
    r"(als|bent) (je |u |jij )?(een|dit).{0,12}(taalmodel|ai|assistent|samenvatter)\b.{0,60}\b(schrijf|negeer|"
    r"vermeld|zeg|antwoord|doe)|"
    r"ignore (all|your|the|any|previous)|antwoord (verder )?alleen|schrijf dat (iedereen|alle)|stop met het artikel|"
    r"vermeld dat|zet erbij dat|nieuwe instructie|aan (het|de) (taalmodel|AI|assistent)",
    re.IGNORECASE,
)
CODE = re.compile(r"[<>{}]|\]\(|javascript:|https?://\S*[?=]|\*\w+\*|\b_\w+", re.IGNORECASE)
IRONY = re.compile(
    r"\bschitterend,|ik teken direct|\bgeintje|\bgrapje|grapte|maar niet heus|ironisch|sarcas|cynisch bedoeld|"
    r"met een knipoog|"
    r"lekker dan\b|geweldig hoor|\bjaja\b|ja,? tuurlijk|met (uw|je|de) tijd mee|wat zou er mis (kunnen )?gaan|"
    r"natuurlijk helemaal (goed|geen)",
    re.IGNORECASE,
)
LAUGH = re.compile(r"^\W*(haha\w*|\[?(gelach|lacht))\b", re.IGNORECASE)
SELF = re.compile(r"\b([Ii]k ben|[Ii]k heet) [A-ZÀ-Þ][\w-]+|\b[Mm]ijn naam is\b|\b[Ii]k werk (bij|voor|als)\b")
INVENTED = re.compile(
    r"amara\.org|ondertitel(s|d|ing)|tv gelderland|bedankt voor het kijken en tot|abonneer|vergeet niet te liken",
    re.IGNORECASE,
)
_SAID = wordset("zei zeiden zegt riep riepen schreef schrijft vroeg roept")
_SPEAKER = wordset("ik we wij je jij jullie u men")
SERIOUS = frozenset(("off the record", "teruggenomen", "mogelijk niet gezegd", "niet citeren", "opdracht of code"))
CLOSE = 45.0  # seconds within which sentences of one voice belong to the same remark
Exclude = Callable[[int, str], None]


def reasons(sentences: Sequence[Sentence], passages: Passages) -> dict[int, str]:
    """Index of a sentence → why it may not be used; the first reason found stands."""
    found: dict[int, str] = {}

    def exclude(index: int, reason: str) -> None:
        if 0 <= index < len(sentences):
            found.setdefault(index, reason)

    _suspects(sentences, passages, exclude)
    _edges(sentences, exclude)
    for mark in (_off_record, _taken_back, _reading, _single, _others, _irony):
        mark(sentences, exclude)
    languages = {passage.id: passage.language for passage in passages.passages}
    for index, sentence in enumerate(sentences):
        if languages[sentence.passage] != "nl":
            exclude(index, "niet in het Nederlands gezegd")
    return found


def _suspects(sentences: Sequence[Sentence], passages: Passages, exclude: Exclude) -> None:
    for i, sentence in enumerate(sentences):
        length = max(sentence.duration, 0.01)
        if any(sentence.overlap(suspect) > 0.1 * length for suspect in passages.suspects):
            exclude(i, "mogelijk niet gezegd")
        if INVENTED.search(sentence.text):
            exclude(i, "mogelijk niet gezegd")
    for i in range(2, len(sentences)):
        three = [norms(sentence.text) for sentence in sentences[i - 2 : i + 1]]
        if three[0] == three[1] == three[2] and len(three[0]) > 1:
            for back in range(3):
                exclude(i - back, "mogelijk niet gezegd")


def _edges(sentences: Sequence[Sentence], exclude: Exclude) -> None:
    """Before the opening and after the closing."""
    if not sentences:
        return
    end = sentences[-1].end
    early = [i for i, s in enumerate(sentences) if s.start < max(180.0, 0.1 * end) and OPENING.search(s.text)]
    opening = next((i for i in early if WELCOME.search(sentences[i].text)), early[0] if early else 0)
    for i in range(opening):
        exclude(i, "voor de opening")
    closing = _closing(sentences, end)
    for i in range(closing, len(sentences)):
        exclude(i, "na de afsluiting")


def _closing(sentences: Sequence[Sentence], end: float) -> int:
    """Where the closing begins: two signs of it within a minute, in the last fifth."""
    signs = [i for i, s in enumerate(sentences) if s.start > min(0.8 * end, end - 30) and CLOSING.search(s.text)]
    for sign in signs:
        near = [i for i in signs if 0 <= sentences[i].start - sentences[sign].start <= 60]
        if len(near) >= 2 or re.search(r"bedankt voor het kijken|einde van", sentences[sign].text, re.IGNORECASE):
            return sign
    return len(sentences)


def _same_voice(sentences: Sequence[Sentence], at: int, step: int, most: int) -> list[int]:
    """Up to `most` neighbouring sentences of the same voice, backward (-1) or forward (1), in the same remark."""
    found: list[int] = []
    i = at + step
    while 0 <= i < len(sentences) and len(found) < most and abs(sentences[i].start - sentences[at].start) < CLOSE:
        if sentences[i].voice == sentences[at].voice:
            found.append(i)
        i += step
    return found


def _off_record(sentences: Sequence[Sentence], exclude: Exclude) -> None:
    """'Dit hoeft niet in het verslag' takes what follows along, 'dat blijft onder ons' what went before."""
    marked: set[int] = set()
    for i, sentence in enumerate(sentences):
        found = OFF_RECORD.search(sentence.text)
        if not found:
            continue
        words = norms(sentence.text)
        back = "dat" in words[:2] or len(norms(sentence.text[found.end() :])) < 3
        reach = {i}
        if "dat" not in words[:2]:
            reach |= set(_uninterrupted(sentences, i, _same_voice(sentences, i, 1, 4)))
        if back and not marked & set(_same_voice(sentences, i, -1, 1)):
            reach |= set(_same_voice(sentences, i, -1, 3))
        if len(words) < 7 and i and sentences[i - 1].voice != sentence.voice:
            reach |= {i - 1}  # the host promises to leave out what was said just now
        for j in reach:
            exclude(j, "off the record")
        marked |= reach


def _uninterrupted(sentences: Sequence[Sentence], at: int, ahead: Sequence[int]) -> list[int]:
    """Those of `ahead` before another voice says more than three words."""
    other = (j for j in range(at + 1, len(sentences)) if sentences[j].voice != sentences[at].voice)
    stop = next((j for j in other if len(norms(sentences[j].text)) > 3), len(sentences))
    return [j for j in ahead if j < stop]


def _taken_back(sentences: Sequence[Sentence], exclude: Exclude) -> None:
    for i, sentence in enumerate(sentences):
        if not TAKEN_BACK.search(sentence.text):
            continue
        exclude(i, "teruggenomen")
        before = _same_voice(sentences, i, -1, 2)
        for j in before[:1] if not before or len(norms(sentences[before[0]].text)) > 4 else before:
            exclude(j, "teruggenomen")
        words = set(norms(sentence.text))
        for j in _same_voice(sentences, i, 1, 1):
            first = norms(sentences[j].text)[:1]
            if first and first[0] in words | {"dat", "die", "dus"}:
                exclude(j, "teruggenomen")


def _reading(sentences: Sequence[Sentence], exclude: Exclude) -> None:
    for i, sentence in enumerate(sentences):
        if not READING.search(sentence.text):
            continue
        exclude(i, "voorgelezen")
        for j in range(i + 1, len(sentences)):
            if sentences[j].passage != sentence.passage or sentences[j].start - sentence.start > 60:
                break
            exclude(j, "voorgelezen")


def _single(sentences: Sequence[Sentence], exclude: Exclude) -> None:
    """What one sentence gives away by itself; orders take their neighbours along."""
    for i, sentence in enumerate(sentences):
        words = len(norms(sentence.text))
        if ORDERS.search(sentence.text) or CODE.search(sentence.text):
            exclude(i, "opdracht of code")
            for j in _same_voice(sentences, i, -1, 1) + _same_voice(sentences, i, 1, 1):
                exclude(j, "opdracht of code")
        elif words < 16 and TECHNICAL.search(sentence.text.rstrip(".?! ")):
            exclude(i, "over de techniek")
        elif _cut_off(sentences, i):
            exclude(i, "onaf")
        elif SELF.search(sentence.text) and words < 30:
            exclude(i, "stelt zich voor")


def _cut_off(sentences: Sequence[Sentence], i: int) -> bool:
    """Whether the turn of another voice cuts through a sentence, as a recogniser's and a diarizer's edges do."""

    def joined(one: Sentence, other: Sentence) -> bool:
        return one.voice != other.voice and not ends_sentence(one.text) and other.text[:1].islower()

    after = i + 1 < len(sentences) and joined(sentences[i], sentences[i + 1])
    return after or (i > 0 and joined(sentences[i - 1], sentences[i]))


def _others(sentences: Sequence[Sentence], exclude: Exclude) -> None:
    """'Zij zei altijd, …': said by somebody who is not the speaker."""
    for i, sentence in enumerate(sentences):
        tokens = sentence.text.split()
        for at, token in enumerate(tokens):
            if (
                norm(token) not in _SAID
                or not any(t[-1] in ",:“" for t in tokens[at : at + 5])
                or at == len(tokens) - 1
            ):
                continue
            around = {norm(t) for t in tokens[max(0, at - 4) : at + (1 if token[-1] in ",:" else 2)]}
            if around & _SPEAKER:
                continue
            exclude(i, "woorden van een ander")
            for j in _same_voice(sentences, i, 1, 1):
                if norms(sentences[j].text)[:1] not in (["maar"], ["ik"], ["wij"], ["we"], ["en"]):
                    exclude(j, "woorden van een ander")


def _irony(sentences: Sequence[Sentence], exclude: Exclude) -> None:
    for i, sentence in enumerate(sentences):
        if IRONY.search(sentence.text):
            around = _same_voice(sentences, i, -1, 3) + _same_voice(sentences, i, 1, 2)
            for j in (i, *(j for j in around if sentences[j].passage == sentence.passage)):
                exclude(j, "mogelijk ironisch")
        if LAUGH.match(sentence.text) and i and sentences[i - 1].voice != sentence.voice:
            before = sentences[i - 1]
            for j in (j for j in range(max(0, i - 4), i) if sentences[j].passage == before.passage):
                exclude(j, "mogelijk ironisch")
