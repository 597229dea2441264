"""What tools that look at a page have in common: which page they take, and what they report of it."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, field_validator

from handlens.tool import ToolInput, ToolOutput


class PageInput(ToolInput):
    """A page: an open session, or a URL that is opened for this call only. Exactly one is given."""

    session_id: str | None = Field(default=None, description="From open_page.", max_length=64)
    url: str | None = Field(default=None, description="Or: opens it.", max_length=8_192)


class SessionInput(ToolInput):
    """An open session: what acts on a page step by step has no use for one that is opened for a single call."""

    session_id: str = Field(description="From open_page.", max_length=64)


class PageOutput(ToolOutput):
    """The page's URL when the call ended, and what happened meanwhile: dialogs, downloads, new tabs, refusals."""

    url: str
    notices: list[str] = Field(default=[])

    @field_validator("url")
    @classmethod
    def _without_password(cls, url: str) -> str:
        place = urlsplit(url).netloc
        return url.replace(place, place.rpartition("@")[2], 1)

    def _and_notices(self, text: str) -> str:
        return "\n".join([text, *self.notices])
