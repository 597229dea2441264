"""A question on its way to an engine: its pictures, its words, the form of its answer, and how that is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from handlens.browser.secrets import redact
from handlens.errors import EyeAnswerInvalid, EyeBusy, EyeError, EyeUnavailable, HandlensError, LimitExceeded
from handlens.eye import qwen3_vl
from handlens.eye.engine_link import EngineLink, EngineRefusedError
from handlens.eye.json_repair import read_json
from handlens.eye.pictures import EncodedPicture
from handlens.eye.protocol import Effort, EyeLimits, Parse

T = TypeVar("T")
_FRAME_TOKENS = 64
"""What a chat template puts round a question, and more."""


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """``read`` turns the words into a value, and says whether they were cut off (None: as the server says).

    ``only`` is the one engine and model to ask, whether it is known to see or not.
    """

    pictures: Sequence[EncodedPicture]
    text: str
    schema: dict[str, Any] | None
    read: Callable[[str], tuple[T, bool | None]]
    effort: Effort
    answer_tokens: int
    reasoning_tokens: int
    only: tuple[EngineLink, str] | None = None

    @property
    def key(self) -> str:
        """What its prompt begins with: the engine that knows it has the rest in its caches."""
        return self.pictures[0].key if self.pictures else ""

    @property
    def prompt_tokens(self) -> int:
        """No fewer than its prompt has: a character of text is at most about a token."""
        return sum(qwen3_vl.picture_tokens(picture.size) for picture in self.pictures) + len(self.text) + _FRAME_TOKENS


def question_for(
    pictures: Sequence[EncodedPicture],
    text: str,
    answer_type: type[T],
    *,
    parse: Parse[T] | None,
    schema: Any,
    effort: Effort,
    answer_tokens: int | None,
    limits: EyeLimits,
) -> Question[T]:
    """The question, its answer's form taken from ``parse`` and ``schema``, or else from ``answer_type``."""
    shape: dict[str, Any] | None = TypeAdapter(schema).json_schema() if schema is not None else None
    read: Callable[[str], tuple[T, bool | None]]
    if parse is not None:
        read = _reader(parse)
    elif answer_type is str:
        read = _reader(lambda words: cast(T, words))
    else:
        adapter = TypeAdapter(answer_type)
        shape = adapter.json_schema()
        text = f"{text}\n\nAnswer with JSON alone, of this schema: {json.dumps(shape, ensure_ascii=False)}"
        read = _json_reader(adapter)
    tokens = answer_tokens or limits.answer_tokens
    return Question(pictures, text, shape, read, effort, tokens, limits.reasoning_tokens)


def _reader(parse: Parse[T]) -> Callable[[str], tuple[T, bool | None]]:
    return lambda words: (parse(words), None)


def _json_reader(adapter: TypeAdapter[T]) -> Callable[[str], tuple[T, bool | None]]:
    def read(words: str) -> tuple[T, bool | None]:
        found = read_json(words)
        try:
            return adapter.validate_python(found.value), found.truncated
        except ValidationError as error:
            slips = [
                f"{'.'.join(map(str, slip['loc'])) or 'answer'}: {slip['msg']}"
                for slip in error.errors(include_url=False, include_input=False, include_context=False)[:5]
            ]
            raise EyeAnswerInvalid("; ".join(slips) + ".") from error

    return read


def is_about_schemas(error: EngineRefusedError) -> bool:
    """Whether an engine refuses structured outputs, rather than the question."""
    words = ("response_format", "json_schema", "guided", "structured", "grammar")
    return error.status in {400, 422} and any(word in error.message.lower() for word in words)


def refusal(error: EngineRefusedError, name: str) -> HandlensError:
    """What an engine's refusal means to whoever asked."""
    message = redact(error.message)
    if error.status == 429:
        return EyeBusy(f"{name} has too much to do: try again in a moment.")
    if error.status in {401, 403}:
        return EyeUnavailable(f"{name} refuses the API key (HTTP {error.status}): correct it.")
    too_long = "context length" in message or "max_model_len" in message
    if error.status == 413 or (error.status in {400, 422} and too_long):
        return LimitExceeded(
            f"The question is too long for {name}: fewer or smaller pictures.", setting="eye.picture_tokens"
        )
    return EyeError(f"{name} refuses the question (HTTP {error.status}): {message}")
