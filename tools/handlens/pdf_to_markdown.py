"""`pdf_to_markdown`: a document as Markdown, the whole as an artifact, a part at a time inline.

Where the time of a call ends before the last page, what is done is answered, and the next call goes on from there.
"""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from handlens.artifacts import SCHEME
from handlens.errors import DocumentError, LimitExceeded, NoSuchArtifact, TimedOut
from handlens.kit import Kit
from handlens.pdf.accounts import DocumentFigure, DocumentPage
from handlens.tool import ToolInput, ToolOutput, tool

if TYPE_CHECKING:
    from pathlib import Path

    from handlens.artifacts import Artifact
    from handlens.pdf.documents import OpenDocument
    from handlens.pdf.gathering import Gathering

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


class PdfToMarkdownOutput(ToolOutput):
    markdown: str = Field(description="This part.")
    artifact: str = Field(description="Resource URI of the whole Markdown.")
    page_count: int = Field(description="Pages of the document; 0 when reading on.")
    pages: list[DocumentPage] = Field(description="Pages converted; of many, those with something to say.")
    figures: list[DocumentFigure] = Field(description="Figures; the first of many.")
    notes: list[str] = Field(description="About the whole document.")
    not_done: str | None = Field(description="Pages that the call's time was too short for; null if none.")
    next_cursor: str | None = Field(description="Pass as cursor for the rest; null at the end.")

    def text(self) -> str:
        lines = [self.markdown]
        about = [*self.notes, *(f"Page {p.page}: {'; '.join(p.notes)}" for p in self.pages if p.notes)]
        if self.next_cursor and not any(repr(self.next_cursor) in note for note in self.notes):
            about.append(f"There is more: call again with cursor {self.next_cursor!r}, or read {self.artifact}.")
        if about:
            lines.append("---\n" + "\n".join(about))
        return "\n\n".join(lines)

    def artifacts(self) -> tuple[str, ...]:
        return (self.artifact, *(figure.artifact for figure in self.figures))


@tool(title="PDF to Markdown", read_only=True, destructive=False, idempotent=True, open_world=True, untrusted=True)
async def pdf_to_markdown(request: PdfToMarkdownInput, kit: Kit) -> PdfToMarkdownOutput:
    """Convert a PDF to Markdown with its tables and figures; scans by OCR.

    Inline text is capped; the whole is an artifact, and `next_cursor` reads on. Where a call's time is too short for
    all pages, those that are done come, and a cursor goes on with the others.
    """
    if request.cursor is not None:
        return await _read_on(request.cursor, request.password, kit)
    from handlens.pdf.gathering import Asked
    from handlens.pdf.options import Options
    from handlens.pdf.source import digest, local

    options = Options(
        tables=request.tables, mode=request.mode, figures=request.figures, page_breaks=request.page_breaks,
        ocr=request.mode != "fast", language=request.language or "",
    )  # fmt: skip
    async with local(request.source, kit) as path:
        whose, what = kit.caller.subject, await digest(path)
        asked = Asked(whose, request.source, what, request.pages, request.frontmatter, options)
        gathering = kit.documents.unfinished.asked(asked)
        async with gathering.busy:
            return await _convert(path, gathering, request.password, kit)


async def _read_on(text: str, password: str | None, kit: Kit) -> PdfToMarkdownOutput:
    """The next part of what is done; and at its end, where a call's time was too short, further pages."""
    from handlens.pdf.answer import Cursor, no_cursor

    cursor = Cursor.read(text)
    artifact, done = await _kept(cursor.artifact, kit)
    if artifact.media_type != "text/markdown" or cursor.offset > len(done):
        raise no_cursor()
    gathering = kit.documents.unfinished.of(artifact.id)
    if not cursor.unfinished or cursor.offset < len(done):
        left = gathering.left if gathering and gathering.artifact == artifact.id else []
        return _capped(_answer(artifact, left), done, cursor.offset, kit, unfinished=cursor.unfinished)
    if gathering is None:
        raise NoSuchArtifact(
            "The pages that this cursor goes on from are no longer kept. Convert the rest without cursor, giving as "
            "pages what not_done of that answer says."
        )
    async with gathering.busy:
        if gathering.artifact == artifact.id:
            return await _go_on(gathering, password, kit)
    newer, done = await _kept(gathering.artifact, kit)  # another call went on already
    start = gathering.places[artifact.id]
    return _capped(_answer(newer, gathering.left), done, start, kit, unfinished=bool(gathering.left))


async def _kept(key: str, kit: Kit) -> tuple[Artifact, str]:
    try:
        artifact, data = await kit.artifacts.read(key, owner=kit.caller.subject)
    except NoSuchArtifact as error:
        raise NoSuchArtifact("What this cursor reads from has expired; convert the document again.") from error
    return artifact, data.decode("utf-8", "replace")


