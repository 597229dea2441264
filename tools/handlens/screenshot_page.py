"""`screenshot_page`: a picture of a page, a part of it or all of it, with secrets covered."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from handlens.browser.capture import Region, Shot, capture, fit
from handlens.browser.picture_secrets import hide_in_pictures
from handlens.errors import InvalidInput, TargetError
from handlens.geometry import Box, Point, Size
from handlens.kit import Kit
from handlens.page_tool import PageInput, PageOutput
from handlens.tool import Picture, tool

# What finds elements takes as long to import as a picture to take: only who asks for an element or for marks waits.
if TYPE_CHECKING:
    from handlens.browser.session import Session
    from handlens.locate.marks import Mark

_SELECTOR = re.compile(r"css=|[#.\[]")
_VISIBLE_SECONDS = 5.0
_NAME_CHARACTERS = 60
_MARK_CHARACTERS = 130


class ScreenshotPageInput(PageInput):
    full_page: bool = Field(default=False, description="Whole page.")
    element: str | None = Field(default=None, description="Only this: description or css=SELECTOR.", max_length=2_000)
    clip: Box | None = Field(default=None, description="Only this box, CSS pixels.")
    format: Literal["png", "jpeg"] = Field(default="png", description="Encoding.")
    mask: list[str] = Field(
        default=[],
        description="More texts or CSS selectors to black out.",
        max_length=50,
    )
    marks: bool = Field(default=False, description="Number the controls.")
    wait_for: str | None = Field(default=None, description="Text or css=SELECTOR to await.", max_length=2_000)


class FoundMark(BaseModel):
    """A numbered element; the box is in CSS pixels of the viewport."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    role: str
    name: str
    box: Box


class ScreenshotPageOutput(PageOutput):
    css_size: Size = Field(description="Captured area, CSS pixels.")
    device_pixel_ratio: float = Field(description="Device pixels per CSS pixel.")
    scroll: Point = Field(description="Page scroll, CSS pixels.")
    origin: Point = Field(description="Image's top left, viewport CSS pixels.")
    image_size: Size = Field(description="Returned image, pixels.")
    scale: float = Field(description="CSS pixels per image pixel.")
    artifact: str = Field(description="Resource URI of the full-size image.")
    hidden: int = Field(description="Secrets blacked out.")
    marks: list[FoundMark] = Field(default=[], description="Numbered elements.")

    def text(self) -> str:
        image, css = self.image_size, self.css_size
        lines = [f"{self.url}: {css.width}×{css.height} CSS pixels as {image.width}×{image.height} image pixels."]
        if self.scale * self.device_pixel_ratio > 1.01:
            lines.append(f"Scaled down; full size: {self.artifact}, or take a clip. CSS = image × {self.scale:.4g}.")
        if self.hidden:
            lines.append(f"{self.hidden} secrets are blacked out.")
        listed = [f"{mark.number}. {mark.role} {mark.name!r}" for mark in self.marks]
        return self._and_notices("\n".join([" ".join(lines), *listed]))

    def artifacts(self) -> tuple[str, ...]:
        return (self.artifact,)


@tool(title="Screenshot", read_only=True, destructive=False, idempotent=True, open_world=True, untrusted=True)
async def screenshot_page(request: ScreenshotPageInput, kit: Kit) -> ScreenshotPageOutput:
    """Picture of a page, all or part of it, secrets blacked out."""
    if sum((request.full_page, request.element is not None, request.clip is not None)) > 1:
        raise InvalidInput("Give one of full_page, element and clip.")
    mask = tuple(request.mask)
    async with kit.browser.page(kit.caller, session_id=request.session_id, url=request.url) as session:
        if request.wait_for:
            await _wait_for(session, request.wait_for, kit.limits.navigation_seconds)
        region = await _region(request, kit, session)
        if request.full_page:
            await kit.caller.progress(0, None, "Scrolling through the page")
        numbered = await _numbered(session, kit.limits.inline_characters) if request.marks else []
        shot = await capture(
            session, region, limits=kit.limits, encoding=request.format, privacy=kit.privacy, mask=mask
        )
        if kit.privacy.pictures:
            await kit.caller.progress(0, None, "Reading the pictures in the page")
            shot = await hide_in_pictures(shot, kit.ocr, kit.privacy, mask)
        if numbered:
            from handlens.locate.marks import draw

            picture = await draw(shot.data, shot.frame, [(str(mark.number), mark.box) for mark in numbered])
            shot = replace(shot, data=picture, media_type="image/png")
        return await _result(kit, session, shot, numbered)


