#!/usr/bin/env python3
"""A folder of PDFs to Markdown on Ray Data, on one machine or on a cluster:

    pip install 'handlens[ray,ocr]'
    python examples/pdfs_on_ray.py FOLDER OUTPUT [--address auto] [--limit N]

OUTPUT, a new folder, gets Parquet files with a row for each document: path, markdown, pages, failed_pages (as 3,7-9)
and error. Documents are read in a process beside each task, which a hostile file may crash or starve; whatever goes
wrong with one document is told in its row. Where a task itself is killed (a node that is lost, or out of memory), its
documents are tried once more, each in a task of its own.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import anyio
import ray
import ray.data

Row = dict[str, Any]
_BATCH = 16  # documents; the next batch starts with fresh processes


async def convert_document(path: Path, documents: Any) -> Row:
    """One document as a row; never raises."""
    from handlens.characters import whole
    from handlens.pdf.endnotes import link_notes
    from handlens.pdf.ranges import write_pages
    from handlens.pdf.stitch import stitch

    try:
        async with documents.open(path) as document:
            pages = [page async for page in document.pages(range(document.page_count))]
        failed = write_pages([page.index for page in pages if page.route == "failed"])
        return row_of(path, markdown=whole(link_notes(stitch(pages))), pages=len(pages), failed_pages=failed)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other documents are converted
        return row_of(path, error=whole(f"{type(error).__name__}: {error}"))


async def convert_documents(paths: list[Path]) -> list[Row]:
    from handlens.pdf.documents import Documents

    async with Documents() as documents:
        return [await convert_document(path, documents) for path in paths]


def convert_batch(batch: dict[str, Any]) -> dict[str, list[Any]]:
    """Paths in, rows out: what a task does."""
    rows = anyio.run(convert_documents, [Path(os.fsdecode(name)) for name in batch["item"]])
    return {column: [row[column] for row in rows] for column in row_of(Path())}


def row_of(path: Path, *, markdown: str = "", pages: int = 0, failed_pages: str = "", error: str = "") -> Row:
    shown = os.fsencode(path).decode("utf-8", "replace")
    return {"path": shown, "markdown": markdown, "pages": pages, "failed_pages": failed_pages, "error": error}


def converted(paths: list[Path], output: Path, *, batch: int) -> list[Row]:
    """Convert in tasks of `batch` documents and write Parquet; all rows that are in `output` then, without Markdown."""
    names = ray.data.from_items([os.fsencode(path) for path in paths], override_num_blocks=-(-len(paths) // batch))
    once: Row = {"max_retries": 0}  # by default a task that is killed is tried for ever
    rows = names.map_batches(convert_batch, batch_size=batch, ray_remote_args_fn=lambda: once)
    rows.write_parquet(str(output))
    return rows_in(output)


def rows_in(output: Path) -> list[Row]:
    columns = [column for column in row_of(Path()) if column != "markdown"]
    if not any(output.glob("*.parquet")):
        return []
    return ray.data.read_parquet(str(output)).select_columns(columns).take_all()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--address", help="a running cluster's; a local one is started without it")
    parser.add_argument("--limit", type=int, help="only so many documents")
    options = parser.parse_args()
    output = options.output.resolve()
    if output.exists() and any(output.iterdir()):
        parser.error(f"{output} holds something already; name a new folder")
    found = sorted(path.resolve() for path in options.folder.rglob("*") if path.suffix.lower() == ".pdf")
    paths = found[: options.limit]
    if not paths:
        parser.error(f"there is no PDF in {options.folder}")
    os.environ.setdefault("RAY_task_oom_retries", "2")  # by default, for ever
    # Without an address, never join a cluster that happens to run here.
    ray.init(address=options.address or "local", include_dashboard=False, log_to_driver=False)
    context = ray.data.DataContext.get_current()
    context.max_errored_blocks = -1  # a task that is lost stops nothing
    context.enable_progress_bars = False
    rows = converted(paths, output, batch=_BATCH)
    for again in (True, False):
        known = {row["path"] for row in rows}
        lost = [path for path in paths if row_of(path)["path"] not in known]
        if lost and again:
            rows = converted(lost, output, batch=1)
        elif lost:
            told = [row_of(path, error="The task that converted it was killed, twice.") for path in lost]
            ray.data.from_items(told).write_parquet(str(output))
            rows = rows_in(output)
    assert {row["path"] for row in rows} == {row_of(path)["path"] for path in paths}, "every document has a row"
    failed = [row for row in rows if row["error"] or row["failed_pages"]]
    print(f"{len(rows)} documents, {sum(row['pages'] for row in rows)} pages, {len(failed)} failed or lack pages")
    for row in failed:
        print(f"  {row['path']}: {row['error'] or 'without pages ' + row['failed_pages']}")


if __name__ == "__main__":
    main()
