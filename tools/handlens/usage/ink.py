"""What is drawn in a part of a picture, without reading it: whether there is anything, and how far it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlens.geometry import Box

if TYPE_CHECKING:
    from PIL.Image import Image

_CONTRAST = 40
"""Grey levels that something drawn differs by from what it is drawn on."""
_FLAT = 4.0
_WIDE = 40.0


def ink_in(image: Image, box: Box) -> Box | None:
    """The box around what is drawn inside ``box`` (pixels of the picture), or None where there is nothing.

    Lines along the edges, of the cell or the card, are not taken for something in it.
    """
    from PIL import ImageChops

    inset = 3
    left, top = max(0, int(box.x) + inset), max(0, int(box.y) + inset)
    right, bottom = min(image.width, int(box.right) - inset), min(image.height, int(box.bottom) - inset)
    if box.width < 14:  # the box of a text, not of a whole cell
        left, right = max(0, int(box.x) - 1), min(image.width, int(box.right) + 2)
    if right <= left or bottom <= top:
        return None
    grey = image.crop((left, top, right, bottom)).convert("L")
    shades = grey.histogram()
    paper = max(range(256), key=lambda shade: shades[shade])
    drawn = ImageChops.difference(grey, grey.point([paper] * 256)).point([0] * _CONTRAST + [255] * (256 - _CONTRAST))
    found = drawn.getbbox()
    if found is None:
        return None
    return Box.from_corners(left + found[0], top + found[1], left + found[2], top + found[3])


def is_dash(ink: Box | None) -> bool:
    """Whether something so flat and short can only be the strokes that stand for no value."""
    return ink is not None and ink.height <= _FLAT and 2 <= ink.width <= _WIDE
