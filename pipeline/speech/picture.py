"""Who spoke when, to see at a glance: an SVG, a table, a strip of levels. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from pipeline.models import Passages, Span, clock

# Paul Tol's 'muted' colours (personal.sron.nl/~pault), told apart by colour-blind people; dark and light take turns,
# so that neighbours differ in grey too.
COLOURS = ("#332288", "#44AA99", "#882255", "#88CCEE", "#117733", "#DDCC77", "#AA4499", "#999933")
WIDTH, LEFT, ROW, BAR = 960, 16, 46, 18  # px: the whole, its margin, one voice, and the bar in it
NARROWEST = 2.0  # px: a block that is shorter could not be seen
HALO = 'stroke="#fff" stroke-width="4" paint-order="stroke"'  # keeps the lines of the axis out of a label
TICKS = (10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)  # seconds that a tick may stand apart
MOST_TICKS = 9
LONGEST_LABEL = 90  # characters


def seconds_of(passages: Passages) -> dict[str, float]:
    """By voice how long it speaks, its pauses within a passage included; in order of first speaking."""
    seconds: dict[str, float] = {}
    for passage in passages.passages:
        seconds[passage.speaker] = seconds.get(passage.speaker, 0.0) + passage.duration
    return seconds


def percent(share: float) -> str:
    """A share of the whole; never 0% for something."""
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def levels(passages: Passages, voice: str, columns: int) -> list[float]:
    """The share, 0 to 1, of each of so many equal parts of the recording in which a voice speaks."""
    step = max(1.0, length(passages)) / columns
    shares = [0.0] * columns
    for passage in passages.passages:
        if passage.speaker == voice:
            for i in range(int(passage.start / step), min(columns, int(passage.end / step) + 1)):
                shares[i] += passage.overlap(Span(start=i * step, end=(i + 1) * step)) / step
    return [min(1.0, share) for share in shares]


def table(passages: Passages, labels: Mapping[str, str]) -> list[str]:
    """Lines of Markdown, in Dutch: how long each voice speaks. `labels` are Markdown already."""
    seconds = seconds_of(passages)
    total = sum(seconds.values()) or 1.0
    rows = [f"| {voice} | {labels[voice]} | {clock(s)} | {percent(s / total)} |" for voice, s in seconds.items()]
    return ["| Stem | Naam | Spreektijd | Aandeel |", "|---|---|---:|---:|", *rows]


def svg(passages: Passages, labels: Mapping[str, str]) -> str:
    """A row per voice on one axis of time, in Dutch; self-contained, without scripts."""
    seconds, whole = seconds_of(passages), max(1.0, length(passages))
    total = sum(seconds.values()) or 1.0
    bottom = LEFT + ROW * len(seconds)
    per_second = (WIDTH - 2 * LEFT) / whole
    apart = next((tick for tick in TICKS if whole / tick <= MOST_TICKS), TICKS[-1])
    marks = []
    for tick in range(0, int(whole) + 1, apart):
        x = LEFT + tick * per_second
        marks.append(f'<path d="M{x:.1f} {LEFT}V{bottom}" stroke="#ddd"/>')
        side = "end" if x > WIDTH - 4 * LEFT else "start"
        marks.append(
            f'<text x="{x:.1f}" y="{bottom + 18}" fill="#555" font-size="12" text-anchor="{side}">{clock(tick)}</text>'
        )
    rows = []
    for n, (voice, spoken) in enumerate(seconds.items()):
        top, label = LEFT + ROW * n, _text(labels[voice])
        share = f"{clock(spoken)} · {escape(percent(spoken / total))}"
        rows += [
            f'<text x="{LEFT}" y="{top + 14}" font-weight="600" {HALO}>{label}</text>',
            f'<text x="{WIDTH - LEFT}" y="{top + 14}" text-anchor="end" {HALO}>{share}</text>',
            f'<rect x="{LEFT}" y="{top + 20}" width="{WIDTH - 2 * LEFT}" height="{BAR}" fill="#f7f7f7"/>',
            f'<g fill="{COLOURS[n % len(COLOURS)]}">',
        ]
        for block in _blocks(passages, voice, 1 / per_second):
            x, width = LEFT + block.start * per_second, max(NARROWEST, block.duration * per_second)
            rows.append(
                f'<rect x="{x:.1f}" y="{top + 20}" width="{width:.1f}" height="{BAR}">'
                f"<title>{label}, {clock(block.start)}–{clock(block.end)}</title></rect>"
            )
        rows.append("</g>")
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 30}" width="{WIDTH}"'
        ' role="img" font-family="system-ui, sans-serif" font-size="14" fill="#222">'
    )
    paper = '<title>Wie sprak wanneer</title>\n<rect width="100%" height="100%" fill="#fff"/>'
    return "\n".join((head, paper, *marks, *rows, "</svg>\n"))


def length(passages: Passages) -> float:
    """Seconds from the start to the last word."""
    return max((passage.end for passage in passages.passages), default=0.0)


def _blocks(passages: Passages, voice: str, gap: float) -> list[Span]:
    """When a voice speaks; stretches less than `gap` seconds apart are one."""
    blocks: list[Span] = []
    for passage in passages.passages:
        if passage.speaker == voice:
            start = passage.start
            if blocks and start - blocks[-1].end < gap:
                start = blocks.pop().start
            blocks.append(Span(start=start, end=max(passage.end, start)))
    return blocks


def _text(label: str) -> str:
    """Text from outside, as XML shows it; too long a text is cut."""
    clean = "".join(c for c in label if c.isprintable())
    return escape(clean if len(clean) <= LONGEST_LABEL else f"{clean[: LONGEST_LABEL - 1]}…")
