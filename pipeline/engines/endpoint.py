"""A language model behind any OpenAI-compatible endpoint: one question, one JSON answer, or a reason why not."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.config import LlmSettings
from pipeline.errors import PipelineError
from pipeline.writing import Cost

# preset → (address, variable of the environment that holds the key)
PRESETS = {
    "ollama": ("http://127.0.0.1:11434/v1", None),
    "llama.cpp": ("http://127.0.0.1:8080/v1", None),
    "lmstudio": ("http://127.0.0.1:1234/v1", None),
    "vllm": ("http://127.0.0.1:8000/v1", None),
    "mistral": ("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "openai": ("https://api.openai.com/v1", "OPENAI_API_KEY"),
}
MOST_TOKENS = 1200  # of one answer
LONGEST = 20_000  # characters of an answer that we look at


class UnusableError(Exception):
    """An answer that cannot be used, or none; the message says why in a few words, without a word of the endpoint's."""

    def __init__(self, why: str, *, final: bool = False, late: bool = False, busy: bool = False) -> None:
        super().__init__(why)
        self.final = final  # asking again, or for another part, is no use
        self.late = late  # it did not come in time
        self.busy = busy  # it may come after a while


@dataclass
class Endpoint:
    """Where the model answers; counts what it costs. The key is read from the environment and kept by the client."""

    settings: LlmSettings
    cost: Cost = field(default_factory=Cost)

    def __post_init__(self) -> None:
        from openai import OpenAI

        address, variable = PRESETS[self.settings.preset]
        self.address = self.settings.base_url or address
        variable = self.settings.key_env or (None if self.settings.base_url else variable)
        key = os.environ.get(variable, "") if variable else "none"
        if not key:
            hint = "set it, or choose another endpoint: [llm] preset in configs/default.toml"
            raise PipelineError(f"the variable {variable} holds no key for {self.address}", hint)
        self._client = OpenAI(api_key=key, base_url=self.address, timeout=self.settings.timeout, max_retries=0)
        self._schema = True  # until the endpoint says that it takes none

    @property
    def local(self) -> bool:
        """Whether nothing leaves this machine."""
        return self._client.base_url.host in ("127.0.0.1", "localhost", "::1")

    def models(self) -> list[str]:
        """What the endpoint offers, by name."""
        with _Told():
            return [model.id for model in self._client.models.list().data]

    def model(self) -> str:
        """The model that was set, else the first on offer."""
        if self.settings.model is None:
            there = self.models()
            if not there:
                raise UnusableError("it offers no model", final=True)
            self.settings = self.settings.model_copy(update={"model": there[0]})
        return self.settings.model or ""

    def ask(self, system: str, user: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """One answer as JSON, in the form of `schema` where the endpoint can. Raises UnusableError."""
        from openai import BadRequestError, UnprocessableEntityError

        form: dict[str, Any] = {"type": "json_object"}
        if self._schema:
            form = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": dict(schema)}}
        began = time.perf_counter()
        try:
            with _Told():
                answer = self._client.chat.completions.create(  # type: ignore[call-overload]
                    model=self.model(), temperature=self.settings.temperature, max_tokens=MOST_TOKENS,
                    response_format=form,
                    messages=[{"role": "system", "content": system}, {"role": "user", "content": user}],
                )  # fmt: skip
        except (BadRequestError, UnprocessableEntityError) as error:
            if not self._schema:
                raise UnusableError("the endpoint refuses the question (400)", final=True) from error
            self._schema = False
            return self.ask(system, user, schema)
        finally:
            seconds = round(time.perf_counter() - began, 2)
            self._count(calls=1, seconds=seconds)
        if usage := getattr(answer, "usage", None):
            self._count(prompt_tokens=usage.prompt_tokens or 0, completion_tokens=usage.completion_tokens or 0)
        choices = getattr(answer, "choices", None)
        text = choices[0].message.content if choices and choices[0].message else None
        return parsed(text)

    def _count(self, **more: float) -> None:
        now = self.cost.model_dump()
        self.cost = Cost.model_validate({key: round(now[key] + more.get(key, 0), 2) for key in now})


def parsed(text: object) -> dict[str, Any]:
    """The JSON object in an answer, also between fences. Raises UnusableError."""
    if not isinstance(text, str) or not text.strip():
        raise UnusableError("an empty answer")
    if len(text) > LONGEST:
        raise UnusableError("an endless answer")
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0:
        raise UnusableError("no JSON")
    try:
        value = json.loads(text[begin : end + 1])
    except (ValueError, RecursionError) as error:
        raise UnusableError("broken JSON") from error
    if not isinstance(value, dict):
        raise UnusableError("no JSON")
    return value


class _Told:
    """The client's errors as UnusableError in our own words: an endpoint may repeat the key in its own."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        import openai

        if error is None or isinstance(error, UnusableError | openai.BadRequestError | openai.UnprocessableEntityError):
            return
        if isinstance(error, openai.APITimeoutError):
            raise UnusableError("no answer in time", late=True) from None
        if isinstance(error, openai.APIConnectionError):
            refused = "Connect" in type(error.__cause__).__name__
            raise UnusableError("nobody answers there" if refused else "the answer broke off", final=refused) from None
        if isinstance(error, openai.APIStatusError):
            raise _status(error.status_code) from None
        if isinstance(error, openai.OpenAIError | ValueError | TypeError | AttributeError):
            raise UnusableError("an answer that is no chat completion") from None


def _status(code: int) -> UnusableError:
    if code in (401, 403):
        return UnusableError(f"the key is refused ({code})", final=True)
    if code == 404:
        return UnusableError("there is no such model or address (404)", final=True)
    if code == 429:
        return UnusableError("it is too busy (429)", busy=True)
    return UnusableError(f"it has a fault of its own ({code})", busy=True)
