"""Text as it can be sent and stored."""

from __future__ import annotations


def whole(text: str) -> str:
    """``text``, with a question mark for each half of a character. Pages can hold those; JSON and UTF-8 can not."""
    return text.encode("utf-8", "replace").decode("utf-8")
