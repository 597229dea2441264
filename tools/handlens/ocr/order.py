"""The order in which a person reads the lines of a picture."""

from __future__ import annotations

from statistics import median

from handlens.ocr.lines import Line


def in_reading_order(lines: list[Line]) -> list[Line]:
    """Lines top to bottom, column by column: the picture is cut at its widest gaps, recursively (XY-cut)."""
    if not lines:
        return []
    height = median(line.box.height for line in lines)
    return _cut(lines, height, 0)


def _cut(lines: list[Line], height: float, depth: int) -> list[Line]:
    if len(lines) < 2 or depth > 40:
        return lines
    rows = _split(lines, 0.9 * height, vertical=True)
    columns = _split(lines, 1.0 * height, vertical=False)
    # Columns of prose go down first; short cells side by side are rows of a table or of a form.
    if len(columns) > 1 and all(_is_prose(column, height) for column in columns):
        parts = columns
    elif len(rows) > 1:
        parts = rows
    else:
        return _by_rows(lines)
    return [line for part in parts for line in _cut(part, height, depth + 1)]


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
