"""What has come of a document's pages, kept where a call ended before the last of them, for the next to go on with."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio

from handlens.pdf.accounts import DocumentFigure, DocumentPage, account
from handlens.pdf.endnotes import link_notes
from handlens.pdf.options import Options
from handlens.pdf.report import Report
from handlens.pdf.result import PageResult
from handlens.pdf.stitch import Stitcher

_KEPT = 8  # documents
_CUT = "\ufdd0"  # no character: Unicode leaves it to programs


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose document it is, which one, and how it is to be converted. `digest` is of its bytes."""

    subject: str
    source: str
    digest: str
    pages: str | None
    frontmatter: bool
    options: Options


@dataclass(eq=False)
class Gathering:
    """The pages of a document as they come. `indices` are those asked for, set once the document is open."""

    asked: Asked
    indices: list[int] = field(default_factory=list[int])
    pages: list[DocumentPage] = field(default_factory=list[DocumentPage])
    figures: list[DocumentFigure] = field(default_factory=list[DocumentFigure])
    questions: int = 0
    """Sight was asked so many."""
    sight: list[str] = field(default_factory=list[str])
    busy: anyio.Lock = field(default_factory=anyio.Lock)
    artifact: str = ""
    """Id of the latest artifact that holds its Markdown."""
    cuts: dict[str, int] = field(default_factory=dict[str, int])
    """After how many pages each earlier artifact ends."""
    places: dict[str, int] = field(default_factory=dict[str, int])
    """At which character of the latest artifact each earlier one ends."""

    def __post_init__(self) -> None:
        self._markdown: list[str] = []
        self._stitcher = Stitcher(page_breaks=self.asked.options.page_breaks)
        self._report = Report()

    @property
    def left(self) -> list[int]:
        """Indices of the pages that are not done."""
        return self.indices[len(self.pages) :]

    @property
    def is_done(self) -> bool:
        return bool(self.pages) and not self.left

    def add(self, page: PageResult, figures: list[DocumentFigure]) -> None:
        """The next page."""
        self._markdown.append(self._stitcher.add(page).replace(_CUT, ""))
        self._report.add(page.route, page.left_out)
        self.pages.append(account(page))
        self.figures += figures

    def notes(self) -> list[str]:
        """About all pages so far."""
        return [*self.sight, *self._report.told()]

    def text(self, head: str) -> tuple[str, dict[str, int]]:
        """The Markdown so far, after a `head`, and at which of its characters each earlier artifact ends."""
        last = copy.copy(self._stitcher).end()  # of a copy, for there may be further pages
        ends = set(self.cuts.values())
        pieces = [(_CUT if n in ends else "") + piece for n, piece in enumerate([*self._markdown, last])]
        parts = link_notes("".join(pieces).strip()).split(_CUT)
        starts = [len(head)]
        for part in parts:
            starts.append(starts[-1] + len(part))
        order = sorted(ends)
        places = {name: starts[1 + order.index(cut)] for name, cut in self.cuts.items()}
        return head + "".join(parts).strip() + "\n", places

    def kept_as(self, artifact: str, places: dict[str, int]) -> None:
        """Its Markdown so far is in this artifact."""
        self.artifact, self.places = artifact, places
        self.cuts[artifact] = len(self.pages)


class Unfinished:
    """The latest documents that are being converted, or whose conversion a call ended before its last page."""

    def __init__(self) -> None:
        self._kept: deque[Gathering] = deque(maxlen=_KEPT)

    def asked(self, asked: Asked) -> Gathering:
        """The one that was asked for in the same way and is not done, or a new one."""
        found = next((kept for kept in self._kept if kept.asked == asked and not kept.is_done), None)
        if found is None:
            found = Gathering(asked)
            self._kept.append(found)
        return found

    @contextmanager
    def settling(self, gathering: Gathering) -> Generator[None, None, None]:
        """After it, keep the gathering where a call may go on with it: unless it has no page yet, or came at once."""
        try:
            yield
        finally:
            needed = bool(gathering.pages) and (bool(gathering.left) or bool(gathering.cuts))
            if needed and gathering not in self._kept:
                self._kept.append(gathering)
            elif not needed and gathering in self._kept:
                self._kept.remove(gathering)

    def of(self, artifact: str) -> Gathering | None:
        """The one whose Markdown the artifact of this id holds, or a part of it."""
        return next((kept for kept in self._kept if artifact in kept.cuts), None)

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()
