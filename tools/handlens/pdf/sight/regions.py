"""Parts of a page that an eye may read better than the text layer does."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from handlens.pdf.model import Rect


class Want(StrEnum):
    """What an eye is asked for, most urgent first."""

    PAGE = "page"
    TABLE = "table"
    FORMULA = "formula"
    FIGURE = "figure"


class Known(NamedTuple):
    """A word that the text layer, or OCR, has in a region, and where."""

    text: str
    rect: Rect


@dataclass
class Region:
    """A part of a page: `box` in points, `start` and `end` of its embedded reading in the page's Markdown.

    `route` says whose reading stands there now (text, ocr or eye), `note` what came of a question. `picture` is a PNG
    of it, empty where nobody is to be asked.
    """

    want: Want
    box: Rect
    because: str
    start: int
    end: int
    words: list[Known] = field(default_factory=list)
    picture: bytes = b""
    route: str = "text"
    note: str = ""
    caption: str = ""

    def to_json(self) -> dict[str, Any]:
        """Everything but the picture's bytes, for the pipe between a worker and its owner."""
        plain = {k: getattr(self, k) for k in ("because", "start", "end", "route", "note", "caption")}
        words = [[w.text, *(round(v, 1) for v in w.rect)] for w in self.words]
        return {**plain, "want": self.want.value, "box": list(self.box), "words": words, "size": len(self.picture)}

    @classmethod
    def from_json(cls, fields: dict[str, Any], picture: bytes) -> Region:
        """The reverse of `to_json`."""
        words = [Known(str(text), Rect(*place)) for text, *place in fields.pop("words")]
        fields.pop("size")
        want, box = Want(fields.pop("want")), Rect(*fields.pop("box"))
        return cls(**fields, want=want, box=box, words=words, picture=picture)
