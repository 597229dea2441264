"""What is read from a page: words, rules, fills and pictures, in points from the top left of the page as displayed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple


class Rect(NamedTuple):
    """Left, top, right, bottom in points; y grows downwards."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    def shared(self, other: Rect) -> float:
        """Area of the intersection."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return width * height if width > 0 and height > 0 else 0.0

    def holds(self, x: float, y: float, margin: float = 0.0) -> bool:
        return self.x0 - margin <= x <= self.x1 + margin and self.y0 - margin <= y <= self.y1 + margin

    def grown(self, margin: float) -> Rect:
        return Rect(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)


def around(rects: list[Rect]) -> Rect:
    """The smallest rectangle that holds all of `rects`, which are at least one."""
    return Rect(min(r.x0 for r in rects), min(r.y0 for r in rects), max(r.x1 for r in rects), max(r.y1 for r in rects))


class Style(int):
    """Flags of how characters look. Plain numbers: an enumeration's cost too much, many times a page."""

    PLAIN: ClassVar[int] = 0
    BOLD: ClassVar[int] = 1
    ITALIC: ClassVar[int] = 2
    MONO: ClassVar[int] = 4
    SUPER: ClassVar[int] = 8
    SUB: ClassVar[int] = 16
    NOTE: ClassVar[int] = 32  # the mark of a footnote


class Run(NamedTuple):
    """Characters of one style inside a word."""

    text: str
    style: int


@dataclass(slots=True)
class Word:
    """Characters between spaces. `size` is the font's, `base` the baseline's y, `order` the place in the stream."""

    runs: list[Run]
    rect: Rect
    base: float
    size: float
    font: str
    style: int
    order: int
    colour: int = 0
    confidence: float = 1.0
    link: str = ""
    drawn: int = 0
    """PDFium's handle of the text object that the word, or its beginning, is of."""

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs) if len(self.runs) > 1 else self.runs[0].text


class Rule(NamedTuple):
    """A thin straight stroke along an axis: from `start` to `end` at `at`, `width` points thick."""

    at: float
    start: float
    end: float
    width: float

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(slots=True)
class PageContent:
    """One page as read, before anybody asks what it means. `turn` is by how many quarters it was turned to read."""

    index: int
    width: float
    height: float
    words: list[Word] = field(default_factory=list)
    across: list[Rule] = field(default_factory=list)
    down: list[Rule] = field(default_factory=list)
    fills: list[Rect] = field(default_factory=list)
    drawings: list[Rect] = field(default_factory=list)
    images: list[Rect] = field(default_factory=list)
    dots: list[Rect] = field(default_factory=list)
    badges: list[Rect] = field(default_factory=list)
    sideways: list[Word] = field(default_factory=list)
    quarter: int = 0
    """By how many clockwise quarters most of what stands sideways is turned; 0 where there is hardly any."""
    beside: PageContent | None = None
    """The same page as it is with what stands sideways upright."""
    turn: int = 0
    characters: int = 0
    unmapped: int = 0
    invisible: int = 0
    attached: int = 0
    doubts: dict[int, str] = field(default_factory=dict)
    """Text objects that may not be seen, by their handles, and why."""
    painted: dict[int, int] = field(default_factory=dict)
    """When text objects are painted, by their handles."""
    covers: list[tuple[int, Rect]] = field(default_factory=list)
    """Boxes that hide what was painted before them, with when they are painted."""
    notes: list[str] = field(default_factory=list)
    """What a reader of the page should be told of it."""
    route: str = "text"

    @property
    def rect(self) -> Rect:
        return Rect(0.0, 0.0, self.width, self.height)
