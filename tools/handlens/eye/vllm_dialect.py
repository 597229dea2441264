"""What vLLM's API has beyond OpenAI's. Servers that do not say that they are vLLM get none of it."""

from __future__ import annotations

from typing import Any

OWNER = "vllm"
"""What a vLLM says in ``owned_by`` of each model that it lists."""


def named_by_content(picture_part: dict[str, Any], key: str) -> dict[str, Any]:
    """A picture with its content's hash as its name, by which vLLM's caches know it without hashing its pixels."""
    return picture_part | {"uuid": key}


def more_sampling(top_k: int | None) -> dict[str, Any]:
    """Sampling fields that OpenAI's API lacks."""
    return {} if top_k is None else {"top_k": top_k}
