"""`open_page`: a page in a browser context of its own, kept open for further calls."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from handlens.browser.navigation import WaitUntil
from handlens.browser.page_options import PageOptions
from handlens.errors import InvalidInput
from handlens.kit import Kit
from handlens.page_tool import PageOutput
from handlens.tool import ToolInput, tool

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")


class Viewport(BaseModel):
    """CSS pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(default=1280, ge=100, le=7680)
    height: int = Field(default=720, ge=100, le=7680)


class OpenPageInput(ToolInput):
    url: str = Field(description="http(s) address.", max_length=8_192)
    viewport: Viewport = Field(default=Viewport(), description="CSS pixels, 1280 by 720.")
    device_scale_factor: float = Field(default=1.0, description="Pixel density, 1.", ge=0.25, le=4)
    storage_state: str | None = Field(default=None, description="Storage-state file.", max_length=4_096)
    login: str | None = Field(default=None, description="Saved login.", max_length=100)
    locale: str | None = Field(default=None, description="e.g. zh-CN", max_length=40)
    timezone: str | None = Field(default=None, description="e.g. Asia/Shanghai", max_length=60)
    color_scheme: Literal["light", "dark"] | None = Field(default=None, description="Scheme.")
    extra_headers: dict[str, str] = Field(default={}, description="For all requests.")
    wait_until: WaitUntil = Field(default="load", description="Open when.")
    dialogs: Literal["dismiss", "accept"] = Field(default="dismiss", description="JavaScript dialogs.")

    @field_validator("extra_headers")
    @classmethod
    def _plain_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _HEADER.fullmatch(name) or any(ord(c) < 32 for c in value):
                raise ValueError(f"{name[:40]!r} is not a plain header")
        return headers


class OpenPageOutput(PageOutput):
    session_id: str = Field(description="Give it to the other page tools.")
    title: str = Field(description="Page title.")
    status: int | None = Field(description="HTTP status.")

    def text(self) -> str:
        return self._and_notices(f"Opened {self.url} as session {self.session_id} (status {self.status}): {self.title}")


@tool(title="Open page", read_only=False, destructive=False, idempotent=False, open_world=True, untrusted=True)
async def open_page(request: OpenPageInput, kit: Kit) -> OpenPageOutput:
    """Open a web page for the other tools, until close_page."""
    if request.storage_state and request.login:
        raise InvalidInput("Give storage_state or login, not both.")
    state = kit.guard.check_path(request.storage_state) if request.storage_state else None
    if state is not None and not state.is_file():
        raise InvalidInput(f"There is no storage-state file {request.storage_state!r}.")
    if request.login:
        state = kit.browser.login(request.login)
    options = PageOptions(
        width=request.viewport.width,
        height=request.viewport.height,
        device_scale_factor=request.device_scale_factor,
        storage_state=state,
        locale=request.locale,
        timezone=request.timezone,
        color_scheme=request.color_scheme,
        extra_headers=request.extra_headers or None,
        wait_until=request.wait_until,
        dialogs=request.dialogs,
    )
    session, status = await kit.browser.open(kit.caller, request.url, options)
    async with session.use():
        title = await session.page.title()
        return OpenPageOutput(
            session_id=session.id, url=session.page.url, title=title[:300], status=status, notices=session.notices()
        )
