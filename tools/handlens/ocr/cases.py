"""Letters whose two cases differ in nothing but size, told by how high they reach beside digits and capitals.

A recogniser sees a stretched line and guesses: "A100 X 2", "8 VCPU", "009m" for "o09m".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from handlens.ocr.detect import written_in

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

_SMALL = 0.86
"""Of the height of digits: what is lower is a small letter. Small letters have three quarters of it."""
_LARGE = 0.93
_ON_LINE, _RAISED = 0.04, 0.07
"""Of the height of digits: how far above the line that digits stand on letters end, and the sign of multiplication."""
_TALL = re.compile(r"[A-IK-PR-Z0-9]")
"""Stands on the line, and is as high as digits are."""
_SLIGHT = 2
"""Pixels: a sign that ends higher above the line than letters by less may well be a letter with a soft edge."""
_TIMES = "xX×✕"
_ALONE = re.compile(rf"(?<!\S)[{_TIMES}VSWCZKPOvswczkpo](?!\S)")
"""Alone nothing beside them tells a small letter from a capital, or a letter from a sign."""
_BEFORE_CAPITALS = re.compile(r"[Vv](?=[A-Z]{2})")
_ROUND = re.compile(r"[oO0]")
_MIXED = re.compile(r"(?=.*[a-z])(?=.*[\doO])[a-zO\d]+")
"""A part of an identifier, in which nothing else tells a small o from a zero."""

Edges = Sequence[tuple[float, float]]


def with_cases(characters: Sequence[str], edges_of: Callable[[], Edges], crop: Image) -> tuple[list[str], set[int]]:
    """The characters of a line with those put right that the picture shows to be smaller, or larger, than was read;
    and which letters that stand alone remain unclear.

    Args:
        edges_of: gives left and right of each character, in columns of ``crop`` (height x width x 3, RGB).
    """
    text = "".join(characters)
    doubtful = _doubtful(text) if len(text) == len(characters) else set[int]()
    if not doubtful:
        return list(characters), set()
    written, edges = written_in(crop), edges_of()
    spans = [_span(written, *edges[at]) if _TALL.fullmatch(one) else None for at, one in enumerate(text)]
    tall = [span for at, span in enumerate(spans) if span and at not in doubtful]
    alone = {m.start() for m in _ALONE.finditer(text)}
    if not tall:
        return list(characters), alone
    top, bottom = (sorted(ends)[len(ends) // 2] for ends in zip(*tall, strict=True))
    changed, unclear = list(characters), set(alone)
    for at in doubtful:
        span = _span(written, *edges[at])
        if span and bottom > top:
            high, raised = ((bottom - end) / (bottom - top) for end in span)
            changed[at] = _as_high(changed[at], high, raised)
            slight = 0 < bottom - span[1] < _SLIGHT
            if at in alone and slight and text[at] in _TIMES:
                changed[at] = text[at] if text[at] != "X" else changed[at]
            elif at in alone and _is_plain(text[at], changed[at], high, raised):
                unclear.discard(at)
    return changed, unclear


def _doubtful(text: str) -> set[int]:
    """Which characters of a line may be of the other case, or a digit or a sign."""
    found = {m.start() for m in _ALONE.finditer(text)}
    found |= {m.start() for m in _BEFORE_CAPITALS.finditer(text)}
    for word in re.finditer(r"[A-Za-z\d]+", text):
        if _MIXED.fullmatch(word[0]):
            found |= {word.start() + m.start() for m in _ROUND.finditer(word[0])}
    return found


def _span(written: Any, left: float, right: float) -> tuple[int, int] | None:
    """First row, and the one after the last, in which something is written between two columns."""
    import numpy as np

    inset = 0.12 * (right - left)
    rows = np.flatnonzero(
        written[:, round(left + inset) : max(round(left + inset) + 1, round(right - inset))].any(axis=1)
    )
    return (int(rows[0]), int(rows[-1]) + 1) if len(rows) else None


def _as_high(character: str, height: float, raised: float) -> str:
    """The character as its height says, where that is plain. ``raised``: how far above the line it ends."""
    if character in _TIMES:
        if raised > _RAISED:
            return "×"
        return "X" if height > _LARGE else "x" if height < _SMALL else character
    if character in "oO0":
        return "o" if height < _SMALL and raised <= _RAISED else character
    return character.lower() if height < _SMALL else character.upper() if height > _LARGE else character


def _is_plain(read: str, seen: str, height: float, raised: float) -> bool:
    """Whether a lone letter is what it looks like: of a large one it is only its size that may be misread."""
    if _SMALL <= height <= _LARGE and seen != "×":
        return False
    return read not in _TIMES or (not _ON_LINE < raised <= _RAISED and (read == seen or {read, seen} == {"x", "X"}))
