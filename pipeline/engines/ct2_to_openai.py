"""OpenAI's Whisper out of CTranslate2's float16 weights: the same numbers under other names, so nothing is lost.

CTranslate2 keeps query, key and value in one matrix (`linear_0` of self-attention) or key and value in one
(`linear_1` of cross-attention), and gives the key a bias of zeros that Whisper does not have.
Format of model.bin: https://github.com/OpenNMT/CTranslate2/blob/master/python/ctranslate2/specs/model_spec.py (save).
"""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import PipelineError

if TYPE_CHECKING:
    import whisper

Array = npt.NDArray[Any]
_FLOATS = {0: "<f4", 4: "<f2"}  # CTranslate2's numbers for its data types; others are quantised
_INTEGERS = {1: "<i1", 2: "<i2", 3: "<i4"}
_RENAMED = (
    (r"/", "."),
    (r"\.layer_(\d+)\.", r".blocks.\1."),
    (r"position_encodings\.encodings$", "positional_embedding"),
    (r"embeddings\.weight$", "token_embedding.weight"),
    (r"^encoder\.layer_norm\.", "encoder.ln_post."),
    (r"^decoder\.layer_norm\.", "decoder.ln."),
    (r"\.self_attention\.layer_norm\.", ".attn_ln."),
    (r"\.attention\.layer_norm\.", ".cross_attn_ln."),
    (r"\.ffn\.layer_norm\.", ".mlp_ln."),
    (r"\.self_attention\.", ".attn."),
    (r"\.attention\.", ".cross_attn."),
    (r"\.ffn\.linear_0\.", ".mlp.0."),
    (r"\.ffn\.linear_1\.", ".mlp.2."),
    (r"\.gamma$", ".weight"),
    (r"\.beta$", ".bias"),
)
_FUSED = {
    ("attn", "0"): ("query", "key", "value"),
    ("attn", "1"): ("out",),
    ("cross_attn", "0"): ("query",),
    ("cross_attn", "1"): ("key", "value"),
    ("cross_attn", "2"): ("out",),
}


def load(folder: Path, device: str) -> whisper.Whisper:
    """A Whisper on `device`, with the alignment heads of the folder's config.json."""
    import torch
    import whisper

    variables = read(folder / "model.bin")
    state = {name: torch.from_numpy(values) for name, values in renamed(variables).items()}
    try:
        model = whisper.Whisper(whisper.ModelDimensions(**dimensions(variables)))
        model.load_state_dict(state)
    except (KeyError, RuntimeError) as error:
        raise PipelineError(f"{folder / 'model.bin'} does not hold a Whisper model") from error
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if heads := config.get("alignment_heads"):
        mask = torch.zeros(model.dims.n_text_layer, model.dims.n_text_head, dtype=torch.bool)
        for layer, head in heads:
            mask[layer, head] = True
        model.register_buffer("alignment_heads", mask.to_sparse(), persistent=False)
    return model.to(device)


def read(path: Path) -> dict[str, Array]:
    """The variables of a model.bin; PipelineError where it is no Whisper, or is quantised."""
    try:
        with path.open("rb") as stream:
            return _variables(stream)
    except (OSError, struct.error, UnicodeDecodeError, ValueError) as error:
        raise PipelineError(f"{path} cannot be read as a CTranslate2 model") from error


def _variables(stream: IO[bytes]) -> dict[str, Array]:
    version, specification, _revision = _number(stream, "I"), _text(stream), _number(stream, "I")
    if version != 6 or specification != "WhisperSpec":
        raise ValueError(f"{specification} in version {version}")
    found: dict[str, Array] = {}
    for _ in range(_number(stream, "I")):
        name = _text(stream)
        shape = [_number(stream, "I") for _ in range(_number(stream, "B"))]
        kind = _number(stream, "B")
        raw = stream.read(_number(stream, "I"))
        if kind in _FLOATS:
            found[name] = np.frombuffer(raw, _FLOATS[kind]).reshape(shape).astype(np.float32)
        elif kind in _INTEGERS and not shape:
            found[name] = np.frombuffer(raw, _INTEGERS[kind]).reshape(shape)
        else:
            raise PipelineError(
                "this CTranslate2 model is quantised: openai-whisper cannot use it",
                'convert it with --quantization float16, or use engine = "faster-whisper"',
            )
    return found


def _number(stream: IO[bytes], kind: str) -> int:
    return int(struct.unpack(f"<{kind}", stream.read(struct.calcsize(kind)))[0])


def _text(stream: IO[bytes]) -> str:
    return stream.read(_number(stream, "H"))[:-1].decode("utf-8")  # ends with a NUL


def dimensions(variables: dict[str, Array]) -> dict[str, int]:
    """Whisper's own `dims`, out of the shapes."""

    def layers(part: str) -> int:
        return len({name.split("/")[1] for name in variables if name.startswith(f"{part}/layer_") and "/ffn/" in name})

    state, mels, _ = variables["encoder/conv1/weight"].shape
    vocabulary, text_state = variables["decoder/embeddings/weight"].shape
    return {
        "n_mels": mels,
        "n_audio_ctx": variables["encoder/position_encodings/encodings"].shape[0],
        "n_audio_state": state,
        "n_audio_head": int(variables["encoder/num_heads"]),
        "n_audio_layer": layers("encoder"),
        "n_vocab": vocabulary,
        "n_text_ctx": variables["decoder/position_encodings/encodings"].shape[0],
        "n_text_state": text_state,
        "n_text_head": int(variables["decoder/num_heads"]),
        "n_text_layer": layers("decoder"),
    }


def renamed(variables: dict[str, Array]) -> dict[str, Array]:
    """CTranslate2's variables as openai-whisper's state_dict."""
    state: dict[str, Array] = {}
    for name, values in variables.items():
        if not values.shape:
            continue  # settings, such as the number of heads
        new = name
        for pattern, replacement in _RENAMED:
            new = re.sub(pattern, replacement, new)
        fused = re.fullmatch(r"(.+\.(attn|cross_attn))\.linear_(\d)\.(weight|bias)", new)
        if fused is None:
            state[new] = values
            continue
        parts = _FUSED[fused[2], fused[3]]
        for part, piece in zip(parts, np.split(values, len(parts)), strict=True):
            if (part, fused[4]) != ("key", "bias"):
                state[f"{fused[1]}.{part}.{fused[4]}"] = np.ascontiguousarray(piece)
    return state
