"""`pdf_to_markdown`: a document as Markdown, the whole as an artifact, a part at a time inline."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from handlens.artifacts import SCHEME
from handlens.errors import DocumentError, InvalidInput, LimitExceeded, NoSuchArtifact
from handlens.geometry import Box
from handlens.kit import Kit
from handlens.tool import ToolInput, ToolOutput, tool

if TYPE_CHECKING:
    from handlens.artifacts import Artifact
    from handlens.pdf.documents import OpenDocument
    from handlens.pdf.options import Options
    from handlens.pdf.result import PageResult

_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_MAX_FIGURES = 20
_MAX_PAGES = 40


class PdfToMarkdownInput(ToolInput):
    source: str = Field(description="Path, URL or artifact.", min_length=1, max_length=4_000)
    pages: str | None = Field(default=None, description="As 1-3,7 or 10-", max_length=400)
    password: str | None = Field(default=None, description="If encrypted.", max_length=256)
    cursor: str | None = Field(default=None, description="Reads on.", max_length=64)
    tables: Literal["auto", "html", "markdown"] = Field(default="auto", description="auto: HTML if cells merge.")
    figures: bool = Field(default=True, description="Keep pictures; true.")
    page_breaks: bool = Field(default=False, description="Mark pages.")
    frontmatter: bool = Field(default=False, description="Title, outline first.")
    language: str | None = Field(default=None, description="Of a scan: ru.", max_length=35)
    mode: Literal["auto", "fast"] = Field(default="auto", description="fast: no OCR.")

    @field_validator("language")
    @classmethod
    def _is_tag(cls, language: str | None) -> str | None:
        if language is None or _TAG.fullmatch(language):
            return language
        raise ValueError(f"{language!r} is no language tag; write one such as ru or zh-Hans")


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


class PdfToMarkdownOutput(ToolOutput):
    markdown: str = Field(description="This part.")
    artifact: str = Field(description="Resource URI of the whole Markdown.")
    page_count: int = Field(description="Pages of the document; 0 when reading on.")
    pages: list[DocumentPage] = Field(description="Pages converted; of many, those with something to say.")
    figures: list[DocumentFigure] = Field(description="Figures; the first of many.")
    notes: list[str] = Field(description="About the whole document.")
    next_cursor: str | None = Field(description="Pass as cursor for the rest; null at the end.")

    def text(self) -> str:
        lines = [self.markdown]
        about = [*self.notes, *(f"Page {p.page}: {'; '.join(p.notes)}" for p in self.pages if p.notes)]
        if self.next_cursor:
            about.append(f"There is more: call again with cursor {self.next_cursor!r}, or read {self.artifact}.")
        if about:
            lines.append("---\n" + "\n".join(about))
        return "\n\n".join(lines)

    def artifacts(self) -> tuple[str, ...]:
        return (self.artifact, *(figure.artifact for figure in self.figures))


@tool(title="PDF to Markdown", read_only=True, destructive=False, idempotent=True, open_world=True, untrusted=True)
async def pdf_to_markdown(request: PdfToMarkdownInput, kit: Kit) -> PdfToMarkdownOutput:
    """Convert a PDF to Markdown with its tables and figures; scans by OCR.

    Inline text is capped; the whole is an artifact, and `next_cursor` reads on.
    """
    if request.cursor is not None:
        return await _read_on(request.cursor, kit)
    async with _local(request.source, kit) as path:
        return await _convert(path, request, kit)


async def _read_on(cursor: str, kit: Kit) -> PdfToMarkdownOutput:
    from handlens.pdf.answer import read_cursor

    key, offset = read_cursor(cursor)
    try:
        artifact, data = await kit.artifacts.read(key, owner=kit.caller.subject)
    except NoSuchArtifact as error:
        raise NoSuchArtifact("What this cursor reads from has expired; convert the document again.") from error
    text = data.decode("utf-8", "replace")
    if artifact.media_type != "text/markdown" or offset > len(text):
        raise InvalidInput("This is no cursor. Pass next_cursor of the last answer as it was, or leave cursor out.")
    whole = PdfToMarkdownOutput(
        markdown="", artifact=artifact.uri, page_count=0, pages=[], figures=[], notes=[], next_cursor=None
    )
    return _capped(whole, text, offset, artifact, kit)


@asynccontextmanager
async def _local(source: str, kit: Kit) -> AsyncGenerator[Path, None]:
    """The document as a file that may be read: of an allowed folder, an artifact of the caller, or fetched."""
    if source.startswith(SCHEME):
        yield kit.artifacts.path(source, owner=kit.caller.subject)
    elif source.lower().startswith("file:"):
        yield _file(_path_of(source), kit)
    elif re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", source):
        from handlens.fetch import fetch

        with tempfile.TemporaryDirectory(prefix="handlens-pdf-") as folder:
            path = Path(folder) / "document.pdf"
            await kit.caller.progress(0, None, "Fetching the document")
            limits = kit.limits
            await fetch(source, path, guard=kit.guard, max_bytes=limits.download_bytes, seconds=limits.call_seconds)
            yield path
    else:
        yield _file(source, kit)


def _file(name: str, kit: Kit) -> Path:
    path = kit.guard.check_path(name)
    if path.is_dir():
        raise DocumentError(f"{name!r} is a folder; name one PDF in it.")
    return path


def _path_of(uri: str) -> str:
    """The path that a file URI names. Raises InvalidInput where it is one on another machine."""
    parts = urlsplit(uri)
    if parts.netloc.lower() not in ("", "localhost"):
        raise InvalidInput(f"Write a file URI on this machine as file:///folder/name.pdf; {parts.netloc} is another.")
    return unquote(parts.path)


@dataclass
class _Gathered:
    """What has come of the pages so far."""

    markdown: list[str] = field(default_factory=list)
    pages: list[DocumentPage] = field(default_factory=list)
    figures: list[DocumentFigure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def _convert(path: Path, request: PdfToMarkdownInput, kit: Kit) -> PdfToMarkdownOutput:
    from handlens.pdf.endnotes import link_notes
    from handlens.pdf.options import Options
    from handlens.pdf.ranges import parse_pages

    options = Options(
        tables=request.tables, mode=request.mode, figures=request.figures, page_breaks=request.page_breaks,
        ocr=request.mode != "fast", language=request.language or "",
    )  # fmt: skip
    async with kit.documents.open(path, password=request.password, options=options) as document:
        indices = parse_pages(request.pages, document.page_count)
        if len(indices) > kit.limits.document_pages:
            raise LimitExceeded(
                f"{len(indices):,} pages are more than the {kit.limits.document_pages:,} of one call; "
                "name fewer in pages.",
                setting="limits.document_pages",
            )
        gathered = await _gather(document, indices, options, kit)
        notes, head = _facts(document, request.frontmatter)
        count = document.page_count
    text = head + link_notes("".join(gathered.markdown)).strip() + "\n"
    artifact = await kit.artifacts.save(
        text.encode(), name=f"{path.stem}.md", media_type="text/markdown", owner=kit.caller.subject
    )
    whole = PdfToMarkdownOutput(
        markdown="", artifact=artifact.uri, page_count=count, pages=_told(gathered.pages),
        figures=gathered.figures[:_MAX_FIGURES], notes=[*notes, *gathered.notes], next_cursor=None,
    )  # fmt: skip
    return _capped(whole, text, 0, artifact, kit)


async def _gather(document: OpenDocument, indices: list[int], options: Options, kit: Kit) -> _Gathered:
    from handlens.pdf.report import Report
    from handlens.pdf.stitch import Stitcher

    gathered, stitcher, report = _Gathered(), Stitcher(page_breaks=options.page_breaks), Report()
    async with _read(document, indices, options, kit, gathered.notes) as pages:
        async for page in pages:
            await _keep_figures(page, gathered, kit)
            gathered.markdown.append(stitcher.add(page))
            gathered.pages.append(_account(page))
            report.add(page.route, page.left_out)
            done = len(gathered.pages)
            await kit.caller.progress(done, len(indices), f"Page {page.index + 1} of {document.page_count}")
    gathered.markdown.append(stitcher.end())
    gathered.notes += report.told()
    return gathered


@asynccontextmanager
async def _read(
    document: OpenDocument, indices: list[int], options: Options, kit: Kit, notes: list[str]
) -> AsyncGenerator[AsyncIterator[PageResult], None]:
    """The pages in order, with an eye's help where there is one; `notes` gets what it did."""
    eye = kit.eye if options.mode != "fast" and kit.limits.document_questions else None
    if eye is None or not eye.status.ready:
        yield document.pages(indices)
        if eye is not None:
            notes.append(f"{eye.status.absence.capitalize()}.")
        return
    from handlens.pdf.sight.router import Router

    router = Router(eye, questions=kit.limits.document_questions, tables=options.tables, caller=kit.caller)
    async with router.answered(document.pages(indices, looking=router.looking)) as pages:
        yield pages
    notes += router.told()


