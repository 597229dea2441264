"""The eye as a further reader of a console's picture: asked about what the first reader was unsure of.

It never has the last word alone. What it reads differently is asked once more, with care, and told in each cell;
an answer that fits hardly anything of the picture is left aside.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from anyio import to_thread

from handlens.errors import EyeError, LimitExceeded
from handlens.eye.readers import EyeTableReader
from handlens.geometry import Box
from handlens.tool import Picture
from handlens.usage.masking import masked_text
from handlens.usage.rows import SURE_ENOUGH, Meaning, typed_rows, usage_tables
from handlens.usage.second_opinion import (
    NOT_THE_SAME_TABLE,
    differs,
    said_of,
    share_agreed,
    weighed,
    witnessed,
)
from handlens.usage.table import Cell, Table
from handlens.usage.times import Clock

if TYPE_CHECKING:
    from PIL.Image import Image

    from handlens.eye.protocol import Effort, Eye
    from handlens.eye.skills import SeenTable
    from handlens.kit import Caller

Place = Callable[[Box], Box]
"""From the space of a table's boxes to pixels of the picture."""

ROWS_AT_ONCE = 40
"""Rows in one question: what an answer holds, and what a picture shows at a size that can be read."""
MOST_QUESTIONS = 12
"""In one look. What is left stays as the first reader had it."""
HEAD_HEIGHT = 120
"""So many pixels above the first row go with each further part of a list, for its headers."""


@dataclass
class Sight:
    """One look's questions to the eye. ``remarks`` says what came of them.

    Args:
        always: every table is asked about, not only those that the first reader was unsure of.
    """

    eye: Eye
    caller: Caller
    always: bool = False
    meaning: Meaning | None = None
    remarks: list[str] = field(default_factory=list[str])
    spoken: int = 0
    """Cells that the eye spoke of and was heard about."""
    found_alone: bool = False
    _left: int = MOST_QUESTIONS

    async def over(
        self, image: Image, tables: Sequence[Table], first: str, *, exact: bool = False, place: Place | None = None
    ) -> list[Table]:
        """The tables with the eye's word weighed in. ``first`` and ``exact`` are those of `weighed`."""
        told: list[Table] = []
        for table in tables:
            spoken = self.spoken
            looked = await self._over(image, table, first, exact, place or _as_it_is)
            doubted = sum(1 for row in looked.rows for cell in row if cell.note and "the eye" in cell.note)
            if self.spoken > spoken:
                count = self.spoken - spoken
                self.remarks.append(f"The eye was asked too: it spoke of {count} cells, and {doubted} are in doubt.")
            told.append(looked)
        return told

    async def alone(self, image: Image, words: Sequence[str] | None) -> list[Table]:
        """Usage tables that only the eye finds in the picture. ``words`` are what OCR read there, if there is OCR.

        Raises:
            EyeError, LimitExceeded: the eye could not be asked, or gave no answer that can be used.
        """
        seen = await self._read(image, "routine")
        bare = [table for table in [witnessed(seen, None, words)] if table.rows]
        if not usage_tables(bare, self.meaning):
            return []
        again = await self._read(image, "careful") if unsure(bare[0]) else None
        table = witnessed(seen, again, words)
        cells = [cell for row in table.rows for cell in row if cell.text]
        believed = sum(1 for cell in cells if cell.confidence >= SURE_ENOUGH)
        if words is not None and believed < NOT_THE_SAME_TABLE * len(cells):
            self.remarks.append(
                f"The eye told of a table, but OCR read only {believed} of its {len(cells)} texts: it is left aside."
            )
            return []
        if seen.truncated:
            self.remarks.append("The eye's answer was cut off: rows may be missing at the end.")
        self.spoken, self.found_alone = self.spoken + len(cells), True
        return usage_tables([table], self.meaning)

    async def _over(self, image: Image, table: Table, first: str, exact: bool, place: Place) -> Table:
        rows: list[tuple[Cell, ...]] = []
        head = _span(table, place)
        for start in range(0, len(table.rows), ROWS_AT_ONCE):
            piece = replace(table, rows=table.rows[start : start + ROWS_AT_ONCE])
            span = _span(piece, place)
            if self._left > 0 and head and span and (self.always or unsure(piece, self.meaning)):
                shown = await to_thread.run_sync(_cut, image, head[0], span)
                try:
                    piece = await self._asked(shown, piece, first, exact)
                except (EyeError, LimitExceeded) as error:
                    self._left = 0
                    self.remarks.append(f"The eye could not be asked: {error} What {first} says stands alone.")
            rows += piece.rows
        return replace(table, rows=tuple(rows))

    async def _asked(self, shown: Image, piece: Table, first: str, exact: bool) -> Table:
        """The rows with what the eye says of them in this part of the picture."""
        seen = await self._read(shown, "routine")
        once, again = said_of(piece, seen), None
        if differs(piece, once) or seen.truncated or not once.count:
            careful = await self._read(shown, "careful")
            again = said_of(piece, careful)
            if share_agreed(piece, again) > share_agreed(piece, once):
                seen, once, again = careful, again, once
        if not once.count or share_agreed(piece, once) < NOT_THE_SAME_TABLE:
            self.remarks.append(
                f"The eye read {share_agreed(piece, once):.0%} of the cells as {first} did: its answer is left aside."
            )
            return piece
        self.spoken += once.count
        self._tell_further_rows(seen, piece, first)
        return weighed(piece, first, once, again, exact=exact)

    def _tell_further_rows(self, seen: SeenTable, piece: Table, first: str) -> None:
        if len(seen.rows) != len(piece.rows) and not seen.truncated:
            names = {cell.text for row in piece.rows for cell in row}
            new = [row for row in seen.rows if row and row[0] not in names]
            told = ", ".join(repr(masked_text(row[0])[:60]) for row in new[:3])
            self.remarks.append(
                f"The eye saw {len(seen.rows)} rows where {first} has {len(piece.rows)}"
                + (f"; among them {told}." if told else ".")
            )

    async def _read(self, image: Image, effort: Effort) -> SeenTable:
        self._left -= 1
        picture = Picture(await to_thread.run_sync(_encoded, image))
        return await EyeTableReader(self.eye, effort=effort).read_table(picture, caller=self.caller)


def unsure(table: Table, meaning: Meaning | None = None) -> bool:
    """Whether a cell was read with less confidence than is enough, not plainly, or as something that can't be."""
    if any(cell.note or cell.confidence < SURE_ENOUGH for row in table.rows for cell in row):
        return True
    return bool(typed_rows(table, Clock(datetime.now(UTC)), meaning)[1])


def _as_it_is(box: Box) -> Box:
    return box


def _span(table: Table, place: Place) -> tuple[int, int] | None:
    """From where to where the rows reach down the picture; None where they are not in it."""
    boxes = [place(cell.box) for row in table.rows for cell in row if cell.box and cell.box.area]
    if not boxes:
        return None
    return max(0, int(min(box.y for box in boxes)) - 6), int(max(box.bottom for box in boxes)) + 8


def _cut(image: Image, head: int, span: tuple[int, int]) -> Image:
    """The lines from ``span``, under what stands right above the whole list, whose rows begin at ``head``."""
    from PIL import Image as Pillow

    top, bottom = min(span[0], image.height - 1), min(span[1], image.height)
    above = image.crop((0, max(0, head - HEAD_HEIGHT), image.width, max(1, head)))
    whole = Pillow.new("RGB", (image.width, above.height + max(1, bottom - top)))
    whole.paste(above, (0, 0))
    whole.paste(image.crop((0, top, image.width, max(top + 1, bottom))), (0, above.height))
    return whole


def _encoded(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
