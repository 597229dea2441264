"""Secrets inside the pictures of a page: text drawn on a canvas, or scanned in an image, which no script can read.

The pictures in a shot are read by OCR, and lines that look like secrets are blacked out before the shot is handed on.
OCR can misread a character, so this hides what it recognises and is no proof that nothing was left.
"""

from __future__ import annotations

import io
from dataclasses import replace

from anyio import to_thread

from handlens.browser.capture import Encoding, Shot, encoded
from handlens.browser.secrets import Privacy, redact
from handlens.geometry import Box
from handlens.ocr import Ocr

_LARGEST = 40
"""Pictures read in one shot; the larger come first."""


async def hide_in_pictures(shot: Shot, ocr: Ocr, privacy: Privacy, mask: tuple[str, ...]) -> Shot:
    """``shot`` with every line of text in its pictures that holds a secret, or a text of ``mask``, blacked out.

    Raises:
        OcrUnavailable, ReadingError, TimedOut: the pictures could not be read, so they can't be vouched for.
    """
    whole = Box(x=0, y=0, width=shot.frame.image_size.width, height=shot.frame.image_size.height)
    areas = [area for box in shot.pictures if (area := shot.frame.box_to_image(box).intersection(whole))]
    found: list[Box] = []
    for area in sorted(areas, key=lambda box: -box.area)[:_LARGEST]:
        crop = await to_thread.run_sync(_cropped, shot.data, area)
        secret = [line.box for line in await ocr.read(crop) if _is_secret(line.text, privacy, mask)]
        found += [box.moved(area.x, area.y).padded(2) for box in secret]
    if not found:
        return shot
    data = await to_thread.run_sync(_blacked_out, shot.data, found, shot.encoding)
    return replace(shot, data=data, hidden=shot.hidden + len(found))


def _is_secret(text: str, privacy: Privacy, mask: tuple[str, ...]) -> bool:
    """OCR sees spaces where letters stand apart, so the line is also judged without them."""
    close = text.replace(" ", "")
    return any(redact(form, privacy, mask) != form for form in (text, close))


def _cropped(data: bytes, area: Box) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        crop = picture.convert("RGB").crop((int(area.x), int(area.y), round(area.right), round(area.bottom)))
    return encoded(crop, "png")


def _blacked_out(data: bytes, boxes: list[Box], encoding: Encoding) -> bytes:
    from PIL import Image, ImageDraw

    with Image.open(io.BytesIO(data)) as source:
        picture = source.convert("RGB")
    pen = ImageDraw.Draw(picture)
    for box in boxes:
        pen.rectangle((box.x, box.y, box.right, box.bottom), fill="#111")
    return encoded(picture, encoding)
