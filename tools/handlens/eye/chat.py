"""The OpenAI-compatible wire: a question as a chat request, a chat response as words and their price.

Pictures come first and the question last, so that a second question about the same pictures shares its whole prefix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from handlens.errors import EyeError
from handlens.eye import vllm_dialect
from handlens.eye.pictures import EncodedPicture
from handlens.eye.protocol import Usage

MAX_SHOWN_ANSWER = 2_000


@dataclass(frozen=True, slots=True)
class Correction:
    """An answer that could not be used, and why."""

    answer: str
    error: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the server sent: the model's words, the reasoning it put aside, and whether the words were cut off."""

    content: str
    reasoning: str | None
    cut_off: bool
    usage: Usage


def chat_request(
    model: str,
    pictures: Sequence[EncodedPicture],
    question: str,
    *,
    sampling: dict[str, Any],
    answer_tokens: int,
    schema: dict[str, Any] | None = None,
    correction: Correction | None = None,
    vllm: bool = False,
) -> dict[str, Any]:
    """The body of a chat completion; ``vllm``: the server speaks `vllm_dialect`."""
    content: list[dict[str, Any]] = [_picture_part(picture, vllm=vllm) for picture in pictures]
    messages: list[dict[str, Any]] = [{"role": "user", "content": [*content, {"type": "text", "text": question}]}]
    if correction is not None:
        messages += [
            {"role": "assistant", "content": correction.answer[:MAX_SHOWN_ANSWER]},
            {
                "role": "user",
                "content": f"That answer can't be used: {correction.error} Answer again, in the form asked for.",
            },
        ]
    body: dict[str, Any] = {"model": model, "messages": messages, "max_tokens": answer_tokens, **sampling}
    if schema is not None:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    return body


def _picture_part(picture: EncodedPicture, *, vllm: bool) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "image_url", "image_url": {"url": picture.url}}
    return vllm_dialect.named_by_content(part, picture.key) if vllm else part


class _Message(BaseModel):
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Details(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None


class _Response(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage = _Usage()


def read_chat_response(body: bytes) -> Said:
    """The first choice of a chat completion.

    Raises:
        EyeError: the server sent something else.
    """
    try:
        response = _Response.model_validate_json(body)
    except ValidationError as error:
        raise EyeError("The engine's response is no chat completion: check that its URL is right.") from error
    choice, usage = response.choices[0], response.usage
    details = usage.prompt_tokens_details
    return Said(
        content=choice.message.content or "",
        reasoning=choice.message.reasoning or choice.message.reasoning_content,
        cut_off=choice.finish_reason == "length",
        usage=Usage(usage.prompt_tokens, usage.completion_tokens, details.cached_tokens if details else None),
    )
