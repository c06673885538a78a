"""The quotes in any Markdown: where they stand, whom they are credited to, and where they were said."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import Indel

from pipeline.article.cleaning import HESITATIONS, OPENERS, TAGS, matches
from pipeline.article.text import NEGATIONS, ends_sentence, norm, norms, unescaped, wordlist
from pipeline.models import Passages, QuoteEdit, Word

SAYING = wordlist(
    """zei zegt stelde stelt vertelde vertelt benadrukte benadrukt merkte merkt legde legt voegde voegt vulde
    vult vond vindt meende meent antwoordde antwoordt reageerde reageert noemde noemt vroeg vraagt wilde
    constateerde constateert concludeerde concludeert waarschuwde waarschuwt pleitte pleit besloot besluit
    vervolgde vervolgt aldus volgens gaf geeft sloot sluit was sprak schetste betoogde vatte riep verklaarde
    lichtte"""
)
LOCATED = 0.6  # share of words alike from which we say where a quote was meant to come from
PADDING = 14  # words around the seeds that are looked at


@dataclass(frozen=True)
class Printed:
    """A quote in the article: its text, and the paragraph around it with where it stands there."""

    text: str
    paragraph: str
    start: int
    end: int
    closed: bool = True


@dataclass(frozen=True)
class Stream:
    """All that one voice said, in order."""

    voice: str
    words: tuple[Word, ...]
    tokens: tuple[str, ...]
    norms: tuple[str, ...]
    pairs: Mapping[tuple[str, str], Sequence[int]]


@dataclass(frozen=True)
class Place:
    """Words begin…end of a stream; `edits` is None where they differ from the quote in other ways than is permitted."""

    stream: Stream
    begin: int
    end: int
    edits: tuple[QuoteEdit, ...] | None
    similarity: float

    @property
    def tokens(self) -> tuple[str, ...]:
        """What was said there."""
        return self.stream.tokens[self.begin : self.end]

    @property
    def words(self) -> tuple[Word, ...]:
        """The same, with times."""
        return self.stream.words[self.begin : self.end]


def paragraphs(markdown: str) -> list[str]:
    """Paragraphs and headings as a reader sees them (links by their text, our escapes undone, no emphasis)."""
    shown = []
    for block in re.split(r"\n\s*\n|\n(?=#)|(?<=\n)(?=#)", markdown.replace("\r\n", "\n")):
        line = re.sub(r"(?<!\\)\[([^\]]*)\]\((?:[^()\s]|\([^()]*\))*\)", r"\1", " ".join(block.split()))
        line = re.sub(r"(?<!\\)(\*\*|\*|__)(?=\S)|(?<=\S)(?<!\\)(\*\*|\*|__)", "", line)
        line = re.sub(r"^>\s?", "", line)
        if line.strip():
            shown.append(unescaped(line.strip()))
    return shown


def _curly(text: str) -> str:
    """Straight quote marks as curly ones, so that there is one kind to look for."""
    text = re.sub(r"(^|[\s(–—-])\"(?=\S)", r"\1“", text).replace('"', "”").replace("„", "“")
    text = re.sub(r"(^|[\s(“–—-])'(?=[A-ZÀ-Þ\[…])", r"\1‘", text)
    return text.replace("'", "’")


def find(markdown: str, titles: Collection[str]) -> list[Printed]:
    """All quotes: text between ‘ ’ or, outside those, between “ ”; not the webinar's own title."""
    known = {tuple(norms(title)) for title in titles}
    found = []
    for line in paragraphs(markdown):
        if line.startswith("#"):
            continue
        text = _curly(line)
        at = 0
        while (opened := _opens(text, at)) >= 0:
            end = _closes(text, opened)
            inner = text[opened + 1 : end if end > 0 else len(text)]
            at = end + 1 if end > 0 else len(text)
            if tuple(norms(inner)) not in known and norms(inner):
                found.append(Printed(inner.strip(), text, opened, at, end > 0))
    return found


def _opens(text: str, at: int) -> int:
    """The next opening mark; ‘ within a word or before a number of the year is an apostrophe."""
    match = re.compile(r"(?<!\w)[‘“](?=\S)(?!s\s|t\s|n\s|\d\d\b)").search(text, at)
    return match.start() if match else -1


