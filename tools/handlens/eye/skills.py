"""What tools ask of sight: locate, read a table, read a page. An eye is one way to have each of them.

All places are pixels of the picture that was given, whatever size a model saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from handlens.geometry import Box, Point

if TYPE_CHECKING:
    from handlens.eye.latex_table import Table
    from handlens.kit import Caller
    from handlens.tool import Picture


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that fits a description. ``box`` is None where it was only pointed at; confidence 0 to 1."""

    point: Point
    box: Box | None
    label: str
    confidence: float
    because: str


@dataclass(frozen=True, slots=True)
class SeenTable:
    """Texts as written; every row has as many as there are headers. ``truncated``: there are more rows."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class SeenElement:
    """A part of a page. A picture has no ``markdown``; a table has its cells too."""

    kind: Literal["text", "table", "image"]
    markdown: str
    box: Box | None
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class SeenPage:
    """A page in reading order. ``truncated``: its end is missing."""

    elements: tuple[SeenElement, ...]
    truncated: bool = False

    @property
    def markdown(self) -> str:
        return "\n\n".join(element.markdown for element in self.elements if element.markdown)


class Locator(Protocol):
    """Finds what a person describes."""

    async def locate(self, picture: Picture, description: str, *, caller: Caller | None = None) -> list[Sighting]:
        """Everything that fits ``description``, best first; empty where nothing does."""
        ...


class TableReader(Protocol):
    """Reads a table, a list or a set of cards as rows."""

    async def read_table(self, picture: Picture, *, caller: Caller | None = None) -> SeenTable: ...


class PageReader(Protocol):
    """Reads a page of a document."""

    async def read_page(self, picture: Picture, *, caller: Caller | None = None) -> SeenPage: ...
