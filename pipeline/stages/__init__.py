"""The pipeline: reading this tuple is reading the product."""

from __future__ import annotations

from typing import Any

from pipeline.stage import Stage
from pipeline.stages import check, diarize, download, draft, rehear, segment, transcribe

STAGES: tuple[Stage[Any], ...] = (
    download.STAGE,
    transcribe.STAGE,
    diarize.STAGE,
    segment.STAGE,
    draft.STAGE,
    rehear.STAGE,
    check.STAGE,
)
BY_NAME = {stage.name: stage for stage in STAGES}
