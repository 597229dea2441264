"""Rules made whole: pieces of one stroke joined, doubled strokes made one, boxes' edges added."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from handlens.pdf.model import PageContent, Rect, Rule, Word

if TYPE_CHECKING:
    from collections.abc import Iterable

_SAME = 2.0  # points between two strokes that are one rule
_JOIN = 3.0  # points between two pieces of one rule


def joined(rules: Iterable[Rule], gap: float = _JOIN) -> list[Rule]:
    """Rules with collinear pieces joined where they lie at most `gap` points apart."""
    whole: list[Rule] = []
    for rule in sorted(rules, key=lambda r: (round(r.at / _SAME), r.start)):
        for i in range(len(whole) - 1, max(-1, len(whole) - 12), -1):
            other = whole[i]
            if abs(other.at - rule.at) <= _SAME and rule.start <= other.end + gap and rule.end >= other.start - gap:
                at = (other.at * other.length + rule.at * rule.length) / max(0.1, other.length + rule.length)
                whole[i] = Rule(
                    at, min(other.start, rule.start), max(other.end, rule.end), max(other.width, rule.width)
                )
                break
        else:
            whole.append(rule)
    return whole


def edges_of(fills: list[Rect], page: PageContent) -> tuple[list[Rule], list[Rule]]:
    """The edges of shaded boxes as rules across and down. A box as large as the page is its ground."""
    across: list[Rule] = []
    down: list[Rule] = []
    for fill in fills:
        if fill.area > 0.6 * page.width * page.height or fill.height < 5 or fill.width < 5:
            continue
        across += [Rule(fill.y0, fill.x0, fill.x1, 0.0), Rule(fill.y1, fill.x0, fill.x1, 0.0)]
        down += [Rule(fill.x0, fill.y0, fill.y1, 0.0), Rule(fill.x1, fill.y0, fill.y1, 0.0)]
    return across, down


def without_underlines(across: list[Rule], words: list[Word]) -> list[Rule]:
    """Rules that are not drawn under words alone, from the start of one to the end of one."""
    ordered = sorted(words, key=lambda w: w.base)
    bases = [w.base for w in ordered]
    size = max((w.size for w in words), default=0.0)

    def near(at: float) -> list[Word]:
        return ordered[bisect_left(bases, at - 0.3 * size) : bisect_right(bases, at + 0.05 * size)]

    return [rule for rule in across if not _is_underline(rule, near(rule.at))]


def _is_underline(rule: Rule, words: list[Word]) -> bool:
    above = [w for w in words if -0.05 * w.size < rule.at - w.base < 0.3 * w.size]
    starts = any(abs(rule.start - w.rect.x0) < 0.4 * w.size for w in above)
    ends = any(abs(rule.end - w.rect.x1) < 0.6 * w.size for w in above)
    return starts and ends


def positions(values: Iterable[float], tolerance: float = 3.0) -> list[float]:
    """Values with those closer than `tolerance` made one, in order."""
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][-1] <= tolerance:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [sum(g) / len(g) for g in groups]
