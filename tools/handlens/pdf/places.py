"""Which of many things lie in a rectangle, without looking at all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handlens.pdf.model import Rect, Word

T = TypeVar("T")

_SIDE = 24.0  # points, of the squares that the page is parted into


class Places(Generic[T]):
    """Things that each lie at a point, by the squares of a grid."""

    def __init__(self, placed: Iterable[tuple[float, float, T]]) -> None:
        """placed: x, y and the thing there."""
        self._squares: dict[tuple[int, int], list[tuple[int, float, float, T]]] = {}
        for order, (x, y, thing) in enumerate(placed):
            self._squares.setdefault((int(x // _SIDE), int(y // _SIDE)), []).append((order, x, y, thing))

    def inside(self, rect: Rect, margin: float = 0.0) -> list[T]:
        """What lies in `rect` or at most `margin` beside it, in the order in which it was given."""
        x0, y0, x1, y1 = rect.grown(margin)
        left, right = int(x0 // _SIDE), int(x1 // _SIDE)
        top, bottom = int(y0 // _SIDE), int(y1 // _SIDE)
        squares = self._squares
        if (right - left + 1) * (bottom - top + 1) > len(squares):
            near = [s for at, s in squares.items() if left <= at[0] <= right and top <= at[1] <= bottom]
        else:
            keys = ((column, row) for column in range(left, right + 1) for row in range(top, bottom + 1))
            near = [squares[at] for at in keys if at in squares]
        found = [(n, thing) for square in near for n, x, y, thing in square if x0 <= x <= x1 and y0 <= y <= y1]
        return [thing for _, thing in sorted(found, key=lambda pair: pair[0])]


def words_by_middle(words: Iterable[Word]) -> Places[Word]:
    """Words by the middles of their boxes."""
    return Places(((w.rect.x0 + w.rect.x1) / 2, (w.rect.y0 + w.rect.y1) / 2, w) for w in words)
