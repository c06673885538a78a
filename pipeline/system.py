"""What only some operating systems can do; elsewhere each of these quietly does less."""

from __future__ import annotations

import functools
import hashlib
import math
import os
import platform
import re
import signal
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # malloc.h of glibc


def bounded_child(memory: int | None = None) -> Callable[[], None] | None:
    """A `preexec_fn` for Popen: the child dies when we die, however we die, and may have only so many bytes of memory.

    Only Linux has that.
    """
    if not sys.platform.startswith("linux"):
        return None
    import ctypes
    import resource

    prctl, us, kill = ctypes.CDLL(None).prctl, os.getpid(), int(signal.SIGKILL)

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, kill, 0, 0, 0)
        if memory:
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        if os.getppid() != us:  # we died between the fork and here
            os._exit(1)

    return prepare


@functools.cache
def _machine() -> tuple[str, str]:
    """Which machine this is, by its name and what tells it from others of that name; and when it was started."""
    told, boot = [platform.node()], ""
    if not sys.platform.startswith("linux"):
        told.append(str(uuid.getnode()))
    with suppress(OSError):
        told.append(str(Path("/proc/self/ns/pid").readlink()))  # each container counts its processes anew
    with suppress(OSError):
        told.append(Path("/etc/machine-id").read_text(encoding="utf-8"))
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8")
    name = re.sub(r"[^A-Za-z0-9-]", "-", platform.node())[:40] or "host"
    digests = [hashlib.sha256(each.encode()).hexdigest()[:6] for each in ("".join(told), boot)]
    return f"{name}_{digests[0]}", digests[1]


def _started(pid: int) -> str:
    """When a process began, in the kernel's ticks, where that can be known: numbers of processes are used again."""
    told = _stat(pid)
    if not told:
        return "0"
    return told[19] if told[0] not in "ZX" else "ended"  # killed, and its parent has not looked yet


def _stat(pid: int) -> list[str]:
    """What Linux tells of a process: its state first (man 5 proc, from the third field on); else nothing."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def machine() -> str:
    """The name of this machine, unlike any other's."""
    return _machine()[0]


def process_name() -> str:
    """A name for this process, unlike that of any other on any machine; it may stand in the name of a file."""
    return ".".join([*_machine(), str(os.getpid()), _started(os.getpid())])


def is_dead(process: str, last_sign: float = math.inf) -> bool:
    """Whether the process of this name is surely gone; of another machine's that cannot be known.

    `last_sign` of its life, in seconds since 1970: before this machine was started, it has ended then. After that it
    runs on a copy of this machine.
    """
    machine, boot, pid, started = _parts(process)
    if machine != _machine()[0]:
        return False
    if boot != _machine()[1]:
        return last_sign < time.time() - _uptime()
    return not _lives(int(pid)) or _started(int(pid)) != started


def _uptime() -> float:
    """Seconds since this machine was started; 0 where it does not say."""
    try:
        return float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError):
        return 0.0


def is_running(process: str) -> bool:
    """Whether the process of this name surely lives, and is not stopped: it may be slow, but it is there."""
    told = _stat(int(_parts(process)[2]))
    here = _parts(process)[:2] == _machine()
    return here and not is_dead(process) and bool(told) and told[0] not in "Tt"


def process_words(process: str) -> str:
    """Such a name for people."""
    machine, _, pid, _ = _parts(process)
    return f"process {pid} on {machine.rpartition('_')[0]}"


def _parts(process: str) -> tuple[str, str, str, str]:
    machine, boot, pid, started = (process.split(".") + ["0"] * 4)[:4]
    return machine, boot, pid if pid.isdigit() else "0", started


def _lives(pid: int) -> bool:
    if sys.platform == "win32":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, 0, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        code = ctypes.c_ulong()
        known = bool(handle) and ctypes.windll.kernel32.GetExitCodeProcess(handle, ctypes.byref(code))
        ctypes.windll.kernel32.CloseHandle(handle)
        return bool(known) and code.value == 259  # STILL_ACTIVE
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def fsync_folder(path: Path) -> None:
    """Make a rename in this folder last through a power cut, where folders can be synced (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    with suppress(OSError):  # some network file systems refuse it; the rename itself stands
        os.fsync(handle)
    os.close(handle)


def hold_memory() -> None:
    """Keep memory that was freed for the next time it is wanted; only glibc has to be told.

    It gives big blocks back to the kernel at once, and a network asks for the same tens of megabytes at every layer:
    a third of the time of Whisper's encoder went into pages that were cleared and mapped again.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    with suppress(AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_ARENA_MAX, 1)  # the other arenas hold no block over 64 MB
        if not mallopt(M_MMAP_THRESHOLD, 1 << 30):
            mallopt(M_MMAP_THRESHOLD, 1 << 25)  # the most that glibc before 2.35 takes
        mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)


def release_memory() -> None:
    """Give back what `hold_memory` held, once the work that wanted it is done."""
    if sys.platform.startswith("linux"):
        import ctypes

        with suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def processor() -> str:
    """What kind of processor this is, and on Linux a digest of what it can do."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    told = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    can = told.get("flags") or told.get("Features", "")
    return f"{told.get('model name', platform.machine())} {hashlib.sha256(can.encode()).hexdigest()[:8]}"


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
