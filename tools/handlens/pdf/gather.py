"""Reading a document's pages for a call: with an eye's help where there is one, pictures kept, progress told."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from handlens.geometry import Box
from handlens.pdf.accounts import DocumentFigure

if TYPE_CHECKING:
    from handlens.kit import Kit
    from handlens.pdf.documents import OpenDocument
    from handlens.pdf.gathering import Gathering
    from handlens.pdf.result import PageResult

_ANSWERING = 5.0  # seconds at most, and a tenth of the call's time


async def gather(document: OpenDocument, gathering: Gathering, kit: Kit) -> None:
    """Add the pages that are left to `gathering`, until so little of the call's time is left that it must answer."""
    total = len(gathering.indices)
    with anyio.CancelScope(deadline=_last_moment()):
        async with _read(document, gathering, kit) as pages:
            async for page in pages:
                gathering.add(page, await _keep_figures(page, kit))
                message = f"Page {page.index + 1} of {document.page_count}"
                await kit.caller.progress(len(gathering.pages), total, message)


def _last_moment() -> float:
    now, end = anyio.current_time(), anyio.current_effective_deadline()
    return end - min(_ANSWERING, (end - now) / 10)


@asynccontextmanager
async def _read(
    document: OpenDocument, gathering: Gathering, kit: Kit
) -> AsyncGenerator[AsyncIterator[PageResult], None]:
    """The pages that are left, in order."""
    options, questions = gathering.asked.options, kit.limits.document_questions
    eye = kit.eye if options.mode != "fast" and questions else None
    if eye is None or not eye.status.ready:
        if eye is not None:
            gathering.sight = [f"{eye.status.absence.capitalize()}."]
        yield document.pages(gathering.left)
        return
    from handlens.pdf.sight.router import Router

    router = Router(eye, questions=questions - gathering.questions, tables=options.tables, caller=kit.caller)
    try:
        async with router.answered(document.pages(gathering.left, looking=router.looking)) as pages:
            yield pages
    finally:
        gathering.questions += router.asked
        gathering.sight += router.told()


async def _keep_figures(page: PageResult, kit: Kit) -> list[DocumentFigure]:
    """Save a page's pictures and let its Markdown link to them."""
    figures: list[DocumentFigure] = []
    for figure in page.figures:
        if not figure.data:
            continue
        kept = await kit.artifacts.save(figure.data, name=figure.name, media_type="image/png", owner=kit.caller.subject)
        page.markdown = page.markdown.replace(f"]({figure.name})", f"]({kept.uri})")
        box = Box.from_corners(*figure.box).rounded()
        figures.append(DocumentFigure(page=page.index + 1, artifact=kept.uri, box=box, caption=figure.caption[:200]))
    return figures
