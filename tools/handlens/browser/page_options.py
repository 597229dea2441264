"""How a page is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlens.browser.navigation import WaitUntil
from handlens.browser.session import DialogAnswer


@dataclass(frozen=True, slots=True)
class PageOptions:
    """Sizes are CSS pixels; ``storage_state`` is a file that the guard has allowed."""

    width: int = 1280
    height: int = 720
    device_scale_factor: float = 1.0
    storage_state: Path | None = None
    locale: str | None = None
    timezone: str | None = None
    color_scheme: str | None = None
    extra_headers: dict[str, str] | None = None
    wait_until: WaitUntil = "load"
    dialogs: DialogAnswer = "dismiss"

    def context_arguments(self) -> dict[str, Any]:
        """What Playwright's ``new_context`` is given."""
        given = {
            "storage_state": self.storage_state,
            "locale": self.locale,
            "timezone_id": self.timezone,
            "color_scheme": self.color_scheme,
            "extra_http_headers": self.extra_headers,
        }
        return {
            "viewport": {"width": self.width, "height": self.height},
            "device_scale_factor": self.device_scale_factor,
            **{name: value for name, value in given.items() if value is not None},
        }
