"""How much of a converted document one answer carries, and where the next one takes up again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from handlens.errors import InvalidInput

_CURSOR = re.compile(r"([A-Za-z0-9_-]{22})\.(\d{1,12})(\+?)")
_BREAKS = ("\n\n", "\n", " ")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The rest of an artifact from character `offset` on; `unfinished`: further pages of its document come after it."""

    artifact: str
    offset: int
    unfinished: bool

    def __str__(self) -> str:
        return f"{self.artifact}.{self.offset}{'+' if self.unfinished else ''}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The reverse of `str`. Raises InvalidInput where `text` did not come from it."""
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise no_cursor()
        return cls(match[1], int(match[2]), bool(match[3]))


def no_cursor() -> InvalidInput:
    return InvalidInput("This is no cursor. Pass next_cursor of the last answer as it was, or leave cursor out.")


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
