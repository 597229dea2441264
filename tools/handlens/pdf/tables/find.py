"""Where tables are: lattices of rules, text between level rules, aligned columns."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate, pairwise
from statistics import median

from handlens.pdf.blocks import Table
from handlens.pdf.captions import is_caption, is_table_caption
from handlens.pdf.lines import Line, joined_text, rows_of
from handlens.pdf.model import PageContent, Rect, Rule, Style, Word
from handlens.pdf.paragraphs import BULLETS
from handlens.pdf.places import Places, words_by_middle
from handlens.pdf.tables.borders import cell_strokes
from handlens.pdf.tables.columns import find_bands, pieces_of
from handlens.pdf.tables.lattice import lattices
from handlens.pdf.tables.ruled import read_lattice
from handlens.pdf.tables.rules import edges_of, joined, without_underlines
from handlens.pdf.tables.stream import NUMBER, read_stream

_LARGER = 1.15
_NARROW = 0.6  # of the font size, between two columns
_APART = 1.3  # of the usual distance of rows
_BEYOND, _SUMS = 1.7, 4  # of the font size, from a rule to the baseline of a row beyond it; rows of sums
_FAR = 100.0  # points: more than half the height of any print in a table
_SAME = 8.0  # points between the ends of rules of one width
_MOST_WORDS = 100_000  # looked at between rules: each word of a page stands between few pairs of them
Found = tuple[Rect, Table]


def find_tables(fragments: list[Line], page: PageContent) -> tuple[list[Found], list[Line]]:
    """Tables that rules draw, with their places, and the fragments that are in none of them."""
    words = [w for f in fragments for w in f.words]
    strokes = without_underlines(page.across, words)
    across, down = joined(strokes), joined(page.down)
    soft_across, soft_down = edges_of(page.fills, page)
    captions = [f.rect for f in fragments if is_table_caption(f.text)]
    found: list[Found] = []
    placed = words_by_middle(words)
    shown = words_by_middle([*words, *page.sideways])  # headers that stand upright are in cells of their own
    _add_lattices(across, down, shown, found)
    for drawn in ([*page.across, *soft_across], page.across, soft_across) if soft_across else (page.across,):
        for level, sides in cell_strokes(drawn, placed):
            _add_lattices(joined(level), joined(sides), shown, found)
    if soft_across:
        _add_lattices([*across, *_supported(joined(soft_across))], joined([*down, *soft_down]), shown, found)
    page.sideways = [w for w in page.sideways if not any(rect.holds(w.rect.x0, w.rect.y0) for rect, _ in found)]
    boxes = [lattice.rect for lattice in lattices(across, down) if len(lattice.xs) == 2]
    listings = [box for box in boxes if _is_code(placed.inside(box))]
    listings += [fill for fill in page.fills if fill.width > 100 and _is_code(placed.inside(fill))]
    level = [*strokes, *(r for r in soft_across if r.length > 100)]
    level = joined(
        [r for r in level if not any(box.holds((r.start + r.end) / 2, r.at, 2.0) for box in listings)], gap=14.0
    )
    for ruled in _between_rules(level, placed, [r for r, _ in found], captions, boxes):
        rect, bands = _with_rows_beyond(ruled, placed, [r for r, _ in found])
        if _is_code(placed.inside(rect)) or any(rect.shared(listing) > 0.5 * listing.area for listing in listings):
            continue
        within = [r for r in [*strokes, *level] if rect.x0 - 4 < r.start and r.end < rect.x1 + 4]
        table = read_stream(placed.inside(rect), rect, within, bands or None)
        if table is not None and _plausible(table) and not _are_sums(rect, placed):
            found.append((rect, table))
    return found, [f for f in fragments if not any(_within(f, rect) for rect, _ in found)]


def _is_code(words: list[Word]) -> bool:
    """A listing between two rules, in fixed pitch throughout."""
    fixed = sum(len(w.text) for w in words if w.style & Style.MONO)
    return fixed > 0.9 * sum(len(w.text) for w in words) > 0


def _supported(edges: list[Rule]) -> list[Rule]:
    """Edges of shaded boxes that go on over half of the width of those near them: not those of one cell's lines."""
    left, right = min(e.start for e in edges), max(e.end for e in edges)
    ordered = sorted(edges)
    places = [e.at for e in ordered]
    length = list(accumulate((e.length for e in ordered), initial=0.0))

    def near(at: float) -> float:
        return length[bisect_left(places, at + 2)] - length[bisect_right(places, at - 2)]

    return [e for e in edges if near(e.at) > 0.45 * (right - left)]


