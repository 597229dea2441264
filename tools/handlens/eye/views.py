"""Other views of one picture, so that a model that guesses gives itself away.

A model that sees finds a thing wherever it lies in the view; one that guesses says the same place whatever it is shown.
So no view puts the thing where the one before had it: borders are added on the two sides that move it most, and what is
looked at more closely does not lie in the middle of its crop.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from anyio import to_thread

from handlens.geometry import Box, Frame, Point, Size
from handlens.tool import Picture

BORDER, WIDE_BORDER = 0.2, 0.45
"""Of each side: what a shifted view adds at the left or right, and at the top or bottom."""
_OFF_CENTRE = 0.3
"""Where in a crop the point lies that it is taken round."""
_GREY = (200, 200, 200)


@dataclass(frozen=True, slots=True)
class View:
    """A picture, and how its pixels lie over the page (CSS pixels of the viewport)."""

    picture: Picture
    frame: Frame


async def shifted(view: View, seen: Point | None, border: float = BORDER) -> View:
    """The whole picture with borders on two sides, so that what was seen at ``seen`` (CSS pixels) lies elsewhere."""
    return await to_thread.run_sync(_shifted, view, seen, border)


async def closer(view: View, around: Point, *, share: float = 0.4, least: int = 400, zoom: int = 2) -> View:
    """A part round ``around`` (CSS pixels): ``share`` of each side, ``least`` or more, enlarged ``zoom`` times."""
    return await to_thread.run_sync(_closer, view, around, share, least, zoom)


def _shifted(view: View, seen: Point | None, border: float) -> View:
    from PIL import Image

    with Image.open(io.BytesIO(view.picture.data)) as image:
        across, down = round(image.width * border), round(image.height * border)
        at = view.frame.to_image(seen) if seen is not None else Point(x=0, y=0)
        left, top = across * (at.x < image.width / 2), down * (at.y < image.height / 2)
        whole = Image.new("RGB", (image.width + across, image.height + down), _GREY)
        whole.paste(image.convert("RGB"), (left, top))
    frame = view.frame
    origin = frame.origin.moved(-left * frame.scale, -top * frame.scale)
    size = Size(width=whole.width, height=whole.height)
    return View(_png(whole), Frame(image_size=size, origin=origin, scale=frame.scale))


def _closer(view: View, around: Point, share: float, least: int, zoom: int) -> View:
    from PIL import Image

    at = view.frame.to_image(around)
    with Image.open(io.BytesIO(view.picture.data)) as image:
        width = min(image.width, max(least, round(image.width * share)))
        height = min(image.height, max(least, round(image.height * share)))
        # Where the whole picture shows it on the left, the part shows it on the right.
        across = _OFF_CENTRE if at.x > image.width / 2 else 1 - _OFF_CENTRE
        down = _OFF_CENTRE if at.y > image.height / 2 else 1 - _OFF_CENTRE
        left = round(min(max(0.0, at.x - width * across), image.width - width))
        top = round(min(max(0.0, at.y - height * down), image.height - height))
        part = image.convert("RGB").crop((left, top, left + width, top + height))
        part = part.resize((width * zoom, height * zoom), Image.Resampling.LANCZOS)
    box = Box(x=left, y=top, width=width, height=height)
    return View(_png(part), view.frame.crop(box, zoom))


def _png(image: object) -> Picture:
    from PIL import Image

    assert isinstance(image, Image.Image)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return Picture(out.getvalue())
