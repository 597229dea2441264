"""Read a page of a document: the two trained formats, ``qwenvl markdown`` and ``qwenvl html``.

Markdown: a table is LaTeX after ``<!-- Table (x1,y1,x2,y2) -->``, a figure is ``<!-- Image (x1,y1,x2,y2) -->``.
HTML: each element carries ``data-bbox="x1 y1 x2 y2"`` and may have a class (image, formula, chart, …).
Coordinates are on the 0 to 1000 grid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal

from handlens.errors import EyeAnswerInvalid
from handlens.eye.latex_table import Table, TableBuilder, parse_latex_table
from handlens.geometry import GRID, Box

MARKDOWN_QUESTION = "qwenvl markdown"
HTML_QUESTION = "qwenvl html"


@dataclass(frozen=True, slots=True)
class Element:
    """A part of a page in reading order. ``box`` is on the grid; ``label`` is the model's word for a picture."""

    kind: Literal["text", "table", "image"]
    markdown: str
    box: Box | None = None
    table: Table | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class PageReading:
    elements: tuple[Element, ...]

    @property
    def markdown(self) -> str:
        """The page without its pictures, which have no words."""
        return "\n\n".join(element.markdown for element in self.elements if element.markdown)


_FENCE = re.compile(r"\A\s*```(?:markdown|html|md)?[ \t]*\n(.*?)(?:\n```\s*)?\Z", re.DOTALL)
_COMMENT = re.compile(r"<!--\s*(Image|Table|Figure|Chart)\b(.*?)-->", re.IGNORECASE | re.DOTALL)
_CORNERS = re.compile(r"\s*[:(\[]*\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*[)\]]*\s*")
_TABLE = re.compile(
    r"\\begin\{table\*?\}.*?(?:\\end\{table\*?\}|\Z)|\\begin\{(tabular\*?|tabularx)\}.*?(?:\\end\{\1\}|\Z)", re.DOTALL
)


def parse_page(text: str) -> PageReading:
    """Read an answer to either question: a model may answer one in the other's format. Raises EyeAnswerInvalid."""
    return parse_html(text) if "data-bbox=" in text else parse_markdown(text)


def parse_markdown(text: str) -> PageReading:
    """Read an answer to `MARKDOWN_QUESTION`.

    Raises:
        EyeAnswerInvalid: a box is not on the grid, a Table comment has no table, or a table is broken.
    """
    fenced = _FENCE.match(text)
    source = fenced[1] if fenced else text
    elements: list[Element] = []
    at = 0
    box: Box | None = None  # of the table announced last
    announced = False
    while True:
        comment, table = _COMMENT.search(source, at), _TABLE.search(source, at)
        nearest = min((each for each in (comment, table) if each), key=lambda each: each.start(), default=None)
        between = source[at : nearest.start() if nearest else len(source)].strip()
        if announced and (between or nearest is None or nearest is not table):
            raise EyeAnswerInvalid("A Table comment is not followed by its table.")
        if between:
            elements.append(Element("text", between))
        if nearest is None:
            return PageReading(tuple(elements))
        if nearest is table:
            read = parse_latex_table(nearest[0])
            elements.append(Element("table", read.markdown(), box, read))
            box, announced = None, False
        else:
            box = _comment_box(nearest[2])
            announced = nearest[1].lower() == "table"
            if not announced:
                elements.append(Element("image", "", box, label=nearest[1].lower()))
                box = None
        at = nearest.end()


def _comment_box(text: str) -> Box:
    corners = _CORNERS.fullmatch(text)
    if corners is None:
        raise EyeAnswerInvalid(f"<!-- …{text.strip()[:40]} --> has no (x1,y1,x2,y2).")
    return grid_box([int(each) for each in corners.groups()])


def grid_box(corners: list[int]) -> Box:
    """A box from its corners, or a refusal where they are not on the grid."""
    box = Box.from_corners(*corners)
    if not all(0 <= each <= GRID for each in corners) or box.width < 0 or box.height < 0:
        raise EyeAnswerInvalid(f"{corners} is no box on the 0 to {GRID} grid.")
    return box


