"""Filled shapes in a picture: where they are, their colour, and what they look like. Simple vision, no model."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from anyio import to_thread

from handlens.geometry import Box
from handlens.locate.candidates import Colour

_MAX_SHAPES, _MAX_COLOURS = 300, 24
_LEAST_SIDE, _LEAST_AREA = 6, 50
_STEP = 32
"""Colours nearer than this are one: what is drawn smoothly has edges of every colour in between."""
_WHOLE = 0.85


@dataclass(frozen=True, slots=True)
class Shape:
    """``box`` in pixels of the picture; ``name`` is circle, ellipse, triangle, square, rectangle, polygon, …"""

    box: Box
    colour: Colour
    name: str


async def find_shapes(picture: bytes) -> list[Shape]:
    """The filled shapes of an encoded picture, in reading order; works in a worker thread."""
    return await to_thread.run_sync(_find, picture)


def _find(picture: bytes) -> list[Shape]:
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as image:
        pixels = np.asarray(image.convert("RGB"))
    coarse = (pixels // _STEP).astype(np.int32)
    keys = coarse[..., 0] * 64 + coarse[..., 1] * 8 + coarse[..., 2]
    values, counts = np.unique(keys, return_counts=True)
    order = np.argsort(-counts)[:_MAX_COLOURS]
    found: list[Shape] = []
    for at in order:
        if counts[at] >= _LEAST_AREA and len(found) < _MAX_SHAPES:
            found += _of_colour(pixels, (keys == values[at]).astype(np.uint8))
    return sorted(found[:_MAX_SHAPES], key=lambda shape: (round(shape.box.y / 8), shape.box.x))


def _of_colour(pixels: Any, mask: Any) -> list[Shape]:
    import cv2

    height, width = mask.shape
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    shapes: list[Shape] = []
    for contour in contours:
        x, y, wide, high = cv2.boundingRect(contour)
        area = cv2.contourArea(contour)
        if min(wide, high) < _LEAST_SIDE or area < _LEAST_AREA or area < 0.3 * wide * high:
            continue
        if wide * high > _WHOLE * width * height:
            continue  # the ground that all else is drawn on
        inside = mask[y : y + high, x : x + wide] > 0
        if inside.mean() < 0.25:
            continue
        red, green, blue = (int(value) for value in pixels[y : y + high, x : x + wide][inside].mean(axis=0).round())
        shapes.append(Shape(Box(x=x, y=y, width=wide, height=high), (red, green, blue), _name(contour, wide, high)))
    return shapes


def _name(contour: Any, wide: int, high: int) -> str:
    import math

    import cv2

    area, around = cv2.contourArea(contour), cv2.arcLength(contour, closed=True)
    filled = area / (wide * high)
    alike = 0.85 <= wide / high <= 1.18
    if filled > 0.93:
        return "square" if alike else "rectangle"
    corners = len(cv2.approxPolyDP(contour, 0.035 * around, closed=True))
    round_fill = abs(filled - math.pi / 4) < 0.05
    if corners == 3:
        return "triangle"
    if round_fill and (corners > 6 or 4 * math.pi * area / (around * around) > 0.8):
        return "circle" if alike else "ellipse"
    if corners == 4:
        return "square" if alike and filled > 0.85 else "polygon" if filled < 0.75 else "rectangle"
    return {5: "pentagon", 6: "hexagon"}.get(corners, "polygon")
