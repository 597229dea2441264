"""Read a LaTeX ``tabular``, the way document models write tables, into cells."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlens.errors import EyeAnswerInvalid

MAX_CELLS = 20_000


@dataclass(frozen=True, slots=True)
class Cell:
    """``row`` and ``column`` count from 0; spans are in rows and columns."""

    text: str
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    cells: tuple[Cell, ...]

    @property
    def rows(self) -> list[list[str]]:
        """A full rectangle of texts; where a cell spans, its text stands at the top left and the rest is empty."""
        height = max((cell.row + cell.row_span for cell in self.cells), default=0)
        width = max((cell.column + cell.column_span for cell in self.cells), default=0)
        grid = [[""] * width for _ in range(height)]
        for cell in self.cells:
            grid[cell.row][cell.column] = cell.text
        return grid

    def markdown(self) -> str:
        rows = [
            ["" if not text else text.replace("|", "\\|").replace("\n", "<br>") for text in row] for row in self.rows
        ]
        if not rows:
            return ""
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


class TableBuilder:
    """Place cells row by row, round those that span down from above."""

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self._taken: set[tuple[int, int]] = set()
        self._row = -1
        self._column = 0

    def start_row(self) -> None:
        self._row += 1
        self._column = 0

    def add(self, text: str, column_span: int = 1, row_span: int = 1) -> None:
        if not (1 <= column_span <= 1000 and 1 <= row_span <= 1000):
            raise EyeAnswerInvalid(f"A cell spans {column_span} columns and {row_span} rows.")
        while (self._row, self._column) in self._taken:
            self._column += 1
        for down in range(row_span):
            for across in range(column_span):
                self._taken.add((self._row + down, self._column + across))
        if len(self._taken) > MAX_CELLS:
            raise EyeAnswerInvalid(f"The table has more than {MAX_CELLS} cells.")
        self.cells.append(Cell(text, self._row, self._column, row_span, column_span))
        self._column += column_span

    def skip_covered(self) -> bool:
        """Pass a placeholder for a cell that spans down to here, if one does."""
        if (self._row, self._column) not in self._taken:
            return False
        self._column += 1
        return True

    def table(self) -> Table:
        return Table(tuple(self.cells))


_BEGIN = re.compile(r"\\begin\{(tabular\*?|tabularx|array)\}")
_RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|centering)\b|\\c(?:line|midrule)\s*(?:\([a-z]*\))?\s*\{[^}]*\}"
)
_ROW_GAP = re.compile(r"\s*\[[-\d.]+\s*\w+\]")


def parse_latex_table(source: str) -> Table:
    """The cells of the one tabular in ``source``.

    Raises:
        EyeAnswerInvalid: it is not closed, holds another one, or a span is not a number.
    """
    begin = _BEGIN.search(source)
    if begin is None:
        raise EyeAnswerInvalid("There is no \\begin{tabular}.")
    end = source.find(f"\\end{{{begin[1]}}}", begin.end())
    if end < 0:
        raise EyeAnswerInvalid(f"\\begin{{{begin[1]}}} is not closed.")
    body = source[begin.end() : end]
    if _BEGIN.search(body):
        raise EyeAnswerInvalid("A table inside a table can't be read.")
    body = _skip_column_spec(body, twice=begin[1] in {"tabularx", "tabular*"})
    builder = TableBuilder()
    for line in _split(body, "\\\\"):
        row = _RULES.sub("", _ROW_GAP.sub("", line, count=1) if line.lstrip().startswith("[") else line)
        if row.strip():
            builder.start_row()
            for cell in _split(row, "&"):
                _add(builder, cell.strip())
    return builder.table()


def _skip_column_spec(body: str, *, twice: bool) -> str:
    for _ in range(2 if twice else 1):
        body = re.sub(r"^\s*\[[a-z]\]", "", body)
        if not body.lstrip().startswith("{"):
            raise EyeAnswerInvalid("A tabular begins with its column specification.")
        _, body = _group(body.lstrip())
    return body


def _add(builder: TableBuilder, cell: str) -> None:
    across = down = 1
    while match := re.match(r"\\multi(column|row)\s*(?:\[[^\]]*\])?\s*(?=\{)", cell):
        count, rest = _group(cell[match.end() :])
        _, rest = _group(rest)
        inner, rest = _group(rest)
        if not count.strip().isdigit() or rest.strip():
            raise EyeAnswerInvalid(f"\\multi{match[1]}{{{count}}} can't be read.")
        if match[1] == "column":
            across = int(count)
        else:
            down = int(count)
        cell = inner.strip()
    if not cell and across == down == 1 and builder.skip_covered():
        return
    builder.add(plain(cell), across, down)


def _group(source: str) -> tuple[str, str]:
    """The first brace group's inside, and what follows it; a lone ``*`` or word is a group too."""
    source = source.lstrip()
    if not source.startswith("{"):
        return source[:1], source[1:]
    depth = 0
    for at, character in enumerate(source):
        if character in "{}" and (at == 0 or source[at - 1] != "\\"):
            depth += 1 if character == "{" else -1
            if depth == 0:
                return source[1:at], source[at + 1 :]
    raise EyeAnswerInvalid("A brace is not closed.")


def _split(source: str, separator: str) -> list[str]:
    """Split where ``separator`` stands outside braces and is not escaped."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(source):
        if depth == 0 and source.startswith(separator, at):
            parts.append(source[start:at])
            at += len(separator)
            start = at
        elif source[at] == "\\" and at + 1 < len(source):
            at += 2
        else:
            depth += {"{": 1, "}": -1}.get(source[at], 0)
            at += 1
    if depth != 0:
        raise EyeAnswerInvalid("Braces in a table don't match.")
    return [*parts, source[start:]]


_STYLE = re.compile(
    r"\\(?:textbf|textit|texttt|textrm|textsf|text|emph|underline|makecell|mathrm|mathbf)\s*(?:\[\w\])?\{"
)
_ESCAPED = re.compile(r"\\([%&_#${}])")


def plain(cell: str) -> str:
    """A cell's text without styling; formulas keep their LaTeX."""
    while match := _STYLE.search(cell):
        inner, rest = _group(cell[match.end() - 1 :])
        cell = cell[: match.start()] + inner + rest
    cell = re.sub(r"\s*(?:\\\\|\\newline)\s*", "\n", cell)
    cell = cell.replace("\\textbackslash", "\\").replace("~", " ")
    return _ESCAPED.sub(r"\1", cell).strip()
