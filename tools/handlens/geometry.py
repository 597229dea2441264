"""Boxes and points, and every conversion between the spaces that they live in.

Three spaces, never mixed without going through a `Frame`:

- *CSS pixels of the viewport*: what a click takes, origin at the top left of what is visible now;
- *image pixels*: of one captured picture, origin at its top left;
- *the grid*: 0 to 1000 on both axes of a picture, whatever its size (what a grounding model answers in).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

GRID = 1000
"""Cells on each axis of the relative grid."""


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Point(_Shape):
    """A place, in the space that its holder states."""

    x: float
    y: float

    def moved(self, dx: float, dy: float) -> Point:
        return Point(x=self.x + dx, y=self.y + dy)


class Size(_Shape):
    """Width and height, in the space that its holder states."""

    width: int
    height: int


class Box(_Shape):
    """An upright rectangle, in the space that its holder states. Empty boxes are allowed."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def from_corners(cls, left: float, top: float, right: float, bottom: float) -> Box:
        return cls(x=left, y=top, width=right - left, height=bottom - top)

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def center(self) -> Point:
        return Point(x=self.x + self.width / 2, y=self.y + self.height / 2)

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    def contains(self, point: Point) -> bool:
        return self.x <= point.x <= self.right and self.y <= point.y <= self.bottom

    def intersection(self, other: Box) -> Box | None:
        """The shared rectangle, or None where the two don't overlap."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        if right <= left or bottom <= top:
            return None
        return Box.from_corners(left, top, right, bottom)

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        shared = self.intersection(other)
        if shared is None:
            return 0.0
        return shared.area / (self.area + other.area - shared.area)

    def moved(self, dx: float, dy: float) -> Box:
        return Box(x=self.x + dx, y=self.y + dy, width=self.width, height=self.height)

    def scaled(self, factor_x: float, factor_y: float | None = None) -> Box:
        fy = factor_x if factor_y is None else factor_y
        return Box(x=self.x * factor_x, y=self.y * fy, width=self.width * factor_x, height=self.height * fy)

    def padded(self, margin: float) -> Box:
        return Box(x=self.x - margin, y=self.y - margin, width=self.width + 2 * margin, height=self.height + 2 * margin)

    def rounded(self, digits: int = 1) -> Box:
        return Box(
            x=round(self.x, digits),
            y=round(self.y, digits),
            width=round(self.width, digits),
            height=round(self.height, digits),
        )


@dataclass(frozen=True, slots=True)
class Placement:
    """How a frame's CSS pixels lie in the main frame's viewport: where its left top corner is, and how far and which
    way a pixel to the right (``right_x``, ``right_y``) and a pixel down lead. Frames may be scaled, turned, mirrored
    and skewed."""

    x: float = 0.0
    y: float = 0.0
    right_x: float = 1.0
    right_y: float = 0.0
    down_x: float = 0.0
    down_y: float = 1.0

    def within(self, quad: Sequence[float], width: float, height: float) -> Placement:
        """Of a frame of ``width`` and ``height``, whose corners (x, y, clockwise from the left top one) are ``quad`` in
        the frame that lies as this says."""
        corners = [self.point(x, y) for x, y in zip(quad[::2], quad[1::2], strict=True)]
        origin, right, down = corners[0], corners[1], corners[3]
        return Placement(
            origin.x,
            origin.y,
            (right.x - origin.x) / width,
            (right.y - origin.y) / width,
            (down.x - origin.x) / height,
            (down.y - origin.y) / height,
        )

    @property
    def scale(self) -> float:
        """Lengths in the main frame for lengths in this one, all ways taken together."""
        return math.sqrt(abs(self.right_x * self.down_y - self.right_y * self.down_x))

    def point(self, x: float, y: float) -> Point:
        return Point(x=self.x + x * self.right_x + y * self.down_x, y=self.y + x * self.right_y + y * self.down_y)

    def box(self, x: float, y: float, width: float, height: float) -> Box:
        """The upright box around a box of the frame."""
        across, along = width * self.right_x, height * self.down_x
        up, down = width * self.right_y, height * self.down_y
        return Box(
            x=self.x + x * self.right_x + y * self.down_x + min(across, 0.0) + min(along, 0.0),
            y=self.y + x * self.right_y + y * self.down_y + min(up, 0.0) + min(down, 0.0),
            width=abs(across) + abs(along),
            height=abs(up) + abs(down),
        )


class Frame(_Shape):
    """How one picture lies over the page: the single place where pixels become CSS pixels and back.

    ``origin`` is where the picture's top left corner lies, in CSS pixels of the viewport at capture time
    (a full-page picture taken when scrolled down has a negative origin); ``scale`` is CSS pixels for one
    image pixel.
    """

    image_size: Size
    origin: Point = Point(x=0, y=0)
    scale: float = 1.0

    def to_css(self, point: Point) -> Point:
        """Image pixels to CSS pixels of the viewport."""
        return Point(x=self.origin.x + point.x * self.scale, y=self.origin.y + point.y * self.scale)

    def to_image(self, point: Point) -> Point:
        """CSS pixels of the viewport to image pixels."""
        return Point(x=(point.x - self.origin.x) / self.scale, y=(point.y - self.origin.y) / self.scale)

    def box_to_css(self, box: Box) -> Box:
        return box.scaled(self.scale).moved(self.origin.x, self.origin.y)

    def box_to_image(self, box: Box) -> Box:
        return box.moved(-self.origin.x, -self.origin.y).scaled(1 / self.scale)

    def grid_to_image(self, point: Point) -> Point:
        """Grid cells (0 to 1000) to image pixels."""
        return Point(x=point.x * self.image_size.width / GRID, y=point.y * self.image_size.height / GRID)

    def grid_box_to_image(self, box: Box) -> Box:
        return box.scaled(self.image_size.width / GRID, self.image_size.height / GRID)

    def crop(self, box: Box, zoom: float = 1.0) -> Frame:
        """The frame of a picture cut from this one at ``box`` (image pixels) and enlarged ``zoom`` times."""
        size = Size(width=max(1, round(box.width * zoom)), height=max(1, round(box.height * zoom)))
        return Frame(image_size=size, origin=self.to_css(Point(x=box.x, y=box.y)), scale=self.scale / zoom)