def _account(page: PageResult) -> DocumentPage:
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


async def _keep_figures(page: PageResult, gathered: _Gathered, kit: Kit) -> None:
    """Save a page's pictures and let its Markdown link to them."""
    for figure in page.figures:
        if not figure.data:
            continue
        kept = await kit.artifacts.save(figure.data, name=figure.name, media_type="image/png", owner=kit.caller.subject)
        page.markdown = page.markdown.replace(f"]({figure.name})", f"]({kept.uri})")
        box = Box.from_corners(*figure.box).rounded()
        gathered.figures.append(
            DocumentFigure(page=page.index + 1, artifact=kept.uri, box=box, caption=figure.caption[:200])
        )


def _facts(document: OpenDocument, frontmatter: bool) -> tuple[list[str], str]:
    """Notes about the document, and its front matter where asked for."""
    from handlens.pdf.report import ignored

    facts = document.facts or {}
    notes = ignored(facts)
    if not frontmatter:
        return notes, ""
    rows = [
        f"{k.lower()}: {json.dumps(' '.join(str(v).split()), ensure_ascii=False)}"
        for k, v in facts.get("metadata", {}).items()
    ]
    outline = [
        f"  - [{level}, {json.dumps(title, ensure_ascii=False)}]" for level, title, _ in facts.get("outline", [])[:500]
    ]
    head = [*rows, f"pages: {document.page_count}", *(["outline:", *outline] if outline else [])]
    return notes, "\n".join(["---", *head, "---", "", ""])


