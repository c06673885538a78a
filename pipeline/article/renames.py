"""A name or a role that changed after the article was written: each place where the old one stands. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

AROUND = 60  # characters shown on either side


@dataclass(frozen=True)
class Change:
    """Somebody (or her role) was called `old` and is called `new` now."""

    old: str
    new: str


@dataclass(frozen=True)
class Occurrence:
    """Where the old name stands in the text, and what would stand there; with a little of the text around it."""

    start: int
    end: int
    written: str
    instead: str
    before: str
    after: str


def occurrences(text: str, change: Change, others: Collection[str] = ()) -> list[Occurrence]:
    """Every place with the whole old name, and those with the surname alone where nobody of `others` shares it."""
    found = list(_of(text, change.old, change.new))
    old, new = _surname(change.old), _surname(change.new)
    shared = any(_surname(other) == old for other in others if other not in (change.old, change.new))
    if old and new and not shared and old != new:
        taken = [(one.start, one.end) for one in found]
        alone = _of(text, old, new)
        found += [one for one in alone if not any(a <= one.start < b for a, b in taken)]
    return sorted(found, key=lambda one: one.start)


def _surname(name: str) -> str | None:
    """'van der Meer'; None for a single word and for 'Spreker 2'."""
    first, _, rest = name.partition(" ")
    return rest if rest and first != "Spreker" else None


def _of(text: str, old: str, new: str) -> Iterator[Occurrence]:
    # a small particle gets a capital where no first name stands before it
    for match in re.finditer(rf"(?<![\w’-]){re.escape(old)}(?![\w-])", text, re.IGNORECASE):
        written = match.group()
        if written.lower() == written and old.lower() != old:
            continue  # 'bakker' the trade is not Bakker the person
        instead = new[:1].upper() + new[1:] if written[:1].isupper() else new
        a, b = max(0, match.start() - AROUND), min(len(text), match.end() + AROUND)
        head, tail = (
            text[a : match.start()].rsplit("\n", maxsplit=1)[-1],
            text[match.end() : b].split("\n", maxsplit=1)[0],
        )
        yield Occurrence(
            match.start(), match.end(), written, instead, f"{head}{written}{tail}", f"{head}{instead}{tail}"
        )


def replaced(text: str, chosen: Collection[Occurrence]) -> str:
    """The text with the new name in the chosen places."""
    for one in sorted(chosen, key=lambda one: -one.start):
        text = text[: one.start] + one.instead + text[one.end :]
    return text
