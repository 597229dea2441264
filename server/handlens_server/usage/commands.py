"""`handlens usage`: the history for scripts. Exports, and what people's decisions are good for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from handlens.errors import InvalidInput
from handlens.ocr import Ocr
from handlens.usage.board import Board
from handlens.usage.cases import judge_case, keep_cases
from handlens.usage.export import Format, export
from handlens.usage.history import History
from handlens_server.settings import Settings


def export_usage(settings: Settings, output: Path, *, console: str | None, task: str | None, hours: float) -> int:
    """Write what was observed to ``output``, CSV or Parquet by its name."""
    form: Format = "parquet" if output.suffix.lower() == ".parquet" else "csv"
    end = datetime.now(UTC)
    history = _history(settings)
    try:
        begin = end - timedelta(hours=hours)
        written = export(history.observed(begin, end, console=console, task=task), output, form)
    finally:
        history.close()
    print(f"{written} observations in {output}.")  # noqa: T201
    return 0


def export_cases(settings: Settings, folder: Path) -> int:
    """Write people's decisions as test cases: a folder for each picture."""
    history = _history(settings)
    try:
        kept = keep_cases(history.database, folder)
    finally:
        history.close()
    print(f"{len(kept)} cases in {folder}.")  # noqa: T201
    return 0


def check_cases(settings: Settings, folder: Path) -> int:
    """Read the pictures of all cases under ``folder`` and compare; the exit code is 1 where something differs."""
    places = sorted(path.parent for path in folder.glob("*/case.json"))
    if not places:
        raise InvalidInput(f"There are no cases under {folder}; `handlens usage cases {folder}` writes them.")
    return asyncio.run(_judged(settings, places))


async def _judged(settings: Settings, places: Sequence[Path]) -> int:
    ocr = Ocr(seconds=settings.limits.ocr_seconds)
    compared = wrong = 0
    try:
        for place in places:
            verdict = await judge_case(place, ocr)
            compared, wrong = compared + verdict.compared, wrong + len(verdict.wrong)
            for sentence in verdict.wrong:
                print(f"{place.name}: {sentence}")  # noqa: T201
    finally:
        await ocr.aclose()
    print(f"{compared - wrong} of {compared} fields as they should be, in {len(places)} cases.")  # noqa: T201
    return int(wrong > 0)


def print_profile(settings: Settings, console: str) -> int:
    """What people taught of a console, as the lines of a profile."""
    history = _history(settings)
    try:
        columns, statuses = Board(history.database).taught(console)
    finally:
        history.close()
    fields: dict[str, list[str]] = {}
    for header, field in columns.items():
        fields.setdefault(field, []).append(header)
    lines = [f"title = {_quoted(console)}", "[columns]"]
    lines += [f"{field} = [{', '.join(map(_quoted, headers))}]" for field, headers in sorted(fields.items())]
    lines += ["[statuses]", *(f"{_quoted(word)} = {_quoted(status)}" for word, status in sorted(statuses.items()))]
    print("\n".join(lines))  # noqa: T201
    return 0


def _quoted(text: str) -> str:
    """A TOML string; JSON's escapes are TOML's, but for the one that TOML lacks."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _history(settings: Settings) -> History:
    if settings.history is None:
        raise InvalidInput("Say where the history is: --set history=sqlite:////var/lib/usage.db, or HANDLENS_HISTORY.")
    return History(settings.history.get_secret_value())
