"""From PDF user space (points, y up, any rotation) to the page as displayed (points, y down, from the top left)."""

from __future__ import annotations

from typing import NamedTuple

from handlens.pdf.model import Rect


class Frame(NamedTuple):
    """x' = ax + cy + e, y' = bx + dy + f. Rotations are by quarters, so rectangles stay upright."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    width: float
    height: float

    @classmethod
    def of_page(cls, box: tuple[float, float, float, float], quarters: int) -> Frame:
        """The frame of a page whose visible box is left, bottom, right, top, shown turned by clockwise quarters."""
        left, bottom, right, top = box
        wide, high = right - left, top - bottom
        match quarters % 4:
            case 0:
                return cls(1, 0, 0, -1, -left, top, wide, high)
            case 1:
                return cls(0, 1, 1, 0, -bottom, -left, high, wide)
            case 2:
                return cls(-1, 0, 0, 1, right, -bottom, wide, high)
            case _:
                return cls(0, -1, -1, 0, top, right, high, wide)

    def point(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def direction(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y, self.b * x + self.d * y

    def rect(self, left: float, bottom: float, right: float, top: float) -> Rect:
        x0, y0 = self.point(left, bottom)
        x1, y1 = self.point(right, top)
        return Rect(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
