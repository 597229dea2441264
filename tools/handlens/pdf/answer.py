"""How much of a converted document one answer carries, and where the next one takes up again."""

from __future__ import annotations

import re
from collections.abc import Callable

from handlens.errors import InvalidInput

_CURSOR = re.compile(r"([A-Za-z0-9_-]{22})\.(\d{1,12})")
_BREAKS = ("\n\n", "\n", " ")


def write_cursor(artifact_id: str, offset: int) -> str:
    """Names the rest of an artifact from character `offset` on."""
    return f"{artifact_id}.{offset}"


def read_cursor(cursor: str) -> tuple[str, int]:
    """Artifact id and offset. Raises InvalidInput where `cursor` was not made by `write_cursor`."""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidInput("This is no cursor. Pass next_cursor of the last answer as it was, or leave cursor out.")
    return match.group(1), int(match.group(2))


def fitting(text: str, fits: Callable[[int], bool]) -> int:
    """How many characters from the start of `text` to return: all, or as many as fit, ended where a block ends.

    fits: whether an answer with so many characters is small enough.
    """
    if fits(len(text)):
        return len(text)
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    for mark in _BREAKS:
        cut = text.rfind(mark, low // 2, low)
        if cut > 0:
            return cut + len(mark)
    return max(1, low)
