"""Which Whisper model: what each costs here, which one 'auto' takes, and where its files come from."""

from __future__ import annotations

import functools
import os
import shutil
import warnings
from pathlib import Path

from pipeline import system, weights
from pipeline.config import Machine
from pipeline.errors import PipelineError
from pipeline.weights import Report, UnavailableError, Weights, fetching
from pipeline.weights.catalogue import ModelFile

BASE = "whisper-base"  # in the catalogue
SEAL = "SHA256"
# From good to best, by published Dutch word error rates, with the bytes of their float16 files (rounded but for base).
SIZES = {
    "base": 145_217_532,
    "small": 484_000_000,
    "medium": 1_528_000_000,
    "large-v3-turbo": 1_618_000_000,
    "large-v3": 3_087_000_000,
}
# Seconds of work per second of audio for Whisper base with beam 5, measured on two cores (tests/bench/README.md):
# faster-whisper as int8, openai-whisper window by window as float32. Elsewhere by number of cores.
PACE = {"faster-whisper": 0.05, "openai-whisper": 0.52}
# For the large models on a GPU: 13 minutes in 17 s (batch 8) and in 2 min 23 s, published for large-v2 on an
# RTX 3070 Ti in faster-whisper's README; for large-v3 on another GPU it is an estimate.
GPU_PACE = {"faster-whisper": 0.022, "openai-whisper": 0.18}
# How much more work than base. Estimated: half of the time taken to be the encoder's, half the decoder's, each as its
# number of weights, 12·layers·width² and 16·layers·width² + 51 865·width (Radford et al. 2022, table 1).
WORK = {"base": 1.0, "small": 3.7, "medium": 12.4, "large-v3-turbo": 18.3, "large-v3": 25.4}
# Bytes for each window that is being heard: the encoder's attention (heads · 1500² numbers of four bytes) and what the
# decoder keeps of it (layers · 2 · 1500 · width), by table 1 of the same paper.
WINDOW = {
    "base": 109_000_000,
    "small": 219_000_000,
    "medium": 439_000_000,
    "large-v3-turbo": 241_000_000,
    "large-v3": 672_000_000,
}
# Bytes beside weights and windows (Python, audio, torch): what is left of the most that each took with base.
BESIDE = {"faster-whisper": 500_000_000, "openai-whisper": 1_200_000_000}
HEADINGS = ("name", "for", "where", "size", "memory", "an hour takes", "fits", "licence", "source")
# Read by Hugging Face's client when faster-whisper imports it.
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def catalogue(engine: str = "faster-whisper") -> list[tuple[str, ...]]:
    """Every model under HEADINGS: what it costs here, and whether it can be had. Asks its home once, briefly."""
    machine = Machine()
    rows: list[tuple[str, ...]] = []
    for name, size in SIZES.items():
        away = "not from here" if obstacle(engine, name) else "can be fetched"
        where = "here" if here(engine, name) else away
        needs = memory(engine, name, machine)
        hour = f"{_span(3600 * pace(engine, name, machine))} (estimated)"
        fits = "yes" if needs <= room(engine, machine) else "no"
        home = homes(engine)[name].partition("://")[2]
        rows.append((name, "speech", where, _bytes(size), f"{_bytes(needs)} (estimated)", hour, fits, "MIT", home))
    for name, found in weights.CATALOGUE.items():
        if name != BASE:
            where = "here" if weights.present(name) else "can be fetched"
            size = sum(file.bytes for file in found.files)
            rows.append((name, "speakers", where, _bytes(size), "", "", "", found.licence, found.source))
    return rows


def fetch(name: str, progress: Report | None = None) -> Path:
    """Fetch a model by its name in the catalogue, or 'openai-whisper/NAME' for that engine's own file."""
    if name in weights.CATALOGUE:
        return weights.path(name, progress)
    engine, _, model = name.rpartition("/")
    if model in SIZES and engine in ("", *PACE):
        return whisper(engine or "faster-whisper", model, progress)
    known = [*SIZES, *(other for other in weights.CATALOGUE if other != BASE)]
    raise PipelineError(f"there is no model called '{name}'", f"known: {', '.join(known)}")


