"""Going to a URL: what to wait for, what a failure means, and when a page is too large."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import anyio

from handlens.errors import HandlensError, LimitExceeded, NavigationFailed, Refused, TimedOut
from handlens.limits import Limits

if TYPE_CHECKING:
    from playwright.async_api import Response

    from handlens.browser.session import Session

WaitUntil = Literal["load", "domcontentloaded", "networkidle", "commit"]

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
    "ERR_INVALID_AUTH_CREDENTIALS": "the site asks for a user name and password; give them as https://NAME:PASSWORD@…",
    "ERR_INVALID_ARGUMENT": "the browser does not let extra_headers set one of these",
    "ERR_ABORTED": "the site answered that there is nothing to show",
    "ERR_CERT_AUTHORITY_INVALID": "nobody whom browsers trust has signed the site's certificate",
    "ERR_CERT_DATE_INVALID": "the site's certificate has expired, or this machine's clock is wrong",
    "ERR_CERT_COMMON_NAME_INVALID": "the site's certificate is for another name",
    "ERR_SSL_PROTOCOL_ERROR": "the site does not speak TLS there; try http, or check the port",
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
    response: Response | None = None
    async with _watched(session, limits.page_bytes) as document:
        try:
            with document.loading:
                response = await session.page.goto(url, wait_until="commit", timeout=limits.navigation_seconds * 1000)
                if wait_until != "commit":
                    await _finish_loading(session, document, wait_until, deadline)
        except TimeoutError as error:
            raise TimedOut(
                f"{url} did not answer within {limits.navigation_seconds:g} seconds.",
                setting="limits.navigation_seconds",
            ) from error
        except Error as error:
            if _is_download(session, error):
                await _download_begun(session)
            raise _failure(session, url, error) from error
        if document.too_large:
            raise LimitExceeded(
                f"The document at {url} is larger than {limits.page_bytes:,} bytes.", setting="limits.page_bytes"
            )
    return response.status if response is not None else None


@dataclass(slots=True)
class _Document:
    """The page's own document while it arrives. Waiting for it ends with the scope ``loading``."""

    loading: anyio.CancelScope
    request: str = ""
    finished: bool = False
    too_large: bool = False


async def _finish_loading(session: Session, document: _Document, wait_until: WaitUntil, deadline: float) -> None:
    from playwright.async_api import TimeoutError

    left = max(0.1, deadline - time.monotonic())
    try:
        await session.page.wait_for_load_state(wait_until if wait_until != "commit" else "load", timeout=left * 1000)
    except TimeoutError:
        session.note("The page was still loading when time was up; it is used as it is.")
        if not document.finished:  # it may go on for ever, and nobody counts its bytes from here on
            await (await session.cdp()).send("Page.stopLoading")


@contextlib.asynccontextmanager
async def _watched(session: Session, limit: int) -> AsyncGenerator[_Document]:
    """Follow the main document as it arrives, and stop waiting for it once it exceeds ``limit`` bytes."""
    cdp = await session.cdp()
    document = _Document(anyio.CancelScope())
    received = 0

    def on_request(event: dict[str, Any]) -> None:
        nonlocal received
        if event.get("type") == "Document" and event.get("requestId") == event.get("loaderId"):
            document.request, document.finished, received = event["requestId"], False, 0

    def on_data(event: dict[str, Any]) -> None:
        nonlocal received
        if event["requestId"] != document.request:
            return
        received += event["dataLength"]
        if received > limit and not document.too_large:
            document.too_large = True
            document.loading.cancel()

    def on_end(event: dict[str, Any]) -> None:
        document.finished = document.finished or event["requestId"] == document.request

    listeners = {
        "Network.requestWillBeSent": on_request,
        "Network.dataReceived": on_data,
        "Network.loadingFinished": on_end,
        "Network.loadingFailed": on_end,
    }
    for name, listener in listeners.items():
        cdp.on(name, listener)
    await cdp.send("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0})
    try:
        yield document
    finally:
        for name, listener in listeners.items():
            cdp.remove_listener(name, listener)
    session.spawn(cdp.send("Network.disable"))  # a page that could not be opened ends now, and might never answer


def _is_download(session: Session, error: Exception) -> bool:
    text = str(error)
    return "Download is starting" in text or ("ERR_ABORTED" in text and session.downloads > 0)


async def _download_begun(session: Session) -> None:
    """The failed navigation may be heard of before the download that it turned into."""
    from playwright.async_api import TimeoutError

    if not session.downloads:
        with contextlib.suppress(TimeoutError):
            await session.page.wait_for_event("download", timeout=2_000)


def _failure(session: Session, url: str, error: Exception) -> HandlensError:
    text = str(error)
    if session.refusals:
        refusal = session.refusals[-1]
        session.refusals.clear()
        return Refused(f"{url} was not opened. {refusal}")
    if _is_download(session, error):
        return NavigationFailed(f"{url} is a file to download, not a page.")
    code = _CODE.search(text)
    if code is None:
        return session.failure(error)
    meaning = _MEANING.get(code[1], "the browser could not load it")
    return NavigationFailed(f"{url} could not be opened: {meaning} ({code[1]}).")
