"""What a caller is told of a document's pages and figures."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from handlens.geometry import Box
from handlens.pdf.result import PageResult


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DocumentRegion(_Part):
    """A part of a page that sight was wanted for."""

    kind: Literal["page", "table", "formula", "figure"]
    route: Literal["text", "ocr", "eye", "empty"] = Field(description="Whose reading is used.")
    box: Box = Field(description="Points from the page's top left.")
    note: str = Field(description="What was changed, or why sight's reading is not used.")


class DocumentPage(_Part):
    """How one page was read."""

    page: int = Field(description="From 1.")
    route: Literal["text", "ocr", "eye", "empty", "failed"] = Field(description="Where its text comes from.")
    confidence: float = Field(description="0 to 1.")
    notes: list[str] = Field(description="What went wrong or was left out.")
    regions: list[DocumentRegion] = Field(default=[], description="With sight: what it was wanted for.")


class DocumentFigure(_Part):
    """A picture of the document."""

    page: int = Field(description="From 1.")
    artifact: str = Field(description="Resource URI, PNG.")
    box: Box = Field(description="Points from the page's top left.")
    caption: str = Field(description="As printed; may be empty.")


def account(page: PageResult) -> DocumentPage:
    """What is told of a page."""
    regions = [
        DocumentRegion.model_validate(
            {"kind": r.want.value, "route": r.route, "box": Box.from_corners(*r.box).rounded(), "note": r.note[:200]}
        )
        for r in page.regions
    ]
    return DocumentPage.model_validate(
        {"page": page.index + 1, "route": page.route, "confidence": page.confidence, "notes": page.notes,
         "regions": regions}
    )  # fmt: skip


def told(pages: list[DocumentPage], most: int) -> list[DocumentPage]:
    """All pages of a short document; of a long one those that went another way than the rest, then the first."""
    if len(pages) <= most:
        return pages
    special = [page for page in pages if page.notes or page.regions or page.route != "text"][:most]
    known = {page.page for page in special}
    plain = [page for page in pages if page.page not in known][: most - len(special)]
    return sorted([*special, *plain], key=lambda page: page.page)
