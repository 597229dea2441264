#!/usr/bin/env python3
"""Memory of one PDF worker over many documents: python tests/bench/bench_pdf_memory.py FILE.pdf…

Converts all pages of all files, one after the other, in one worker process as the tool starts it. Prints the peak of
its resident memory so far, in MB, after each tenth file and after the last one, and which files raised it most. Linux.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import anyio

from handlens.pdf.documents import Documents
from handlens.pdf.options import Options


def peak(pid: int) -> float:
    """The most resident memory that a process has had, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) / 1000 if found else 0.0


async def measure(paths: list[Path]) -> None:
    raised: list[tuple[float, str]] = []
    most, pid = 0.0, 0
    async with Documents(page_seconds=3_600) as documents:
        for n, path in enumerate(paths, 1):
            async with documents.open(path, options=Options(figures=True)) as document:
                async for _ in document.pages(range(document.page_count)):
                    pass
            if pid and documents.pids != [pid]:
                print(f"{path.name} killed the worker")
            pid = documents.pids[0]
            raised.append((peak(pid) - most, path.name))
            most = peak(pid)
            if n % 10 == 0 or n == len(paths):
                print(f"{n:5} files  {most:6.0f} MB", flush=True)
    for by, name in sorted(raised, reverse=True)[:3]:
        print(f"{by:+6.0f} MB  {name}")


if __name__ == "__main__":
    anyio.run(measure, [Path(name) for name in sys.argv[1:]])
