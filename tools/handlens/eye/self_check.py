"""Does it see, and in which coordinates does it answer? Asked whenever an engine comes up, before a user clicks."""

from __future__ import annotations

import io
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from anyio import to_thread

from handlens.errors import EyeAnswerInvalid
from handlens.eye import qwen3_vl
from handlens.geometry import GRID, Point, Size
from handlens.tool import Picture

SIZE = Size(width=1920, height=1152)
"""Wide enough that an answer in pixels and one on the grid never agree about a target in the right half."""
SIDE = 160
TOLERANCE = 30
"""Grid cells by which the centre of a target may be missed."""
COLOURS = {"red": (220, 30, 30), "green": (20, 150, 60), "blue": (40, 70, 220)}
ANSWER_TOKENS = 128

Ask = Callable[[Picture, str], Awaitable[str]]
"""Ask one engine, in structured outputs of `qwen3_vl.BoxAnswers`, and get its words."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """sees: right on the grid; pixels: right, but in the picture's pixels; blind: it named none or the wrong places.

    unasked: it could not be asked this time.
    """

    outcome: Literal["sees", "pixels", "blind", "unasked"]
    because: str


@dataclass(frozen=True, slots=True)
class Target:
    """A drawn square; its centre in pixels of the picture."""

    colour: str
    center: Point


def draw(random: Random) -> tuple[Picture, list[Target]]:
    """Three coloured squares at places that a model can't know beforehand."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (SIZE.width, SIZE.height), "white")
    pen = ImageDraw.Draw(image)
    rows = [0, 1, 2]
    random.shuffle(rows)
    targets: list[Target] = []
    for (colour, fill), row in zip(COLOURS.items(), rows, strict=True):
        left = random.randrange(SIZE.width // 2 + 80, SIZE.width - SIDE - 40)
        top = row * SIZE.height // 3 + random.randrange(40, SIZE.height // 3 - SIDE - 40)
        pen.rectangle((left, top, left + SIDE - 1, top + SIDE - 1), fill=fill)
        targets.append(Target(colour, Point(x=left + SIDE / 2, y=top + SIDE / 2)))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Picture(buffer.getvalue()), targets


async def check_sight(ask: Ask, random: Random | None = None) -> Verdict:
    """Ask for every square by its colour and compare."""
    random = random or Random(secrets.randbits(64))  # noqa: S311  (places, not secrets)
    picture, targets = await to_thread.run_sync(draw, random)
    misses: list[str] = []
    in_pixels = 0
    for target in targets:
        words = await ask(picture, qwen3_vl.box_question(f"the {target.colour} square"))
        try:
            places = qwen3_vl.read_places(words, limit=max(SIZE.width, SIZE.height)).places
        except EyeAnswerInvalid as error:
            misses.append(f"{target.colour}: {error}")
            continue
        if len(places) != 1:
            misses.append(f"{target.colour}: it named {len(places)} places, there is 1")
            continue
        point = places[0].point
        if _near(point.x * SIZE.width / GRID, point.y * SIZE.height / GRID, target.center):
            continue
        in_pixels += _near(point.x, point.y, target.center)
        misses.append(f"{target.colour}: it is {_missed(point, target.center)} cells away")
    if not misses:
        return Verdict("sees", f"it found {len(targets)} of {len(targets)} drawn squares")
    if in_pixels == len(targets):
        return Verdict("pixels", "it answers in pixels of the picture, not on the 0 to 1000 grid: clicks would miss")
    return Verdict("blind", f"it did not find {len(misses)} of {len(targets)} drawn squares ({'; '.join(misses)})")


def _near(x: float, y: float, center: Point) -> bool:
    tolerance_x, tolerance_y = TOLERANCE * SIZE.width / GRID, TOLERANCE * SIZE.height / GRID
    return abs(x - center.x) <= tolerance_x and abs(y - center.y) <= tolerance_y


def _missed(point: Point, center: Point) -> int:
    across, down = center.x * GRID / SIZE.width - point.x, center.y * GRID / SIZE.height - point.y
    return round((across**2 + down**2) ** 0.5)
