"""Pictures of a page. Secrets are covered in the page itself, so that no picture of them ever exists."""

from __future__ import annotations

import asyncio
import base64
import io
import math
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from anyio import to_thread

from handlens.browser.secrets import MASKED_FIELDS, Privacy
from handlens.browser.session import Session
from handlens.errors import TargetError
from handlens.geometry import Box, Frame, Point, Size
from handlens.limits import Limits

if TYPE_CHECKING:
    from PIL.Image import Image

    from handlens.browser.launch import Cdp

Encoding = Literal["png", "jpeg"]

_SEGMENT = 8_000
"""Device pixels of height in one capture. GPUs repeat or drop content past 16,384."""
_SCROLL_SECONDS = 15.0
_COVER_TRIES = 3
_JPEG_QUALITY = 80
_JPEG_SIDE = 65_000


@dataclass(frozen=True, slots=True)
class Region:
    """What to take: the viewport, or ``clip`` (CSS pixels of the viewport, may reach beyond it), or the whole page."""

    clip: Box | None = None
    full_page: bool = False


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture and how to read it. ``frame`` converts its pixels to CSS pixels of the viewport as it is now.

    ``hidden`` counts covered secrets; ``pictures`` are canvases and images in the page (CSS pixels of the viewport),
    whose text no mask has seen.
    """

    data: bytes
    media_type: str
    frame: Frame
    url: str
    css_size: Size
    device_pixel_ratio: float
    scroll: Point
    hidden: int
    pictures: tuple[Box, ...]

    @property
    def encoding(self) -> Encoding:
        return "jpeg" if self.media_type == "image/jpeg" else "png"


async def capture(
    session: Session,
    region: Region | None = None,
    *,
    limits: Limits,
    encoding: Encoding = "png",
    privacy: Privacy | None = None,
    mask: tuple[str, ...] = (),
) -> Shot:
    """Take a picture of the session's page. Call it inside `Session.use`.

    Args:
        mask: texts, and CSS selectors, to cover besides what ``privacy`` names; password fields always are.

    Raises:
        TargetError: the page kept moving its secrets out from under their cover; no picture is returned.
    """
    region = region or Region()
    arguments = {"mask": list(mask), "patterns": list((privacy or Privacy()).patterns()), "passwords": MASKED_FIELDS}
    before = await _scroll_through(session, limits) if region.full_page else None
    try:
        for _ in range(_COVER_TRIES):
            shot, exposed = await _covered_shot(session, region, encoding, limits, arguments)
            if not exposed:
                return _scrolled(shot, before)
        raise TargetError(
            "The page kept changing while its secrets were being covered, so no picture was kept. "
            "Wait until it stands still, or name what to hide in mask."
        )
    finally:
        if before is not None:
            await session.page.evaluate("([x, y]) => scrollTo({left: x, top: y, behavior: 'instant'})", before)


async def fit(data: bytes, side: int, encoding: Encoding = "png") -> tuple[bytes, Size]:
    """The picture, scaled down so that no side is longer than ``side`` pixels, and its size."""
    size = image_size(data)
    if max(size.width, size.height) <= side:
        return data, size
    return await to_thread.run_sync(_scaled_down, data, side, encoding)


def image_size(data: bytes) -> Size:
    """Width and height of an encoded picture, from its header."""
    if data.startswith(b"\x89PNG"):
        width, height = struct.unpack(">II", data[16:24])
        return Size(width=width, height=height)
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        return Size(width=picture.width, height=picture.height)


async def _covered_shot(
    session: Session, region: Region, encoding: Encoding, limits: Limits, arguments: dict[str, Any]
) -> tuple[Shot, bool]:
    states = await _in_frames(session, {"phase": "cover", **arguments})
    state = states[0]
    box = _area(region, state)
    density = _density(box, state["devicePixelRatio"], encoding, limits)
    try:
        data = await _take(await session.cdp(), box, _viewport(state), density, encoding)
    finally:
        after = await _in_frames(session, {"phase": "release", **arguments})
    exposed = any(frame["exposed"] for frame in after) or len(after) > len(states)
    size = image_size(data)
    shot = Shot(
        data=data,
        media_type=f"image/{encoding}",
        frame=Frame(
            image_size=size,
            origin=Point(x=box.x - state["scrollX"], y=box.y - state["scrollY"]),
            scale=box.width / size.width,
        ),
        url=state["url"],
        css_size=Size(width=round(box.width), height=round(box.height)),
        device_pixel_ratio=state["devicePixelRatio"],
        scroll=Point(x=state["scrollX"], y=state["scrollY"]),
        hidden=sum(frame["hidden"] for frame in states),
        pictures=tuple(Box(x=x, y=y, width=w, height=h) for x, y, w, h in state["pictures"]),
    )
    return shot, exposed


async def _in_frames(session: Session, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Run still.js in the page's frames; the main frame's state comes first. Frames that go meanwhile don't count."""
    if len(session.page.frames) == 1:
        return [await session.run("still", arguments)]
    worlds = await session.worlds()
    state, inner = await asyncio.gather(worlds.call("still", arguments), worlds.call_in_frames("still", arguments))
    return [state, *inner]


