"""One look at a console by all readers that there are: structure or OCR first, the eye where they are unsure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from handlens.browser.capture import Region, capture
from handlens.errors import EyeError, EyeUnavailable, LimitExceeded, ReadingError
from handlens.kit import Kit
from handlens.ocr import available
from handlens.usage.console import Look, NoListError, look_at_picture, look_of, read_page
from handlens.usage.images import decoded
from handlens.usage.rows import Meaning
from handlens.usage.sight import Sight, unsure

if TYPE_CHECKING:
    from PIL.Image import Image

    from handlens.browser.session import Session
    from handlens.usage.console import PageReading

How = Literal["auto", "structure", "ocr", "eye"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to look: ``reader`` as the tool's argument has it; ``seconds`` to wait for the list to appear."""

    reader: How = "auto"
    seconds: float = 10.0
    most_rows: int = 0


async def look_at_session(session: Session, kit: Kit, meaning: Meaning, wanted: Wanted) -> Look:
    """Structure first: it is exact. The picture where asked for, or where the page draws its list.

    The eye, where one is ready, is asked about what is not plain in the structure, about OCR's doubts, and about a
    page on which nothing else finds a list; with reader "eye" about everything. Where it fails while it is asked, what
    the others read stands, with a remark.

    Raises:
        EyeUnavailable: reader "eye", and none is ready.
        ReadingError: see `read_page` and `look_at_picture`.
    """
    sight = _sight(kit, wanted.reader, meaning)
    missing: NoListError | None = None
    if wanted.reader != "ocr":
        try:
            reading = await read_page(session.page, meaning, seconds=wanted.seconds, most_rows=wanted.most_rows)
        except NoListError as error:
            if wanted.reader == "structure" or not (available() or sight):
                raise
            missing = error
        else:
            if sight:
                reading = await _with_the_eye(session, kit, reading, sight)
            return _told(await look_of(reading, meaning), sight, kit, wanted.reader)
    shot = await capture(session, Region(full_page=True), limits=kit.limits, privacy=kit.privacy)
    if missing and not (shot.pictures or sight):
        raise missing
    image = await decoded(shot.data, kit.limits)
    try:
        return _told(await look_at_picture(kit.ocr, [image], meaning, [shot.frame], sight), sight, kit, wanted.reader)
    except (ReadingError, EyeError, LimitExceeded) as error:
        raise missing or error from error


async def look_at_images(images: Sequence[Image], kit: Kit, meaning: Meaning, wanted: Wanted) -> Look:
    """Pictures of one list by OCR, with the eye as in `look_at_session`."""
    sight = _sight(kit, wanted.reader, meaning)
    return _told(await look_at_picture(kit.ocr, images, meaning, sight=sight), sight, kit, wanted.reader)


def _sight(kit: Kit, reader: How, meaning: Meaning) -> Sight | None:
    if reader in ("structure", "ocr"):
        return None
    if kit.eye is not None and kit.eye.status.ready:
        return Sight(kit.eye, kit.caller, always=reader == "eye", meaning=meaning)
    if reader == "eye":
        why = f"{kit.eye.status.state}: {kit.eye.status.because}" if kit.eye else "no engine is set up"
        raise EyeUnavailable(f"There is no eye to read with ({why}). Give reader auto: structure, or else OCR, reads.")
    return None


async def _with_the_eye(session: Session, kit: Kit, reading: PageReading, sight: Sight) -> PageReading:
    if not (sight.always or any(unsure(table, sight.meaning) for table in reading.tables)):
        return reading
    shot = await capture(session, Region(full_page=True), limits=kit.limits, privacy=kit.privacy)
    image = await decoded(shot.data, kit.limits)
    tables = await sight.over(image, reading.tables, "the page", exact=True, place=shot.frame.box_to_image)
    return replace(reading, tables=tables)


def _told(look: Look, sight: Sight | None, kit: Kit, reader: How) -> Look:
    if sight is None:
        if kit.eye is None or reader != "auto" or not look.doubts:
            return look
        return replace(look, remarks=[*look.remarks, f"{kit.eye.status.absence.capitalize()}."])
    reader = "eye" if sight.spoken and (sight.always or sight.found_alone) else look.reader
    return replace(look, reader=reader, remarks=[*look.remarks, *sight.remarks])