def _told(pages: list[DocumentPage]) -> list[DocumentPage]:
    """All pages of a short document; of a long one those that went another way than the rest, then the first."""
    if len(pages) <= _MAX_PAGES:
        return pages
    special = [page for page in pages if page.notes or page.regions or page.route != "text"][:_MAX_PAGES]
    plain = [page for page in pages if page not in special][: _MAX_PAGES - len(special)]
    return sorted([*special, *plain], key=lambda page: page.page)


def _capped(whole: PdfToMarkdownOutput, text: str, offset: int, artifact: Artifact, kit: Kit) -> PdfToMarkdownOutput:
    """The answer with as much of `text` from `offset` on as the limit allows, counted in both of its forms."""
    from handlens.pdf.answer import fitting, write_cursor

    rest = text[offset:]

    def part(length: int) -> PdfToMarkdownOutput:
        end = length >= len(rest)
        cursor = None if end else write_cursor(artifact.id, offset + length)
        return whole.model_copy(update={"markdown": rest[:length].rstrip("\n"), "next_cursor": cursor})

    def fits(length: int) -> bool:
        answer = part(length)
        return answer.characters() <= kit.limits.inline_characters

    while not fits(1) and (whole.figures or whole.pages):
        whole = whole.model_copy(update={"figures": whole.figures[:-4], "pages": whole.pages[:-4]})
    return part(fitting(rest, fits))
