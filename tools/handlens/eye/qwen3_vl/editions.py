"""The two editions of the model, and how each is sampled."""

from __future__ import annotations

from typing import Any, Literal

Edition = Literal["instruct", "thinking"]
REASONING_PARSER = "qwen3"
"""What vLLM calls the parser that puts a Thinking model's reasoning aside."""

_EXACT: dict[str, Any] = {"temperature": 0.0}
# The published settings for exact work. Thinking must not be greedy: it repeats itself without end.
_THINKING: dict[str, Any] = {"temperature": 0.6, "top_p": 0.95}
_VLLM_ONLY: dict[Edition, dict[str, Any]] = {"instruct": {}, "thinking": {"top_k": 20}}


def edition_of(model: str) -> Edition:
    """The edition, from a model's published name or a folder named after it."""
    return "thinking" if "thinking" in model.rsplit("/", 1)[-1].lower() else "instruct"


def sampling(edition: Edition, *, vllm: bool) -> dict[str, Any]:
    """Request fields for locating and reading. ``vllm``: the server knows the fields that OpenAI's API lacks."""
    chosen = dict(_THINKING if edition == "thinking" else _EXACT)
    return chosen | (_VLLM_ONLY[edition] if vllm else {})
