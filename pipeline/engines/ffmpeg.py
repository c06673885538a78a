"""ffmpeg as one process: which one, what it may read, how long it may take, and what it said."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from pipeline import system
from pipeline.errors import PipelineError

# Demuxers. None of these opens a second file; hls, dash, concat, sdp and image2 do.
FORMATS = "mov,matroska,webm,ogg,mp3,wav,w64,flac,aac,aiff,mpegts,mpeg,asf,avi,flv,amr,caf,au,ac3,eac3,loas"
# Decoders, by the decoder's name (`mp3float` is what reads mp3).
CODECS = (
    "aac,aac_latm,mp3,mp3float,mp2,mp2float,mp1float,opus,libopus,vorbis,libvorbis,flac,alac,ac3,eac3,dca,"
    "wmav1,wmav2,wmapro,wmalossless,wmavoice,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,gsm,gsm_ms,"
    "pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,"
    "pcm_f64be,pcm_mulaw,pcm_alaw,pcm_bluray,pcm_dvd,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt"
)
MEMORY = 2 << 30  # bytes; the longest webinars want 50 MB, a hostile header asks for anything
SAFE = {"protocol_whitelist": "file", "format_whitelist": FORMATS, "codec_whitelist": CODECS}


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


def run_ffmpeg(command: Sequence[str], limit: float, told: Callable[[float], None] = lambda _: None) -> tuple[int, str]:
    """Exit code and the last that was said; `told` gets the seconds written, where `-progress pipe:1` is asked for.

    Raises PipelineError after `limit` seconds. The process never outlives this call, nor us on Linux.
    """
    said: deque[str] = deque(maxlen=10_000)
    begun = time.monotonic()
    try:
        started = subprocess.Popen(
            [command[0], "-nostdin", "-hide_banner", "-nostats", *command[1:]],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
            errors="replace", preexec_fn=system.bounded_child(MEMORY),  # noqa: PLW1509 - it allocates nothing
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise PipelineError(f"ffmpeg cannot be started: {error}", "'impressie doctor' says which one it is") from error
    with started as child:
        watchdog = threading.Timer(limit, child.kill)
        watchdog.start()
        try:
            for line in child.stdout or ():
                key, equals, value = line.partition("=")
                if key == "out_time_us" and value.strip().isdigit():
                    told(int(value) / 1e6)
                elif not (equals and key.isidentifier()):  # the rest of the progress
                    said.append(line)
            code = child.wait()
        finally:
            watchdog.cancel()
            child.kill()
    if time.monotonic() - begun > limit:
        raise PipelineError(
            f"ffmpeg was stopped: it was not done after {clock(limit)}",
            "the file may be damaged, or on a disk that does not answer; copy it elsewhere and try again",
        )
    return code, "".join(said)


def reason(said: str) -> str:
    """The line of ffmpeg's messages that tells most, without addresses and paths."""
    lines = [re.sub(r"^\[[^\]]*\] ?|(?:file:)\S+: ", "", line.strip()) for line in said.splitlines()]
    wrong = [line for line in lines if re.search(r"rror|nvalid|not found|ailed|truncated|partial", line)]
    return (wrong or [line for line in lines if line] or ["no reason given"])[0][:160].rstrip(" .")


def clock(seconds: float) -> str:
    """'27.0 s', '12:03' or '1:02:03'."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, second = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{second:02}" if minutes >= 60 else f"{minutes}:{second:02}"
