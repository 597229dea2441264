"""Many documents at once: every core busy, what is done already skipped, what is broken reported and passed by."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread

from handlens.errors import HandlensError
from handlens.pdf.documents import Documents
from handlens.pdf.endnotes import link_notes
from handlens.pdf.options import Options
from handlens.pdf.report import Report, ignored
from handlens.pdf.result import PageResult
from handlens.pdf.stitch import Stitcher


@dataclass
class Outcome:
    """What became of one file. `state` is done, skipped or failed; `failed_pages` are page numbers from 1.

    `notes` says what went wrong or was left out.
    """

    source: Path
    target: Path
    state: str
    pages: int = 0
    message: str = ""
    failed_pages: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def targets(sources: Iterable[Path], folder: Path) -> list[tuple[Path, Path]]:
    """Each source with the Markdown file that it becomes; folders stand for the PDFs in them, names are kept apart."""
    files: list[tuple[Path, Path]] = []
    for source in sources:
        if source.is_dir():
            found = sorted(path for path in source.rglob("*") if path.suffix.lower() == ".pdf")
            files += [(path, folder / path.relative_to(source).with_suffix(".md")) for path in found]
        else:
            files.append((source, folder / f"{source.stem}.md"))
    taken: set[Path] = set()
    named: list[tuple[Path, Path]] = []
    for source, target in files:
        free, n = target, 2
        while free in taken:
            free, n = target.with_name(f"{target.stem}-{n}.md"), n + 1
        taken.add(free)
        named.append((source, free))
    return named


async def convert_many(
    sources: Iterable[Path],
    folder: Path,
    *,
    options: Options | None = None,
    processes: int | None = None,
    password: str | None = None,
) -> AsyncIterator[Outcome]:
    """Convert files into `folder`, figures beside them; outcomes come as files are finished.

    A file whose Markdown is there and newer is skipped, so a run that was stopped goes on where it was.
    """
    work = targets(sources, folder)
    count = max(1, min(processes or os.cpu_count() or 1, len(work)))
    send, receive = anyio.create_memory_object_stream[Outcome](len(work))
    queue = iter(work)
    async with Documents(processes=count) as documents:

        async def keep_going() -> None:
            for source, target in queue:
                await send.send(await _one(documents, source, target, options or Options(), password))

        async def all_of_them() -> None:
            async with anyio.create_task_group() as workers:
                for _ in range(count):
                    workers.start_soon(keep_going)
            send.close()

        async with anyio.create_task_group() as group, receive:
            group.start_soon(all_of_them)
            async for outcome in receive:
                yield outcome


async def _one(documents: Documents, source: Path, target: Path, options: Options, password: str | None) -> Outcome:
    try:
        if await anyio.to_thread.run_sync(_is_done, source, target):
            return Outcome(source, target, "skipped")
        return await _convert(documents, source, target, options, password)
    except (HandlensError, OSError) as error:
        return Outcome(source, target, "failed", message=str(error))


def _is_done(source: Path, target: Path) -> bool:
    return target.exists() and target.stat().st_mtime >= source.stat().st_mtime


async def _convert(documents: Documents, source: Path, target: Path, options: Options, password: str | None) -> Outcome:
    """Written beside the target and moved there at the end: what is there is whole."""
    outcome = Outcome(source, target, "done")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    stitcher, report = Stitcher(page_breaks=options.page_breaks), Report()
    markdown: list[str] = []
    try:
        async with documents.open(source, password=password, options=options) as document:
            async for page in document.pages(range(document.page_count)):
                await _save_figures(page, target)
                markdown.append(stitcher.add(page))
                outcome.pages += 1
                outcome.notes += [f"Page {page.index + 1}: {note}" for note in page.notes]
                report.add(page.route, page.left_out)
                if page.route == "failed":
                    outcome.failed_pages.append(page.index + 1)
            outcome.notes += [*report.told(), *ignored(document.facts)]
        text = link_notes("".join([*markdown, stitcher.end()])) + "\n"
        await anyio.Path(part).write_text(text, encoding="utf-8")
        await anyio.Path(part).replace(target)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.Path(part).unlink(missing_ok=True)
    return outcome


async def _save_figures(page: PageResult, target: Path) -> None:
    """Pictures into a folder beside the Markdown, which links to them."""
    folder = anyio.Path(target.with_suffix(""))
    for figure in page.figures:
        if figure.data:
            await folder.mkdir(parents=True, exist_ok=True)
            await (folder / figure.name).write_bytes(figure.data)
            link = f"{target.stem}/{figure.name}".replace(" ", "%20")
            page.markdown = page.markdown.replace(f"]({figure.name})", f"]({link})")
