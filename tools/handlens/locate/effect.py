"""What an action did: compared before and after, in the page and around it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from handlens.errors import BrowserDied, TargetError
from handlens.locate.world import FrameWorld, worlds

if TYPE_CHECKING:
    from playwright.async_api import Dialog, Download, Page, Request
    from playwright.async_api import Frame as PageFrame

_STEP_SECONDS = 0.04
_LOAD_SECONDS = 10.0


class Effect(BaseModel):
    """What changed after an action; ``summary`` says it in words, ``states`` are changes of the target itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    changed: bool
    summary: str
    navigated_to: str | None = None
    new_pages: int = 0
    dialogs: list[str] = []
    downloads: list[str] = []
    dom_changes: int = 0
    states: list[str] = []
    expected: bool | None = None


@dataclass(slots=True)
class Observation:
    """Everything seen while an action ran."""

    page: Page
    frames: list[FrameWorld]
    target_frame: FrameWorld | None
    target: int
    before: dict[str, Any]
    noise: int = 0
    gone: list[FrameWorld] = field(default_factory=list[FrameWorld])
    """Frames that had gone before anything was done."""
    pages: int = 0
    dialogs: list[str] = field(default_factory=list[str])
    downloads: list[str] = field(default_factory=list[str])
    file_chooser: bool = False
    navigating: bool = False
    navigated: str | None = None


@contextlib.asynccontextmanager
async def observing(
    page: Page, frames: list[FrameWorld], frame: FrameWorld | None, target: int
) -> AsyncGenerator[Observation]:
    """Watch the page while the block acts on ``target`` (an element's id in ``frame``, 0 for none)."""
    seen = Observation(page, frames, frame, target, {})
    await _each(frames, "handlens.watch()")
    await asyncio.sleep(_STEP_SECONDS)
    seen.before = await _glance(seen, first=True) or {}
    seen.noise = seen.before.get("mutations", 0)

    def on_page(_: Page) -> None:
        seen.pages += 1

    def on_dialog(dialog: Dialog) -> None:
        seen.dialogs.append(f"{dialog.type}: {dialog.message[:200]}")

    def on_download(download: Download) -> None:
        seen.downloads.append(download.suggested_filename[:200])

    def on_chooser(_: object) -> None:
        seen.file_chooser = True

    def on_request(request: Request) -> None:
        with contextlib.suppress(Exception):  # a request of a frame that is gone has no frame to ask
            if request.is_navigation_request() and request.frame is page.main_frame:
                seen.navigating = True

    def on_navigated(navigated: PageFrame) -> None:
        if navigated is page.main_frame:
            seen.navigated = navigated.url

    handlers: list[tuple[Any, Any, Any]] = [
        (page.context, "page", on_page), (page, "dialog", on_dialog), (page, "download", on_download),
        (page, "filechooser", on_chooser), (page, "request", on_request), (page, "framenavigated", on_navigated),
    ]  # fmt: skip
    for emitter, event, handler in handlers:
        emitter.on(event, handler)
    try:
        yield seen
    finally:
        for emitter, event, handler in handlers:
            emitter.remove_listener(event, handler)


async def effect_of(seen: Observation, seconds: float) -> Effect:
    """Wait until something changed, or ``seconds`` have passed; where a page loads, wait for its document.

    Raises:
        BrowserDied: the action crashed or closed the page.
    """
    deadline = time.monotonic() + seconds
    effect = await _look(seen)
    while not effect.changed and time.monotonic() < deadline:
        await asyncio.sleep(_STEP_SECONDS)
        effect = await _look(seen)
    if effect.changed and not seen.navigating:
        await asyncio.sleep(_STEP_SECONDS)  # what follows at once belongs to it: a navigation, a dialog
        effect = await _look(seen)
    if seen.navigating or seen.navigated:
        await _loaded(seen)
        effect = await _look(seen)
    with contextlib.suppress(TargetError):  # frames that went need no end
        await _each(seen.frames, "handlens.unwatch()")
    return effect


async def _loaded(seen: Observation) -> None:
    from playwright.async_api import Error

    with contextlib.suppress(Error):  # slow pages are reported as they are; downloads and 204s never commit
        until = time.monotonic() + 1.5
        while not seen.navigated and not seen.downloads and time.monotonic() < until:  # noqa: ASYNC110  events set fields
            await asyncio.sleep(_STEP_SECONDS)
        await seen.page.wait_for_load_state("domcontentloaded", timeout=_LOAD_SECONDS * 1000)


