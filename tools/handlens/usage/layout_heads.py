"""Lines of headers: which they are, and those that go over two or three lines made one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from handlens.usage.fragments import Band, Fragment, band_of, folded, merged
from handlens.usage.reading import is_missing

CLOSE = 0.95
"""Lines of one header stand closer than this, in line heights; rows of a table don't."""


def is_header(band: Band) -> bool:
    """Whether the line reads as headers: two fields or more named, by a good part of its texts, none of them twice."""
    texts = [folded(fragment.text) for fragment in band.fragments]
    named = len(set(band.names.values()))
    return named >= 2 and len(band.labels) * 5 >= 2 * len(texts) and len(set(texts)) == len(texts)


def joined_heads(lines: Sequence[Band], height: float) -> list[Band]:
    """The lines, with headers that are wrapped, or stand half a line higher or lower than the others, in one line."""
    joined: list[Band] = []
    for band in lines:
        above = joined[-1] if joined else None
        if above and band.middle - above.middle < CLOSE * height and _belong_together(above, band):
            joined[-1] = _together(above, band)
        else:
            joined.append(band)
    return joined


def _belong_together(above: Band, below: Band) -> bool:
    return (is_header(above) or is_header(below)) and not any(
        _is_value(fragment.text) for band in (above, below) for fragment in band.fragments
    )


def _is_value(text: str) -> bool:
    return re.search(r"\d", text) is not None or is_missing(text) or len(text) > 40


def _together(above: Band, below: Band) -> Band:
    """Each lower text under the upper one that it overlaps, which is the start of it or the name of its group."""
    upper = list(above.fragments)
    whole: list[Fragment] = []
    for fragment in below.fragments:
        over = next((one for one in above.fragments if _overlap(one, fragment)), None)
        if over in upper:
            upper.remove(over)
        whole.append(fragment if over is None else replace(merged([over, fragment]), box=fragment.box, parts=()))
    return band_of([*upper, *whole])


def _overlap(one: Fragment, other: Fragment) -> bool:
    shared = min(one.box.right, other.box.right) - max(one.box.x, other.box.x)
    return shared > 0.3 * min(one.box.width, other.box.width)
