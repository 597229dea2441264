"""`screenshot_page`: a picture of a page, a part of it or all of it, with secrets covered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from handlens.browser.capture import Region, Shot, capture, fit
from handlens.errors import InvalidInput, TargetError
from handlens.geometry import Box, Point, Size
from handlens.kit import Kit
from handlens.page_tool import PageInput, PageOutput
from handlens.tool import Picture, tool

if TYPE_CHECKING:
    from handlens.browser.session import Session

_SELECTOR = re.compile(r"css=|[#.\[]")


class ScreenshotPageInput(PageInput):
    full_page: bool = Field(default=False, description="Whole page, however tall.")
    element: str | None = Field(
        default=None, description="Only this element: a description, or css=SELECTOR.", max_length=2_000
    )
    clip: Box | None = Field(default=None, description="Only this box, viewport CSS pixels.")
    format: Literal["png", "jpeg"] = Field(default="png", description="Encoding.")
    mask: list[str] = Field(
        default=[],
        description="Texts or CSS selectors to black out too, besides keys and passwords.",
        max_length=50,
    )
    marks: bool = Field(default=False, description="Number the interactive elements.")
    wait_for: str | None = Field(default=None, description="Text or css=SELECTOR to wait for first.", max_length=2_000)


class ScreenshotPageOutput(PageOutput):
    css_size: Size = Field(description="Captured area, CSS pixels.")
    device_pixel_ratio: float = Field(description="Device pixels per CSS pixel.")
    scroll: Point = Field(description="Page scroll, CSS pixels.")
    origin: Point = Field(description="Image's top left, viewport CSS pixels.")
    image_size: Size = Field(description="Returned image, pixels.")
    scale: float = Field(description="CSS pixels per image pixel.")
    artifact: str = Field(description="Resource URI of the full-size image.")
    hidden: int = Field(description="Secrets blacked out.")

    def text(self) -> str:
        image, css = self.image_size, self.css_size
        lines = [f"{self.url}: {css.width}×{css.height} CSS pixels as {image.width}×{image.height} image pixels."]
        if self.scale * self.device_pixel_ratio > 1.01:
            lines.append(f"Scaled down; full size: {self.artifact}, or take a clip. CSS = image × {self.scale:.4g}.")
        if self.hidden:
            lines.append(f"{self.hidden} secrets are blacked out.")
        return self._and_notices(" ".join(lines))

    def artifacts(self) -> tuple[str, ...]:
        return (self.artifact,)


@tool(title="Screenshot", read_only=True, destructive=False, idempotent=True, open_world=True, untrusted=True)
async def screenshot_page(request: ScreenshotPageInput, kit: Kit) -> ScreenshotPageOutput:
    """Take a picture of a page (or of one element, a box, the whole page). Secrets are blacked out first."""
    if sum((request.full_page, request.element is not None, request.clip is not None)) > 1:
        raise InvalidInput("Give one of full_page, element and clip.")
    async with kit.browser.page(kit.caller, session_id=request.session_id, url=request.url) as session:
        if request.wait_for:
            await _wait_for(session, request.wait_for, kit.limits.navigation_seconds)
        region = await _region(request, session)
        if request.full_page:
            await kit.caller.progress(0, None, "Scrolling through the page")
        shot = await capture(
            session, region, limits=kit.limits, encoding=request.format, privacy=kit.privacy, mask=tuple(request.mask)
        )
        return await _result(request, kit, session, shot)


async def _wait_for(session: Session, condition: str, seconds: float) -> None:
    from playwright.async_api import TimeoutError

    page = session.page
    selector = condition.removeprefix("css=") if _SELECTOR.match(condition) else None
    target = page.locator(selector) if selector else page.get_by_text(condition)
    try:
        await target.first.wait_for(state="visible", timeout=seconds * 1000)
    except TimeoutError as error:
        raise TargetError(f"{condition[:200]!r} did not appear within {seconds:g} seconds.") from error


async def _region(request: ScreenshotPageInput, session: Session) -> Region:
    if request.element is None:
        return Region(clip=_checked(request.clip), full_page=request.full_page)
    selector = request.element.removeprefix("css=")
    target = session.page.locator(selector).first
    if not await target.count():
        raise TargetError(f"Nothing on the page matches {request.element[:200]!r}.")
    await target.scroll_into_view_if_needed(timeout=5_000)
    box = await target.bounding_box()
    if box is None:
        raise TargetError(f"{request.element[:200]!r} is on the page but not visible.")
    return Region(clip=_checked(Box(x=box["x"], y=box["y"], width=box["width"], height=box["height"])))


def _checked(box: Box | None) -> Box | None:
    if box is not None and (box.width < 1 or box.height < 1):
        raise InvalidInput("The area to capture is empty: width and height are at least one CSS pixel.")
    return box


async def _result(request: ScreenshotPageInput, kit: Kit, session: Session, shot: Shot) -> ScreenshotPageOutput:
    extension = "jpg" if request.format == "jpeg" else "png"
    kept = await kit.artifacts.save(
        shot.data, name=f"page.{extension}", media_type=shot.media_type, owner=kit.caller.subject
    )
    inline, size = await fit(shot.data, kit.limits.inline_image_side, request.format)
    return ScreenshotPageOutput(
        url=shot.url,
        css_size=shot.css_size,
        device_pixel_ratio=shot.device_pixel_ratio,
        scroll=shot.scroll,
        origin=shot.frame.origin,
        image_size=size,
        scale=round(shot.css_size.width / size.width, 6),
        artifact=kept.uri,
        hidden=shot.hidden,
        notices=session.notices(),
    ).with_pictures(Picture(inline, shot.media_type))
