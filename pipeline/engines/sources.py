"""Where a recording may come from: an address or a file."""

from __future__ import annotations

from pathlib import Path

from pipeline.engines.probe import Probe, is_address


def probe_source(source: str, cookies: str | None = None) -> Probe:
    """Title, date, length, chapters of a URL or a media file, without downloading it. PipelineError says why not."""
    if is_address(source):
        from pipeline.engines import ytdlp

        return ytdlp.probe(source, cookies)
    from pipeline.engines.media import probe_media

    return probe_media(Path(source).expanduser())
