"""What a `ScriptedEye` says when it knows where things are, as badly as a test wants it to.

    eye = ScriptedEye([pointing(lambda description: Box(x=900, y=600, width=60, height=30), noise=30)])

It looks at the picture it is shown to find out which part of the page that is, so views, crops and zooms may be tried
on it. Boxes are pixels of the first picture of a page that it was shown.
"""

from __future__ import annotations

import io
import itertools
import json
import math
import random
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from handlens.geometry import GRID, Box

if TYPE_CHECKING:
    from handlens.testing.scripted_eye import Asked

Manner = Literal["sees", "nothing", "random", "stuck", "corner", "pixels"]
"""``nothing``: says that nothing is there; ``random``, ``stuck`` (in the middle) and ``corner``: blind; ``pixels``: in
the wrong space."""
_DESCRIPTION = re.compile(r'matches the description ("(?:[^"\\]|\\.)*")')


def pointing(
    truth: Callable[[str], Box | None], *, noise: float = 0.0, manner: Manner = "sees", seed: int = 0
) -> Callable[[Asked], str]:
    """Words for `ScriptedEye`: the box of what is described, ``noise`` pixels of the view off, anywhere."""
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    whole: list[Any] = []

    def says(asked: Asked) -> str:
        width, height, area, zoom = _place(asked.pictures[0].data, whole)
        if manner == "nothing":
            return "[]"
        if manner == "stuck":
            return _answer(480, 480, 520, 520)
        if manner == "corner":
            return _answer(930, 940, 970, 980)
        if manner == "random":
            x, y = chance.randrange(GRID - 40), chance.randrange(GRID - 40)
            return _answer(x, y, x + 40, y + 40)
        match = _DESCRIPTION.search(asked.question)
        box = truth(json.loads(match[1])) if match else None
        if box is None or not area.contains(box.center):
            return "[]"
        turn = chance.random() * 2 * math.pi
        shown = box.moved(-area.x, -area.y).scaled(zoom).moved(noise * math.cos(turn), noise * math.sin(turn))
        across, down = (1.0, 1.0) if manner == "pixels" else (GRID / width, GRID / height)
        return _answer(shown.x * across, shown.y * down, shown.right * across, shown.bottom * down, manner == "pixels")

    return says


def _answer(left: float, top: float, right: float, bottom: float, anywhere: bool = False) -> str:
    limit = 9_999 if anywhere else GRID
    corners = [min(limit, max(0, round(value))) for value in (left, top, right, bottom)]
    corners[2], corners[3] = max(corners[2], corners[0] + 1), max(corners[3], corners[1] + 1)
    return json.dumps([{"bbox_2d": corners, "label": "it"}])


def _place(data: bytes, whole: list[Any]) -> tuple[int, int, Box, float]:
    """The size of a view, and which part of the whole picture it shows, enlarged how many times."""
    import cv2
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        shown = np.asarray(image.convert("L"))
    height, width = shown.shape
    if not whole or (whole[0].shape == shown.shape and not np.array_equal(whole[0], shown)):
        whole[:] = [shown]
    tall, wide = whole[0].shape
    if (tall, wide) == (height, width):
        return width, height, Box(x=0, y=0, width=width, height=height), 1.0
    if height > tall and width > wide:
        for top, left in itertools.product((height - tall, 0), (width - wide, 0)):
            if np.array_equal(shown[top : top + tall, left : left + wide], whole[0]):
                return width, height, Box(x=-left, y=-top, width=width, height=height), 1.0
    part = cv2.resize(shown, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    found = cv2.minMaxLoc(cv2.matchTemplate(whole[0], part, cv2.TM_SQDIFF))[2]
    return width, height, Box(x=found[0], y=found[1], width=width // 2, height=height // 2), 2.0