async def _go_on(gathering: Gathering, password: str | None, kit: Kit) -> PdfToMarkdownOutput:
    """The pages after those that were answered last."""
    from handlens.pdf.source import digest, local

    async with local(gathering.asked.source, kit) as path:
        if await digest(path) != gathering.asked.digest:
            raise DocumentError(
                "The document has changed since its first pages were read; convert it again without cursor."
            )
        return await _convert(path, gathering, password, kit, after=gathering.artifact)


async def _convert(
    path: Path, gathering: Gathering, password: str | None, kit: Kit, *, after: str = ""
) -> PdfToMarkdownOutput:
    """As many of the pages that are left as there is time for; answered from where the artifact `after` ends."""
    from handlens.pdf.accounts import told
    from handlens.pdf.answer import Cursor
    from handlens.pdf.gather import gather

    asked, before = gathering.asked, len(gathering.pages)
    opened = kit.documents.open(path, password=password, options=asked.options)
    with kit.documents.unfinished.settling(gathering):
        async with opened as document:
            gathering.indices = _indices(asked.pages, document.page_count, kit)
            await gather(document, gathering, kit)
            if gathering.left and len(gathering.pages) == before:
                raise _too_slow(gathering.left)
            notes, head = _facts(document, asked.frontmatter)
    text, places = gathering.text(head)
    source = gathering.asked.source
    name = f"{(PurePosixPath(source) if source.startswith(SCHEME) else path).stem}.md"
    artifact = await kit.artifacts.save(text.encode(), name=name, media_type="text/markdown", owner=asked.subject)
    pages = gathering.pages[gathering.cuts.get(after, 0) :]
    gathering.kept_as(artifact.id, places)
    if gathering.left:
        notes = [_cut_short(gathering, str(Cursor(artifact.id, len(text), unfinished=True))), *notes]
    shown = {page.page for page in pages}
    answer = _answer(artifact, gathering.left).model_copy(
        update={
            "page_count": document.page_count,
            "pages": told(pages, _MAX_PAGES),
            "figures": [figure for figure in gathering.figures if figure.page in shown][:_MAX_FIGURES],
            "notes": [*notes, *gathering.notes()],
        }
    )
    return _capped(answer, text, places.get(after, 0), kit, unfinished=bool(gathering.left))


def _indices(pages: str | None, count: int, kit: Kit) -> list[int]:
    """Of the pages that are asked for. Raises InvalidInput, LimitExceeded."""
    from handlens.pdf.ranges import parse_pages

    indices = parse_pages(pages, count)
    most = kit.limits.document_pages
    if len(indices) > most:
        raise LimitExceeded(
            f"{len(indices):,} pages are more than the {most:,} of one call; name fewer, as pages='1-{most}'.",
            setting="limits.document_pages",
        )
    return indices


def _too_slow(left: list[int]) -> TimedOut:
    from handlens.pdf.ranges import write_pages

    rest = f"; pages={write_pages(left[1:])!r} leaves it out" if left[1:] else ""
    return TimedOut(
        f"Page {left[0] + 1} was not done within the time of a call. mode='fast' reads without OCR and sight{rest}.",
        setting="limits.call_seconds",
    )


def _cut_short(gathering: Gathering, cursor: str) -> str:
    from handlens.pdf.ranges import write_pages

    done, left = gathering.indices[: len(gathering.pages)], gathering.left
    return (
        f"The time of a call (setting limits.call_seconds) was up. Pages done: {write_pages(done)}; not done: "
        f"{write_pages(left)}. Cursor {cursor!r} goes on with those; so does the same call again, from the start."
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


def _answer(artifact: Artifact, left: list[int]) -> PdfToMarkdownOutput:
    """An answer that has no text yet."""
    from handlens.pdf.ranges import write_pages

    return PdfToMarkdownOutput(
        markdown="", artifact=artifact.uri, page_count=0, pages=[], figures=[], notes=[],
        not_done=write_pages(left) or None, next_cursor=None,
    )  # fmt: skip


def _capped(whole: PdfToMarkdownOutput, text: str, offset: int, kit: Kit, *, unfinished: bool) -> PdfToMarkdownOutput:
    """The answer with as much of `text` from `offset` on as the limit allows, counted in both of its forms."""
    from handlens.pdf.answer import Cursor, fitting

    artifact = whole.artifact.removeprefix(SCHEME).partition("/")[0]
    most = kit.limits.inline_characters
    rest = text[offset : offset + most]  # more never fits

    def part(length: int) -> PdfToMarkdownOutput:
        end = offset + length
        cursor = str(Cursor(artifact, end, unfinished)) if unfinished or end < len(text) else None
        return whole.model_copy(update={"markdown": rest[:length].strip("\n"), "next_cursor": cursor})

    def fits(length: int) -> bool:
        return part(length).characters() <= most

    while not fits(1) and (whole.figures or whole.pages):
        whole = whole.model_copy(update={"figures": whole.figures[:-4], "pages": whole.pages[:-4]})
    return part(fitting(rest, fits))
