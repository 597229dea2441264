"""Blocks to Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handlens.pdf.blocks import Block, Kind, Table
from handlens.pdf.flow import run_on
from handlens.pdf.inline import escaped, inline, inline_html
from handlens.pdf.model import Style
from handlens.pdf.paragraphs import BULLETS, deliberate_breaks, is_entry, without_marker

if TYPE_CHECKING:
    from handlens.pdf.blocks import Cell
    from handlens.pdf.lines import Line

_DRAWN = frozenset("-=:|_ ")  # what thematic breaks, underlined headings and the second rows of tables consist of
_LEADERS = re.compile(r"\s*((\. ?){4,}|…)\s*")


def render(blocks: list[Block], *, tables: str = "auto") -> str:
    """Markdown of blocks in order; `tables` is auto, html or markdown."""
    return placed(blocks, tables=tables)[0]


def placed(blocks: list[Block], *, tables: str = "auto") -> tuple[str, list[tuple[int, int]]]:
    """Markdown of blocks, and from where to where each of them stands in it."""
    text = ""
    spans: list[tuple[int, int]] = []
    last: Block | None = None
    lists = _Lists()
    for block in blocks:
        said = _block(block, tables, lists)
        if said and last is not None:
            tight = last.kind is Kind.ITEM and block.kind is Kind.ITEM and not lists.apart
            between = "\n" if tight else "\n>\n" if last.quoted and block.quoted else "\n\n"
            text, glue = run_on(text, said) if last.open else (text, between)
            text += glue
        spans.append((len(text), len(text) + len(said)))
        if said:
            text += said
            if block.kind is not Kind.ITEM and not (last is not None and last.open):
                lists.end()
            last = block
    return text, spans


class _Lists:
    """The lists that are open: a nested one is indented by what the markers that it hangs under take."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []
        self.apart = False
        """Whether only a blank line keeps the last item from being read as the end of the one before."""

    def end(self) -> None:
        self._open.clear()

    def begin(self, level: int, marker: str) -> str:
        """The indent of an item of a level, and its marker."""
        nested = bool(self._open) and level > self._open[-1][0]
        before = ""
        while self._open and self._open[-1][0] >= level:
            before = self._open.pop()[1]
        indent = sum(len(outer) + 1 for _, outer in self._open)
        number = marker.rstrip(".)")
        goes_on = not nested and before[-1:] == marker[-1]
        self.apart = number.isdigit() and int(number) != 1 and not goes_on
        self._open.append((level, marker))
        return f"{' ' * indent}{marker} "


def _block(block: Block, tables: str, lists: _Lists) -> str:
    match block.kind:
        case Kind.FURNITURE:
            return ""
        case Kind.HEADING:
            text = inline([line.words for line in block.lines], ignore=Style.BOLD | Style.ITALIC)
            return f"{'#' * max(1, block.level)} {text}" if text else ""
        case Kind.CODE:
            return _code(block.lines)
        case Kind.ITEM:
            return _item(block, lists)
        case Kind.FIELD:
            rows = [line.words for line in block.lines]
            return _safe_start(inline(rows, ignore=Style.MONO, breaks=frozenset({0}), links=True))
        case Kind.FOOTNOTE:
            return f"[^{block.marker}]: {inline([line.words for line in block.lines], links=True)}"
        case Kind.TABLE:
            return table(block.table, tables) if block.table else ""
        case Kind.FIGURE:
            return f"![]({block.artifact})" if block.artifact else ""
        case _:
            rows = [line.words for line in block.lines]
            text = _safe_start(inline(rows, breaks=deliberate_breaks(block.lines, block.room), links=True))
            return "> " + text.replace("\n", "\n> ") if block.quoted else text


def _item(block: Block, lists: _Lists) -> str:
    rows = [without_marker(block.lines[0]), *(line.words for line in block.lines[1:])]
    text = _safe_start(inline(rows, links=True))
    if is_entry(block.lines[-1]):
        text = _LEADERS.sub(" … ", text)
    if block.marker in BULLETS:
        return lists.begin(block.level, "-") + text
    digits = block.marker.strip("().[]")
    if digits.isdigit() and block.marker.endswith((".", ")")) and not block.marker.startswith("("):
        return lists.begin(block.level, f"{digits}{block.marker[-1]}") + text
    return f"{lists.begin(block.level, '-')}{escaped(block.marker)} {text}"