def _add_lattices(across: list[Rule], down: list[Rule], words: Places[Word], found: list[Found]) -> None:
    for lattice in lattices(across, down):
        rect = lattice.rect
        if any(r.shared(rect) > 0.3 * min(r.area, rect.area) for r, _ in found):
            continue
        if len(lattice.xs) == 2 and _is_code(words.inside(rect)):
            continue
        table = read_lattice(lattice, words)
        if table is not None and not _are_sums(rect, words):
            found.append((rect, table))


def _are_sums(rect: Rect, words: Places[Word]) -> bool:
    """Whether rules only part sums in the columns of a table whose labels stand beside them, outside of `rect`."""
    rows = rows_of(words.inside(rect))
    if not rows or sum(bool(NUMBER.match(pieces_of(row)[0].text)) for row in rows) < 0.7 * len(rows):
        return False
    left = words.inside(Rect(-_FAR, rect.y0 - _FAR, rect.x0 + 2, rect.y1 + _FAR))
    beside = [w for w in left if w.rect.x1 < rect.x0 + 2 and rect.y0 < w.base < rect.y1 and not NUMBER.match(w.text)]
    return sum(any(abs(w.base - row[0].base) < 1.0 for w in beside) for row in rows) > 0.8 * len(rows)


def _within(fragment: Line, rect: Rect) -> bool:
    return rect.holds((fragment.rect.x0 + fragment.rect.x1) / 2, (fragment.rect.y0 + fragment.rect.y1) / 2, 1.0)


def _between_rules(
    level: list[Rule], words: Places[Word], taken: list[Rect], captions: list[Rect], boxes: list[Rect]
) -> list[Rect]:
    """Areas between level rules of one width whose text stands in columns."""
    rules = sorted((r for r in level if r.length > 60), key=lambda r: r.at)
    families = _Families(rules)
    tabular = _Tabular(words, captions)
    ends = {r for r in rules if any(_is_edge(r, box, box.y1) for box in boxes)}
    starts = {r for r in rules if any(_is_edge(r, box, box.y0) for box in boxes)}
    used: set[int] = set()
    areas: list[Rect] = []
    for i, top in enumerate(rules):
        if i in used:
            continue
        family = [(j, r) for j, r in families.of(top) if j >= i and j not in used]
        start = 0
        while start < len(family) - 1:
            end = start
            while (
                end + 1 < len(family)
                and family[end][1] not in ends
                and family[end + 1][1] not in starts
                and tabular.between(family[end][1], family[end + 1][1], end > start)
            ):
                end += 1
            if end > start:
                rect = _area(family[start][1], family[end][1])
                if not any(rect.shared(t) > 0.2 * min(rect.area, t.area) for t in [*taken, *areas]):
                    areas.append(rect)
                    used.update(j for j, _ in family[start : end + 1])
                start = end
            start += 1
    return areas


