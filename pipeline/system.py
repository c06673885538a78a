"""What only some operating systems can do; elsewhere each of these quietly does less."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def child_limits(memory: int | None = None, file_size: int | None = None, cpu: int | None = None) -> Callable[[], None]:
    """What to hand to Popen as `preexec_fn` on a POSIX system: the child dies with its parent, and within limits.

    `memory` and `file_size` in bytes, `cpu` in seconds; None sets no limit. Only call where `posix()`.
    Everything that allocates or imports happens here, before the fork.
    """
    kill_with_parent = _prctl()
    limits: list[tuple[int, int]] = []
    with contextlib.suppress(ImportError):
        import resource

        for kind, most in (("RLIMIT_AS", memory), ("RLIMIT_FSIZE", file_size), ("RLIMIT_CPU", cpu)):
            number = getattr(resource, kind, None)
            # macOS refuses or ignores RLIMIT_AS
            if most is not None and number is not None and not (kind == "RLIMIT_AS" and sys.platform == "darwin"):
                hard = resource.getrlimit(number)[1]
                limits.append((number, most if hard == resource.RLIM_INFINITY else min(most, hard)))
    parent = os.getpid()

    def prepare() -> None:
        if kill_with_parent is not None:
            kill_with_parent()
            if os.getppid() != parent:  # it died between the fork and here
                os._exit(1)
        for number, most in limits:
            resource.setrlimit(number, (most, most))

    return prepare


def posix() -> bool:
    """Whether Popen takes a `preexec_fn` here."""
    return os.name == "posix"


def _prctl() -> Callable[[], object] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        import ctypes

        prctl = ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None
    death = int(signal.SIGKILL)
    return lambda: prctl(PR_SET_PDEATHSIG, death, 0, 0, 0)


def fsync_folder(path: Path) -> None:
    """Make a rename in this folder last through a power cut, where folders can be synced (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some network file systems refuse it; the rename itself stands
    finally:
        os.close(handle)


def free_disk(path: Path) -> int:
    """Bytes that may still be written beneath `path`, which need not exist yet."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


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
