"""The one error that is shown to the user; anything else that escapes is a bug."""

from __future__ import annotations

import errno
from pathlib import Path


class PipelineError(Exception):
    """What is wrong, in one sentence, and what to do about it."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class LaterError(PipelineError):
    """A site asks to come back after so many seconds; 0 where it does not say."""

    def __init__(self, message: str, hint: str | None, wait: float) -> None:
        super().__init__(message, hint)
        self.wait = wait


# What a disk may refuse at any moment: no room, a quota, a fault of its own, a folder that is read-only.
REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM}


def refused(error: OSError) -> PipelineError:
    """What the disk refused as one sentence; anything else that a system says is a defect of ours, and raised again."""
    if error.errno not in REFUSED:
        raise error
    name = Path(str(error.filename)).name if error.filename else "a file"
    return PipelineError(
        f"{name} could not be written: {error.strerror}", "make room on the disk, or see who may write there; run again"
    )
