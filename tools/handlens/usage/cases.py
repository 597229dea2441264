"""What people decided, as test cases: a folder for each picture, with the rows that should be read from it.

console-12/picture.png
console-12/case.json     {"rows": [{"task": …, "gpu": …}], "unsure": [[row, field]], "columns": …, "decided": [...]}
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from handlens.browser.secrets import REPLACEMENT
from handlens.errors import InvalidInput, ReadingError
from handlens.ocr import Ocr
from handlens.usage.board import Board, Evidence
from handlens.usage.columns import Field
from handlens.usage.console import look_at_picture
from handlens.usage.database import Database
from handlens.usage.reading import plain
from handlens.usage.reviews import Review, Reviews
from handlens.usage.rows import Meaning
from handlens.usage.seen import summary_of, told_apart, values_of

if TYPE_CHECKING:
    from PIL.Image import Image

COMPARED = ("task", "instance_type", "gpu", "cpu", "memory_used", "memory_total", "status")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a case was read: how many fields were compared, and those that differ, as sentences."""

    compared: int
    wrong: list[str] = field(default_factory=list[str])


def keep_cases(database: Database, folder: Path) -> list[Path]:
    """Write the decided reviews that have a picture as cases under ``folder``; returns their folders. Blocks."""
    by_picture: dict[int, list[Review]] = {}
    for review in Reviews(database).decided():
        if review.picture_id is not None:
            by_picture.setdefault(review.picture_id, []).append(review)
    board, kept = Board(database), list[Path]()
    for number, decided in by_picture.items():
        name = re.sub(r"[^\w-]+", "-", decided[0].console).strip("-") or "console"
        place = folder / f"{name}-{number}"
        _keep(place, board.picture(number), decided, Reviews(database).undecided(number))
        kept.append(place)
    return kept


def _keep(place: Path, picture: Evidence, decided: Sequence[Review], unsure: Sequence[Review]) -> None:
    reading: dict[str, Any] = json.loads(picture.reading or "{}")
    rows: list[dict[str, Any]] = reading.get("rows", [])
    for review in decided:
        for row in rows:
            if row["task"] == review.task and review.corrected is not None:
                row.update(_corrected(review))
    named = [(review.task, review.field) for review in unsure]
    learned = {plain(one.text).lower(): _corrected(one)["status"] for one in decided if _is_status(one)}
    case = {
        **reading,
        "statuses": {**reading.get("statuses", {}), **learned},
        "rows": [{name: row[name] for name in COMPARED} for row in rows],
        "unsure": [[task, field] for task, field in named],
        "decided": [[review.task, review.header, review.text, review.corrected] for review in decided],
    }
    place.mkdir(parents=True, exist_ok=True)
    suffix = "jpg" if picture.media_type == "image/jpeg" else "png"
    (place / f"picture.{suffix}").write_bytes(picture.data)
    (place / "case.json").write_text(json.dumps(case, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _is_status(review: Review) -> bool:
    return review.field == Field.STATUS and review.corrected is not None


def _corrected(review: Review) -> dict[str, Any]:
    text = review.corrected or ""
    if review.field == Field.TASK_NAME:
        return {"task": text}
    if review.field == Field.INSTANCE_TYPE:
        return {"instance_type": text or None}
    return dict(values_of(review.field, review.header, text))


async def judge_case(place: Path, ocr: Ocr) -> Verdict:
    """Read a case's picture and compare.

    Raises:
        InvalidInput: the folder holds no case.
    """
    case, image = await to_thread.run_sync(_loaded, place)
    meaning = Meaning(**{name: case[name] for name in ("columns", "statuses", "units", "column_units")})
    try:
        look = await look_at_picture(ocr, [image], meaning)
    except ReadingError as error:
        return Verdict(len(case["rows"]) * len(COMPARED), [str(error)])
    return compare(case, [summary_of(row) for row in told_apart(look).rows])


def _loaded(place: Path) -> tuple[dict[str, Any], Image]:
    from PIL import Image

    try:
        case = json.loads((place / "case.json").read_text(encoding="utf-8"))
        data = next(place.glob("picture.*")).read_bytes()
    except (OSError, ValueError, StopIteration) as error:
        raise InvalidInput(f"{place} holds no case: it needs case.json and picture.png.") from error
    return case, Image.open(BytesIO(data)).convert("RGB")


def compare(case: dict[str, Any], found: Sequence[dict[str, Any]]) -> Verdict:
    """The rows of a case against those that were read, by the task's name; else by place."""
    unsure = {(task, _FIELDS.get(name, name)) for task, name in case["unsure"]}
    by_name = {plain(row["task"]): row for row in found}
    compared, wrong = 0, list[str]()
    for number, row in enumerate(case["rows"]):
        beside = found[number] if number < len(found) else None
        read = by_name.get(plain(row["task"])) or beside
        for name in COMPARED:
            if (row["task"], name) in unsure or _covered(row[name]):
                continue
            compared += 1
            if read is None or not _same(row[name], read[name]):
                wrong.append(
                    f"row {number + 1} ({row['task'][:60]}), {name}: {read and read[name]!r}, not {row[name]!r}"
                )
    return Verdict(compared, wrong)


_FIELDS: dict[str, str] = {
    Field.TASK_NAME: "task",
    Field.GPU: "gpu",
    Field.CPU: "cpu",
    Field.MEMORY: "memory_used",
    Field.GPU_MEMORY: "memory_used",
    Field.MEMORY_TOTAL: "memory_total",
    Field.GPU_MEMORY_TOTAL: "memory_total",
}
"""What a review calls a field → what a case does."""


def _covered(value: Any) -> bool:
    """Whether the picture does not show it: secrets and private addresses are black there."""
    return isinstance(value, str) and (REPLACEMENT in value or ".*." in value or "**::" in value)


def _same(expected: Any, read: Any) -> bool:
    return plain(expected) == plain(read) if isinstance(expected, str) and isinstance(read, str) else expected == read
