"""What a page consists of once it is understood: blocks in reading order."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from handlens.pdf.lines import is_wide

if TYPE_CHECKING:
    from handlens.pdf.lines import Line
    from handlens.pdf.model import Rect, Word


class Kind(StrEnum):
    TEXT = "text"
    HEADING = "heading"
    ITEM = "item"
    CODE = "code"
    CAPTION = "caption"
    FOOTNOTE = "footnote"
    FURNITURE = "furniture"
    TABLE = "table"
    FIGURE = "figure"
    FIELD = "field"


@dataclass
class Cell:
    """A cell of a table: the words in it, line by line, and how many columns and rows it spans."""

    lines: list[list[Word]] = field(default_factory=list)
    across: int = 1
    down: int = 1


@dataclass
class Table:
    """Rows of cells. A place that a spanning cell covers has no cell of its own. `header` rows come first."""

    rows: list[list[Cell]]
    header: int = 1
    confidence: float = 1.0


@dataclass
class Block:
    """One paragraph, heading, list item, table or figure."""

    kind: Kind
    rect: Rect
    lines: list[Line] = field(default_factory=list)
    level: int = 0
    marker: str = ""
    table: Table | None = None
    artifact: str = ""
    page: int = 0
    score: float = 0.0
    lead: int = 0
    """How many words at the start of a paragraph are its heading (a run-in heading)."""
    room: float = 0.0
    """Points that are free to the right of its lines."""
    open: bool = False
    """Whether the paragraph goes on in the next column or page."""
    quoted: bool = False
    """Whether it is a block quote, or a part of one."""

    @property
    def text(self) -> str:
        text = ""
        for line in self.lines:
            space = " " if text and not (is_wide(text[-1]) and is_wide(line.text[:1] or " ")) else ""
            text += space + line.text
        return text