def _closes(text: str, opened: int) -> int:
    """The mark that closes the one at `opened`; -1 where none does. ’ in foto’s and ’s ochtends closes nothing."""
    mark = {"‘": "’", "“": "”"}[text[opened]]
    depth = 0
    for at in range(opened + 1, len(text)):
        char = text[at]
        depth += (char == "“") - (char == "”") if mark == "’" else (char == "‘")
        if char != mark:
            continue
        before, after = text[at - 1], text[at + 1 : at + 2]
        if mark == "’" and (after.isalnum() or (before.isspace() and re.match(r"[smtnk]\b", text[at + 1 :]))):
            continue
        if mark == "’" and before in "sxz" and depth <= 0 and _owner(text, at):
            continue
        return at
    return -1


def _owner(text: str, at: int) -> bool:
    """Whether ’ after an s is a genitive (Hans’ boek): a later ’ closes better, and no quote opens before it."""
    if not re.match(r"’ [a-z]", text[at:]):
        return False
    later = re.compile(r"[.?!,…]’|’[.,;:)]|’$").search(text, at + 1)
    opened = text.find("‘", at)
    return (
        later is not None
        and (opened < 0 or later.start() < opened)
        and not re.match(rf"’ ({'|'.join(SAYING)})\b", text[at:])
    )


# Whom it is credited to ------------------------------------------------------------------------------


def credit(quote: Printed, before: str | None, names: Mapping[str, str], earlier: int) -> str | None:
    """The name a quote is credited to: by the words after it, else those before it, else as the quote before.

    `names` maps every way to write a name onto the full name; `earlier` is where the previous quote in the paragraph
    ended (0 if none) and `before` its credit. A name that nobody knows is returned as it stands.
    """
    after = re.split(r"[.?!:;](?:\s|$)|[‘“]", quote.paragraph[quote.end :], maxsplit=1)[0]
    intro = quote.paragraph[earlier : quote.start]
    led = intro.rstrip().endswith(":")
    if not led and re.match(rf"\s*[,–]?\s*(?:{'|'.join(SAYING)})\b", after):
        return _named(after, names, first=True) or before
    if led:
        sentence = re.split(r"(?<=[.?!])\s+(?=[A-ZÀ-Þ’‘“])", intro.strip())
        asked = (
            sentence[-1] if len(sentence[-1].split()) > 2 or len(sentence) == 1 else sentence[-2] + " " + sentence[-1]
        )
        return _named(asked, names) or (_named(intro, names) if earlier == 0 else None) or before
    return _named(intro, names) or before


def _named(text: str, names: Mapping[str, str], first: bool = False) -> str | None:
    """The name in a clause that does the saying."""
    hits: list[tuple[int, int, str]] = []
    for written in sorted(names, key=len, reverse=True):
        for match in re.finditer(rf"(?<!\w){re.escape(written)}(?!\w)", text):
            if not any(a < match.end() and match.start() < b for a, b, _ in hits):
                hits.append((match.start(), match.end(), names[written]))
    unknown = re.compile(
        r"(?<![\w.?!] )(?<!^)\b[A-ZÀ-Þ][\w’-]+(?: (?:van|de|der|den|ten|ter|’t))*(?: [A-ZÀ-Þ][\w’-]+)+"
    )
    if not hits:
        strange = unknown.search(f"  {text}")
        return strange.group() if strange else None
    hits.sort()
    if first or len(hits) == 1:
        return hits[0][2]
    verbs = [m.end() for m in re.finditer(rf"\b(?:{'|'.join(SAYING)})\b", text)]
    if verbs:
        follows = [name for start, _, name in hits if 0 <= start - verbs[-1] <= 2]
        ahead = [name for _, end, name in hits if end < verbs[-1]]
        asked = re.search(r"\b(vroeg|vraag|legde .* voor|voorgelegd)\b", text)
        if asked and not follows:
            return hits[-1][2]
        return follows[0] if follows else ahead[0] if ahead else hits[0][2]
    return hits[0][2]


# Where it was said -----------------------------------------------------------------------------------


def streams_of(passages: Passages) -> dict[str, Stream]:
    """What each voice said."""
    words: dict[str, list[Word]] = defaultdict(list)
    for passage in sorted(passages.passages, key=lambda passage: passage.start):
        for word in passage.words:
            words[passage.speaker].extend(word.model_copy(update={"text": part}) for part in word.text.split())
    streams = {}
    for voice, said in words.items():
        plain = tuple(norm(word.text) for word in said)
        pairs: dict[tuple[str, str], list[int]] = defaultdict(list)
        for at in range(len(plain) - 1):
            pairs[plain[at], plain[at + 1]].append(at)
        streams[voice] = Stream(voice, tuple(said), tuple(word.text for word in said), plain, pairs)
    return streams