def best(engine: str, length: float, machine: Machine) -> tuple[str, str]:
    """The model that 'auto' means for `length` seconds of audio, and a sentence that says why.

    The best one that can be had, fits in memory and needs at most half the recording's length; base, if none does.
    """
    if engine not in PACE:
        raise PipelineError(f"engine '{engine}' does not know model = \"auto\"", "name a model")
    passed: list[str] = []
    for name in reversed(SIZES):
        speed_here = pace(engine, name, machine)
        takes = f"about {_span(speed_here * length)} for {_span(length)} of audio"
        if speed_here > 0.5:
            passed.append(f"{name} would take {takes}")
        elif (needs := memory(engine, name, machine)) > room(engine, machine):
            passed.append(f"{name} wants {_bytes(needs)} of memory")
        elif why_not := obstacle(engine, name):
            passed.append(f"{name} cannot be had here: {why_not}")
        else:
            return name, "; ".join([takes, *passed])
    return "base", "; ".join(["the smallest", *passed])


def pace(engine: str, model: str, machine: Machine) -> float:
    """Seconds of work per second of audio here."""
    if on_gpu(engine, machine):
        return GPU_PACE[engine] * WORK[model] / WORK["large-v3"]
    return PACE[engine] * WORK[model] * 2 / min(machine.cores(), 8)  # more threads than that gain little


def memory(engine: str, model: str, machine: Machine, windows: int = 2) -> int:
    """Bytes at most, with so many windows at once.

    Both engines read a float16 file; the one keeps int8, the other float32; a GPU keeps float16.
    """
    times = 2 if on_gpu(engine, machine) else 1.5 if engine == "faster-whisper" else 3
    return BESIDE[engine] + round(times * SIZES[model]) + windows * WINDOW[model]


def fitting_in(model: str, machine: Machine, workers: int, batch: int) -> int:
    """How many batches side by side fit in memory here, of so many that would be fastest; one always does."""
    if model in SIZES:
        limit = room("faster-whisper", machine)
        while workers > 1 and memory("faster-whisper", model, machine, workers * batch) > limit:
            workers -= 1
    return workers


@functools.cache
def on_gpu(engine: str, machine: Machine) -> bool:
    """Whether a GPU will do the work: as set, else where this engine's own library sees one."""
    if machine.device != "auto":
        return machine.device == "cuda"
    if engine == "openai-whisper":
        import torch

        return torch.cuda.is_available()
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count())


def room(engine: str, machine: Machine) -> float:
    """Bytes of memory that a model may fill: four fifths of the GPU's or the machine's; no limit if unknown."""
    if not on_gpu(engine, machine):
        return 0.8 * (system.memory() or float("inf"))
    import torch

    return 0.8 * torch.cuda.mem_get_info()[1] if torch.cuda.is_available() else float("inf")


def _bytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{max(1, seconds):.0f} s"


def whisper(engine: str, model: str, progress: Report | None = None) -> Path:
    """The model's files on this disk: a CTranslate2 folder, or for openai-whisper also a .pt file.

    `model` is a name, or the path of such a folder or file. Fetched now if need be; PipelineError where it cannot be.
    """
    own = Path(model).expanduser()
    if own.is_absolute() or own.suffix == ".pt" or len(own.parts) > 1:
        if (own / "model.bin").is_file() or (own.is_file() and engine == "openai-whisper"):
            return own
        kinds = "faster-whisper takes a CTranslate2 folder with a model.bin in it, openai-whisper also a .pt file"
        raise PipelineError(f"there is no model at {own}", kinds)
    if model not in homes(engine):
        known = f"known: {', '.join(SIZES)}; or the path of a model of your own"
        raise PipelineError(f"there is no Whisper model called '{model}'", known)
    if (engine, model) == ("faster-whisper", "base"):
        return weights.path(BASE, progress)
    try:
        return _from_openai(model, progress) if engine == "openai-whisper" else _from_hub(model, progress)
    except UnavailableError as error:
        if model == "base":  # the same numbers, in CTranslate2's form
            return weights.path(BASE, progress)
        instead = ", ".join(["base", *(name for name in SIZES if name != "base" and here(engine, name))])
        raise PipelineError(
            f"the model '{model}' cannot be had here: {error}",
            f"what can be had: {instead}. Or run 'impressie models fetch {model}' where there is a connection and copy "
            f"{weights.cache()}; or give the path of a model folder: --set model=FOLDER",
        ) from error


