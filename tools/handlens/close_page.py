"""`close_page`: end a session."""

from __future__ import annotations

from pydantic import Field

from handlens.kit import Kit
from handlens.tool import ToolInput, ToolOutput, tool


class ClosePageInput(ToolInput):
    session_id: str = Field(description="From open_page.", max_length=64)


class ClosePageOutput(ToolOutput):
    closed: bool = Field(description="True once the page is gone.")

    def text(self) -> str:
        return "Closed."


@tool(title="Close page", read_only=False, destructive=False, idempotent=False, open_world=False, untrusted=False)
async def close_page(request: ClosePageInput, kit: Kit) -> ClosePageOutput:
    """Close a page, and the tabs that it opened."""
    await kit.browser.end(request.session_id, kit.caller)
    return ClosePageOutput(closed=True)
