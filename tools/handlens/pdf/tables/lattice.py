"""Ruled tables: cells are what rules enclose."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from handlens.pdf.model import Rect, Rule
from handlens.pdf.tables.rules import positions

_TOUCH = 3.5
_COVERED = 0.6


@dataclass
class Lattice:
    """Rules that hang together. `xs` and `ys` are where they part columns and rows."""

    across: list[Rule]
    down: list[Rule]
    xs: list[float]
    ys: list[float]

    @property
    def rect(self) -> Rect:
        return Rect(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    def cells(self) -> list[tuple[int, int, int, int]]:
        """Enclosed areas as first row, first column, rows, columns; areas of another shape are cut to rectangles."""
        rows, columns = len(self.ys) - 1, len(self.xs) - 1
        owner = {(r, c): (r, c) for r in range(rows) for c in range(columns)}

        def root(cell: tuple[int, int]) -> tuple[int, int]:
            while owner[cell] != cell:
                owner[cell] = owner[owner[cell]]
                cell = owner[cell]
            return cell

        for r in range(rows):
            for c in range(columns):
                if c + 1 < columns and not self._wall(self.down, self.xs[c + 1], self.ys[r], self.ys[r + 1]):
                    owner[root((r, c + 1))] = root((r, c))
                if r + 1 < rows and not self._wall(self.across, self.ys[r + 1], self.xs[c], self.xs[c + 1]):
                    owner[root((r + 1, c))] = root((r, c))
        areas: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for cell in owner:
            areas.setdefault(root(cell), []).append(cell)
        found: list[tuple[int, int, int, int]] = []
        for members in areas.values():
            found += _rectangles(members)
        return sorted(found)

    @staticmethod
    def _wall(rules: list[Rule], at: float, start: float, end: float) -> bool:
        covered = sum(
            max(0.0, min(rule.end, end) - max(rule.start, start)) for rule in rules if abs(rule.at - at) <= _TOUCH
        )
        return covered >= _COVERED * (end - start)


def _rectangles(members: list[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    rows, columns = {r for r, _ in members}, {c for _, c in members}
    top, left = min(rows), min(columns)
    if len(members) == len(rows) * len(columns):
        return [(top, left, len(rows), len(columns))]
    parts = []
    for r in sorted(rows):  # each row of an odd shape by itself
        inside = sorted(c for y, c in members if y == r)
        start = inside[0]
        for a, b in pairwise([*inside, inside[-1] + 2]):
            if b != a + 1:
                parts.append((r, start, 1, a - start + 1))
                start = b
    return parts


def lattices(across: list[Rule], down: list[Rule]) -> list[Lattice]:
    """Groups of rules that touch, with at least two rules each way, or one upright rule amid what they part."""
    rules = [(rule, True) for rule in across] + [(rule, False) for rule in down]
    parent = list(range(len(rules)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i in range(len(across)):
        for j in range(len(across), len(rules)):
            if _cross(rules[i][0], rules[j][0]):
                parent[root(j)] = root(i)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for i, (rule, level) in enumerate(rules):
        groups.setdefault(root(i), ([], []))[0 if level else 1].append(rule)
    found: list[Lattice] = []
    for level_rules, upright in groups.values():
        if len(level_rules) < 2 or not upright:
            continue
        xs, ys = positions((r.at for r in upright), 3.5), positions((r.at for r in level_rules), 3.5)
        _open_sides(xs, level_rules, 15.0)
        _open_sides(ys, upright, 8.0)
        if len(xs) + len(upright) > 3 and len(ys) >= 2 and xs[-1] - xs[0] > 40 and ys[-1] - ys[0] > 12:
            found.append(Lattice(level_rules, upright, xs, ys))
    return found


def _open_sides(places: list[float], rules: list[Rule], least: float) -> None:
    """Add the ends of rules that reach beyond the outermost ones across them: a table open at its sides."""
    low, high = min(r.start for r in rules), max(r.end for r in rules)
    if low < places[0] - least:
        places.insert(0, low)
    if high > places[-1] + least:
        places.append(high)


def _cross(across: Rule, down: Rule) -> bool:
    return (
        across.start - _TOUCH <= down.at <= across.end + _TOUCH
        and down.start - _TOUCH <= across.at <= down.end + _TOUCH
    )
