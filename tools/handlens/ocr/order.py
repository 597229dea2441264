"""The order in which a person reads the lines of a picture."""

from __future__ import annotations

from statistics import median

from handlens.geometry import Box
from handlens.ocr.lines import Line


def in_reading_order(lines: list[Line]) -> list[Line]:
    """Lines top to bottom, column by column: the picture is cut at its widest gaps, recursively (XY-cut)."""
    if not lines:
        return []
    height = median(line.box.height for line in lines)
    return _cut(lines, height, 0)


def columns_of(boxes: list[Box]) -> list[Box]:
    """The columns that lines with these boxes stand in, in reading order; a table or a form is one column."""
    if not boxes:
        return []
    height = median(box.height for box in boxes)
    columns = _columns([Line("", box, 1.0) for box in boxes], height, 0)
    return [
        Box.from_corners(
            min(line.box.x for line in lines), min(line.box.y for line in lines),
            max(line.box.right for line in lines), max(line.box.bottom for line in lines),
        )
        for lines in columns
    ]  # fmt: skip


def _columns(lines: list[Line], height: float, depth: int) -> list[list[Line]]:
    parts, side_by_side = _parts(lines, height, depth)
    if side_by_side:
        return [column for part in parts for column in _columns(part, height, depth + 1)]
    columns: list[list[Line]] = []
    alone = False  # whether the last column is as wide as its band, so that the next such band goes on with it
    for part in parts if len(parts) > 1 else []:
        found = _columns(part, height, depth + 1)
        if alone and len(found) == 1:
            columns[-1] = columns[-1] + found[0]
        else:
            columns += found
        alone = len(found) == 1
    return columns or [lines]


def _cut(lines: list[Line], height: float, depth: int) -> list[Line]:
    parts, _ = _parts(lines, height, depth)
    if len(parts) < 2:
        return _by_rows(lines)
    return [line for part in parts for line in _cut(part, height, depth + 1)]


def _parts(lines: list[Line], height: float, depth: int) -> tuple[list[list[Line]], bool]:
    """The lines parted at white bands, and whether the parts stand side by side; one part where there is no band."""
    if len(lines) < 2 or depth > 40:
        return [lines], False
    columns = _split(lines, 1.0 * height, vertical=False)
    # Columns of prose go down first; short cells side by side are rows of a table or of a form.
    if len(columns) > 1 and all(_is_prose(column, height) for column in columns):
        return columns, True
    return _split(lines, 0.9 * height, vertical=True), False


def _is_prose(lines: list[Line], height: float) -> bool:
    return len(lines) > 2 and median(line.box.width for line in lines) > 8 * height


def _split(lines: list[Line], gap: float, *, vertical: bool) -> list[list[Line]]:
    """Groups parted by empty bands of at least `gap` pixels across the whole width or height."""

    def extent(line: Line) -> tuple[float, float]:
        return (line.box.y, line.box.bottom) if vertical else (line.box.x, line.box.right)

    ordered = sorted(lines, key=extent)
    groups, reach = [[ordered[0]]], extent(ordered[0])[1]
    for line in ordered[1:]:
        start, end = extent(line)
        if start - reach > gap:
            groups.append([])
        groups[-1].append(line)
        reach = max(reach, end)
    return groups


def _by_rows(lines: list[Line]) -> list[Line]:
    """Lines whose middles lie within one another are one row, read left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.box.y + line.box.bottom):
        middle = (line.box.y + line.box.bottom) / 2
        if rows and _middle(rows[-1]) + 0.5 * line.box.height > middle:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.box.x)]


def _middle(row: list[Line]) -> float:
    return sum(line.box.y + line.box.bottom for line in row) / (2 * len(row))
