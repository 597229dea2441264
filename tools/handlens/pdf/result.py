"""What converting gives: a result a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from handlens.pdf.model import Rect
from handlens.pdf.sight.regions import Region


@dataclass
class Figure:
    """A picture of a page. `box` is in points from the page's top left; `data` is a PNG, empty where not asked for."""

    name: str
    box: Rect
    caption: str = ""
    data: bytes = b""


@dataclass
class PageResult:
    """One page as Markdown. `route` is text, ocr, eye, empty or failed; `confidence` 0 to 1.

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
    regions: list[Region] = field(default_factory=list)
    """Parts worth a question to an eye, where one was asked for."""

    def to_json(self) -> dict[str, Any]:
        """Everything but the pictures' bytes, for the pipe between a worker and its owner."""
        figures = [[f.name, list(f.box), f.caption, len(f.data)] for f in self.figures]
        plain = {k: getattr(self, k) for k in ("index", "markdown", "route", "confidence", "notes", "left_out")}
        regions = [region.to_json() for region in self.regions]
        return {**plain, "joins": self.joins, "open": self.open, "figures": figures, "regions": regions}

    def body(self) -> bytes:
        """The pictures' bytes, of figures and then of regions, one after the other."""
        return b"".join([*(figure.data for figure in self.figures), *(region.picture for region in self.regions)])

    @classmethod
    def from_json(cls, fields: dict[str, Any], body: bytes) -> PageResult:
        """The reverse of `to_json` and `body`."""
        figures: list[Figure] = []
        regions: list[Region] = []
        start = 0
        for name, box, caption, size in fields.pop("figures"):
            figures.append(Figure(str(name), Rect(*box), str(caption), body[start : start + size]))
            start += size
        for region in fields.pop("regions"):
            size = int(region["size"])
            regions.append(Region.from_json(region, body[start : start + size]))
            start += size
        return cls(**fields, figures=figures, regions=regions)
