"""What the check found as a page of text that a person reads in two minutes, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.article.text import counted, escaped, listed
from pipeline.models import clock
from pipeline.writing import CheckedQuote, CheckReport, Finding

STATUS = {
    "not found": "niet gevonden",
    "misattributed": "van een ander",
    "altered": "anders gezegd",
    "translated": "vertaald",
    "cleaned": "opgeschoond",
    "exact": "letterlijk",
}
HEARD = {
    "alike": "twee keer gelijk verstaan",
    "differently": "tweede keer anders verstaan",
    "not": "nog niet nageluisterd",
}
EDITS = {
    "filler": "stopwoord weg",
    "opener": "begin weg",
    "repetition": "herhaling weg",
    "false start": "valse start weg",
    "punctuation": "leestekens",
    "ellipsis": "weggelaten",
    "explanation": "toegevoegd",
}
MOST_NOTES = 12  # of one kind, after which only their number is told


def page(report: CheckReport, title: str) -> str:
    """Dutch Markdown: a summary, what to settle, what to look at, and every quote with its place and its edits."""
    counts = Counter(str(quote.status) for quote in report.quotes)
    kinds = [f"{counts[status]} {told}" for status, told in STATUS.items() if counts[status]]
    severities = Counter(finding.severity for finding in report.findings)
    told = f": {listed(kinds)}" if kinds else ""
    todo = f"Te regelen: {severities['blocks']}. Om naar te kijken: {severities['look']}."
    lines = [
        f"# Controle van ‘{escaped(title)}’",
        "",
        f"{report.words} woorden, {len(report.quotes)} citaten{told}. {todo}",
    ]
    if report.heard_by:
        lines.append(
            f"De citaten zijn nog eens beluisterd met {report.heard_by}, in {report.heard_seconds:.0f} seconden."
        )
    for severity, head in (("blocks", "Eerst regelen"), ("look", "Om naar te kijken"), ("note", "Vorm")):
        found = [finding for finding in report.findings if finding.severity == severity]
        if found:
            lines += ["", f"## {head}", "", *_listed(found)]
    if report.quotes:
        order = list(STATUS)
        worst = sorted(report.quotes, key=lambda q: (order.index(q.status), q.heard_twice != "differently"))
        lines += ["", "## De citaten", "", *(line for quote in worst for line in _quote(quote))]
    if not report.findings:
        lines += [
            "",
            f"Er is niets gevonden om te regelen in {counted(len(report.quotes))} citaten en de tekst eromheen.",
        ]
    return "\n".join(lines) + "\n"


def _listed(found: Sequence[Finding]) -> Iterator[str]:
    for finding in found[:MOST_NOTES]:
        when = f" ({clock(finding.at)})" if finding.at is not None else ""
        yield f"- {escaped(finding.text)}{when}"
    if len(found) > MOST_NOTES:
        yield f"- … en nog {len(found) - MOST_NOTES}; alle staan in 60-check.json."


def _quote(quote: CheckedQuote) -> Iterator[str]:
    """One line for a quote, one for what was done to it, one for what was heard otherwise."""
    when = clock(quote.span.start) if quote.span else "–"
    where = f"[{when}]({quote.link})" if quote.link else when
    heard = f", {HEARD[quote.heard_twice]}" if quote.span else ""
    who = escaped(quote.credited_to or "onbekend")
    yield f"- **{STATUS[quote.status]}**, {where}, {who}{heard}: ‘{escaped(quote.text)}’"
    told = [f"{EDITS[edit.kind]} (‘{escaped(edit.text)}’)" for edit in quote.edits if edit.kind != "punctuation"]
    if told:
        yield f"  - {'; '.join(told)}"
    if quote.status in ("altered", "translated") and quote.spoken:
        yield f"  - gezegd is: ‘{escaped(quote.spoken)}’"
    if quote.heard_twice == "differently" and quote.second_hearing:
        yield f"  - tweede keer verstaan: ‘{_marked(quote)}’"


def _marked(quote: CheckedQuote) -> str:
    """The second hearing, with the words in bold that were not in the first."""
    first = {word.strip(".,?!").casefold() for word in (quote.spoken or "").split()}
    words = [(word, word.strip(".,?!").casefold() in first) for word in (quote.second_hearing or "").split()]
    return " ".join(escaped(word) if known else f"**{escaped(word)}**" for word, known in words)
