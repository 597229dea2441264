"""How a part of a page looks, in a few bytes that survive another rendering but not another picture."""

from __future__ import annotations

import io

from anyio import to_thread

from handlens.eye.views import View
from handlens.geometry import Box

_ACROSS, _DOWN = 9, 8
_BITS, _SHADE = 8, 20


async def likeness(view: View, area: Box) -> str:
    """A digest of ``area`` (CSS pixels of the viewport): its gradients and colour; "" where it is not shown."""
    return await to_thread.run_sync(_likeness, view, area)


def look_alike(one: str, other: str) -> bool:
    """Whether two digests are of what looks the same."""
    if not one or not other:
        return False
    gradients = bin(int(one[:16], 16) ^ int(other[:16], 16)).count("1")
    shades = zip(bytes.fromhex(one[16:]), bytes.fromhex(other[16:]), strict=True)
    return gradients <= _BITS and all(abs(a - b) <= _SHADE for a, b in shades)


def _likeness(view: View, area: Box) -> str:
    from PIL import Image

    pixels = view.frame.box_to_image(area)
    with Image.open(io.BytesIO(view.picture.data)) as image:
        corners = (
            max(0, round(pixels.x)), max(0, round(pixels.y)),
            min(image.width, round(pixels.right)), min(image.height, round(pixels.bottom)),
        )  # fmt: skip
        if corners[2] - corners[0] < 2 or corners[3] - corners[1] < 2:
            return ""
        part = image.convert("RGB").crop(corners)
    grey = part.convert("L").resize((_ACROSS, _DOWN), Image.Resampling.BOX).tobytes()
    bits = 0
    for y in range(_DOWN):
        for x in range(_ACROSS - 1):
            at = y * _ACROSS + x
            bits = bits << 1 | (grey[at] > grey[at + 1] + 3)
    mean = part.resize((1, 1), Image.Resampling.BOX).tobytes()
    return f"{bits:016x}{mean.hex()}"
