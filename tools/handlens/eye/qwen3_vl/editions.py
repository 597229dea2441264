"""The two editions of the model, and how each is sampled."""

from __future__ import annotations

from typing import Any, Literal

from handlens.eye.vllm_dialect import more_sampling

Edition = Literal["instruct", "thinking"]
REASONING_PARSER = "qwen3"
"""What vLLM calls the parser that puts a Thinking model's reasoning aside."""

_EXACT: dict[str, Any] = {"temperature": 0.0}
# The published settings for exact work. Thinking must not be greedy: it repeats itself without end.
_THINKING: dict[str, Any] = {"temperature": 0.6, "top_p": 0.95}
_TOP_K: dict[Edition, int | None] = {"instruct": None, "thinking": 20}


def edition_of(model: str) -> Edition:
    """The edition, from a model's published name or a folder named after it."""
    return "thinking" if "thinking" in model.rsplit("/", 1)[-1].lower() else "instruct"


def sampling(edition: Edition, *, vllm: bool) -> dict[str, Any]:
    """Request fields for locating and reading; ``vllm``: the server speaks `vllm_dialect`."""
    chosen = dict(_THINKING if edition == "thinking" else _EXACT)
    return chosen | (more_sampling(_TOP_K[edition]) if vllm else {})
