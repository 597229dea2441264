"""Going to a URL: what to wait for, what a failure means, and when a page is too large."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, Literal

from handlens.errors import HandlensError, LimitExceeded, NavigationFailed, Refused, TimedOut
from handlens.limits import Limits

if TYPE_CHECKING:
    from handlens.browser.session import Session

WaitUntil = Literal["commit", "domcontentloaded", "load", "networkidle"]

_CODE = re.compile(r"net::(ERR_\w+)")
_MEANING = {
    "ERR_NAME_NOT_RESOLVED": "the name does not resolve; check the spelling",
    "ERR_CONNECTION_REFUSED": "nothing listens there; check the port, and that the site runs",
    "ERR_CONNECTION_RESET": "the site cut the connection",
    "ERR_CONNECTION_TIMED_OUT": "the site did not answer",
    "ERR_ADDRESS_UNREACHABLE": "the address cannot be reached from here",
    "ERR_TOO_MANY_REDIRECTS": "the site redirects in a loop",
    "ERR_EMPTY_RESPONSE": "the site answered nothing",
    "ERR_INTERNET_DISCONNECTED": "this machine is offline",
    "ERR_SOCKS_CONNECTION_FAILED": "the name does not resolve, or nothing listens there",
    "ERR_UNSAFE_PORT": "browsers refuse this port",
}


async def go(session: Session, url: str, *, wait_until: WaitUntil, limits: Limits) -> int | None:
    """Load ``url`` in the session's page and wait; returns the HTTP status, None where there is none.

    A page whose document arrived but that never finishes loading is not a failure: after
    ``limits.navigation_seconds`` it is used as it is, with a notice.

    Raises:
        Refused, TimedOut, LimitExceeded, NavigationFailed: with what to do next.
    """
    from playwright.async_api import Error, TimeoutError

    deadline = time.monotonic() + limits.navigation_seconds
    async with _size_watch(session, limits.page_bytes) as too_large:
        try:
            response = await session.page.goto(url, wait_until="commit", timeout=limits.navigation_seconds * 1000)
            if wait_until != "commit":
                await _finish_loading(session, wait_until, deadline)
        except TimeoutError as error:
            raise TimedOut(
                f"{url} did not answer within {limits.navigation_seconds:g} seconds.",
                setting="limits.navigation_seconds",
            ) from error
        except Error as error:
            raise _failure(session, url, error) from error
        if too_large:
            raise LimitExceeded(
                f"The document at {url} is larger than {limits.page_bytes:,} bytes.", setting="limits.page_bytes"
            )
    return response.status if response is not None else None


async def _finish_loading(session: Session, wait_until: WaitUntil, deadline: float) -> None:
    from playwright.async_api import TimeoutError

    left = max(0.1, deadline - time.monotonic())
    try:
        await session.page.wait_for_load_state(wait_until if wait_until != "commit" else "load", timeout=left * 1000)
    except TimeoutError:
        session.note("The page was still loading when time was up; it is used as it is.")


@contextlib.asynccontextmanager
async def _size_watch(session: Session, limit: int) -> AsyncGenerator[list[int]]:
    """Stop loading once the main document exceeds ``limit`` bytes; the list is non-empty if that happened."""
    cdp = await session.cdp()
    received: dict[str, int] = {}
    document: list[str] = []
    exceeded: list[int] = []

    def on_request(event: dict[str, Any]) -> None:
        if event.get("type") == "Document" and event.get("requestId") == event.get("loaderId"):
            document[:] = [event["requestId"]]

    def on_data(event: dict[str, Any]) -> None:
        key = event["requestId"]
        received[key] = received.get(key, 0) + event["dataLength"]
        if received[key] > limit and key in document and not exceeded:
            exceeded.append(received[key])
            session.spawn(cdp.send("Page.stopLoading"))

    cdp.on("Network.requestWillBeSent", on_request)
    cdp.on("Network.dataReceived", on_data)
    await cdp.send("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0})
    try:
        yield exceeded
    finally:
        cdp.remove_listener("Network.requestWillBeSent", on_request)
        cdp.remove_listener("Network.dataReceived", on_data)
    session.spawn(cdp.send("Network.disable"))  # a page that could not be opened ends now, and might never answer


def _failure(session: Session, url: str, error: Exception) -> HandlensError:
    text = str(error)
    if session.refusals:
        refusal = session.refusals[-1]
        session.refusals.clear()
        return Refused(f"{url} was not opened. {refusal}")
    if "Download is starting" in text or ("ERR_ABORTED" in text and session.downloads):
        return NavigationFailed(f"{url} is a file to download, not a page.")
    code = _CODE.search(text)
    if code is None:
        return session.failure(error)
    meaning = _MEANING.get(code[1], "the browser could not load it")
    return NavigationFailed(f"{url} could not be opened: {meaning} ({code[1]}).")
