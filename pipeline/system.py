"""What only some operating systems can do; elsewhere each of these quietly does less."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent() -> Callable[[], None] | None:
    """A `preexec_fn` for Popen that lets the child be killed when we die, however we die; only Linux has that."""
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    prctl, us, kill = ctypes.CDLL(None).prctl, os.getpid(), int(signal.SIGKILL)

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, kill, 0, 0, 0)
        if os.getppid() != us:  # we died between the fork and here
            os._exit(1)

    return prepare


def fsync_folder(path: Path) -> None:
    """Make a rename in this folder last through a power cut, where folders can be synced (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    with suppress(OSError):  # some network file systems refuse it; the rename itself stands
        os.fsync(handle)
    os.close(handle)


def memory() -> int | None:
    """Bytes of memory that this machine has; None where it does not say."""
    if sys.platform == "win32":
        import ctypes

        class Status(ctypes.Structure):
            _fields_ = (("length", ctypes.c_ulong), ("load", ctypes.c_ulong), ("figures", ctypes.c_ulonglong * 7))

        status = Status(length=ctypes.sizeof(Status))
        known = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return int(status.figures[0]) if known else None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
