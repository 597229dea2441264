"""Our scripts in the main frame of a page, in a JavaScript world that the page neither sees nor changes.

They are compiled once a document: a call is a short message, which matters where each picture needs two of them.
"""

from __future__ import annotations

import json
import secrets
from functools import cache
from typing import TYPE_CHECKING, Any

from handlens.browser.scripts import SCRIPTS, script
from handlens.errors import TargetError

if TYPE_CHECKING:
    from handlens.browser.launch import Cdp

_TRIES = 3
_GONE = ("Cannot find context", "No frame", "Execution context was destroyed")


class OwnWorld:
    """Calls functions of ``scripts/`` over ``cdp``, the session of a page."""

    def __init__(self, cdp: Cdp) -> None:
        self._cdp = cdp
        # The numbers of contexts are given anew after a navigation: one that does not know the name is not ours.
        self._name = f"handlens_{secrets.token_hex(8)}"
        self._frame: str | None = None
        self._context: int | None = None

    async def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """Call ``scripts/NAME.js`` with ``arguments``; they and the result are JSON.

        Raises:
            TargetError: the function threw.
            playwright.async_api.Error: the page is gone, or keeps navigating.
        """
        from playwright.async_api import Error

        call = f"{self._name}.{name}({json.dumps(arguments)})"
        for tries_left in reversed(range(_TRIES)):
            try:
                if self._context is None:
                    value = await self._evaluate(await self._entered(), f"{self._installation()};{call}")
                else:
                    value = await self._evaluate(self._context, f"globalThis.{self._name} ? {call} : null")
            except Error as error:
                if not tries_left or not any(sign in str(error) for sign in _GONE):
                    raise
                value = None
            if value is not None:
                return value
            self._context = None
        raise TargetError("The page navigated during the call. Call again to act on the page that is there now.")

    async def _entered(self) -> int:
        """Make the world in the document that is there now."""
        if self._frame is None:
            tree = await self._cdp.send("Page.getFrameTree")
            self._frame = str(tree["frameTree"]["frame"]["id"])
        frame, self._frame = self._frame, None  # asked anew after a failure
        made = await self._cdp.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": self._name})
        self._frame, self._context = frame, int(made["executionContextId"])
        return self._context

    async def _evaluate(self, context: int, expression: str) -> Any:
        answer = await self._cdp.send(
            "Runtime.evaluate",
            {"expression": expression, "contextId": context, "returnByValue": True, "awaitPromise": True},
        )
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"].get("exception", {}).get("description", "an exception")
            raise TargetError(f"The page broke a script of ours: {thrown.splitlines()[0][:200]}")
        return answer["result"].get("value")

    def _installation(self) -> str:
        return f"globalThis.{self._name} ??= {{{_functions()}}}"


@cache
def _functions() -> str:
    return ",".join(f"{name}: {script(name)}" for name in SCRIPTS)
