"""ffmpeg: one process at a time, under limits, with progress; and `decode`: any recording to 16 kHz mono 16-bit FLAC.

Exit code 0 does not mean that the sound is whole, so what came out is counted and compared with what was announced.
The input can name no other file and no address: formats, decoders and protocols are listed here.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from pipeline import system
from pipeline.errors import PipelineError

STALL = 120.0  # seconds without any progress before ffmpeg is given up
MEMORY = 4 << 30  # bytes of address space; decoding sound takes about 0.2 GB

# Demuxers. None of these opens a second file; hls, dash, concat, sdp and image2 do.
FORMATS = "mov,matroska,webm,ogg,mp3,wav,w64,flac,aac,aiff,mpegts,mpeg,asf,avi,flv,amr,caf,au,ac3,eac3,loas"
# Decoders, by the decoder's name (`mp3float` is what reads mp3).
CODECS = (
    "aac,aac_latm,mp3,mp3float,mp2,mp2float,mp1float,opus,libopus,vorbis,libvorbis,flac,alac,ac3,eac3,dca,"
    "wmav1,wmav2,wmapro,wmalossless,wmavoice,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,gsm,gsm_ms,"
    "pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,"
    "pcm_f64be,pcm_mulaw,pcm_alaw,pcm_bluray,pcm_dvd,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt"
)
SAFE = {"protocol_whitelist": "file", "format_whitelist": FORMATS, "codec_whitelist": CODECS}

Told = Callable[[float], None]


def find_ffmpeg() -> str:
    """The system's ffmpeg, else the one that comes with imageio-ffmpeg."""
    if found := shutil.which("ffmpeg"):
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise PipelineError(
            "there is no ffmpeg on this computer", "install it, or run: pip install imageio-ffmpeg"
        ) from error


def clock(seconds: float) -> str:
    """'27.0 s', '12:03' or '1:02:03'."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def compiled(output: object, *flags: str) -> list[str]:
    """The argument list of an ffmpeg-python output, with `flags` for the process as a whole in front."""
    import ffmpeg

    arguments: list[str] = ffmpeg.compile(output, cmd=find_ffmpeg(), overwrite_output=True)
    return [arguments[0], "-nostdin", "-hide_banner", "-nostats", *flags, *arguments[1:]]


def run_ffmpeg(
    arguments: Sequence[str], *, limit: float, size: int, told: Told | None = None, stall: float = STALL
) -> tuple[int, str, str]:
    """Exit code, stdout and the last of stderr; with `told` stdout is `-progress` and it gets the seconds written.

    `size` in bytes is the most it may write to one file. Raises PipelineError where it takes longer than `limit`
    seconds, or shows no progress for `stall` seconds. The process never outlives this call, nor us on Linux.
    """
    lines: queue.Queue[str | None] = queue.Queue()
    errors: deque[str] = deque(maxlen=400)
    with _popen(arguments, limit, size) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        readers = [
            threading.Thread(target=_pump, args=(child.stdout, lines.put), daemon=True),
            threading.Thread(target=errors.extend, args=(child.stderr,), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            out = _follow(lines, limit, stall, told)
            code = child.wait(timeout=stall)
        except subprocess.TimeoutExpired:
            raise _stopped("it did not end", stall) from None
        finally:
            child.kill()
            for reader in readers:
                reader.join()
    return code, out, "".join(errors)


def _popen(arguments: Sequence[str], limit: float, size: int) -> subprocess.Popen[str]:
    # seconds of processor, on up to 16 cores, so that only a runaway that the clock missed is caught
    prepare = system.child_limits(MEMORY, size, int(limit * 16) + 60) if system.posix() else None
    environment = {**os.environ, "AV_LOG_FORCE_NOCOLOR": "1"}
    environment.pop("FFREPORT", None)  # would write a log file wherever it says
    try:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env=environment,
            preexec_fn=prepare,  # noqa: PLW1509 - allocates nothing, see child_limits
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PipelineError(f"ffmpeg cannot be started: {error}", "'impressie doctor' says which one it is") from error


def _pump(source: Iterable[str], put: Callable[[str | None], None]) -> None:
    with contextlib.suppress(ValueError):  # closed under our hands by the kill
        for line in source:
            put(line)
    put(None)


def _follow(lines: queue.Queue[str | None], limit: float, stall: float, told: Told | None) -> str:
    begun = moved = time.monotonic()
    at = -1.0
    kept: list[str] = []
    while True:
        now = time.monotonic()
        if now - begun > limit:
            raise _stopped("it was not done", limit)
        if now - moved > stall:
            raise _stopped("it made no progress", stall)
        try:
            line = lines.get(timeout=max(0.01, min(stall - (now - moved), limit - (now - begun))))
        except queue.Empty:
            continue
        if line is None:
            return "".join(kept)
        key, _, value = line.partition("=")
        if told is None:
            kept.append(line)
        elif key == "out_time_us" and value.strip().isdigit() and int(value) / 1e6 > at:
            at, moved = int(value) / 1e6, now
            told(at)


def _stopped(why: str, after: float) -> PipelineError:
    return PipelineError(
        f"ffmpeg was stopped: {why} after {clock(after)}",
        "the file may be damaged, or on a disk that does not answer; copy it elsewhere and try again",
    )


def reason(said: str) -> str:
    """The line of ffmpeg's stderr that tells most, without addresses and paths."""
    lines = [re.sub(r"^\[[^\]]*\] ?|(?:file:)\S+: ", "", line.strip()) for line in said.splitlines()]
    wrong = [line for line in lines if re.search(r"rror|nvalid|not found|ailed|No space|truncated|partial", line)]
    return (wrong or [line for line in lines if line] or ["no reason given"])[0][:160].rstrip(" .")
