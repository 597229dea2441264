"""`press_keys`: keys and shortcuts, to what has the focus or to a described element."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import Field

from handlens.errors import InvalidInput, TargetError
from handlens.kit import Kit
from handlens.locate.asking import agrees_to
from handlens.locate.candidates import find_candidates
from handlens.locate.choosing import choose
from handlens.locate.effect import Effect, effect_of, observing
from handlens.locate.world import run_all, worlds
from handlens.page_tool import PageOutput, SessionInput
from handlens.tool import tool

if TYPE_CHECKING:
    from playwright.async_api import Page

_ACTIVATING = {
    "Enter": "Enter",
    "NumpadEnter": "Enter",
    "Return": "Enter",
    "\n": "Enter",
    "\r": "Enter",
    "Space": "Space",
    " ": "Space",
}


class PressKeysInput(SessionInput):
    keys: list[str] = Field(description='"Enter", "Control+A", "a".', min_length=1, max_length=100)
    description: str | None = Field(default=None, description="Focused first.", max_length=20_000)


class PressKeysOutput(PageOutput):
    effect: Effect = Field(description="What they did.")

    def text(self) -> str:
        return self._and_notices(f"Effect: {self.effect.summary}.")


@tool(title="Press keys", read_only=False, destructive=True, idempotent=False, open_world=True, untrusted=True)
async def press_keys(request: PressKeysInput, kit: Kit) -> PressKeysOutput:
    """Press keys in the page."""
    if any(not 0 < len(key) <= 60 for key in request.keys):
        raise InvalidInput("A key is a name such as Enter or Control+A, of at most 60 characters.")
    async with kit.browser.page(kit.caller, session_id=request.session_id) as session:
        snapshot = await find_candidates(session.page)
        frame, target = snapshot.worlds[0], 0
        if request.description is not None:
            chosen = await choose(
                session, kit, request.description, choice=None, min_confidence=kit.acting.min_confidence
            )
            if chosen.target is None:
                raise TargetError(
                    f"{chosen.outcome}: {request.description[:80]!r} is not surely on the page, so no key was pressed. "
                    "Click it first with click_described_element, then press keys without a description."
                )
            snapshot = chosen.located.snapshot
            frame, target = snapshot.worlds[chosen.target.candidate.frame], chosen.target.candidate.id
            await frame.run(f"handlens.focus({target})")
        async with observing(session.page, snapshot.worlds, frame, target) as seen:
            for key in request.keys:
                await _allowed(kit, session.page, key)
                await session.page.keyboard.press(key)
            effect = await effect_of(seen, kit.acting.effect_seconds)
        await session.settle()
        return PressKeysOutput(url=session.page.url, notices=session.notices(), effect=effect)


async def _allowed(kit: Kit, page: Page, key: str) -> None:
    """Raises TargetError where a key would press what has to be confirmed first, and the person did not agree."""
    activating = _ACTIVATING.get(key) or _ACTIVATING.get(key.rpartition("+")[2])
    if activating is None or kit.acting.confirm == "never":
        return
    for pressed in await run_all(await worlds(page), f"handlens.pressedBy({json.dumps(activating)})"):
        if pressed is None or not kit.acting.asks_for(pressed["name"], pressed["tips"]):
            continue
        told = f"{pressed['role']} {pressed['name'][:80]!r}"
        agreed = await agrees_to(kit, f"press the {told} by the key {activating}")
        if agreed == "yes":
            continue
        why = "the person said no" if agreed == "no" else "that needs the person's agreement"
        raise TargetError(
            f"{activating} was not pressed: it would press the {told}, and {why}. Ask the person; then click it with "
            "click_described_element and confirmed=true."
        )
