"""What a picture costs: Qwen3-VL resizes each side to a multiple of 32 within an area budget; a 32×32 cell is a token.

Sizes are pixels, budgets areas in pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from handlens.errors import InvalidInput
from handlens.geometry import Size

CELL = 32
"""Pixels on a side of one token: a patch of 16, merged 2 by 2."""
MARKERS = 2
"""Tokens that stand round each picture in the prompt: its start and its end."""
MAX_ASPECT_RATIO = 200
"""The preprocessor refuses thinner pictures."""


@dataclass(frozen=True, slots=True)
class PixelBudget:
    """The areas between which the preprocessor brings a picture (``shortest_edge`` and ``longest_edge`` there)."""

    smallest: int = 65_536
    largest: int = 16_777_216

    @classmethod
    def of_tokens(cls, smallest: int, largest: int) -> PixelBudget:
        return cls(smallest * CELL * CELL, largest * CELL * CELL)


ENGINE_DEFAULT = PixelBudget()
DOCUMENT = PixelBudget.of_tokens(512, 2048)
"""What document pages were parsed with in the model's own cookbooks."""


def resized(size: Size, budget: PixelBudget = ENGINE_DEFAULT) -> Size:
    """The size to which the engine's preprocessor brings a picture of ``size``.

    Raises:
        InvalidInput: the picture is empty, or thinner than the preprocessor takes.
    """
    width, height = size.width, size.height
    if width < 1 or height < 1:
        raise InvalidInput(f"A picture of {width}×{height} pixels can't be looked at.")
    if max(width, height) / min(width, height) > MAX_ASPECT_RATIO:
        raise InvalidInput(
            f"A picture of {width}×{height} pixels is too thin: no side may be more than {MAX_ASPECT_RATIO} times "
            "the other. Crop it."
        )
    # round() to even on a half, as the preprocessor does.
    across, down = round(width / CELL) * CELL, round(height / CELL) * CELL
    if across * down > budget.largest:
        shrink = math.sqrt(width * height / budget.largest)
        across = max(CELL, math.floor(width / shrink / CELL) * CELL)
        down = max(CELL, math.floor(height / shrink / CELL) * CELL)
    elif across * down < budget.smallest:
        grow = math.sqrt(budget.smallest / (width * height))
        across, down = math.ceil(width * grow / CELL) * CELL, math.ceil(height * grow / CELL) * CELL
    return Size(width=across, height=down)


def picture_tokens(size: Size, budget: PixelBudget = ENGINE_DEFAULT) -> int:
    """Prompt tokens of one picture, its two markers included: exactly what the engine counts."""
    shape = resized(size, budget)
    return shape.width * shape.height // (CELL * CELL) + MARKERS


def fitted(size: Size, tokens: int) -> Size:
    """The largest size of the same shape that costs at most ``tokens``; ``size`` itself where it already does.

    Raises:
        InvalidInput: no size of that shape costs so little.
    """
    if picture_tokens(size) <= tokens:
        return size
    scale = math.sqrt(tokens * CELL * CELL / (size.width * size.height))
    while scale > 1 / max(size.width, size.height):
        smaller = Size(width=max(1, round(size.width * scale)), height=max(1, round(size.height * scale)))
        if picture_tokens(smaller) <= tokens:
            return smaller
        scale *= 0.98
    raise InvalidInput(f"A picture of {size.width}×{size.height} pixels can't be shown in {tokens} tokens. Crop it.")
