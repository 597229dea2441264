"""`handlens pdf FILE… -o DIR`: documents to Markdown files, with no server and no client."""

from __future__ import annotations

import sys
from pathlib import Path

from handlens.pdf.bulk import Outcome, convert_many
from handlens.pdf.options import Options

_MOST = 20  # notes of a file


async def convert(
    sources: list[Path], folder: Path, *, options: Options, processes: int | None, password: str | None
) -> int:
    """Convert, telling what becomes of each file on stderr; the exit code is 1 where any failed."""
    failed = 0
    async for outcome in convert_many(sources, folder, options=options, processes=processes, password=password):
        failed += outcome.state == "failed"
        print("\n    ".join([_told(outcome), *outcome.notes[:_MOST]]), file=sys.stderr, flush=True)  # noqa: T201
    return 1 if failed else 0


def _told(outcome: Outcome) -> str:
    match outcome.state:
        case "done":
            lost = f", pages left out: {', '.join(map(str, outcome.failed_pages))}" if outcome.failed_pages else ""
            return f"{outcome.source} -> {outcome.target} ({outcome.pages} pages{lost})"
        case "skipped":
            return f"{outcome.source}: {outcome.target} is there already"
        case _:
            return f"{outcome.source}: failed. {outcome.message}"