async def _wait_for(session: Session, condition: str, seconds: float) -> None:
    from playwright.async_api import TimeoutError

    page = session.page
    selector = condition.removeprefix("css=") if _SELECTOR.match(condition) else None
    target = page.locator(selector) if selector else page.get_by_text(condition)
    try:
        await target.first.wait_for(state="visible", timeout=seconds * 1000)
    except TimeoutError as error:
        raise TargetError(f"{condition[:200]!r} did not appear within {seconds:g} seconds.") from error


async def _region(request: ScreenshotPageInput, kit: Kit, session: Session) -> Region:
    if request.element is None:
        return Region(clip=_checked(request.clip), full_page=request.full_page)
    if _SELECTOR.match(request.element):
        return Region(clip=_checked(await _selected(session, request.element.removeprefix("css="))))
    from handlens.locate.aim import take_aim
    from handlens.locate.locate import locate

    located = await locate(session.page, request.element)
    best = located.best
    if best is None or best.confidence < kit.acting.min_confidence:
        near = "; ".join(f"{target.role} {target.name[:60]!r}" for target in located.targets[:5])
        raise TargetError(
            f"No element is surely {request.element[:200]!r}. Nearest: {near or 'none'}. Describe it otherwise, "
            "or give css=SELECTOR or clip."
        )
    world = located.snapshot.worlds[best.candidate.frame]
    aim = await take_aim(world, best.candidate, kit.acting.settle_seconds)
    return Region(clip=_checked(aim.box))


async def _numbered(session: Session, characters: int) -> list[Mark]:
    """The marks to draw: as many as an answer of ``characters`` can list, once as text and once structured."""
    from handlens.locate.candidates import find_candidates
    from handlens.locate.marks import marks

    every = marks(await find_candidates(session.page))
    room = characters * 0.9
    for count, mark in enumerate(every):
        room -= _MARK_CHARACTERS + 2 * len(mark.name[:_NAME_CHARACTERS]) + 2 * len(mark.role)
        if room < 0:
            session.note(f"{len(every) - count} more elements have no number: the answer would be too long.")
            return every[:count]
    return every


async def _selected(session: Session, selector: str) -> Box:
    from playwright.async_api import Error, TimeoutError

    target = session.page.locator(f"css={selector}").first
    try:
        if not await target.count():
            raise TargetError(f"Nothing on the page matches the selector {selector[:200]!r}.")
        await target.scroll_into_view_if_needed(timeout=_VISIBLE_SECONDS * 1000)
    except TimeoutError as error:
        raise TargetError(f"What the selector {selector[:200]!r} matches is not visible.") from error
    except Error as error:
        if "not a valid selector" in str(error) or "parsing css selector" in str(error):
            raise InvalidInput(f"{selector[:200]!r} is not a CSS selector.") from error
        raise
    box = await target.bounding_box()
    if box is None:
        raise TargetError(f"What the selector {selector[:200]!r} matches is not visible.")
    return Box(x=box["x"], y=box["y"], width=box["width"], height=box["height"])


def _checked(box: Box | None) -> Box | None:
    if box is not None and (box.width < 1 or box.height < 1):
        raise InvalidInput("The area to capture is empty: width and height are at least one CSS pixel.")
    return box


async def _result(kit: Kit, session: Session, shot: Shot, numbered: list[Mark]) -> ScreenshotPageOutput:
    extension = "jpg" if shot.encoding == "jpeg" else "png"
    kept = await kit.artifacts.save(
        shot.data, name=f"page.{extension}", media_type=shot.media_type, owner=kit.caller.subject
    )
    inline, size = await fit(shot.data, kit.limits.inline_image_side, shot.encoding)
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
        marks=[FoundMark(number=m.number, role=m.role, name=m.name[:_NAME_CHARACTERS], box=m.box) for m in numbered],
        notices=session.notices(),
    ).with_pictures(Picture(inline, shot.media_type))
