"""Colours, shapes, sizes and places: what can be seen of a candidate without reading it."""

from __future__ import annotations

import colorsys
from functools import lru_cache

from handlens.geometry import Box
from handlens.locate.candidates import Candidate, Colour


@lru_cache(maxsize=8192)
def colour_names(colour: Colour) -> frozenset[str]:
    """The names that a person might give to a colour: one, or two at a border."""
    red, green, blue = (value / 255 for value in colour)
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    degrees = hue * 360
    chroma = max(red, green, blue) - min(red, green, blue)
    if lightness <= 0.12:
        return frozenset({"black"})
    if lightness >= 0.96 and chroma < 0.08:
        return frozenset({"white"})
    if saturation < 0.12 or chroma < 0.08:
        names = {"grey"}
        if lightness < 0.22:
            names.add("black")
        if lightness > 0.92:
            names.add("white")
        return frozenset(names)
    names = _hues(degrees)
    if lightness < 0.36 and 15 <= degrees < 50:
        names = {"brown"}
    if lightness > 0.7 and (degrees >= 315 or degrees < 12):
        names = {"pink"}
    if lightness < 0.32 and 50 <= degrees < 75:
        names.add("olive")
    if lightness < 0.32 and 165 <= degrees < 200:
        names.add("teal")
    return frozenset(names)


def _hues(degrees: float) -> set[str]:
    spans = (
        (0, 16, "red"), (14, 44, "orange"), (42, 70, "yellow"), (66, 170, "green"),
        (165, 200, "cyan"), (168, 192, "teal"),
        (190, 258, "blue"), (252, 300, "purple"), (290, 332, "magenta"), (320, 347, "pink"), (342, 361, "red"),
    )  # fmt: skip
    return {name for low, high, name in spans if low <= degrees < high}


def has_colour(candidate: Candidate, name: str) -> float:
    """1 for its face, 0.8 for its text or outline, 0 for neither."""
    if candidate.background is not None and name in colour_names(candidate.background):
        return 1.0
    if candidate.colour is not None and name in colour_names(candidate.colour):
        return 0.95 if candidate.kind in ("icon", "shape") else 0.8
    return 0.0


_SHAPES = {
    "rectangle": {"rectangle": 1.0, "square": 0.7}, "square": {"square": 1.0}, "circle": {"circle": 1.0},
    "ellipse": {"ellipse": 1.0, "circle": 0.7}, "polygon": {"polygon": 1.0, "pentagon": 0.8, "hexagon": 0.8},
}  # fmt: skip


def has_shape(candidate: Candidate, name: str) -> float:
    return _SHAPES.get(name, {name: 1.0}).get(candidate.shape, 0.0)


def in_place(box: Box, places: frozenset[str], within: Box) -> float:
    """How far a box stands at the named edges of ``within``, 0 to 1."""
    x = (box.center.x - within.x) / max(1.0, within.width)
    y = (box.center.y - within.y) / max(1.0, within.height)
    values = {"top": 1 - y, "bottom": y, "left": 1 - x, "right": x, "centre": 1 - abs(x - 0.5) - abs(y - 0.5)}
    parts = [min(1.0, max(0.0, values[place])) for place in places if place in values]
    return sum(parts) / len(parts) if parts else 1.0
