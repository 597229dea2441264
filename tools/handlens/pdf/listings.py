"""Listings of code: the numbers before their lines are no part of them."""

from __future__ import annotations

from handlens.pdf.lines import Line
from handlens.pdf.model import Style

_LEAST = 3


def without_line_numbers(lines: list[Line]) -> list[Line]:
    """Lines of a column, those of numbered listings without their numbers."""
    kept: list[Line] = []
    i = 0
    while i < len(lines):
        count = _numbered(lines, i)
        if count < _LEAST:
            kept.append(lines[i])
            i += 1
            continue
        kept += [Line(line.words[1:]) for line in lines[i : i + count] if len(line.words) > 1]
        i += count
    return kept


def _numbered(lines: list[Line], start: int) -> int:
    """How many lines from `start` on are text in fixed pitch after a number in another face, one more each time."""
    first = lines[start].words[0]
    if not first.text.isdecimal():
        return 0
    count = 0
    for number, line in enumerate(lines[start:], int(first.text)):
        counter, *code = line.words
        aligned = abs(counter.rect.x1 - first.rect.x1) < 1.0 or abs(counter.rect.x0 - first.rect.x0) < 1.0
        other = all(w.style & Style.MONO and (w.font, w.colour) != (counter.font, counter.colour) for w in code)
        if counter.text != str(number) or not aligned or not other:
            break
        count += 1
    return count if sum(len(line.words) > 1 for line in lines[start : start + count]) > 0.5 * count else 0
