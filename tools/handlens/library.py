"""The tools without a server: open a kit, call tools, close it.

async with open_kit() as kit:
    page = await open_page(OpenPageInput(url="https://example.com"), kit)
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

from handlens.artifacts import ArtifactStore
from handlens.browser.browser import Browser
from handlens.browser.launch import BrowserOptions
from handlens.guard import Guard, PrivateNetwork
from handlens.kit import Kit
from handlens.limits import Limits
from handlens.ocr import Ocr
from handlens.pdf.documents import Documents


@contextlib.asynccontextmanager
async def open_kit(
    *,
    browser: BrowserOptions | None = None,
    guard: Guard | None = None,
    limits: Limits | None = None,
    artifacts: Path | None = None,
) -> AsyncGenerator[Kit]:
    """A kit for this process. Nothing heavy starts before it is needed.

    Without ``guard``, pages anywhere may be opened and files are read from the working directory: right for a script,
    wrong for a server. Without ``artifacts``, a temporary folder holds them and goes with the kit.
    """
    limits = limits or Limits()
    guard = guard or Guard(private_network=PrivateNetwork.ALLOW, folders=(Path.cwd(),))
    with contextlib.ExitStack() as stack:
        folder = artifacts or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handlens-")))
        store = ArtifactStore(folder, limits)
        shared = Browser(browser or BrowserOptions(), guard, store, limits)
        documents = Documents(processes=limits.document_workers, page_seconds=limits.document_page_seconds)
        ocr = Ocr(seconds=limits.ocr_seconds)
        try:
            yield Kit(browser=shared, artifacts=store, guard=guard, limits=limits, documents=documents, ocr=ocr)
        finally:
            await shared.close()
            await ocr.aclose()
            await documents.aclose()
