"""Many documents at once: every core busy, what is done already kept, what is broken reported and passed by."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import anyio
import anyio.to_thread

from handlens.errors import HandlensError, PasswordRequired
from handlens.pdf.documents import PAGE_SECONDS, Documents
from handlens.pdf.endnotes import link_notes
from handlens.pdf.options import Options
from handlens.pdf.outputs import Draft, Record, targets
from handlens.pdf.report import Report, ignored
from handlens.pdf.stitch import Stitcher


@dataclass
class Outcome:
    """What became of one file of `total`. `failed_pages` are page numbers from 1, also those of an earlier run.

    `notes` says what went wrong or was left out; `locked`, whether it is for want of the right password.
    """

    source: Path
    target: Path
    state: Literal["done", "skipped", "failed"]
    total: int = 1
    pages: int = 0
    message: str = ""
    locked: bool = False
    failed_pages: list[int] = field(default_factory=list[int])
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class _How:
    options: Options
    password: str | None
    retry: bool


async def convert_many(
    sources: Iterable[Path],
    folder: Path,
    *,
    options: Options | None = None,
    processes: int | None = None,
    password: str | None = None,
    retry: bool = False,
    page_seconds: float = PAGE_SECONDS,
) -> AsyncGenerator[Outcome, None]:
    """Convert files into `folder`, figures and a record beside each; outcomes come as files are finished.

    A file whose record says that it was made from this source, in this way, is skipped, so a run that was stopped goes
    on where it was. retry: those of which pages failed are converted again.
    """
    work = await anyio.to_thread.run_sync(targets, list(sources), folder)
    how = _How(options or Options(), password, retry)
    count = max(1, min(processes or os.cpu_count() or 1, len(work)))
    send, receive = anyio.create_memory_object_stream[Outcome](len(work))
    queue = iter(work)
    async with Documents(processes=count, page_seconds=page_seconds) as documents:

        async def keep_going() -> None:
            for source, target in queue:
                await send.send(replace(await _one(documents, source, target, how), total=len(work)))

        async def all_of_them() -> None:
            async with send, anyio.create_task_group() as workers:
                for _ in range(count):
                    workers.start_soon(keep_going)

        async with anyio.create_task_group() as group, receive, send:
            group.start_soon(all_of_them)
            async for outcome in receive:
                yield outcome


async def _one(documents: Documents, source: Path, target: Path, how: _How) -> Outcome:
    try:
        record = await anyio.to_thread.run_sync(Record.begun, source, how.options)
        kept = await anyio.to_thread.run_sync(Record.of_whole, target)
        if kept and kept.is_of(record) and not (how.retry and kept.failed_pages):
            return Outcome(source, target, "skipped", pages=kept.pages, failed_pages=kept.failed_pages)
        return await _convert(documents, source, target, record, how)
    except FileNotFoundError:
        return Outcome(source, target, "failed", message=f"There is no file {source}.")
    except HandlensError as error:
        return Outcome(source, target, "failed", message=str(error), locked=isinstance(error, PasswordRequired))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one document, the others are converted
        return Outcome(source, target, "failed", message=f"{type(error).__name__}: {error}")


async def _convert(documents: Documents, source: Path, target: Path, record: Record, how: _How) -> Outcome:
    outcome = Outcome(source, target, "done")
    draft, stitcher, report = Draft(target), Stitcher(page_breaks=how.options.page_breaks), Report()
    markdown: list[str] = []
    try:
        async with documents.open(source, password=how.password, options=how.options) as document:
            await anyio.to_thread.run_sync(draft.open)
            async for page in document.pages(range(document.page_count)):
                for figure in page.figures:
                    if figure.data:
                        link = await anyio.to_thread.run_sync(draft.picture, figure.name, figure.data)
                        page.markdown = page.markdown.replace(f"]({figure.name})", f"]({link})")
                markdown.append(stitcher.add(page))
                outcome.pages += 1
                outcome.notes += [f"Page {page.index + 1}: {note}" for note in page.notes]
                report.add(page.route, page.left_out)
                if page.route == "failed":
                    outcome.failed_pages.append(page.index + 1)
            outcome.notes += [*report.told(), *ignored(document.facts)]
        text = link_notes("".join([*markdown, stitcher.end()])) + "\n"
        record = replace(record, pages=outcome.pages, failed_pages=outcome.failed_pages)
        await anyio.to_thread.run_sync(draft.publish, text, record)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(draft.close)
    return outcome