def locate(text: str, stream: Stream) -> Place | None:
    """Where a voice said this, or what comes nearest; only permitted edits make `edits` anything but None."""
    wanted = norms(re.sub(r"\[[^\]]*\]", " ", text.replace("…", " … ")))
    if not wanted or not stream.tokens:
        return None
    nearest: Place | None = None
    for low, high in _regions(wanted, stream):
        begins = [at for at in range(low, high) if stream.norms[at] == wanted[0]]
        found = [(begin, *match) for begin in begins for match in matches(stream.tokens[begin:high], text)[:1]]
        if found:
            begin, length, edits = min(found, key=lambda one: len(one[2]))
            return _whole(stream, begin, begin + length, edits)
        near = _nearest(wanted, stream, low, high)
        if near and (nearest is None or near.similarity > nearest.similarity):
            nearest = near
    return nearest


def _regions(wanted: Sequence[str], stream: Stream) -> list[tuple[int, int]]:
    """Up to three stretches of the stream in which most pairs of the quote's words occur."""
    if len(wanted) == 1:
        hits = [at for at, word in enumerate(stream.norms) if word == wanted[0]]
    else:
        hits = sorted({at for pair in pairwise(wanted) for at in stream.pairs.get(pair, ())})
    size = int(1.6 * len(wanted)) + PADDING
    scored = []
    until = 0
    for index, hit in enumerate(hits):
        until = max(until, index)
        while until < len(hits) and hits[until] < hit + size:
            until += 1
        scored.append((until - index, -hit))
    regions: list[tuple[int, int]] = []
    for _, minus in sorted(scored, reverse=True):
        if len(regions) < 3 and all(abs(-minus - low - PADDING) > size for low, _ in regions):
            regions.append((max(0, -minus - PADDING), min(len(stream.tokens), -minus + size + PADDING)))
    return regions


def _nearest(wanted: Sequence[str], stream: Stream, low: int, high: int) -> Place | None:
    """The alignment by words that shares most; loose words at its ends are cut off."""
    region = stream.norms[low:high]
    alike = [op for op in Indel.opcodes(region, wanted) if op.tag == "equal"]
    while len(alike) > 1 and alike[0].src_end - alike[0].src_start == 1 and alike[1].src_start - alike[0].src_end > 3:
        alike = alike[1:]
    while (
        len(alike) > 1 and alike[-1].src_end - alike[-1].src_start == 1 and alike[-1].src_start - alike[-2].src_end > 3
    ):
        alike = alike[:-1]
    if not alike:
        return None
    begin, end = alike[0].src_start, alike[-1].src_end
    same = Indel.normalized_similarity(region[begin:end], wanted)
    return Place(stream, low + begin, low + end, None, round(same, 3))


def _whole(stream: Stream, begin: int, end: int, edits: tuple[QuoteEdit, ...]) -> Place:
    """The place with the openers and fillers around it, as far as its own sentence goes."""
    light = OPENERS | HESITATIONS | TAGS
    first, last = begin, end
    while first > 0 and not ends_sentence(stream.tokens[first - 1]) and stream.norms[first - 1] in light:
        first -= 1
    if first > 0 and not ends_sentence(stream.tokens[first - 1]):
        first = begin
    while (
        last < len(stream.tokens)
        and not ends_sentence(stream.tokens[last - 1])
        and stream.norms[last] in HESITATIONS | TAGS
    ):
        last += 1
    made = [QuoteEdit(kind="opener", text=" ".join(stream.tokens[first:begin]))] if first < begin else []
    if last > end:
        edits = (*edits, QuoteEdit(kind="filler", text=" ".join(stream.tokens[end:last])))
    edits = (*made, *edits)
    size = sum(1 for word in stream.norms[first:last] if word)
    gone = sum(len(edit.text.split()) for edit in edits if edit.kind != "explanation")
    return Place(stream, first, last, edits, round(1 - gone / max(1, 2 * size - gone), 3))


def cut_off(place: Place) -> str | None:
    """A negation in the part of the sentence that the quote leaves out at either end, with that part."""
    tokens = place.stream.tokens
    first, last = place.begin, place.end
    while first > 0 and not ends_sentence(tokens[first - 1]):
        first -= 1
    while last < len(tokens) and not ends_sentence(tokens[last - 1]):
        last += 1
    for part in (tokens[first : place.begin], tokens[place.end : last]):
        if NEGATIONS & set(map(norm, part)):
            return " ".join(part)
    return None
