"""Which local voices are the same person, and how many people there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.config import DiarizeParams
from pipeline.speech import powerset


@dataclass(frozen=True)
class LocalVoices:
    """Embeddings (n, d) of local voices, their places (n, 2) as window and column, and seconds (n,) heard alone."""

    embeddings: powerset.Floats
    places: powerset.Ints
    seconds: powerset.Floats