def _area(region: Region, state: dict[str, Any]) -> Box:
    """What to capture, in CSS pixels of the page."""
    if region.full_page:
        width, height = max(state["width"], state["pageWidth"]), max(state["height"], state["pageHeight"])
        return Box(x=0, y=0, width=width, height=height)
    if region.clip is not None:
        return region.clip.moved(state["scrollX"], state["scrollY"])
    return _viewport(state)


def _viewport(state: dict[str, Any]) -> Box:
    """What is in view, in CSS pixels of the page."""
    return Box(x=state["scrollX"], y=state["scrollY"], width=state["width"], height=state["height"])


def _density(box: Box, ratio: float, encoding: Encoding, limits: Limits) -> float:
    """Image pixels for a CSS pixel: as dense as the device, unless the limits make the picture coarser, but whole."""
    zoom = min(1.0, math.sqrt(limits.picture_pixels / (box.area * ratio * ratio)))
    if encoding == "jpeg":
        zoom = min(zoom, _JPEG_SIDE / (max(box.width, box.height) * ratio))
    return ratio * zoom


async def _take(cdp: Cdp, box: Box, viewport: Box, density: float, encoding: Encoding) -> bytes:
    """One picture of ``box`` (CSS pixels of the page), from segments where it is very tall."""
    if box == viewport and density == 1:
        return await _capture(cdp, encoding)
    step = _SEGMENT / density
    if box.height <= 2 * step:
        return await _capture(cdp, encoding, box, density, beyond=box.intersection(viewport) != box)
    segments: list[bytes] = []
    top = box.y
    while top < box.bottom:
        height = min(step, box.bottom - top)
        part = Box(x=box.x, y=top, width=box.width, height=height)
        segments.append(await _capture(cdp, "png", part, density, beyond=True))
        top += height
    return await to_thread.run_sync(_joined, segments, encoding)


async def _capture(
    cdp: Cdp, encoding: Encoding, box: Box | None = None, density: float = 1.0, *, beyond: bool = False
) -> bytes:
    """The viewport, or ``box``. Reaching ``beyond`` what is in view makes the browser lay the page out anew.

    Whatever the device pixel ratio, Chromium takes one pixel to the CSS pixel unless it is told another ``density``.
    """
    parameters: dict[str, Any] = {"format": encoding, "optimizeForSpeed": True}
    if encoding == "jpeg":
        parameters["quality"] = _JPEG_QUALITY
    if box is not None:
        clip = {"x": box.x, "y": box.y, "width": box.width, "height": box.height, "scale": density}
        parameters |= {"clip": clip, "captureBeyondViewport": beyond}
    answer = await cdp.send("Page.captureScreenshot", parameters)
    return base64.b64decode(answer["data"])


async def _scroll_through(session: Session, limits: Limits) -> list[float]:
    arguments = {"maxHeight": limits.scrolled_pixels, "seconds": _SCROLL_SECONDS}
    return await session.run("scroll_through", arguments)


def _scrolled(shot: Shot, before: list[float] | None) -> Shot:
    """``shot``, taken at the top of the page, as it lies once the page is scrolled back to ``before``."""
    if before is None:
        return shot
    x, y = before
    frame = shot.frame.model_copy(update={"origin": Point(x=-x, y=-y)})
    pictures = tuple(box.moved(-x, -y) for box in shot.pictures)
    return replace(shot, frame=frame, scroll=Point(x=x, y=y), pictures=pictures)


def _joined(segments: list[bytes], encoding: Encoding) -> bytes:
    from PIL import Image

    parts = [Image.open(io.BytesIO(segment)).convert("RGB") for segment in segments]
    whole = Image.new("RGB", (parts[0].width, sum(part.height for part in parts)))
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height
    return encoded(whole, encoding)


def _scaled_down(data: bytes, side: int, encoding: Encoding) -> tuple[bytes, Size]:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        factor = side / max(picture.width, picture.height)
        size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
        small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return encoded(small, encoding), Size(width=size[0], height=size[1])


def encoded(picture: Image, encoding: Encoding) -> bytes:
    """A Pillow picture as bytes; quickly, for it is seldom kept long."""
    out = io.BytesIO()
    options: dict[str, Any] = {"quality": _JPEG_QUALITY} if encoding == "jpeg" else {"compress_level": 1}
    picture.save(out, encoding.upper(), **options)
    return out.getvalue()
