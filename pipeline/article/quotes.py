"""The quotes in any Markdown: where they stand, whom they are credited to, and where they were said."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import Indel

from pipeline.article.cleaning import EXPLAINED, LIGHT, OPENERS, matches
from pipeline.article.text import FUNCTION, NEGATIONS, norm, norms, unescaped, wordset
from pipeline.models import Passages, Word, ends_sentence
from pipeline.writing import QuoteEdit

SAYING = wordset("saying")
_SAYS = rf"(?:{'|'.join(sorted(SAYING))})\b"
LOCATED = 0.6  # share of words alike from which we say where a quote was meant to come from
_LEADS = FUNCTION - {"ook", "toen", "dan", "daarna", "weer", "nog", "zelf"}  # between verb and name: another clause
_ASIDE = re.compile(  # before a name (and a role) that does not do the saying
    r"\b(?:na|naast|als|evenals|behalve|met|tegen|aan|op|over|van|voor|dan|door|bij|volgens)\s(?:\w+\s)?$",
    re.IGNORECASE,
)
PADDING = 14  # words around the seeds that are looked at
APART, INTERJECTION = 10.0, 3  # seconds, and words of others, beyond which one voice's words are two moments
BORDER = "[even later …]"  # stands between two moments; its normal form holds a space, so no printed word equals it


@dataclass(frozen=True)
class Printed:
    """A quote in the article: its text, and the paragraph around it with where it stands there."""

    text: str
    paragraph: str
    start: int
    end: int
    closed: bool


@dataclass(frozen=True)
class Stream:
    """All that one voice said, in order, with BORDER between moments."""

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
        """The same, with times and without borders."""
        return tuple(word for word in self.stream.words[self.begin : self.end] if word.text != BORDER)

    def cut_off(self) -> str | None:
        """A negation in the part of the sentence that the quote leaves out at either end, with that part."""
        tokens, first, last = self.stream.tokens, self.begin, self.end
        while first > 0 and not ends_sentence(tokens[first - 1]):
            first -= 1
        while last < len(tokens) and not ends_sentence(tokens[last - 1]):
            last += 1
        parts = (tokens[first : self.begin], tokens[self.end : last])
        return next((" ".join(part) for part in parts if NEGATIONS & set(map(norm, part))), None)


def paragraphs(markdown: str) -> list[str]:
    """Paragraphs and headings as a reader sees them (links by their text, our escapes undone, no emphasis)."""
    shown = []
    for block in re.split(r"\n\s*\n|\n(?=#)", markdown.replace("\r\n", "\n")):
        line = re.sub(r"(?<!\\)\[([^\]]*)\]\((?:[^()\s]|\([^()]*\))*\)", r"\1", " ".join(block.split()))
        line = re.sub(r"(?<!\\)(\*\*|\*|__)(?=\S)|(?<=\S)(?<!\\)(\*\*|\*|__)", "", line)
        shown.append(unescaped(re.sub(r"^>\s?", "", line).strip()))
    return [line for line in shown if line]


def questions_in(lead: str) -> int:
    """How many questions a paragraph asks by itself, outside its quotes."""
    return re.sub(r"[‘“][^’”]*[’”]", "", lead).count("?")


def find(markdown: str, titles: Collection[str]) -> list[Printed]:
    """All quotes: text between ‘ ’ or, outside those, between “ ”; not the webinar's own title."""
    known = [norms(title) for title in titles]
    found = []
    for line in paragraphs(markdown):
        text, at = _curly(line), 0
        # ‘ within a word, or before the number of a year with no ’ to close it, is an apostrophe
        while opened := re.compile(r"(?<!\w)[‘“](?=\S)(?![smtnk]\s|\d\d\b(?![^‘]*’(?!\w)))").search(text, at):
            end = _closes(text, opened.start())
            at = len(text) if end is None else end + 1
            inner = text[opened.end() : end]
            if norms(inner) and norms(inner) not in known and not line.startswith("#"):
                found.append(Printed(inner.strip(), text, opened.start(), at, end is not None))
    return found


def _curly(text: str) -> str:
    """Straight quote marks and « » as curly ones, so that there is one kind to look for."""
    text = re.sub(r"«\s*", "“", re.sub(r"\s*»", "”", text))
    text = re.sub(r"(^|[\s(–—-])\"(?=\S)", r"\1“", text).replace('"', "”").replace("„", "“")
    text = re.sub(r"(^|[\s(“–—-])'(?=[A-ZÀ-Þ\[…])", r"\1‘", text)
    # before a small letter it opens a quote only if one closes it: 'tuurlijk, and 's, 't, 'n, 'm, 'k are words
    text = re.sub(r"(^|[\s(“–—-])['’](?![smtnkSMTNK]\b|\d\d\b)(?=\w.*?[\w.,?!…]['’](?!\w))", r"\1‘", text)
    return text.replace("'", "’")


