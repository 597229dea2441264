"""The picture that shows what a look saw, secrets and private addresses covered, and where in it each cell lies."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from handlens.browser.capture import Region, capture
from handlens.geometry import Box
from handlens.kit import Kit
from handlens.usage.board import Evidence
from handlens.usage.console import Look, look_from_tables
from handlens.usage.rows import Meaning, usage_tables
from handlens.usage.seen import Doubtful, picture_reading, told_apart
from handlens.usage.structure import read_laid_out, read_structure
from handlens.usage.times import Clock

if TYPE_CHECKING:
    from handlens.browser.session import Session

MARGIN = 12.0
HEAD = 72.0
"""CSS pixels above the first row: where its headers are."""
TALLEST = 3_000.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture, and where (task, header) lies in it, in its pixels."""

    picture: Evidence
    places: Mapping[tuple[str, str], Box]

    def placed(self, cells: list[Doubtful]) -> list[Doubtful]:
        """The doubtful cells with their boxes, where the picture shows them."""
        return [replace(cell, box=self.places.get((cell.task, cell.header))) for cell in cells]


async def show_rows(
    session: Session, kit: Kit, look: Look, meaning: Meaning, tasks: Collection[str], *, whole: bool
) -> Shown | None:
    """A picture of the tasks' rows; with ``whole`` of the list from its headers on, as far as it is not too tall.

    Call it inside `Session.use`. None where no such row is on the page (any more).
    """
    if look.reader == "structure":  # the list may have been scrolled and turned while it was read
        look = told_apart(await _as_it_stands(session, meaning))
    boxes = {
        (row.task_name or "", header): cell.box
        for row in look.rows
        for header, cell in row.cells.items()
        if cell.box and cell.box.area
    }
    wanted = [box for (task, _), box in boxes.items() if task in tasks]
    if not wanted:
        return None
    clip = _clip(wanted, list(boxes.values()), whole=whole)
    privacy = kit.privacy.model_copy(update={"private_addresses": True})
    shot = await capture(session, Region(clip=clip), limits=kit.limits, privacy=privacy)
    size, to_picture = shot.frame.image_size, shot.frame.box_to_image
    reading = picture_reading(look, meaning, to_picture, size.width, size.height)
    picture = Evidence(shot.data, shot.media_type, json.dumps(reading, ensure_ascii=False))
    return Shown(picture, {cell: to_picture(box) for cell, box in boxes.items() if clip.intersection(box)})


async def _as_it_stands(session: Session, meaning: Meaning) -> Look:
    tables = usage_tables((await read_structure(session.page)).tables, meaning)
    if not any(table.rows for table in tables):
        tables = usage_tables(await read_laid_out(session.page), meaning)
    return look_from_tables(tables, meaning, Clock(datetime.now(UTC)), "structure")


def _clip(wanted: list[Box], every: list[Box], *, whole: bool) -> Box:
    left, right = min(box.x for box in every) - MARGIN, max(box.right for box in every) + MARGIN
    top, bottom = min(box.y for box in wanted) - MARGIN, max(box.bottom for box in wanted) + MARGIN
    if whole:
        first, last = min(box.y for box in every) - HEAD, max(box.bottom for box in every) + MARGIN
        top, bottom = (first, last) if bottom - first <= TALLEST else (top, bottom)
    return Box.from_corners(max(0.0, left), max(0.0, top), right, min(bottom, max(0.0, top) + TALLEST))
