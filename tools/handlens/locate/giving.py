"""Giving files to a page: to a file input, through the chooser that a click opens, or by dropping them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from handlens.errors import TargetError
from handlens.locate.aim import take_aim
from handlens.locate.locate import Target

if TYPE_CHECKING:
    from handlens.browser.session import Session
    from handlens.geometry import Point
    from handlens.locate.world import FrameWorld

_CHOOSER_SECONDS = 2.0
_COPY = 1


async def give(session: Session, world: FrameWorld, target: Target, paths: list[Path], settle_seconds: float) -> None:
    """Give the files in the way that the target takes them.

    Raises:
        TargetError: it takes none, or not so many.
    """
    candidate = target.candidate
    name = f"The {target.role} {target.name[:60]!r}"
    node = await world.handle(f"handlens.fileInputOf({candidate.id})")
    if node is not None:
        if len(paths) > 1 and not await world.run(f"handlens.takesMany({candidate.id})"):
            raise TargetError(f"{name} takes only one file at a time.")
        await world.send("DOM.setFileInputFiles", {"files": [str(path) for path in paths], "objectId": node})
        return
    aim = await take_aim(world, candidate, settle_seconds, offset=target.offset)
    if aim.cover is not None:
        raise TargetError(f"{aim.cover.role} {aim.cover.name[:60]!r} covers {name.lower()}. Close that first.")
    if await world.run(f"handlens.isDropZone({candidate.id})"):
        await _drop(session, aim.point, paths)
    else:
        await _through_chooser(session, world, aim.point, paths, name)


async def _drop(session: Session, point: Point, paths: list[Path]) -> None:
    cdp = await session.cdp()
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": _COPY}
    for kind in ("dragEnter", "dragOver", "drop"):
        await cdp.send("Input.dispatchDragEvent", {"type": kind, "x": point.x, "y": point.y, "data": data})


async def _through_chooser(session: Session, world: FrameWorld, point: Point, paths: list[Path], name: str) -> None:
    """Click, and answer the chooser that opens.

    Over the protocol and at once: an input that the page made for this click alone lives no longer than its chooser.
    """
    opened: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    def on_opened(event: dict[str, Any]) -> None:
        if not opened.done():
            opened.set_result(event)

    world.own.cdp.on("Page.fileChooserOpened", on_opened)
    await world.send("Page.enable", {})
    await world.send("Page.setInterceptFileChooserDialog", {"enabled": True})
    try:
        await session.page.mouse.click(point.x, point.y)
        chooser = await asyncio.wait_for(opened, _CHOOSER_SECONDS)
        if len(paths) > 1 and chooser["mode"] != "selectMultiple":
            raise TargetError(f"{name} takes only one file at a time.")
        files = {"files": [str(path) for path in paths], "backendNodeId": chooser["backendNodeId"]}
        await world.send("DOM.setFileInputFiles", files)
    except TimeoutError as error:
        raise TargetError(
            f"{name} takes no files: there is no file field behind it, it is no drop zone, and clicking it opened no "
            "file chooser."
        ) from error
    finally:
        world.own.cdp.remove_listener("Page.fileChooserOpened", on_opened)
        with anyio.CancelScope(shield=True):
            await world.send("Page.setInterceptFileChooserDialog", {"enabled": False})
