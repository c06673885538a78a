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
from typing import IO, Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}  # CTranslate2's numbers for its data types
_RENAMED = (  # one after the other
    ("/", "."),
    ("position_encodings.encodings", "positional_embedding"),
    ("embeddings.weight", "token_embedding.weight"),
    ("encoder.layer_norm", "encoder.ln_post"),
    ("decoder.layer_norm", "decoder.ln"),
    ("self_attention.layer_norm", "attn_ln"),
    (".attention.layer_norm", ".cross_attn_ln"),
    ("ffn.layer_norm", "mlp_ln"),
    ("self_attention.linear_0", "attn.query+key+value"),
    ("self_attention.linear_1", "attn.out"),
    (".attention.linear_0", ".cross_attn.query"),
    (".attention.linear_1", ".cross_attn.key+value"),
    (".attention.linear_2", ".cross_attn.out"),
    ("ffn.linear_0", "mlp.0"),
    ("ffn.linear_1", "mlp.2"),
    (".gamma", ".weight"),
    (".beta", ".bias"),
    (".layer_", ".blocks."),
)


def load(folder: Path, device: str) -> Any:
    """A `whisper.Whisper` on `device`, with its config.json's alignment heads; ValueError where the folder has none."""
    import torch
    import whisper

    variables = read(folder / "model.bin")
    model = whisper.Whisper(whisper.ModelDimensions(**_dimensions(variables)))
    model.load_state_dict({name: torch.from_numpy(values) for name, values in renamed(variables).items()})
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if heads := config.get("alignment_heads"):
        mask = torch.zeros(model.dims.n_text_layer, model.dims.n_text_head, dtype=torch.bool)
        mask[tuple(zip(*heads, strict=True))] = True
        model.register_buffer("alignment_heads", mask.to_sparse(), persistent=False)
    return model.to(device)


def read(path: Path) -> dict[str, Array]:
    """The variables of a model.bin as float32."""
    found: dict[str, Array] = {}
    with path.open("rb") as stream:
        if _number(stream, "I") != 6 or _text(stream) != "WhisperSpec":
            raise ValueError(f"{path} is no CTranslate2 model of Whisper")
        _number(stream, "I")  # the specification's revision
        for _ in range(_number(stream, "I")):
            name = _text(stream)
            shape = [_number(stream, "I") for _ in range(_number(stream, "B"))]
            values = np.frombuffer(dtype=_TYPES[_number(stream, "B")], buffer=stream.read(_number(stream, "I")))
            if shape and values.dtype.kind != "f":
                raise ValueError(f"{path} is quantised: convert it again with --quantization float16")
            found[name] = values.reshape(shape).astype(np.float32)
    return found


def _number(stream: IO[bytes], kind: str) -> int:
    return int(struct.unpack(f"<{kind}", stream.read(struct.calcsize(kind)))[0])


def _text(stream: IO[bytes]) -> str:
    return stream.read(_number(stream, "H"))[:-1].decode("utf-8")  # ends with a NUL


def _dimensions(variables: dict[str, Array]) -> dict[str, int]:
    """Whisper's own `dims`, out of the shapes."""
    found = {"n_mels": variables["encoder/conv1/weight"].shape[1]}
    found["n_vocab"] = variables["decoder/embeddings/weight"].shape[0]
    for part, ours in (("encoder", "audio"), ("decoder", "text")):
        found[f"n_{ours}_ctx"], found[f"n_{ours}_state"] = variables[f"{part}/position_encodings/encodings"].shape
        found[f"n_{ours}_head"] = int(variables[f"{part}/num_heads"])
        layers = {name.split("/")[1] for name in variables if re.match(rf"{part}/layer_\d", name)}
        found[f"n_{ours}_layer"] = len(layers)
    return found


def renamed(variables: dict[str, Array]) -> dict[str, Array]:
    """CTranslate2's variables as openai-whisper's state_dict."""
    state: dict[str, Array] = {}
    for name, values in variables.items():
        if not values.shape:
            continue  # settings, such as the number of heads
        new = name
        for theirs, ours in _RENAMED:
            new = new.replace(theirs, ours)
        *before, fused, kind = new.split(".")
        parts = fused.split("+")
        for part, piece in zip(parts, np.split(values, len(parts)), strict=True):
            if (part, kind) != ("key", "bias"):
                state[".".join([*before, part, kind])] = np.ascontiguousarray(piece)
    return state
