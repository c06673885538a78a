"""What each quoted speaker is sent: her quotes as printed, what was said around them, and a place to answer."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

from pipeline.article.markup import Run
from pipeline.article.text import counted, date, listed, norms
from pipeline.export.blocks import CONCEPT, Block, line
from pipeline.export.page import body, whole
from pipeline.export.paper import document, print_block, saved
from pipeline.export.talk import Talk, filename
from pipeline.models import Word, clock, ends_sentence
from pipeline.speech.audio import RATE, read
from pipeline.writing import CheckedQuote, CheckReport

AROUND = 2  # sentences before and after a quote
MARGIN = 0.5  # seconds of sound before and after it
LEFT_OUT = "[…]"
HOW = "Vul in, bewaar deze pagina als pdf of druk haar af, en stuur haar terug; of noem het nummer van het citaat."
ANSWERS = ("Akkoord", "Anders, namelijk:", "Ik trek dit citaat in")
LOOK = (
    "body{font:1.05rem/1.6 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#1f2a37}"
    "blockquote{margin:1rem 0;padding:.5rem 1rem;border-left:.3rem solid #15c;font-size:1.15rem}"
    "section{border-top:1px solid #bbb;margin-top:2rem}audio,textarea{width:100%}label{display:block;margin:.4rem 0}"
)


@dataclass(frozen=True)
class Asked:
    """A quote as its speaker is asked about it; `before` and `after` are who said what."""

    quote: CheckedQuote
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()
    link: str | None = None

    @property
    def when(self) -> str:
        """Where in the recording."""
        span = self.quote.span
        if span is None:
            return "Dit citaat is in de opname niet teruggevonden. "
        return f"In de opname: {clock(span.start)}–{clock(span.end)}. "

    @property
    def spoken(self) -> str:
        """What was said, where that is not what is printed."""
        spoken = line(self.quote.spoken or "")
        return "" if norms(spoken) == norms(self.quote.text) else spoken


def quotes_of(report: CheckReport) -> dict[str, list[CheckedQuote]]:
    """By name the quotes that the article prints as hers, in order, each once."""
    found: dict[str, list[CheckedQuote]] = defaultdict(list)
    for quote in report.quotes:
        name = line(quote.credited_to or quote.name or "")
        if name and all(norms(quote.text) != norms(other.text) for other in found[name]):
            found[name].append(quote)
    return {name: quotes for name, quotes in found.items() if quotes}


def pack(talk: Talk, report: CheckReport, audio: Path | None) -> bytes:
    """A zip with a Word file and a page for each quoted speaker; the page holds the sound of her quotes."""
    content = io.BytesIO()
    taken: set[str] = set()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, quotes in quotes_of(report).items():
            asked = [_asked(talk, quote) for quote in quotes]
            file = _free(f"{'' if talk.approval else 'CONCEPT '}citaten {filename(name)}", taken)
            archive.writestr(f"{file}.docx", letter(talk, name, asked))
            archive.writestr(f"{file}.html", page(talk, name, asked, audio))
    return content.getvalue()


def _free(file: str, taken: set[str]) -> str:
    """The name of a file that no other has, also where capitals do not count."""
    name, number = file, 2
    while name.casefold() in taken:
        name, number = f"{file} {number}", number + 1
    taken.add(name.casefold())
    return name


# What was said around it ---------------------------------------------------------------------------


def _asked(talk: Talk, quote: CheckedQuote) -> Asked:
    if quote.span is None:
        return Asked(quote)
    said = [(passage.speaker, word) for passage in talk.passages.passages for word in passage.words]
    inside = [
        at
        for at, (voice, word) in enumerate(said)
        if voice == quote.voice and quote.span.start <= word.middle <= quote.span.end
    ]
    link = talk.link(quote.span.start)
    if not inside:
        return Asked(quote, link=link)
    starts = [0, *(at + 1 for at, (a, b) in enumerate(pairwise(said)) if ends_sentence(a[1].text) or a[0] != b[0])]
    starts.append(len(said))
    first = max(0, bisect_right(starts, inside[0]) - 1 - AROUND)
    last = min(len(starts) - 1, bisect_left(starts, inside[-1] + 1) + AROUND)
    before, after = said[starts[first] : inside[0]], said[inside[-1] + 1 : starts[last]]
    return Asked(quote, tuple(_told(talk, before)), tuple(_told(talk, after)), link)


def _told(talk: Talk, said: list[tuple[str, Word]]) -> Iterator[tuple[str, str]]:
    """Who said what; without what may not be used and what was invented."""
    for voice, words in groupby(said, key=lambda one: one[0]):
        shown = [LEFT_OUT if _hidden(talk, word) else line(word.text) for _, word in words]
        text = " ".join(
            text for text, again in zip(shown, ["", *shown], strict=False) if text != again or text != LEFT_OUT
        )
        yield talk.name(voice), text


def _hidden(talk: Talk, word: Word) -> bool:
    return talk.invented(word) or any(span.start <= word.middle <= span.end for span in talk.passages.barred)


# The letter ----------------------------------------------------------------------------------------


def _opening(talk: Talk, name: str, many: int) -> list[str]:
    when = f"op {date(talk.webinar.date)} " if talk.webinar.date else ""
    which = "het citaat van u dat" if many == 1 else f"de {counted(many)} citaten van u die"
    text = (
        f"U sprak {when}in het webinar ‘{talk.title}’. Daarover verschijnt een artikel: een impressie van het gesprek. "
        f"Hieronder leest u {which} wij daarin willen afdrukken, met wat er vlak ervoor en erna is gezegd. "
        "Stopwoorden en versprekingen zijn weggelaten; wat u letterlijk zei, staat er dan bij."
    )
    return [
        f"Beste {name},",
        text,
        "Wilt u bij elk citaat aangeven of u akkoord bent, het anders wilt, of het intrekt?",
    ]


def _closing(talk: Talk) -> str:
    who = listed([line(organiser) for organiser in talk.webinar.organisers])
    return f"Met vriendelijke groet, {who}" if who else "Met vriendelijke groet"


def _letter(talk: Talk, name: str, asked: list[Asked]) -> list[list[Block]]:
    """The opening, and a part for each quote."""
    parts = [[] if talk.approval else [_text(CONCEPT)]]
    parts[0].append(Block("heading", (Run(_title(talk)),), 1))
    parts[0] += map(_text, _opening(talk, name, len(asked)))
    for number, one in enumerate(asked, 1):
        link = [Run("Luister naar de opname.", href=one.link)] if one.link else []
        spoken = [Block("paragraph", (Run("Letterlijk gezegd: ", em=True), Run(one.spoken)))] if one.spoken else []
        parts.append(
            [
                Block("heading", (Run(f"Citaat {number}"),), 2),
                *(_around("Daarvoor", who, said) for who, said in one.before),
                Block("quote", (Run(f"‘{line(one.quote.text)}’"),)),
                *(_around("Daarna", who, said) for who, said in one.after),
                *spoken,
                Block("paragraph", (Run(one.when), *link)),
            ]
        )
    return parts


def _title(talk: Talk) -> str:
    return f"Uw citaten in de impressie van ‘{talk.title}’"


def _text(said: str) -> Block:
    return Block("paragraph", (Run(said),))


def _around(when: str, who: str, said: str) -> Block:
    return Block("paragraph", (Run(f"{when}, {who}: ", em=True), Run(said)))


def letter(talk: Talk, name: str, asked: list[Asked]) -> bytes:
    """As a Word file, to fill in and send back."""
    paper = document(_title(talk), talk.state)
    opening, *parts = _letter(talk, name, asked)
    answers = [_text(f"☐ {answer}") for answer in ANSWERS]
    for block in [*opening, *(block for part in parts for block in [*part, *answers]), _text(_closing(talk))]:
        print_block(paper, block, talk)
    return saved(paper)


def page(talk: Talk, name: str, asked: list[Asked], audio: Path | None) -> bytes:
    """As a page that needs no network and no script, with the sound in it."""
    look = base64.b64encode(hashlib.sha256(LOOK.encode()).digest()).decode()
    allowed = f"default-src 'none'; media-src data:; style-src 'sha256-{look}'; base-uri 'none'; form-action 'none'"
    opening, *parts = _letter(talk, name, asked)
    shown = [body(opening), f"<p>{HOW}</p>"]
    for number, (part, one) in enumerate(zip(parts, asked, strict=True), 1):
        sound = _sound(audio, one.quote) if audio else None
        player = f'<audio controls preload="metadata" src="{sound}"></audio>' if sound else ""
        choices = "".join(f'<label><input type="radio" name="c{number}"> {answer}</label>' for answer in ANSWERS)
        asks = f"<legend>Uw antwoord op citaat {number}</legend>{choices}"
        wanted = f'<textarea rows="3" aria-label="Citaat {number}, liever zo"></textarea>'
        shown.append(f"<section>\n{body(part)}\n{player}\n<fieldset>{asks}{wanted}</fieldset>\n</section>")
    shown.append(body([_text(_closing(talk))]))
    return whole(_title(talk), talk.state, "main", "\n".join(shown), allowed, LOOK)


def _sound(audio: Path, quote: CheckedQuote) -> str | None:
    """The quote's seconds as a data: address; MP3, which every device plays, where the library can write it."""
    import soundfile

    if quote.span is None:
        return None
    samples = read(audio, max(0.0, quote.span.start - MARGIN), quote.span.end + MARGIN)
    if not len(samples):
        return None
    content = io.BytesIO()
    if "MP3" in soundfile.available_formats():
        kind = "audio/mpeg"
        soundfile.write(content, samples, RATE, format="MP3", bitrate_mode="VARIABLE", compression_level=0.9)
    else:
        kind = "audio/flac"
        soundfile.write(content, samples, RATE, format="FLAC")
    return f"data:{kind};base64,{base64.b64encode(content.getvalue()).decode()}"
