"""How many cells of generated consoles are read right, from structure and from the picture alone.

    python tests/bench/bench_usage.py --pages 100 --reader structure
    python tests/bench/bench_usage.py --pages 40 --reader ocr --verbose

A cell is right where its text is what the page shows (spaces and full-width forms apart; every way to write that
there is no value is one), and a field where the typed value is the true one. A wrong cell is *marked* where
`needs_review` names it.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from console_pages import ConsolePage, make

from handlens.browser.capture import Region, capture
from handlens.browser.page_options import PageOptions
from handlens.errors import ReadingError
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.testing.pages import PageServer, Reply
from handlens.usage.columns import header_words
from handlens.usage.console import Look, look_at_page, look_at_picture
from handlens.usage.images import decoded
from handlens.usage.reading import is_missing
from handlens.usage.rows import Meaning


@dataclass
class Score:
    """Counts over pages."""

    cells: int = 0
    wrong: int = 0
    marked: int = 0
    false_marks: int = 0
    wrong_rows: int = 0
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    misread: list[str] = field(default_factory=list)


def folded(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def named(header: str) -> str:
    return folded(header_words(header))


def same(left: str, right: str) -> bool:
    return folded(left) == folded(right) or (is_missing(left) and is_missing(right))


def judge(page: ConsolePage, look: Look, score: Score, *, fields: bool) -> None:
    """Add one look at a page to the score."""
    if len(look.rows) != len(page.rows):
        score.wrong_rows += 1
        score.misread.append(f"{page.seed} {page.layout}: {len(look.rows)} rows, not {len(page.rows)}")
    marked = {(doubt.row, named(doubt.column)) for doubt in look.doubts}
    wrong: set[tuple[int, str]] = set()
    for number, true in enumerate(page.rows):
        row = look.rows[number] if number < len(look.rows) else None
        shown = {named(header): cell.text for header, cell in row.cells.items()} if row else {}
        for place, (header, text) in enumerate(true.cells.items()):
            key = named(header)
            key = "name" if place == 0 and key not in shown else key
            close = get_close_matches(key, shown, n=1) or [one for one in shown if key.endswith(one)]
            key = next(iter(close), key)
            score.cells += 1
            if not same(shown.get(key, ""), text) or row is None:
                wrong.add((number, key))
                score.misread.append(f"{page.seed} row {number} {header}: {text!r} read as {shown.get(key)!r}")
        for name, value in true.fields.items() if fields else ():
            score.cells += 1
            if row is None or getattr(row, name) != value:
                score.wrong += 1
                score.misread.append(
                    f"{page.seed} row {number} {name}: {value!r} read as {row and getattr(row, name)!r}"
                )
    score.wrong += len(wrong)
    score.marked += len(wrong & marked)
    score.false_marks += len(marked - wrong)


async def read(kit: Kit, page: ConsolePage, url: str, reader: str, score: Score) -> Look:
    session, _ = await kit.browser.open(kit.caller, url, PageOptions(width=page.width, height=900, timezone="UTC"))
    try:
        async with session.use():
            if reader == "structure":
                begun = time.perf_counter()
                look = await look_at_page(session.page, Meaning(), seconds=10)
                score.seconds.append(time.perf_counter() - begun)
                return look
            shot = await capture(session, Region(full_page=True), limits=kit.limits)
    finally:
        await kit.browser.end(session.id, kit.caller)
    image = await decoded(shot.data, kit.limits)
    begun, before = time.perf_counter(), _cpu(kit)
    try:
        look = await look_at_picture(kit.ocr, [image], Meaning())
    except ReadingError:
        look = Look([], [], "", "ocr", [])  # every cell of it is wrong
    score.seconds.append(time.perf_counter() - begun)
    score.cpu.append(_cpu(kit) - before)
    return look


def _cpu(kit: Kit) -> float:
    """CPU seconds of this process and of the OCR workers."""
    import psutil

    workers = sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in kit.ocr.pids)
    return time.process_time() + workers


async def run(seeds: Sequence[int], reader: str, *, rows: int | None, layout: str | None, wide: bool) -> Score:
    score = Score()
    with PageServer() as server:
        async with open_kit() as kit:
            for seed in seeds:
                page = make(seed, rows=rows, layout=layout, wide=wide)
                server.pages[f"/{seed}"] = Reply(page.html)
                look = await read(kit, page, server.url(f"/{seed}"), reader, score)
                judge(page, look, score, fields=reader == "structure")
    return score


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pages", type=int, default=40)
    arguments.add_argument("--first", type=int, default=0, help="first seed")
    arguments.add_argument("--reader", choices=("structure", "ocr"), default="structure")
    arguments.add_argument("--rows", type=int, help="so many rows on every page")
    arguments.add_argument("--layout", help="only this layout")
    arguments.add_argument("--wide", action="store_true", help="with what surrounds and decorates real lists")
    arguments.add_argument("--verbose", action="store_true", help="name what was misread")
    given = arguments.parse_args()
    seeds = range(given.first, given.first + given.pages)
    score = asyncio.run(run(seeds, given.reader, rows=given.rows, layout=given.layout, wide=given.wide))
    if given.verbose:
        print("\n".join(score.misread))
    right = 1 - score.wrong / max(1, score.cells)
    print(
        f"{given.pages} pages, {score.cells} cells: {right:.2%} right, {score.wrong_rows} pages with wrong row counts"
    )
    if given.reader == "ocr":
        share = score.marked / score.wrong if score.wrong else 1.0
        print(f"of {score.wrong} wrong, {share:.0%} marked; {score.false_marks / score.cells:.1%} marked though right")
        print(f"CPU: median {sorted(score.cpu)[len(score.cpu) // 2]:.2f} s, most {max(score.cpu):.2f} s")
    print(f"read: median {sorted(score.seconds)[len(score.seconds) // 2]:.3f} s, most {max(score.seconds):.3f} s")


if __name__ == "__main__":
    main()
