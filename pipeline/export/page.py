"""The article as HTML for a website: headings, paragraphs and links, nothing that runs and nothing that loads."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby

from pipeline.article.markup import Run
from pipeline.export.blocks import Block, line

LISTS = {"bullet": ("<ul>", "</ul>"), "number": ("<ol>", "</ol>"), "quote": ("<blockquote>", "</blockquote>")}
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'"


def article(blocks: Sequence[Block], title: str, state: str) -> bytes:
    """The article as a page without any look of its own."""
    return whole(title, state, "article", body(blocks))


def whole(title: str, state: str, element: str, inside: str, allowed: str = NOTHING, look: str = "") -> bytes:
    """A page in Dutch that may load only what is `allowed`."""
    style = f"<style>{look}</style>\n" if look else ""
    return f"""<!doctype html>
<html lang="nl">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(allowed)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{escape(state)}">
<title>{escape(line(title))}</title>
{style}</head>
<body>
<{element}>
{inside}
</{element}>
</body>
</html>
""".encode()


def body(blocks: Sequence[Block]) -> str:
    """Blocks as HTML, neighbouring items as one list."""
    found: list[str] = []
    for kind, same in groupby(blocks, key=lambda block: block.kind):
        opened, closed = LISTS.get(kind, ("", ""))
        found += filter(None, [opened, *map(_block, same), closed])
    return "\n".join(found)


def _block(block: Block) -> str:
    tag = f"h{block.level}" if block.level else "li" if block.kind in ("bullet", "number") else "p"
    return f"<{tag}>{''.join(map(_run, block.runs))}</{tag}>"


def _run(run: Run) -> str:
    text = escape(run.text).replace("\n", "<br>")
    for tag, wanted in (("em", run.em), ("strong", run.strong)):
        text = f"<{tag}>{text}</{tag}>" if wanted else text
    return f'<a href="{escape(run.href)}">{text}</a>' if run.href else text
