"""Names of voices against who really spoke: python tests/bench/names.py HOME SLUG WHO [NAMES]

The webinar SLUG has been run in HOME. WHO says who spoke when: an .rttm, a .vtt with voice tags, or a JSON with "lines"
of start, end and speaker. NAMES is a JSON whose "speakers" gives the name behind each label, where labels are no names.
Exit 1 if a name is wrong.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

import webvtt

from pipeline.artifacts import PASSAGES
from pipeline.models import Span
from pipeline.speech.names import judge
from pipeline.workspace import Workspace


def spoken(path: Path) -> list[tuple[Span, str]]:
    """Who spoke when, as the reference labels them."""
    if path.suffix == ".vtt":
        tagged = [(cue, re.match(r"<v ([^>]+)>", cue.raw_text)) for cue in webvtt.read(path)]
        return [(Span(start=c.start_in_seconds, end=c.end_in_seconds), tag[1]) for c, tag in tagged if tag]
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return [(Span(start=line["start"], end=line["end"]), line["speaker"]) for line in json.loads(text)["lines"]]
    rows = [line.split() for line in text.splitlines() if line.startswith("SPEAKER")]
    return [(Span(start=float(row[3]), end=float(row[3]) + float(row[4])), row[7]) for row in rows]


def main() -> None:
    """A line per voice with the evidence, and the count of right, wrong and unknown."""
    home, slug, who, *names = sys.argv[1:]
    workspace = Workspace(Path(home), slug)
    made = PASSAGES.load(workspace.path(PASSAGES.file).read_bytes())
    label = json.loads(Path(names[0]).read_text(encoding="utf-8"))["speakers"] if names else {}
    reference = spoken(Path(who))
    counts: Counter[str] = Counter()
    for voice, judged in judge(made, workspace.webinar().names(), ()).items():
        seconds: Counter[str] = Counter()
        for passage in (p for p in made.passages if p.speaker == voice):
            for span, speaker in reference:
                seconds[label.get(speaker, speaker)] += passage.overlap(span)
        really = seconds.most_common(1)[0][0]
        verdict = "unknown" if judged.named.name is None else "right" if judged.named.name == really else "WRONG"
        counts[verdict] += 1
        print(f"{voice}  {really:24}{verdict:9}{judged.why or ''}")
        for found in judged.candidates:
            print(f"     {found.name:24}{found.strength:8}{found.at:7.1f}  {found.kind}: {found.said}")
    print(", ".join(f"{counts[verdict]} {verdict}" for verdict in ("right", "WRONG", "unknown")))
    sys.exit(counts["WRONG"] > 0)


main()
