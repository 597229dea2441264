"""`handlens pdf FILE… -o DIR`: documents to Markdown files, with no server and no client."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from contextlib import aclosing
from pathlib import Path

import anyio

from handlens.errors import InvalidInput
from handlens.pdf.bulk import Outcome, convert_many
from handlens.pdf.options import Options

_MOST = 20  # notes of a file
_TOLD = {"done": "converted", "skipped": "kept", "failed": "failed"}


async def convert(
    sources: list[Path],
    folder: Path,
    *,
    options: Options,
    processes: int | None,
    password: str | None,
    retry: bool,
    page_seconds: float,
) -> int:
    """Convert, telling what becomes of each file on stderr, and of all at the end.

    The exit code is 1 where any failed, 0 where all are there. Raises InvalidInput where `folder` can't be made.
    """
    try:
        await anyio.Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"{folder} is no folder that can be written to: {error.strerror}.") from error
    states, total, partly = Counter[str](), 0, 0
    run = convert_many(
        sources,
        folder,
        options=options,
        processes=processes,
        password=password,
        retry=retry,
        page_seconds=page_seconds,
    )
    try:
        async with aclosing(run):
            async for outcome in run:
                states[outcome.state] += 1
                total, partly = outcome.total, partly + bool(outcome.failed_pages)
                _say("\n    ".join([f"[{states.total()}/{total}] {_told(outcome)}", *_notes(outcome)]))
    except asyncio.CancelledError:
        rest = f", {total - states.total()} not reached" if total else ""
        _say(f"Stopped: {_summary(states, partly)}{rest}. The same command goes on from here.")
        raise
    _say(f"{_summary(states, partly)}.")
    return 1 if states["failed"] else 0


def _told(outcome: Outcome) -> str:
    lost = f", pages left out: {', '.join(map(str, outcome.failed_pages))}" if outcome.failed_pages else ""
    match outcome.state:
        case "done":
            pages = f"{outcome.pages} page{'s' * (outcome.pages != 1)}"
            return f"{outcome.source} -> {outcome.target} ({pages}{lost})"
        case "skipped":
            again = f"{lost}; --retry converts it again" if lost else ""
            return f"{outcome.source}: {outcome.target} is there already{again}"
        case "failed":
            way = " Set HANDLENS_PDF_PASSWORD, or give --password." if outcome.locked else ""
            return f"{outcome.source}: failed. {outcome.message}{way}"


def _notes(outcome: Outcome) -> list[str]:
    more = len(outcome.notes) - _MOST
    return [*outcome.notes[:_MOST], *([f"and {more} more notes"] if more > 0 else [])]


def _summary(states: Counter[str], partly: int) -> str:
    counts = ", ".join(f"{states[state]} {word}" for state, word in _TOLD.items())
    return f"{counts}; {partly} without some of their pages" if partly else counts


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201
