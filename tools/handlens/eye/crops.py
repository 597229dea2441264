"""Cut a part out of a picture to look at it more closely."""

from __future__ import annotations

import io
from dataclasses import dataclass

from anyio import to_thread

from handlens.errors import InvalidInput
from handlens.geometry import Box, Point, Size
from handlens.tool import Picture


@dataclass(frozen=True, slots=True)
class Crop:
    """``picture`` shows ``area`` (pixels of the whole), enlarged to ``size``."""

    picture: Picture
    area: Box
    size: Size

    def to_whole(self, box: Box) -> Box:
        """From pixels of the crop to pixels of the whole picture."""
        across, down = self.area.width / self.size.width, self.area.height / self.size.height
        return box.scaled(across, down).moved(self.area.x, self.area.y)


async def picture_size(picture: Picture) -> Size:
    """Pixels of an encoded picture."""
    return await to_thread.run_sync(_size, picture)


async def crop_round(picture: Picture, center: Point, share: float, min_side: int = 448) -> Crop:
    """Cut ``share`` (0 to 1) of each side round ``center``, kept inside the picture, small cuts enlarged twice."""
    return await to_thread.run_sync(_crop_round, picture, center, share, min_side)


def _size(picture: Picture) -> Size:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(picture.data)) as image:
            return Size(width=image.width, height=image.height)
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises on broken files
        raise InvalidInput("The picture can't be read: send a PNG, JPEG or WebP file.") from error


def _crop_round(picture: Picture, center: Point, share: float, min_side: int) -> Crop:
    from PIL import Image

    with Image.open(io.BytesIO(picture.data)) as image:
        width = min(image.width, max(min_side, round(image.width * share)))
        height = min(image.height, max(min_side, round(image.height * share)))
        left = round(min(max(0, center.x - width / 2), image.width - width))
        top = round(min(max(0, center.y - height / 2), image.height - height))
        part = image.convert("RGB").crop((left, top, left + width, top + height))
        part = part.resize((width * 2, height * 2), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    part.save(buffer, "PNG", compress_level=1)
    area = Box(x=left, y=top, width=width, height=height)
    return Crop(Picture(buffer.getvalue()), area, Size(width=part.width, height=part.height))
