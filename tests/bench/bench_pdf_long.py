#!/usr/bin/env python3
"""Long documents: python tests/bench/bench_pdf_long.py [FILE.pdf] [--pages N]

Converts FILE, or a document of N pages (1,000) written here, page by page through a worker process. Prints the seconds
from opening it to its first page's Markdown (with the worker's start, and with a worker that runs already) and the CPU
seconds that the worker spent on it, pages a second, and the worker's resident memory along the way.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import anyio
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from handlens.pdf.documents import Documents
from tools.pdf.making import BOLD, Page, pdf_of

_SENTENCE = "Sentence {} of chapter {} tells at some length what {} people thought of it at the time, and why."


def written(folder: Path, pages: int) -> Path:
    """A text document with headings, running headers and page numbers."""
    made: list[Page] = []
    for n in range(pages):
        page = Page().text(60, 40, "A long report").text(520, 40, str(n + 1))
        page.text(60, 80, f"{n + 1} Chapter {n + 1}", size=16, font=BOLD)
        made.append(page.paragraph(60, 110, [_SENTENCE.format(i, n, i * 37) for i in range(48)], size=9))
    path = folder / "long.pdf"
    path.write_bytes(pdf_of(*made))
    return path


def spent(pids: list[int]) -> float:
    """CPU seconds of processes so far, user and system."""
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


async def measure(path: Path) -> None:
    async with Documents() as documents:
        for state in ("with the worker's start", "with a running worker"):
            start, before = time.perf_counter(), spent(documents.pids)
            async with documents.open(path) as document:
                async for _ in document.pages([0]):
                    took, cpu = time.perf_counter() - start, spent(documents.pids) - before
                    print(f"first of {document.page_count} pages, {state}: {took:.2f} s, CPU {cpu:.2f} s")
        start, done = time.perf_counter(), 0
        async with documents.open(path) as document:
            marks = {round(document.page_count * share) for share in (0.02, 0.1, 0.25, 0.5, 0.75, 1.0)}
            async for _ in document.pages(range(document.page_count)):
                done += 1
                if done in marks:
                    used = psutil.Process(documents.pids[0]).memory_info().rss / 1e6
                    print(f"{done:6} pages  {done / (time.perf_counter() - start):6.1f} pages/s  {used:5.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--pages", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(measure, options.file or written(Path(folder), options.pages))


if __name__ == "__main__":
    main()
