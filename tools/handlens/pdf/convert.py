"""PDF to Markdown in this process, with nothing else around it.

    result = convert(Path("report.pdf"))
    result.markdown

PDFium is not thread-safe, and a hostile file may crash it: servers call this through `handlens.pdf.documents`, which
runs it in worker processes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from handlens.errors import DocumentError
from handlens.pdf.blocks import Block, Kind
from handlens.pdf.endnotes import link_notes
from handlens.pdf.flow import goes_on, is_unfinished
from handlens.pdf.headings import learn_levels
from handlens.pdf.hidden import SCALE, fits_picture, is_hidden
from handlens.pdf.markdown import placed
from handlens.pdf.meaning import is_meaningless
from handlens.pdf.options import Options
from handlens.pdf.page import understand
from handlens.pdf.pictured import PictureReader
from handlens.pdf.profile import Profile, profile_of
from handlens.pdf.ranges import parse_pages
from handlens.pdf.reading import Document
from handlens.pdf.result import Figure, PageResult
from handlens.pdf.scan import scale_for, wants_ocr
from handlens.pdf.sight.finding import find_regions, whole
from handlens.pdf.stitch import stitch

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from handlens.pdf.model import PageContent, Rect

_SAMPLE = 10  # pages; each costs the first page's reader some 25 ms
_LEARNED = 5  # pages of the sample whose headings are looked for, to know their sizes
_FIGURE_SCALE = 2.0
_MAX_FIGURE_PIXELS = 6_000_000
_LOOK_SCALE, _MAX_LOOK_PIXELS = 2.5, 2_000_000


@dataclass
class Conversion:
    """A whole document: its Markdown, and the result of each page."""

    markdown: str
    pages: list[PageResult]


def convert(
    source: Path | bytes, *, pages: str | None = None, password: str | None = None, options: Options | None = None
) -> Conversion:
    """Convert a document, or the pages of it that `pages` names ("1-3,7").

    Raises:
        DocumentError: the file is missing, empty, broken or no PDF; PasswordRequired where it is encrypted.
        InvalidInput: the page range is none, or out of reach.
    """
    options = options or Options()
    with Converter(source, password=password, options=options) as converter:
        results = list(converter.pages(parse_pages(pages, converter.page_count)))
    return Conversion(link_notes(stitch(results, page_breaks=options.page_breaks)), results)


class Converter:
    """Converts pages of one document, one at a time and in any order, in memory that does not grow with it."""

    def __init__(
        self, source: Path | bytes, *, password: str | None = None, options: Options | None = None,
        skip: frozenset[int] = frozenset(),
    ) -> None:  # fmt: skip
        """skip: pages to learn nothing from."""
        self.options = options or Options()
        self._document = Document(source, password)
        self.page_count = self._document.page_count
        self._pictures = PictureReader(self.options.language)
        self._ahead: PageContent | None = None
        self._skip = skip
        self._sampled: dict[int, PageContent] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._document.close()

    def facts(self) -> dict[str, Any]:
        """What the file says of itself: title, author, outline, and what is in it that was ignored."""
        return {"metadata": self._document.metadata(), "ignored": self._document.ignored(),
                "outline": self._document.outline}  # fmt: skip

    @property
    def sample(self) -> list[int]:
        """Pages to learn from before the first is converted."""
        return [index for index in _sample(self.page_count) if index not in self._skip]

    def learn(self, index: int) -> None:
        """Read a page of the sample ahead of all others."""
        with suppress(DocumentError, MemoryError):  # a broken page teaches nothing; converting it reports it
            self._sampled[index] = self._document.read(index)

    @cached_property
    def profile(self) -> Profile:
        """What the document's pages share, learned from a sample of them."""
        for index in self.sample:
            if index not in self._sampled:
                self.learn(index)
        sample = [self._sampled[index] for index in sorted(self._sampled)]
        self._sampled.clear()
        profile = profile_of(sample, self.page_count, self._document.outline)
        if self.page_count == 1:
            self._ahead = next(iter(sample), None)
        else:
            learn_levels([understand(page, profile) for page in sample[:_LEARNED]], profile)
        return profile

    def pages(self, indices: Iterable[int]) -> Iterator[PageResult]:
        """Results of pages as they come; a page that can't be read gives a result that says so."""
        for index in indices:
            try:
                yield self.page(index)
            except DocumentError as error:
                yield PageResult(index, route="failed", confidence=0.0, notes=[str(error)])

    def page(self, index: int, *, look: bool = False) -> PageResult:
        """One page; `look`: with the regions that an eye should be asked about. Raises DocumentError."""
        try:
            return self._page(index, look)
        except MemoryError as error:
            raise DocumentError(f"Page {index + 1} needs more memory than it is given, and was left out.") from error

    def _page(self, index: int, look: bool) -> PageResult:
        profile = self.profile
        content, self._ahead = self._ahead or self._document.read(index), None
        result = PageResult(index, route="text" if content.words else "empty")
        if content.attached:
            files = "a file is" if content.attached == 1 else f"{content.attached} files are"
            result.notes.append(f"To this page {files} attached, ignored.")
        pictured = wants_ocr(content) or self._is_foreign(content, result)
        if pictured:
            content = self._scan(content, result)
            if content.route == "ocr":
                profile = profile_of([content], self.page_count, [])
        blocks = understand(content, profile)
        result.notes += content.notes
        result.figures = self._figures(content, blocks, result)
        result.markdown, spans = placed(blocks, tables=self.options.tables)
        result.left_out = [b.text for b in blocks if b.kind is Kind.FURNITURE]
        result.left_out += [word.text for word in content.sideways]
        shown = [b for b in blocks if b.kind is not Kind.FURNITURE and (b.lines or b.table)]
        result.joins = bool(shown) and goes_on(shown[0])
        result.open = bool(shown) and is_unfinished(shown[-1])
        if look:
            unread = pictured and content.route != "ocr"
            result.regions = (
                [whole(content, len(result.markdown))] if unread
                else find_regions(content, blocks, spans, result.figures, result.confidence)
            )  # fmt: skip
            for region in result.regions:
                region.picture = self._picture(content, region.box, _LOOK_SCALE, _MAX_LOOK_PIXELS)
        return result

    def _is_foreign(self, content: PageContent, result: PageResult) -> bool:
        """Whether the page shows a picture, and the invisible text under it is not what the picture says."""
        if not is_hidden(content):
            return False
        scale = min(SCALE, (_MAX_LOOK_PIXELS / max(1.0, content.width * content.height)) ** 0.5)
        image = self._document.render(content.index, scale=scale, turn=content.turn)
        if fits_picture(content, image):
            return False
        result.confidence = 0.5
        result.notes.append("The invisible text of this page does not lie where its picture has print.")
        return True

    def _scan(self, content: PageContent, result: PageResult) -> PageContent:
        """The page as OCR reads it; as it is, with a note that says why, where OCR can't be had."""
        if not self.options.ocr or self.options.mode == "fast":
            return _unread(content, result, "OCR was off, so its text is missing")
        from handlens.ocr import available

        if not available():
            return _unread(content, result, "install handlens[ocr] to read its text")
        reading = self._pictures.read(content, self._drawn)
        result.notes += reading.notes
        if reading.page is None:
            content.words = [] if is_meaningless(content) else content.words
            result.route, result.confidence = ("text", 0.5) if content.words else ("empty", 0.0)
            return content
        result.route, result.confidence = "ocr", reading.confidence
        return reading.page

    def _drawn(self, content: PageContent) -> Any:
        """A page's pixels (height x width x 3, RGB) for OCR."""
        import numpy as np

        return np.asarray(self._document.render(content.index, scale=scale_for(content), turn=content.turn))

    def _figures(self, content: PageContent, blocks: list[Block], result: PageResult) -> list[Figure]:
        import pypdfium2

        figures: list[Figure] = []
        lost = 0
        for block in (b for b in blocks if b.kind is Kind.FIGURE):
            name = f"page-{content.index + 1}-figure-{len(figures) + 1}.png"
            figure = Figure(name, block.rect, _caption_of(block, blocks))
            if self.options.figures:
                try:
                    figure.data = self._picture(content, block.rect, _FIGURE_SCALE, _MAX_FIGURE_PIXELS)
                except (pypdfium2.PdfiumError, MemoryError, ValueError):
                    lost += 1
                    continue
                block.artifact = name
            figures.append(figure)
        if lost:
            result.notes.append(f"Figures of this page that can't be drawn and are left out: {lost}.")
        return figures

    def _picture(self, content: PageContent, box: Rect, scale: float, pixels: int) -> bytes:
        """A part of a page as PNG, coarser where it would have more than `pixels`."""
        scale = min(scale, (pixels / max(1.0, box.area)) ** 0.5)
        data = io.BytesIO()
        image = self._document.render(content.index, scale=scale, clip=box, turn=content.turn)
        image.save(data, "PNG", compress_level=3)
        return data.getvalue()


