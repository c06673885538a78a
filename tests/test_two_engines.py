"""Both Whisper engines, with the real weights of Whisper base, hear the same words in the sample webinar."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from pathlib import Path

import jiwer
import numpy as np
import pytest

from pipeline import webinars, weights
from pipeline.config import Machine, TranscribeSettings
from pipeline.engines import choice, costs, ct2_to_openai
from pipeline.engines.faster_whisper import FasterWhisper
from pipeline.engines.ffmpeg import find_ffmpeg
from pipeline.engines.hearing import segment, spoken
from pipeline.engines.openai_whisper import OpenAIWhisper
from pipeline.errors import PipelineError
from pipeline.speech.audio import RATE
from pipeline.weights import fetching

SAMPLE = Path(webinars.SAMPLE).with_name("webinar.opus")
LONGEST = 28.0
HEARD = 60.0  # seconds of the sample: openai-whisper on two cores needs about half of that


def silent(_done, _total, _unit="s"):
    pass


def plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s']", " ", text.lower()).split())


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    command = [find_ffmpeg(), "-nostdin", "-v", "error", "-i", SAMPLE, "-t", str(HEARD)]
    raw = subprocess.run([*command, "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"], check=True, capture_output=True)
    return np.frombuffer(raw.stdout, np.float32)


@pytest.fixture(scope="module")
def windows() -> list[dict]:
    """Stretches of whole lines of the script, each at most LONGEST seconds."""
    lines = json.loads(SAMPLE.with_name("script.json").read_text(encoding="utf-8"))["lines"]
    found: list[dict] = []
    for line in lines:
        if line["end"] > HEARD:
            break
        if found and line["end"] - found[-1]["start"] <= LONGEST:
            found[-1] |= {"end": line["end"], "text": f"{found[-1]['text']} {line['text']}"}
        else:
            found.append(dict(line))
    return found


@pytest.fixture(scope="module")
def samples(sound, windows) -> list[np.ndarray]:
    return [sound[round((w["start"] - 0.1) * RATE) : round((w["end"] + 0.2) * RATE)] for w in windows]


@pytest.fixture(scope="module")
def faster() -> FasterWhisper:
    return FasterWhisper(TranscribeSettings(), Machine(), silent)


@pytest.fixture(scope="module")
def openai() -> OpenAIWhisper:
    return OpenAIWhisper(TranscribeSettings(), Machine(), silent)


def test_both_engines_agree_on_the_sample_within_two_points(samples, windows, faster, openai):
    said = plain(" ".join(window["text"] for window in windows))
    errors = {}
    for engine in (faster, openai):
        heard = engine.transcribe(samples, "")
        assert len(heard) == len(samples)
        for window, segments in zip(samples, heard, strict=True):
            words = [word for found in segments for word in found.words]
            assert [found.language for found in segments] == ["nl"] * len(segments)
            assert all(a.end <= b.start for a, b in itertools.pairwise(words))
            assert words[-1].end <= len(window) / RATE
        text = plain(" ".join(word.text for segments in heard for found in segments for word in found.words))
        errors[type(engine).__name__] = jiwer.wer(said, text)
    assert abs(errors["FasterWhisper"] - errors["OpenAIWhisper"]) <= 0.02, errors


def test_the_same_window_gives_the_same_words_alone_or_in_a_batch(samples, faster):
    together = faster.transcribe(samples[:2], "")[1]
    alone = faster.transcribe(samples[1:2], "")[0]
    assert [word.text for s in together for word in s.words] == [word.text for s in alone for word in s.words]


def test_an_empty_or_tiny_window_holds_no_words(samples, faster, openai):
    tiny = np.zeros(20, dtype=np.float32)
    assert openai.transcribe([tiny], "") == [[]]
    heard = faster.transcribe([tiny, samples[0]], "")
    assert heard[0] == []
    assert heard[1]


def test_the_renamed_weights_compute_what_ctranslate2_computes(samples, openai):
    import ctranslate2
    import torch
    import whisper

    model = ct2_to_openai.load(weights.path("whisper-base"), "cpu")
    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples[0].copy()), model.dims.n_mels)[None]
    other = ctranslate2.models.Whisper(str(weights.path("whisper-base")), device="cpu", compute_type="float32")
    features = ctranslate2.StorageView.from_array(np.ascontiguousarray(mel.numpy()))
    with torch.no_grad():
        ours = model.encoder(mel).numpy()
        _, probabilities = model.detect_language(mel)
    theirs = np.array(other.encode(features, to_cpu=True))
    assert np.abs(ours - theirs).max() < 0.01
    for token, probability in other.detect_language(features)[0][:5]:
        assert probabilities[0][token.strip("<|>")] == pytest.approx(probability, abs=1e-3)


def test_renaming_loses_nothing():
    variables = ct2_to_openai.read(weights.path("whisper-base") / "model.bin")
    state = ct2_to_openai.renamed(variables)
    parts = [state[f"decoder.blocks.3.attn.{part}.weight"] for part in ("query", "key", "value")]
    assert np.array_equal(np.concatenate(parts), variables["decoder/layer_3/self_attention/linear_0/weight"])
    dropped = [values for name, values in variables.items() if name.endswith("/self_attention/linear_0/bias")]
    assert all(not values[512:1024].any() for values in dropped)  # the key's bias, which Whisper does not have


def test_a_foreign_file_is_no_model(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"\x80\x04cos\nsystem\n")
    with pytest.raises(PipelineError, match="cannot be read as a CTranslate2 model"):
        ct2_to_openai.read(tmp_path / "model.bin")


@pytest.mark.parametrize(
    ("probabilities", "language"),
    [
        ({"nl": 0.9, "de": 0.1}, "nl"),
        ({"nl": 0.3, "de": 0.7}, "nl"),  # not clear enough
        ({"nl": 0.05, "en": 0.93}, "en"),
        ({"nl": 0.05, "af": 0.93}, "nl"),  # nobody said that Afrikaans may be spoken
    ],
)
def test_a_window_keeps_the_webinars_language_unless_another_is_clearly_spoken(probabilities, language):
    assert spoken(probabilities, TranscribeSettings()) == language


def test_words_stay_in_order_and_within_their_window():
    found = segment([(" a", -1, 2, 0.5), (" ", 2, 2, 1), (" b", 1.5, 9, 1.2)], 5, "nl", (-0.1, 0.0, 1.0))
    assert found is not None
    assert [(word.text, word.start, word.end) for word in found.words] == [("a", 0, 2), ("b", 2, 5)]


def test_a_model_that_cannot_be_had_is_named_with_those_that_can(monkeypatch, tmp_path):
    monkeypatch.setattr(fetching, "_silent", {"huggingface.co"})
    monkeypatch.setenv("IMPRESSIE_CACHE", str(tmp_path))
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    with pytest.raises(PipelineError) as caught:
        choice.whisper("faster-whisper", "small", silent)
    assert caught.value.message == "the model 'small' cannot be had here: no connection to huggingface.co"
    assert "base" in (caught.value.hint or "")


def test_auto_takes_the_best_model_that_is_fast_enough_fits_and_can_be_had(monkeypatch):
    monkeypatch.setattr(costs, "on_gpu", lambda _: False)
    monkeypatch.setattr(costs, "speed", lambda _: costs.REFERENCE_SPEED)
    monkeypatch.setattr(costs, "room", lambda _: 16 << 30)
    monkeypatch.setattr("pipeline.engines.whisper_files.obstacle", lambda _engine, _model: None)
    name, why = choice.best("faster-whisper", 3600, Machine())
    assert name == "small"
    assert "large-v3 would take" in why
    monkeypatch.setattr(costs, "speed", lambda _: 20 * costs.REFERENCE_SPEED)
    assert choice.best("faster-whisper", 3600, Machine())[0] == "large-v3"
    monkeypatch.setattr(costs, "room", lambda _: 4 << 30)
    assert choice.best("faster-whisper", 3600, Machine())[0] == "large-v3-turbo"


def test_ones_own_model_folder_is_taken_as_it_is():
    folder = weights.path("whisper-base")
    assert choice.whisper("faster-whisper", str(folder), silent) == folder
    with pytest.raises(PipelineError, match="there is no model at"):
        choice.whisper("faster-whisper", str(folder / "elsewhere"), silent)