async def _look(seen: Observation) -> Effect:
    if seen.page.is_closed():
        if seen.pages or seen.navigated:
            return _told(seen, {}, closed=True)
        raise BrowserDied("The page closed itself when it was acted on. Call open_page to start again.")
    after = await _glance(seen)
    if after is None:
        with contextlib.suppress(TargetError):
            fresh = await worlds(seen.page)
            after = await fresh[0].run("handlens.glance(0)")
            after["replaced"] = True
    return _told(seen, after or {})


def _told(seen: Observation, after: dict[str, Any], *, closed: bool = False) -> Effect:
    before = seen.before
    parts: list[str] = []
    url = after.get("url")
    navigated = seen.navigated or (url if url and url != before.get("url") else None)
    if navigated:
        parts.append(f"went to {navigated[:300]}")
    if seen.pages:
        parts.append("opened a new tab" if seen.pages == 1 else f"opened {seen.pages} new tabs")
    if seen.dialogs:
        parts.append(f"opened a dialog ({seen.dialogs[0]})")
    if seen.downloads:
        parts.append(f"started a download ({seen.downloads[0]})")
    if seen.file_chooser:
        parts.append("opened a file chooser")
    if closed:
        parts.append("the page closed itself")
    changes = 0 if after.get("replaced") else max(0, after.get("mutations", 0) - seen.noise)
    if seen.noise and changes <= 12 * seen.noise:
        changes = 0  # the page changes by itself all the time: this says nothing
    states = _states(before.get("target"), after.get("target"))
    parts.extend(states)
    moved = after.get("focus") != before.get("focus") and after.get("focused") and not after.get("onTarget")
    if moved and not after.get("replaced"):  # a button that is only focused by its click has done nothing
        parts.append(f"focus moved to {after['focused']}")
    if after.get("dialogs", 0) > before.get("dialogs", 0) and not navigated:
        parts.append("a dialog appeared in the page")
    if after.get("title", "") != before.get("title", "") and not navigated:
        parts.append(f"the title is now {after.get('title', '')[:80]!r}")
    if abs(after.get("scrollY", 0) - before.get("scrollY", 0)) > 2 and not navigated and not after.get("replaced"):
        parts.append("the page scrolled")
    if changes and not navigated:
        parts.append(f"the page changed ({changes} DOM changes)")
    return Effect(
        changed=bool(parts),
        summary="; ".join(parts) if parts else "nothing changed",
        navigated_to=navigated,
        new_pages=seen.pages,
        dialogs=seen.dialogs[:3],
        downloads=seen.downloads[:3],
        dom_changes=changes,
        states=states,
    )


def _states(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[str]:
    if not before or not after or before.get("gone"):
        return []
    if after.get("gone"):
        return ["the target is gone"]
    told = [f"now {state}" for state in after["states"] if state not in before["states"] and state != "focused"]
    if before["value"] != after["value"]:
        told.append(f"value is now {after['value'][:60]!r}")
    return told


async def _glance(seen: Observation, *, first: bool = False) -> dict[str, Any] | None:
    """The main frame's state, the target's, and all frames' mutations; None if the main frame was replaced."""
    main = seen.frames[0]
    try:
        own = seen.target_frame is main or seen.target_frame is None
        glance: dict[str, Any] = await main.run(f"handlens.glance({seen.target if own else 0})")
    except TargetError:
        return None
    for frame in seen.frames[1:]:
        try:
            other = await frame.run(f"handlens.glance({seen.target if frame is seen.target_frame else 0})")
        except TargetError:
            if first:
                seen.gone.append(frame)
            elif frame not in seen.gone:
                glance["mutations"] += 1000  # a frame that went or was replaced
            continue
        glance["mutations"] += other["mutations"]
        if frame is seen.target_frame:
            glance |= {
                "target": other["target"],
                "focus": other["focus"],
                "focused": other["focused"],
                "onTarget": other["onTarget"],
            }
    return glance


async def _each(frames: list[FrameWorld], expression: str) -> None:
    for frame in frames:
        try:
            await frame.run(expression)
        except TargetError:
            if frame is frames[0]:
                raise
