"""What only DevTools sees of a page: closed shadow roots, and elements that nothing but a listener makes clickable."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from handlens.errors import TargetError
from handlens.locate.world import FrameWorld

MAX_ROOTS, MAX_LISTENING, AT_ONCE = 100, 3000, 250
CLICKS = frozenset({"click", "mousedown", "mouseup", "pointerdown", "pointerup", "dblclick", "drop"})


async def reveal(found: list[FrameWorld]) -> bool:
    """Tell our world of each frame what it can't see by itself; True where there was anything new.

    Raises:
        BrowserDied: the page is closed or crashed.
    """
    told = 0
    for world in found:
        try:
            told += await _closed_roots(world) + await _listeners(world)
        except TargetError:
            continue  # the frame went away meanwhile
    return told > 0


async def _closed_roots(world: FrameWorld) -> int:
    document = await world.handle("document")
    tree = await world.send("DOM.describeNode", {"objectId": document, "depth": -1, "pierce": True})
    told = 0
    for host, root in list(_roots(tree["node"]))[:MAX_ROOTS]:
        told += await _call(world, "function (host) { return handlens.closed(host, this); }", root, host)
    return told


def _roots(node: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """Backend node ids of each host and its closed root, outer ones first."""
    stack = [node]
    while stack:
        node = stack.pop()
        for root in node.get("shadowRoots", ()):
            if root.get("shadowRootType") == "closed":
                yield node["backendNodeId"], root["backendNodeId"]
            if root.get("shadowRootType") != "user-agent":
                stack.append(root)
        stack.extend(node.get("children", ()))


async def _listeners(world: FrameWorld) -> int:
    """Listeners belong to the page's own world, so the page's own handle of the document is asked."""
    document = await world.handle("document")
    node = (await world.send("DOM.describeNode", {"objectId": document}))["node"]["backendNodeId"]
    own = (await world.send("DOM.resolveNode", {"backendNodeId": node}))["object"]["objectId"]
    answer = await world.send("DOMDebugger.getEventListeners", {"objectId": own, "depth": -1, "pierce": True})
    nodes = dict.fromkeys(
        listener["backendNodeId"]
        for listener in answer["listeners"]
        if listener["type"] in CLICKS and listener.get("backendNodeId") not in (None, node)
    )
    listening = list(nodes)[:MAX_LISTENING]
    told = 0
    for first in range(0, len(listening), AT_ONCE):
        told += await _told_listening(world, listening[first : first + AT_ONCE])
    return told


async def _told_listening(world: FrameWorld, nodes: list[int]) -> int:
    """How many of these nodes our world did not know to listen."""

    async def one(node: int) -> str | None:
        try:
            return await _here(world, node)
        except TargetError:
            return None  # of another frame, or gone

    here = [known for known in await asyncio.gather(*map(one, nodes)) if known is not None]
    if not here:
        return 0
    function = "function (...all) { return all.filter(one => handlens.listens(one)).length; }"
    answer = await world.send(
        "Runtime.callFunctionOn",
        {
            "functionDeclaration": function,
            "objectId": here[0],
            "arguments": [{"objectId": known} for known in here],
            "returnByValue": True,
        },
    )
    return int(answer["result"].get("value") or 0)


async def _call(world: FrameWorld, function: str, node: int, argument: int | None = None) -> int:
    """1 where our world learned something; nodes of other frames, and those that went, are left out."""
    try:
        this = await _here(world, node)
        arguments = [] if argument is None else [{"objectId": await _here(world, argument)}]
        answer = await world.send(
            "Runtime.callFunctionOn",
            {"functionDeclaration": function, "objectId": this, "arguments": arguments, "returnByValue": True},
        )
    except TargetError:
        return 0
    return int(bool(answer["result"].get("value")))


async def _here(world: FrameWorld, node: int) -> str:
    resolved = await world.send("DOM.resolveNode", {"backendNodeId": node, "executionContextId": world.own.context})
    return str(resolved["object"]["objectId"])