def parse_html(text: str) -> PageReading:
    """Read an answer to `HTML_QUESTION`. Scripts and styles are dropped, links keep only their words.

    Raises:
        EyeAnswerInvalid: a box is not on the grid, or there is no element at all.
    """
    fenced = _FENCE.match(text)
    reader = _HtmlReader()
    reader.feed(fenced[1] if fenced else text)
    reader.close()
    reader.flush()
    if not reader.elements:
        raise EyeAnswerInvalid("The answer holds no HTML element with content.")
    return PageReading(tuple(reader.elements))


_PICTURES = {"image", "chart", "figure", "music sheet", "chemical formula", "diagram", "logo"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "div", "dl", "dd", "dt", "figcaption", "figure", "footer",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "ol", "p", "pre", "section", "ul",
    "table", "caption",
}  # fmt: skip
_VOID = {"img", "br", "hr", "input", "meta", "link", "col", "wbr"}


class _HtmlReader(HTMLParser):
    """Gathers the words of each block under the nearest box; a table is one element."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[tuple[str, Box | None, str]] = []
        self._words: list[str] = []
        self._table: TableBuilder | None = None
        self._spans = (1, 1)
        self._begun = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._begun:
            self._words.clear()  # words before the first element are not the page's
            self._begun = True
        given = {name: value or "" for name, value in attrs}
        if tag in _BLOCKS and self._table is None:
            self.flush()
        box = _attribute_box(given.get("data-bbox"))
        label = given.get("class", "").strip().lower()
        if tag == "img" or (label in _PICTURES and tag not in {"td", "th"}):
            self.elements.append(Element("image", "", box or self._box(), label=label or "image"))
        if tag == "br":
            self._words.append("\n")
        if tag not in _VOID:
            self._open.append((tag, box, label))
        if tag == "table" and self._table is None:
            self._table = TableBuilder()
        if tag == "tr" and self._table:
            self._table.start_row()
        if tag in {"td", "th"} and self._table:
            self._words.clear()
            self._spans = (_span(given.get("colspan")), _span(given.get("rowspan")))

    def handle_endtag(self, tag: str) -> None:
        if not any(name == tag for name, _, _ in self._open):
            return
        if tag in {"td", "th"} and self._table:
            self._table.add(self._said(), *self._spans)
        elif tag == "table" and self._table:
            table = self._table.table()
            self.elements.append(Element("table", table.markdown(), self._box(), table))
            self._table = None
            self._words.clear()
        elif tag in _BLOCKS and self._table is None:
            self.flush()
        while self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(name in {"script", "style", "title"} for name, _, _ in self._open):
            in_pre = any(name == "pre" for name, _, _ in self._open)
            self._words.append(data if in_pre else data.replace("\n", " "))

    def flush(self) -> None:
        said = self._said()
        if not said or not self._begun or self._in_picture():
            return
        tags = [name for name, _, _ in self._open]
        heading = next((name for name in reversed(tags) if re.fullmatch("h[1-6]", name)), None)
        if heading:
            said = "#" * int(heading[1]) + " " + said
        elif "li" in tags:
            said = "- " + said
        elif any(label == "formula" for _, _, label in self._open):
            said = said if said.startswith("$") else f"$$\n{said}\n$$"
        self.elements.append(Element("text", said, self._box()))

    def _said(self) -> str:
        text = "".join(self._words)
        self._words.clear()
        if any(name == "pre" for name, _, _ in self._open):
            return text.strip("\n")
        return "\n".join(" ".join(line.split()) for line in text.strip().splitlines()).strip()

    def _box(self) -> Box | None:
        return next((box for _, box, _ in reversed(self._open) if box), None)

    def _in_picture(self) -> bool:
        return any(label in _PICTURES for _, _, label in self._open)


def _span(value: str | None) -> int:
    return int(value) if value and value.isdigit() else 1


def _attribute_box(value: str | None) -> Box | None:
    if value is None:
        return None
    numbers = re.findall(r"-?\d+(?:\.\d+)?", value)
    if len(numbers) != 4 or re.sub(r"[\d\s,.\[\]()-]", "", value):
        raise EyeAnswerInvalid(f'data-bbox="{value[:40]}" is no box.')
    return grid_box([round(float(each)) for each in numbers])
