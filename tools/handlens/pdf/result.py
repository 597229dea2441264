"""What converting gives: a result a page, and how pages are put together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from handlens.pdf.model import Rect


@dataclass
class Figure:
    """A picture of a page. `box` is in points from the page's top left; `data` is a PNG, empty where not asked for."""

    name: str
    box: Rect
    caption: str = ""
    data: bytes = b""


@dataclass
class PageResult:
    """One page as Markdown. `route` is text, ocr, empty or failed; `confidence` 0 to 1.

    `joins` says that its first paragraph may continue another page's last one, `open` that its last one is unfinished.
    """

    index: int
    markdown: str = ""
    route: str = "text"
    confidence: float = 1.0
    notes: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    joins: bool = False
    open: bool = False

    def to_json(self) -> dict[str, Any]:
        """Everything but the pictures' bytes, for the pipe between a worker and its owner."""
        figures = [[f.name, list(f.box), f.caption, len(f.data)] for f in self.figures]
        plain = {k: getattr(self, k) for k in ("index", "markdown", "route", "confidence", "notes", "left_out")}
        return {**plain, "joins": self.joins, "open": self.open, "figures": figures}

    @classmethod
    def from_json(cls, fields: dict[str, Any], body: bytes) -> PageResult:
        """The reverse of `to_json`; `body` is the pictures' bytes, one after the other."""
        figures, start = [], 0
        for name, box, caption, size in fields.pop("figures"):
            figures.append(Figure(str(name), Rect(*box), str(caption), body[start : start + size]))
            start += size
        return cls(**fields, figures=figures)


_ROW = re.compile(r"\n?<table>\n(.*)\n</table>\s*\Z", re.DOTALL)


class Stitcher:
    """Puts pages together one by one: paragraphs and tables that go on over a page break are joined."""

    def __init__(self, *, page_breaks: bool = False) -> None:
        self._page_breaks = page_breaks
        self._open = False
        self._tail = ""

    def add(self, page: PageResult) -> str:
        """What page adds to the document's Markdown, with whatever separates it from the page before."""
        text = page.markdown
        marker = f"<!-- page {page.index + 1} -->\n\n" if self._page_breaks else ""
        if not text:
            return f"\n\n{marker.strip()}" if marker and self._tail else marker.strip()
        if not self._tail:
            glue = marker
        elif marker:
            glue = "\n\n" + marker
        elif self._open and page.joins:
            glue = "" if self._tail.endswith("-") else " "
        elif (rows := _continued(self._tail, text)) is not None:
            glue, text = "\n", rows
        else:
            glue = "\n\n"
        self._open, self._tail = page.open, text
        return glue + text


def _continued(above: str, below: str) -> str | None:
    """The rows of a pipe table at the top of a page that goes on from one at the end of the page before."""
    last = above.rsplit("\n\n", 1)[-1].split("\n")
    first, _, rest = below.partition("\n\n")
    rows = first.split("\n")
    if len(last) < 2 or len(rows) < 2 or not all(r.startswith("| ") for r in (last[-1], rows[0])):
        return None
    if not last[1].startswith("| ---") or last[1] != rows[1]:
        return None
    body = rows[2:] if rows[0] == last[0] else [rows[0], *rows[2:]]
    return "\n".join(body) + (f"\n\n{rest}" if rest else "") if body else None


def stitch(pages: Iterable[PageResult], *, page_breaks: bool = False) -> str:
    """The Markdown of pages put together."""
    stitcher = Stitcher(page_breaks=page_breaks)
    return "".join(stitcher.add(page) for page in pages)