def _code(lines: list[Line]) -> str:
    """Fixed pitch text with its indentation, measured in the width of one character."""
    left = min(line.rect.x0 for line in lines)
    pitch = lines[0].rect.width / max(1, len(lines[0].text)) or 5.0
    rows: list[str] = []
    for n, line in enumerate(lines):
        if n and line.base - lines[n - 1].base > 1.7 * line.size:
            rows.append("")
        row = ""
        for word in line.words:
            column = round((word.rect.x0 - left) / pitch)
            row = row.ljust(column if column > len(row) else len(row) + bool(row)) + word.text
        rows.append(row)
    fence = "`" * max(3, 1 + max((len(run) for row in rows for run in re.findall("`+", row)), default=0))
    return "\n".join([fence, *rows, fence])


def _safe_start(text: str) -> str:
    """Text whose lines keep their characters where they begin like headings, lists, quotations, rules or fences."""
    return "\n".join(_safe_line(line) for line in text.split("\n"))


def _safe_line(text: str) -> str:
    if text[:1] in "#>+" or text[:2] in ("- ", "= ", "| ") or text[:3] == "~~~" or (text and _DRAWN.issuperset(text)):
        return "\\" + text
    head = text.split(" ", 1)[0]
    if head[:-1].isdigit() and head[-1:] in ".)":
        return f"{head[:-1]}\\{head[-1]}{text[len(head) :]}"
    return text


def _unmarked(source: Table) -> int:
    """Styles that mean nothing in a table: weight and slant; fixed pitch where most of its text has it."""
    words = [word for row in source.rows for cell in row for line in cell.lines for word in line]
    fixed = sum(len(word.text) for word in words if word.style & Style.MONO)
    code = 0 < fixed < 0.6 * sum(len(word.text) for word in words)
    return Style.BOLD | Style.ITALIC | (Style.PLAIN if code else Style.MONO)


def table(source: Table, style: str) -> str:
    """A pipe table where it can say everything, HTML where cells span; `style` forces one of the two."""
    spans = any(cell.across > 1 or cell.down > 1 for row in source.rows for cell in row)
    if style == "html" or (style == "auto" and spans):
        return _html(source)
    return _pipes(source)


def _html(source: Table) -> str:
    rows = []
    for n, row in enumerate(source.rows):
        tag = "th" if n < source.header else "td"
        cells = "".join(f"<{tag}{_spans(cell)}>{inline_html(cell.lines)}</{tag}>" for cell in row)
        rows.append(f"<tr>{cells}</tr>")
    return "<table>\n" + "\n".join(rows) + "\n</table>"


def _spans(cell: Cell) -> str:
    return (f' colspan="{cell.across}"' if cell.across > 1 else "") + (
        f' rowspan="{cell.down}"' if cell.down > 1 else ""
    )


def _pipes(source: Table) -> str:
    grid = _grid(source)
    width = max((len(row) for row in grid), default=0)
    lines = []
    for n, row in enumerate(grid):
        cells = [c.replace("|", "\\|").replace("\n", " ") for c in row + [""] * (width - len(row))]
        lines.append("| " + " | ".join(cells) + " |")
        if n == 0:
            lines.append("|" + " --- |" * width)
    return "\n".join(lines)


def _grid(source: Table) -> list[list[str]]:
    """Every place of the table; a spanning cell stands in its first place."""
    grid: list[list[str]] = []
    taken: set[tuple[int, int]] = set()
    ignore = _unmarked(source)
    for r, row in enumerate(source.rows):
        texts: dict[int, str] = {}
        column = 0
        for cell in row:
            while (r, column) in taken:
                column += 1
            texts[column] = inline(cell.lines, ignore=ignore, links=True)
            taken |= {(r + i, column + j) for i in range(cell.down) for j in range(cell.across)}
            column += cell.across
        width = max([c for y, c in taken if y == r], default=-1) + 1
        grid.append([texts.get(c, "") for c in range(width)])
    return grid