def here(engine: str, model: str) -> bool:
    """Whether a model is on this disk; nothing comes in place there unchecked."""
    if engine == "openai-whisper":
        return (weights.cache() / "weights" / f"openai-whisper-{model}" / f"{model}.pt").is_file()
    return weights.present(BASE) if model == "base" else (_hub(model) / SEAL).is_file()


def best_here(engine: str, otherwise: str) -> str:
    """The biggest model on this disk, at least as big as `otherwise`, which is what it is where nothing is bigger."""
    sizes = list(SIZES)
    bigger = sizes[sizes.index(otherwise) + 1 :] if otherwise in sizes and engine in PACE else []
    return next((name for name in reversed(bigger) if here(engine, name)), otherwise)


def obstacle(engine: str, model: str) -> str | None:
    """Why a model cannot be had here, in a few words; None where it can, as far as one question tells."""
    if model == "base" or here(engine, model):
        return None
    try:
        with fetching.session() as get:
            fetching.asked(get, homes(engine)[model])
    except UnavailableError as error:
        return str(error)
    return None


def homes(engine: str) -> dict[str, str]:
    """The engine's own table of models, name → address; OpenAI's addresses hold the file's SHA-256."""
    if engine == "openai-whisper":
        import whisper

        return dict(whisper._MODELS)  # noqa: SLF001 the only place where OpenAI publishes them
    from faster_whisper import utils

    hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    return {name: f"{hub}/{repository}" for name, repository in utils._MODELS.items()}  # noqa: SLF001 as above


def _from_openai(model: str, progress: Report | None) -> Path:
    """OpenAI's own file; fetched as the catalogue's are, since its own downloader cannot go on where it stopped."""
    url = homes("openai-whisper")[model]
    *_, sha256, name = url.split("/")
    file = ModelFile(name=name, sha256=sha256, home=url)
    return weights.ready(Weights(name=f"openai-whisper-{model}", licence="MIT", source=url, files=(file,)), progress)


def _hub(model: str) -> Path:
    return weights.cache() / "weights" / f"faster-whisper-{model}"


def _from_hub(model: str, progress: Report | None) -> Path:
    """model.bin with the SHA-256 that the hub names beforehand and SEAL keeps; the small rest by faster-whisper."""
    from faster_whisper.utils import download_model

    folder = _hub(model)
    seal, url = folder / SEAL, f"{homes('faster-whisper')[model]}/resolve/main/model.bin"
    with weights.locked(folder.name):
        if not seal.exists():
            with fetching.session() as get, warnings.catch_warnings(action="ignore"):
                big = ModelFile(name="model.bin", sha256=fetching.promised(fetching.asked(get, url)), home=url)
                folder.mkdir(parents=True, exist_ok=True)
                fetching.fetch(get, url, folder / big.name, big, progress or weights.silent)
                try:
                    download_model(model, output_dir=str(folder))  # finds the big one there by its hash
                except Exception as error:  # its HTTP library's own errors, and which library differs by version
                    raise UnavailableError(f"{fetching.host(url)} broke off ({type(error).__name__})") from error
            seal.write_text(big.sha256, encoding="utf-8")
        if fetching.sha256_of(folder / "model.bin") != seal.read_text(encoding="utf-8"):
            shutil.rmtree(folder)
            raise UnavailableError("what is there is not the file that was promised; it was deleted")
    return folder