def _closes(text: str, opened: int) -> int | None:
    """The mark that closes the one at `opened`; ’ in foto’s and ’s ochtends closes nothing."""
    mark = {"‘": "’", "“": "”"}[text[opened]]
    for at in range(opened + 1, len(text)):
        apostrophe = text[at + 1 : at + 2].isalnum() or re.match(r"\s’[smtnk]\b", text[at - 1 :])
        if text[at] == mark and not (mark == "’" and apostrophe):
            return at
    return None


# Whom it is credited to ------------------------------------------------------------------------------


def credit(quote: Printed, before: str | None, names: Mapping[str, str], earlier: int) -> tuple[str | None, bool]:
    """The name a quote is credited to: by the words after it, else those before it, else as the quote before.

    `names` maps every way to write a name onto the full name; `earlier` is where the previous quote in the paragraph
    ended (0 if none) and `before` its credit. A name that nobody knows is returned as it stands. False where the
    sentence holds several names and its verb does not tell which.
    """
    after = re.split(r"[.?!:;](?:\s|$)|[‘“]", quote.paragraph[quote.end :], maxsplit=1)[0]
    intro = quote.paragraph[earlier : quote.start].strip()
    if not intro.endswith(":") and re.match(rf"\s*[,–]?\s*{_SAYS}", after):
        return _named(after, names, first=True) or (before, True)
    sentences = re.split(r"(?<=[.?!])\s+(?=[A-ZÀ-Þ’‘“])", intro)
    nearest = (_named(sentence, names) for sentence in reversed(sentences))
    return next(filter(None, nearest), None) or (before, True)


def _named(text: str, names: Mapping[str, str], first: bool = False) -> tuple[str, bool] | None:
    """The name in a clause that does the saying: at its verb, or before it; whom a question was put to, not by."""
    hits: list[tuple[int, int, str]] = []
    for written in sorted(names, key=len, reverse=True):
        for match in re.finditer(rf"(?<!\w){re.escape(written)}(?!\w)", text):
            if not any(a < match.end() and match.start() < b for a, b, _ in hits):
                hits.append((match.start(), match.end(), names[written]))
    if not hits:
        strange = re.search(
            r"(?<![\w.?!] )\b[A-ZÀ-Þ][\w’-]+(?: (?:van|de|der|den|ten|ter|’t))*(?: [A-ZÀ-Þ][\w’-]+)+", f"  {text}"
        )
        known = strange is None or norm(strange.group().split()[0]) in FUNCTION  # 'In Den Haag'
        return None if strange is None or known else (strange.group(), True)
    hits.sort()
    verbs = [] if first else list(re.finditer(rf"\b{_SAYS}", text, re.IGNORECASE))
    if first or len({name for *_, name in hits}) == 1:
        him = re.search(rf"\b{_SAYS} (?:hij|zij|ze)\b", text[: hits[0][0]])  # 'daarmee sprak hij Anna tegen'
        return None if him else (hits[0][2], True)
    return _chosen(text, hits, verbs[-1] if verbs else None)


def _chosen(text: str, hits: Sequence[tuple[int, int, str]], verb: re.Match[str] | None) -> tuple[str, bool]:
    """Which of several names does the saying, and whether the verb tells so ('noemde ook Bert Jansen')."""
    according = verb is not None and verb.group().casefold() == "volgens"
    subjects = [hit for hit in hits if according or not _ASIDE.search(text[: hit[0]])] or hits
    if verb is None:
        return subjects[0][2], False
    after = [(text[verb.end() : start], name) for start, _, name in hits if start >= verb.end()]
    beside = [name for gap, name in after if re.fullmatch(r"(\s\w+)?\s", gap) and not _LEADS & set(norms(gap))]
    if not beside and re.search(r"\b(vroeg|vraag|legde .* voor|voorgelegd)\b", text):
        return hits[-1][2], True
    ahead = [(end, name) for _, end, name in subjects if end < verb.start()]
    touches = bool(ahead) and text[ahead[-1][0] : verb.start()] == " "
    asked = verb.group() in ("vroeg", "vraagt")
    if beside and (according or asked or not touches):  # not Bert in 'Anna noemde Bert ‘een held’'
        return beside[0], True
    return (ahead[-1][1], touches) if ahead else (subjects[0][2], False)


# Where it was said -----------------------------------------------------------------------------------


