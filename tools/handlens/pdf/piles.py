"""Fragments of lines to piles: pieces of one column."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handlens.pdf.lines import Line


def join_fragments(fragments: list[Line]) -> list[list[Line]]:
    """Fragments stacked closely upon one another, each the only neighbour of the other: pieces of one column.

    What spans two columns has two neighbours below, so it stays apart from them.
    """
    ordered = sorted(fragments, key=lambda f: (f.base, f.rect.x0))
    below: dict[int, list[int]] = {i: [] for i in range(len(ordered))}
    above: dict[int, list[int]] = {i: [] for i in range(len(ordered))}
    for i, upper in enumerate(ordered):
        reach = None
        for j in range(i + 1, len(ordered)):
            lower = ordered[j]
            if lower.base - upper.base > 2.2 * upper.size:
                break
            if lower.base - upper.base < 0.5 * min(upper.size, lower.size) or not _stacked(upper, lower):
                continue
            if reach is not None and lower.base - reach > 0.4 * lower.size:
                break
            reach = lower.base if reach is None else reach
            below[i].append(j)
            above[j].append(i)
    groups: list[list[Line]] = []
    where: dict[int, int] = {}
    for i, fragment in enumerate(ordered):
        parents = above[i]
        if len(parents) == 1 and len(below[parents[0]]) == 1 and _alike(ordered[parents[0]], fragment):
            where[i] = where[parents[0]]
            groups[where[i]].append(fragment)
        else:
            where[i] = len(groups)
            groups.append([fragment])
    return groups


def _stacked(upper: Line, lower: Line) -> bool:
    shared = min(upper.rect.x1, lower.rect.x1) - max(upper.rect.x0, lower.rect.x0)
    return shared > 0.3 * min(upper.rect.width, lower.rect.width)


def _alike(upper: Line, lower: Line) -> bool:
    gap = lower.base - upper.base
    return abs(upper.size - lower.size) < 0.12 * upper.size and gap < 1.75 * max(upper.size, lower.size)
