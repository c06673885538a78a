"""Both Whisper engines, with the real weights of Whisper base, hear the same words in the sample webinar.

They hear its first 45 seconds. With WHOLE=1 in the environment they hear all nine minutes, in some five on two cores:

    WHOLE=1 python -m pytest -s tests/test_two_engines.py
"""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import time
from pathlib import Path

import jiwer
import numpy as np
import pytest

import pipeline
from pipeline import weights
from pipeline.config import Machine, TranscribeSettings, load_webinar
from pipeline.engines import choice, ct2_to_openai
from pipeline.engines.faster_whisper import FasterWhisper
from pipeline.engines.ffmpeg import find_ffmpeg
from pipeline.engines.hearing import segments, spoken
from pipeline.engines.openai_whisper import OpenAIWhisper
from pipeline.errors import PipelineError
from pipeline.speech import windows
from pipeline.speech.audio import RATE
from pipeline.stages import transcribe
from pipeline.weights import fetching

# whisper leaves its vocabulary file to the garbage collector to close
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")

SAMPLE = Path(pipeline.__file__).parent / "sample" / "webinar.opus"
HEARD = 3600.0 if os.environ.get("WHOLE") else 45.0  # seconds


def silent(_done, _total, _unit="s"):
    pass


def plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s']", " ", text.lower()).split())


@pytest.fixture(scope="module")
def lines() -> list[dict]:
    """The lines of the script that are heard."""
    told = json.loads(SAMPLE.with_name("script.json").read_text(encoding="utf-8"))["lines"]
    return [line for line in told if line["end"] < HEARD]


@pytest.fixture(scope="module")
def samples(lines) -> list[np.ndarray]:
    """Windows of speech, as the stage makes them."""
    length = lines[-1]["end"] + 0.2
    command = [find_ffmpeg(), "-nostdin", "-v", "error", "-i", SAMPLE, "-t", str(length)]
    raw = subprocess.run([*command, "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"], check=True, capture_output=True)
    sound = np.frombuffer(raw.stdout, np.float32)
    blocks = windows.speech(lambda start, end: sound[round(start * RATE) : round(end * RATE)], length)
    packed = windows.pack((span for spans, _ in blocks for span in spans), length)
    return [sound[round(span.start * RATE) : round(span.end * RATE)] for span in packed]


@pytest.fixture(scope="module")
def prompt() -> str:
    told = transcribe.uses(load_webinar(SAMPLE.parent, "webinar"))
    return transcribe.prompt(told.names, told.glossary)


@pytest.fixture(scope="module")
def faster() -> FasterWhisper:
    return FasterWhisper(TranscribeSettings(), Machine(), silent)


@pytest.fixture(scope="module")
def openai() -> OpenAIWhisper:
    return OpenAIWhisper(TranscribeSettings(), Machine(), silent)


def test_both_engines_agree_on_the_sample_within_two_points(samples, lines, prompt, faster, openai):
    said = plain(" ".join(line["text"] for line in lines))
    errors = {}
    for engine in (faster, openai):
        began = time.perf_counter()
        heard = list(engine.transcribe(samples, prompt))
        spent = time.perf_counter() - began
        for window, found in zip(samples, heard, strict=True):
            words = [word for segment in found for word in segment.words]
            assert {segment.language for segment in found} == {"nl"}
            assert all(a.end <= b.start for a, b in itertools.pairwise(words))
            assert words[-1].end <= len(window) / RATE
        text = plain(" ".join(word.text for found in heard for segment in found for word in segment.words))
        errors[type(engine).__name__] = jiwer.wer(said, text)
        print(f"{type(engine).__name__}: WER {jiwer.wer(said, text):.3f}, {spent / lines[-1]['end']:.3f} of the length")
    assert abs(errors["FasterWhisper"] - errors["OpenAIWhisper"]) <= 0.02, errors
    assert max(errors.values()) <= 0.12, errors


def test_the_same_window_gives_the_same_words_alone_or_in_a_batch(samples, faster):
    together = list(faster.transcribe(samples[:2], ""))[1]
    (alone,) = faster.transcribe(samples[1:2], "")
    assert [word.text for s in together for word in s.words] == [word.text for s in alone for word in s.words]


def test_more_workers_give_the_same_words_in_the_same_order(samples, faster, monkeypatch):
    heard = {}
    for workers in (1, 2):
        monkeypatch.setattr(faster, "workers", workers)
        monkeypatch.setattr(faster, "batch", 1)
        heard[workers] = list(faster.transcribe([samples[0], samples[1], samples[0][:80_000]], ""))
    assert heard[1] == heard[2]
    assert len({found[0].words[0].text for found in heard[1]}) > 1


