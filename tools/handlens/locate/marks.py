"""Numbered boxes: which elements in view can be acted on, and a picture that says which is which."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from anyio import to_thread

from handlens.geometry import Box, Frame
from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.vocabulary import FIELD

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

MAX_MARKS = 200
_COLOURS = ("#d7263d", "#1b66c9", "#138a36", "#8f2fc2", "#c2570c", "#0b7a75")
_CHOSEN = "#d7263d"
_PLAIN = 24
"""Steps of grey that count as one: an edge or a shadow is no text."""
_BARS = frozenset(("progressbar", "meter"))
_LONG = 3
"""Times as long as wide. No icon is."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One numbered element; the box is in CSS pixels of the viewport."""

    number: int
    box: Box
    role: str
    name: str


def marks(snapshot: Snapshot) -> list[Mark]:
    """The interactive elements in view, numbered from 1 in reading order; what fills another is left out."""
    seen: list[Candidate] = []
    frames = field_frames(snapshot)
    for candidate in snapshot.candidates:
        if (
            not candidate.clickable
            or candidate.key in frames
            or _only_shows(candidate)
            or candidate.kind == "label"
            or candidate.point is None
            or candidate.clipped
        ):
            continue
        if candidate.hit == 0 or (candidate.kind == "icon" and candidate.inside):
            continue
        if any(candidate.box.overlap(other.box) > 0.9 for other in seen[-12:]):
            continue
        seen.append(candidate)
    return [
        Mark(number, one.box.rounded(), one.role if one.role != "generic" else "clickable", one.name or one.tips)
        for number, one in enumerate(seen[:MAX_MARKS], 1)
    ]


def field_frames(snapshot: Snapshot) -> frozenset[tuple[int, int]]:
    """The keys of what is clickable only because it is the frame of a field, and little larger."""
    frames: set[tuple[int, int]] = set()
    for one in snapshot.candidates:
        holder = snapshot.by_key.get((one.frame, one.inside))
        field = one.kind == "action" and one.role in FIELD
        if field and holder and holder.kind == "soft" and holder.box.overlap(one.box) > 0.5:
            frames.add(holder.key)
    return frozenset(frames)


async def draw(picture: bytes, frame: Frame, boxes: Sequence[tuple[str, Box]], *, chosen: bool = False) -> bytes:
    """The PNG or JPEG ``picture`` as PNG with labelled boxes (CSS pixels) drawn on it; works in a worker thread."""
    return await to_thread.run_sync(_drawn, picture, frame, list(boxes), chosen)


def _drawn(picture: bytes, frame: Frame, boxes: list[tuple[str, Box]], chosen: bool) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    page = image.convert("L")
    pen = ImageDraw.Draw(image)
    thickness = max(2, round(2 / frame.scale))
    font = ImageFont.load_default(size=max(11, round(12 / frame.scale)))
    taken: list[tuple[float, float, float, float]] = []
    for at, (label, box) in enumerate(boxes):
        colour = _CHOSEN if chosen else _COLOURS[at % len(_COLOURS)]
        pixels = frame.box_to_image(box).padded(thickness / 2)
        corners = (
            max(0.0, pixels.x), max(0.0, pixels.y),
            min(image.width - 1.0, pixels.right), min(image.height - 1.0, pixels.bottom),
        )  # fmt: skip
        if corners[2] <= corners[0] or corners[3] <= corners[1]:
            continue
        pen.rectangle(corners, outline=colour, width=thickness)
        if label:
            _label(pen, label, corners, colour, font, taken, page)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _label(
    pen: ImageDraw.ImageDraw,
    label: str,
    corners: tuple[float, float, float, float],
    colour: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    taken: list[tuple[float, float, float, float]],
    page: Image.Image,
) -> None:
    """Write the label beside its box: where it covers no other, and as little as can be of what is on ``page``."""
    left, top, right, bottom = pen.textbbox((0, 0), label, font=font)
    width, height = right - left + 6, bottom - top + 6
    x0, y0, x1, y1 = corners
    places = [(x0, y0 - height), (x0, y1), (x1 - width, y0 - height), (x1, y0), (x0 - width, y0), (x0, y0)]
    spots = [
        (x, y, x + width, y + height)
        for x, y in places
        if x >= 0 and y >= 0 and x + width <= page.width and y + height <= page.height
    ]
    free = [spot for spot in spots if not any(_overlap(spot, other) for other in taken)]
    x, y = max(0.0, min(x0, page.width - width)), max(0.0, min(y0, page.height - height))
    spot = min(free, key=lambda place: _contrast(page, place), default=(x, y, x + width, y + height))
    taken.append(spot)
    pen.rectangle(spot, fill=colour)
    pen.text((spot[0] + 3 - left, spot[1] + 3 - top), label, fill="white", font=font)


def _only_shows(candidate: Candidate) -> bool:
    """A bar, by its role or as something without a name that is drawn long and thin."""
    long, thin = max(candidate.box.width, candidate.box.height), min(candidate.box.width, candidate.box.height)
    return candidate.role in _BARS or (candidate.kind == "icon" and long > _LONG * thin)


def _contrast(page: Image.Image, spot: tuple[float, float, float, float]) -> int:
    """How much there is to see: next to nothing on plain ground, whatever its colour."""
    left, top, right, bottom = map(round, spot)
    darkest, brightest = cast("tuple[int, int]", page.crop((left, top, right, bottom)).getextrema())
    return (brightest - darkest) // _PLAIN


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