class _Families:
    """Rules from top to bottom, to be asked for those of one width and place."""

    def __init__(self, rules: list[Rule]) -> None:
        self._by_start: dict[int, list[tuple[int, Rule]]] = {}
        for i, rule in enumerate(rules):
            self._by_start.setdefault(int(rule.start // _SAME), []).append((i, rule))

    def of(self, top: Rule) -> list[tuple[int, Rule]]:
        at = int(top.start // _SAME)
        near = [pair for place in (at - 1, at, at + 1) for pair in self._by_start.get(place, [])]
        return sorted((i, r) for i, r in near if abs(r.start - top.start) < _SAME and abs(r.end - top.end) < _SAME)


class _Tabular:
    """Whether text between rules stands in columns, asked once for each pair of rules."""

    def __init__(self, words: Places[Word], captions: list[Rect]) -> None:
        self._words, self._captions = words, captions
        self._known: dict[tuple[Rule, Rule, bool], bool] = {}
        self._left = _MOST_WORDS

    def between(self, top: Rule, bottom: Rule, inner: bool) -> bool:
        """inner: there are columns above `top` too."""
        asked = top, bottom, inner
        if asked not in self._known:
            held = self._words.inside(_area(top, bottom))
            self._left -= len(held)
            self._known[asked] = self._left > 0 and _tabular(top, bottom, held, inner, self._captions)
        return self._known[asked]


def _is_edge(rule: Rule, box: Rect, at: float) -> bool:
    return abs(rule.at - at) < 2 and abs(rule.start - box.x0) < 8 and abs(rule.end - box.x1) < 8


def _area(top: Rule, bottom: Rule) -> Rect:
    return Rect(min(top.start, bottom.start) - 2, top.at, max(top.end, bottom.end) + 2, bottom.at)


def _tabular(top: Rule, bottom: Rule, held: list[Word], inner: bool, captions: list[Rect]) -> bool:
    """Whether the words between two rules stand in columns, as cells and not as columns of prose do."""
    rect = _area(top, bottom)
    if not held:
        return inner and rect.height < 12
    if any(rect.holds((c.x0 + c.x1) / 2, (c.y0 + c.y1) / 2) for c in captions):
        return False
    rows = rows_of(held)
    pieces = [pieces_of(row) for row in rows]
    split = [p for p in pieces if len(p) > 1]
    if _holds_heading(rows, median(w.size for w in held)):
        return False
    if len(rows) <= 3:
        return bool(split) or inner
    if inner and median(_covered(row) for row in rows) < 0.45 * rect.width:
        return True
    if len(split) < 0.3 * len(rows) or not find_bands(rows, rect.x0, rect.x1):
        return False
    captioned = any(0 < top.at - c.y0 < 70 and c.x1 > rect.x0 and c.x0 < rect.x1 for c in captions)
    return (captioned and not inner) or not _is_prose(rows, rect)


def _holds_heading(rows: list[list[Word]], size: float) -> bool:
    """Whether the first or last of some rows between two rules is a heading, over a table or over the lower rule."""
    if len(rows) < 2:
        return False
    alone = [row for row in (rows[0], rows[-1]) if len(pieces_of(row)) == 1]
    if any(row[0].size > _LARGER * size for row in alone):
        return True
    if rows[-1] not in alone or not _is_bold(rows[-1]) or all(_is_bold(row) for row in rows):
        return False
    steps = [b[0].base - a[0].base for a, b in pairwise(rows)]
    return len(steps) > 1 and steps[-1] > _APART * median(steps[:-1])


def _is_bold(row: list[Word]) -> bool:
    return all(word.style & Style.BOLD for word in row)


def _with_rows_beyond(rect: Rect, words: Places[Word], taken: list[Rect]) -> tuple[Rect, list[tuple[float, float]]]:
    """An area between rules, with the row over its first rule and the sums under its last one.

    And the bands between its columns, where that row tells of more of them than the area itself.
    """
    rows = rows_of(words.inside(rect))
    if not rows:
        return rect, []
    size = median(w.size for row in rows for w in row)
    above = rows_of(words.inside(Rect(rect.x0 - 40, rect.y0 - _BEYOND * size, rect.x1 + 40, rect.y0)))[-1:]
    below = rows_of(words.inside(Rect(rect.x0 - 40, rect.y1, rect.x1 + 40, rect.y1 + _SUMS * _BEYOND * size)))
    bands = find_bands([*above, *rows], rect.x0, rect.x1)
    told: list[tuple[float, float]] = []
    if above and len(pieces_of(above[0])) != len(bands) + 1:
        told = _bands_under(above[0], rows, size)
        bands, above = (told, above) if told else (find_bands(rows, rect.x0, rect.x1), [])
    if not bands:
        return rect, []
    top, bottom = rect.y0, rect.y1
    for row in above[:1]:
        if (
            len(pieces_of(row)) == len(bands) + 1
            and not is_caption(joined_text(row))
            and _stands_in(row, bands, rect, size)
        ):
            top = min(w.rect.y0 for w in row) - 1
    for row in below[:_SUMS]:
        pieces = pieces_of(row)
        sums = len(pieces) > 1 and NUMBER.match(pieces[-1].text) and not NUMBER.match(pieces[0].text)
        if not sums or row[0].base - bottom > _BEYOND * size or not _stands_in(row, bands, rect, size):
            break
        bottom = max(w.rect.y1 for w in row) + 1
    grown = Rect(rect.x0, top, rect.x1, bottom)
    if any(grown.shared(other) > rect.shared(other) for other in taken):
        return rect, []
    return grown, told if top < rect.y0 else []


def _bands_under(header: list[Word], rows: list[list[Word]], size: float) -> list[tuple[float, float]]:
    """Bands between the pieces of a header that all rows under it leave free; none where one of them does not."""
    bands: list[tuple[float, float]] = []
    words = [word.rect for row in rows for word in row]
    for left, right in pairwise(pieces_of(header)):
        low, high = left.x1, right.x0
        middle = (low + high) / 2
        low = max([low, *(w.x1 for w in words if w.x0 < high and w.x1 > low and w.x0 + w.x1 < 2 * middle)])
        high = min([high, *(w.x0 for w in words if w.x0 < high and w.x1 > low and w.x0 + w.x1 >= 2 * middle)])
        if high - low < _NARROW * size:
            return []
        bands.append((low, high))
    return bands


def _stands_in(row: list[Word], bands: list[tuple[float, float]], rect: Rect, size: float) -> bool:
    """Whether a row leaves the bands between a table's columns free, and is of its width and size."""
    inside = all(rect.x0 - 2 < w.rect.x0 and w.rect.x1 < rect.x1 + 2 for w in row)
    free = not any(w.rect.x0 < a + 1 and w.rect.x1 > b - 1 for w in row for a, b in bands)
    return inside and free and all(0.85 * size < w.size < _LARGER * size for w in row)


def _is_prose(rows: list[list[Word]], rect: Rect) -> bool:
    """Two columns of running text: most rows are full from edge to edge and in two long pieces."""
    pieces = [pieces_of(row, 1.0) for row in rows]
    full = sum(_covered(row) > 0.8 * rect.width for row in rows)
    length = median(len(piece.words) for row in pieces for piece in row)
    pairs = sum(len(row) == 2 for row in pieces)
    return (full > 0.5 * len(rows) and length > 4) or (pairs > 0.6 * len(rows) and length > 6)


def _covered(row: list[Word]) -> float:
    """How much of a row's width is under words, in points."""
    return sum(p.x1 - p.x0 for p in pieces_of(row, 1.0))


def _plausible(table: Table) -> bool:
    first = [" ".join(w.text for line in row[0].lines for w in line) for row in table.rows if row]
    if sum(bool(text) and text in BULLETS for text in first) >= 0.5 * len(first):
        return False  # a list whose markers stand in a column of their own
    width = max(sum(c.across for c in row) for row in table.rows)
    filled = sum(bool(cell.lines) for row in table.rows for cell in row)
    return width >= 2 and len(table.rows) >= 2 and filled >= 0.25 * width * len(table.rows)