def streams_of(passages: Passages) -> dict[str, Stream]:
    """What each voice said."""
    words: dict[str, list[Word]] = defaultdict(list)
    starts = sorted(word.start for passage in passages.passages for word in passage.words)
    for passage in sorted(passages.passages, key=lambda passage: passage.start):
        mine = words[passage.speaker]
        for word in passage.words:
            last = mine[-1].end if mine else word.start
            between = bisect_left(starts, word.start) - bisect_left(starts, last)  # words of others
            if word.start - last > APART or between > INTERJECTION:
                mine.append(Word(start=last, end=word.start, text=BORDER))
            mine.extend(word.model_copy(update={"text": part}) for part in word.text.split())
    streams = {}
    for voice, said in words.items():
        plain = tuple(norm(word.text) for word in said)
        pairs: dict[tuple[str, str], list[int]] = defaultdict(list)
        for at, pair in enumerate(pairwise(plain)):
            pairs[pair].append(at)
        streams[voice] = Stream(voice, tuple(said), tuple(word.text for word in said), plain, pairs)
    return streams


def said_at(text: str, streams: Mapping[str, Stream], own: Collection[str] = ()) -> Place | None:
    """Where it was said: by one of the `own` voices if they said it, else by any; None where nothing is near."""
    order = sorted(streams, key=lambda voice: voice not in own)
    places = [place for voice in order if (place := locate(text, streams[voice]))]
    whole = next((place for place in places if place.edits is not None), None)
    near = max(places, key=lambda place: place.similarity + 0.02 * (place.stream.voice in own), default=None)
    return whole or (near if near and near.similarity >= LOCATED else None)


def locate(text: str, stream: Stream) -> Place | None:
    """Where a voice said this, or what comes nearest; only permitted edits make `edits` anything but None."""
    wanted = norms(EXPLAINED.sub(" ", text).replace("…", " … "))
    if not wanted or not stream.tokens:
        return None
    near = []
    for low, high in _regions(wanted, stream):
        begins = [at for at in range(low, high) if stream.norms[at] == wanted[0]]
        found = [(begin, *match) for begin in begins for match in matches(stream.tokens[begin:high], text)[:1]]
        if found:
            begin, length, edits = min(found, key=lambda one: len(one[2]))
            return _whole(stream, begin, begin + length, edits)
        near.append(_nearest(wanted, stream, low, high))
    return max(filter(None, near), key=lambda place: place.similarity, default=None)


def _regions(wanted: Sequence[str], stream: Stream) -> list[tuple[int, int]]:
    """Up to three stretches of the stream in which most pairs of the quote's words occur."""
    if len(wanted) == 1:
        hits = [at for at, word in enumerate(stream.norms) if word == wanted[0]]
    else:
        hits = sorted({at for pair in pairwise(wanted) for at in stream.pairs.get(pair, ())})
    size = int(1.6 * len(wanted)) + PADDING
    scored, until = [], 0
    for index, hit in enumerate(hits):
        while until < len(hits) and hits[until] < hit + size:
            until += 1
        scored.append((index - until, hit))
    regions: list[tuple[int, int]] = []
    for _, hit in sorted(scored):
        if len(regions) < 3 and all(abs(hit - low - PADDING) > size for low, _ in regions):
            regions.append((max(0, hit - PADDING), min(len(stream.tokens), hit + size + PADDING)))
    return regions


def _nearest(wanted: Sequence[str], stream: Stream, low: int, high: int) -> Place | None:
    """From the first to the last word that the alignment shares; a loose word far from others does not count."""
    region = stream.norms[low:high]
    same = [at for op in Indel.opcodes(region, wanted) if op.tag == "equal" for at in range(op.src_start, op.src_end)]
    near = [at for at in same if len(same) == 1 or any(0 < abs(other - at) <= 4 for other in same)]
    if not near:
        return None
    begin, end = near[0], near[-1] + 1
    similarity = Indel.normalized_similarity(region[begin:end], wanted)
    return Place(stream, low + begin, low + end, None, round(similarity, 3))


def _whole(stream: Stream, begin: int, end: int, edits: tuple[QuoteEdit, ...]) -> Place:
    """The place with the openers and fillers around it, as far as its own sentence goes."""
    ends = [0, *(at + 1 for at, token in enumerate(stream.tokens) if ends_sentence(token))]
    sentence = max(at for at in ends if at <= begin)
    first = sentence if set(stream.norms[sentence:begin]) <= LIGHT | OPENERS else begin
    last = end
    while last < len(stream.tokens) and last not in ends and stream.norms[last] in LIGHT:
        last += 1
    around = (("opener", stream.tokens[first:begin]), ("filler", stream.tokens[end:last]))
    more = [QuoteEdit.model_validate({"kind": kind, "text": " ".join(part)}) for kind, part in around if part]
    edits = (*edits, *more)
    size = sum(1 for word in stream.norms[first:last] if word)
    gone = sum(len(edit.text.split()) for edit in edits if edit.kind != "explanation")
    return Place(stream, first, last, edits, round(1 - gone / max(1, 2 * size - gone), 3))