def _unread(content: PageContent, result: PageResult, remedy: str) -> PageContent:
    """A page that wants OCR and gets none; text that has no meaning is not passed on."""
    if is_meaningless(content):
        content.words = []
        result.route, result.confidence = "empty", 0.0
        result.notes.append(f"The fonts of this page give its characters no meaning; {remedy}.")
    elif not is_hidden(content):
        result.notes.append(f"This page is a picture; {remedy}.")
    return content


def _sample(count: int) -> list[int]:
    """Pages to learn from: neighbours, because headers alternate, spread over the document."""
    if count <= _SAMPLE:
        return list(range(count))
    step = count / (_SAMPLE / 2)
    starts = [int(i * step) for i in range(_SAMPLE // 2)]
    return sorted({min(count - 1, s + k) for s in starts for k in (0, 1)})


def _caption_of(figure: Block, blocks: list[Block]) -> str:
    """The caption nearest to a figure, above or below it."""
    captions = [b for b in blocks if b.kind is Kind.CAPTION]
    near = [
        (min(abs(b.rect.y0 - figure.rect.y1), abs(figure.rect.y0 - b.rect.y1)), b)
        for b in captions
        if min(b.rect.x1, figure.rect.x1) > max(b.rect.x0, figure.rect.x0)
    ]
    best = min(near, key=lambda pair: pair[0], default=None)
    return best[1].text if best and best[0] < 60 else ""
