"""Ruled tables: cells are what rules enclose."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate, pairwise

from handlens.pdf.model import Rect, Rule
from handlens.pdf.tables.rules import positions

_TOUCH = 3.5
_COVERED = 0.6
_ROUNDING = 1e-6


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
        upright, level = _Walls(self.down), _Walls(self.across)
        sides = [upright.at(x) for x in self.xs]
        floors = [level.at(y) for y in self.ys]
        owner = {(r, c): (r, c) for r in range(rows) for c in range(columns)}

        def root(cell: tuple[int, int]) -> tuple[int, int]:
            while owner[cell] != cell:
                owner[cell] = owner[owner[cell]]
                cell = owner[cell]
            return cell

        for r in range(rows):
            for c in range(columns):
                if c + 1 < columns and not sides[c + 1].covers(self.ys[r], self.ys[r + 1]):
                    owner[root((r, c + 1))] = root((r, c))
                if r + 1 < rows and not floors[r + 1].covers(self.xs[c], self.xs[c + 1]):
                    owner[root((r + 1, c))] = root((r, c))
        areas: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for cell in owner:
            areas.setdefault(root(cell), []).append(cell)
        found: list[tuple[int, int, int, int]] = []
        for members in areas.values():
            found += _rectangles(members)
        return sorted(found)


class _Walls:
    """Rules of one direction, to be asked for those at one place."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = sorted(rules)
        self._places = [rule.at for rule in self._rules]

    def at(self, place: float) -> _Wall:
        first, last = bisect_left(self._places, place - _TOUCH), bisect_right(self._places, place + _TOUCH)
        return _Wall(self._rules[first:last])


class _Wall:
    """Rules in one line: how much of it they cover."""

    def __init__(self, rules: list[Rule]) -> None:
        self._starts, self._ends = sorted(r.start for r in rules), sorted(r.end for r in rules)
        self._to_start = list(accumulate(self._starts, initial=0.0))
        self._to_end = list(accumulate(self._ends, initial=0.0))

    def covers(self, start: float, end: float) -> bool:
        """Whether most of what lies between `start` and `end` is ruled."""
        return self._before(end) - self._before(start) >= _COVERED * (end - start) - _ROUNDING

    def _before(self, place: float) -> float:
        """Length of the rules before a place."""
        begun, ended = bisect_left(self._starts, place), bisect_left(self._ends, place)
        return begun * place - self._to_start[begun] - (ended * place - self._to_end[ended])


def _rectangles(members: list[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    rows, columns = {r for r, _ in members}, {c for _, c in members}
    top, left = min(rows), min(columns)
    if len(members) == len(rows) * len(columns):
        return [(top, left, len(rows), len(columns))]
    parts = []
    by_row: dict[int, list[int]] = {}
    for r, c in sorted(members):
        by_row.setdefault(r, []).append(c)
    for r, inside in by_row.items():  # each row of an odd shape by itself
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

    upright = sorted(range(len(across), len(rules)), key=lambda j: rules[j][0].at)
    places = [rules[j][0].at for j in upright]
    for i, rule in enumerate(across):
        first, last = bisect_left(places, rule.start - _TOUCH), bisect_right(places, rule.end + _TOUCH)
        for j in upright[first:last]:
            if _cross(rule, rules[j][0]):
                parent[root(j)] = root(i)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for i, (rule, level) in enumerate(rules):
        groups.setdefault(root(i), ([], []))[0 if level else 1].append(rule)
    found: list[Lattice] = []
    for level_rules, standing in groups.values():
        if len(level_rules) < 2 or not standing:
            continue
        xs, ys = positions((r.at for r in standing), 3.5), positions((r.at for r in level_rules), 3.5)
        _open_sides(xs, level_rules, 15.0)
        _open_sides(ys, standing, 8.0)
        if len(xs) + len(standing) > 3 and len(ys) >= 2 and xs[-1] - xs[0] > 40 and ys[-1] - ys[0] > 12:
            found.append(Lattice(level_rules, standing, xs, ys))
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
