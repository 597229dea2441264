"""Tables whose rows alone are ruled, each cell by a stroke of its own, as browsers print them: strokes tell columns."""

from __future__ import annotations

from itertools import groupby, pairwise
from statistics import median

from handlens.pdf.lines import rows_of
from handlens.pdf.model import Rect, Rule, Word
from handlens.pdf.places import Places
from handlens.pdf.tables.columns import Piece, pieces_of

_TOUCH = 3.5  # points between the strokes of two cells side by side
_EDGE = 2.0  # points between the edges of tables of one width
_WIDEST = 300.0  # points: half the width of any word
_ROWS = 2
_LINES = 5
_FIRST_LINE, _NEXT_LINE = 0.9, 0.5  # of the font size, between a stroke and a row's first line, and between its lines


def cell_strokes(across: list[Rule], words: Places[Word]) -> list[tuple[list[Rule], list[Rule]]]:
    """Rules across and down of each table that strokes under its cells draw; the cells' sides are drawn in."""
    levels = [list(group) for _, group in groupby(sorted(across), key=lambda r: round(r.at))]
    chains = [chain for level in levels for chain in _chains(level)]
    tables: list[tuple[list[Rule], list[Rule]]] = []
    for family in _families(chains):
        for part in _parted(family, words):
            celled = sum(len(chain) > 1 for chain in part)
            if len(part) >= _ROWS and celled > 0.6 * len(part) and _rules_rows(part, words):
                tables.append(_sides(part, words))
    return tables


def _families(chains: list[list[Rule]]) -> list[list[list[Rule]]]:
    """Chains of strokes that begin and end where the first of them does."""
    by_start: dict[int, list[int]] = {}
    for n, chain in enumerate(chains):
        by_start.setdefault(int(chain[0].start // _EDGE), []).append(n)
    families: list[list[list[Rule]]] = []
    taken: set[int] = set()
    for n, chain in enumerate(chains):
        if n in taken:
            continue
        at, start, end = int(chain[0].start // _EDGE), chain[0].start, chain[-1].end
        near = sorted(m for place in (at - 1, at, at + 1) for m in by_start.get(place, []) if m not in taken)
        own = [m for m in near if abs(chains[m][0].start - start) < _EDGE and abs(chains[m][-1].end - end) < _EDGE]
        taken.update(own)
        families.append([chains[m] for m in own])
    return families


def _between(words: Places[Word], top: float, bottom: float, left: float, right: float) -> list[Word]:
    """Words between two heights that begin between two places."""
    near = words.inside(Rect(left, top, right + _WIDEST, bottom))
    return [w for w in near if top < (w.rect.y0 + w.rect.y1) / 2 < bottom and left < w.rect.x0 < right]


def _parted(family: list[list[Rule]], words: Places[Word]) -> list[list[list[Rule]]]:
    """Strokes of one width as those of one table each; none of those that rule only some rows of a table."""
    parts, partly = [[family[0]]], [False]
    for upper, lower in pairwise(family):
        left, right = lower[0].start - 1, lower[-1].end + 1
        held = _between(words, upper[0].at, lower[0].at, left, right)
        rows = [pieces_of(row, 0.6) for row in rows_of(held)]
        edges = [rule.end for rule in lower[:-1]]
        if any(_crosses(row, edges) for row in rows) or (not edges and len(rows) > 2):
            partly[-1] |= (unruled := sum(len(row) > 1 for row in rows) > 0.5 * len(rows))
            parts.append([])
            partly.append(unruled)
        parts[-1].append(lower)
    return [part for part, left_over in zip(parts, partly, strict=True) if not left_over]


def _crosses(row: list[Piece], edges: list[float]) -> bool:
    """Whether text lies over an edge between two cells: a word, or where there is but one edge, a phrase."""
    texts = [w.rect for p in row for w in p.words] if len(edges) > 1 else row
    return any(text.x0 < x - 1 and text.x1 > x + 1 for text in texts for x in edges)


def _rules_rows(family: list[list[Rule]], words: Places[Word]) -> bool:
    """Whether there is a stroke under each row, and not only under the header and the last one."""
    left, edge, right = family[0][0].start, max(family, key=len)[0].end, family[0][-1].end
    counts: list[int] = []
    for upper, lower in pairwise(family):
        lines = rows_of(_between(words, upper[0].at, lower[0].at, left - 1, right))
        counts.append(sum(row[0].rect.x0 < edge for row in lines))
    limit = _row_beyond(family[-1], words, 1)
    if limit is not None and _row_beyond([rule._replace(at=limit) for rule in family[-1]], words, 1) is not None:
        return False  # the table goes on below without strokes
    return bool(counts) and median(counts) <= 1.5 and max(counts) <= _LINES


def _chains(level: list[Rule]) -> list[list[Rule]]:
    """Strokes at one height that touch end to end; those drawn twice count once."""
    chains: list[list[Rule]] = []
    for rule in sorted(level, key=lambda r: (r.start, -r.length)):
        if chains and abs(rule.start - chains[-1][-1].end) < _TOUCH:
            chains[-1].append(rule)
        elif not chains or rule.start > chains[-1][-1].end:
            chains.append([rule])
    return [chain for chain in chains if chain[-1].end - chain[0].start > 60]


def _sides(family: list[list[Rule]], words: Places[Word]) -> tuple[list[Rule], list[Rule]]:
    family = [*family]
    left, right = family[0][0].start, family[0][-1].end
    above, below = _row_beyond(family[0], words, -1), _row_beyond(family[-1], words, 1)
    if above is not None:
        family.insert(0, [Rule(above, left, right, 0.0)])
    if below is not None:
        family.append([rule._replace(at=below) for rule in family[-1]])
    down = [rule for upper, lower in pairwise(family) for rule in _under(lower, upper[0].at, lower[0].at)]
    start, end = family[0][0].at, family[-1][0].at
    return [rule for chain in family for rule in chain], [
        *down,
        Rule(left, start, end, 0.0),
        Rule(right, start, end, 0.0),
    ]


def _under(chain: list[Rule], top: float, bottom: float) -> list[Rule]:
    return [Rule((a.end + b.start) / 2, top, bottom, 0.0) for a, b in pairwise(chain)]


def _row_beyond(chain: list[Rule], words: Places[Word], step: int) -> float | None:
    """Where the row above (-1) or below (1) the strokes ends; None where what is there stands in no columns."""
    at, left, right = chain[0].at, chain[0].start, chain[-1].end
    near = Rect(left - 1, at - 60, right + 1, at) if step < 0 else Rect(left - 1, at, right + 1, at + 60)
    rows = rows_of(words.inside(near))
    edge, pieces = at, 0
    edges = [rule.end for rule in chain[:-1]]
    for row in rows[::step][:_LINES]:
        parts = pieces_of(row, 0.6)
        start, end = min(w.rect.y0 for w in row), max(w.rect.y1 for w in row)
        gap = edge - end if step < 0 else start - edge
        most = _NEXT_LINE if pieces else _FIRST_LINE
        if gap > most * max(w.size for w in row) or _crosses(parts, edges):
            break
        edge = start if step < 0 else end
        pieces += len(parts)
    return edge + step if pieces >= max(2, len(chain) / 2) else None