@pytest.mark.parametrize(("limit", "value"), [("LOOPS_ABOVE", 0.1), ("STOPS", 0.01)])
def test_a_window_that_loops_or_stops_halfway_is_decoded_again_without_the_prompt(
    samples, faster, monkeypatch, limit, value
):
    asked = []
    monkeypatch.setattr(faster, "_again", lambda *window: asked.append(1) or FasterWhisper._again(faster, *window))
    list(faster.transcribe(samples[:1], ""))
    assert not asked
    monkeypatch.setattr(f"pipeline.engines.faster_whisper.{limit}", value)
    (again,) = faster.transcribe(samples[:1], "")
    assert asked
    assert len([word for found in again for word in found.words]) > 20
    assert {found.language for found in again} == {"nl"}


def test_names_are_told_to_the_recogniser_first_and_no_more_than_it_can_keep_in_mind(faster):
    names = tuple(f"Voornaam{n} van den Achternaam" for n in range(6))
    told = transcribe.prompt(names, tuple(f"samenwerkingsterm{n}" for n in range(200)))
    assert all(name in told for name in names)
    assert "samenwerkingsterm9," in told
    assert len(faster.model.hf_tokenizer.encode(f" {told}", add_special_tokens=False).ids) < 223
    assert transcribe.prompt((), ()) == ""


def test_an_empty_or_tiny_window_holds_no_words(samples, faster, openai):
    tiny = np.zeros(20, dtype=np.float32)
    assert list(openai.transcribe([tiny], "")) == [[]]
    heard = list(faster.transcribe([tiny, samples[0]], ""))
    assert heard[0] == []
    assert heard[1]


def test_each_engine_says_what_auto_computes_with(faster, openai):
    gpu = choice.on_gpu("faster-whisper", Machine()), choice.on_gpu("openai-whisper", Machine())
    assert faster.compute == ("float16" if gpu[0] else "int8")
    assert openai.compute == ("float16" if gpu[1] else "float32")


def test_the_renamed_weights_compute_what_ctranslate2_computes(samples):
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
    for engine in (FasterWhisper, OpenAIWhisper):
        with pytest.raises(PipelineError, match="cannot transcribe with model"):
            engine(TranscribeSettings(model=str(tmp_path)), Machine(), silent)


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
    heard = [(" 90", 9, 12, 0.5), (".000", 12, 13, 0.4), (" ", 12, 12, 1), (" b", 11.5, 19, 1.2)]
    words = [dict(zip(("word", "start", "end", "probability"), word, strict=True)) for word in heard]
    scores = {"avg_logprob": -0.1, "no_speech_prob": 0.0, "compression_ratio": 1.0}
    (found,) = segments([{"words": words, **scores}, {"words": [], **scores}], 10, 5, "nl")
    assert [(word.text, word.start, word.end) for word in found.words] == [("90.000", 0, 3), ("b", 3, 5)]


def test_a_model_that_cannot_be_had_is_named_with_those_that_can(monkeypatch, tmp_path):
    monkeypatch.setattr(fetching, "_silent", {"huggingface.co"})
    monkeypatch.setenv("IMPRESSIE_CACHE", str(tmp_path))
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    with pytest.raises(PipelineError) as caught:
        choice.whisper("faster-whisper", "small", silent)
    assert caught.value.message == "the model 'small' cannot be had here: no connection to huggingface.co"
    assert "base" in (caught.value.hint or "")
    rows = choice.catalogue()
    assert {len(row) for row in rows} == {len(choice.HEADINGS)}
    assert [row[2] for row in rows[:2]] == ["can be fetched", "not from here"]


def test_auto_takes_the_best_model_that_is_fast_enough_fits_and_can_be_had(monkeypatch):
    monkeypatch.setattr(choice, "on_gpu", lambda _engine, _machine: False)
    monkeypatch.setattr(choice, "room", lambda _engine, _machine: 16 << 30)
    monkeypatch.setattr(choice, "obstacle", lambda _engine, _model: None)
    name, why = choice.best("faster-whisper", 3600, Machine(threads=2))
    assert name == "small"
    assert "large-v3 would take" in why
    assert choice.best("faster-whisper", 3600, Machine(threads=40))[0] == "large-v3"
    monkeypatch.setattr(choice, "room", lambda _engine, _machine: 4 << 30)
    assert choice.best("faster-whisper", 3600, Machine(threads=40))[0] == "large-v3-turbo"
    monkeypatch.setattr(choice, "obstacle", lambda _engine, model: None if model == "base" else "no connection")
    assert choice.best("faster-whisper", 3600, Machine(threads=40))[0] == "base"


def test_ones_own_model_folder_is_taken_as_it_is():
    folder = weights.path("whisper-base")
    assert choice.whisper("faster-whisper", str(folder), silent) == folder
    with pytest.raises(PipelineError, match="there is no model at"):
        choice.whisper("faster-whisper", str(folder / "elsewhere"), silent)
