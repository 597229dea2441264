"""`scroll_page`: by pages, to an end, or until a described element is in view; inside a scrollable element too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from handlens.errors import TargetError
from handlens.geometry import Point
from handlens.kit import Kit
from handlens.locate.aim import take_aim
from handlens.locate.candidates import find_candidates
from handlens.locate.choosing import FoundElement, choose, found
from handlens.page_tool import PageOutput, SessionInput
from handlens.tool import tool

if TYPE_CHECKING:
    from handlens.browser.session import Session
    from handlens.locate.choosing import Chosen


class ScrollPageInput(SessionInput):
    to: str | None = Field(default=None, description="To this described element.", max_length=20_000)
    direction: Literal["down", "up", "left", "right", "top", "bottom"] = Field(
        default="down", description="Or: this way."
    )
    pages: float = Field(default=1, description="Screens, 1.", gt=0, le=100)
    inside: str | None = Field(default=None, description="In what holds this.", max_length=20_000)


class ScrollPageOutput(PageOutput):
    scroll: Point = Field(description="Scroll position, CSS pixels.")
    moved: bool = Field(description="Anything scrolled.")
    at_end: bool = Field(description="No further that way.")
    target: FoundElement | None = Field(description="What was brought into view.")

    def text(self) -> str:
        if self.target is not None:
            return self._and_notices(f"In view: {self.target.line().partition('. ')[2]}")
        end = " That is the end." if self.at_end else ""
        moved = "Scrolled" if self.moved else "Nothing scrolled; still"
        return self._and_notices(f"{moved} at x {self.scroll.x:.0f}, y {self.scroll.y:.0f}.{end}")


@tool(title="Scroll", read_only=True, destructive=False, idempotent=False, open_world=True, untrusted=True)
async def scroll_page(request: ScrollPageInput, kit: Kit) -> ScrollPageOutput:
    """Scroll by screens, or to a described element."""
    async with kit.browser.page(kit.caller, session_id=request.session_id) as session:
        if request.to is not None:
            return await _bring(session, kit, request.to)
        world, number = (await find_candidates(session.page)).worlds[0], 0
        if request.inside is not None:
            chosen = await _surely(session, kit, request.inside)
            assert chosen.target is not None
            world, number = chosen.located.snapshot.worlds[chosen.target.candidate.frame], chosen.target.candidate.id
        done = await world.run(f"handlens.scrollBy({number}, {json.dumps(request.direction)}, {request.pages})")
        return ScrollPageOutput(
            url=session.page.url,
            notices=session.notices(),
            scroll=Point(x=done["x"], y=done["y"]),
            moved=done["moved"],
            at_end=done["end"],
            target=None,
        )


async def _bring(session: Session, kit: Kit, description: str) -> ScrollPageOutput:
    chosen = await _surely(session, kit, description)
    assert chosen.target is not None
    world = chosen.located.snapshot.worlds[chosen.target.candidate.frame]
    before = await world.run("handlens.glance(0)")
    aim = await take_aim(world, chosen.target.candidate, kit.acting.settle_seconds)
    after = await world.run("handlens.glance(0)")
    shown = found(chosen.target, 1).model_copy(update={"box": aim.box.rounded(), "point": aim.point})
    return ScrollPageOutput(
        url=session.page.url,
        notices=session.notices(),
        scroll=Point(x=after["scrollX"], y=after["scrollY"]),
        moved=(before["scrollX"], before["scrollY"]) != (after["scrollX"], after["scrollY"]),
        at_end=False,
        target=shown,
    )


async def _surely(session: Session, kit: Kit, description: str) -> Chosen:
    chosen = await choose(session, kit, description, choice=None, min_confidence=kit.acting.min_confidence)
    if chosen.target is None:
        near = "; ".join(found(target, at).line() for at, target in enumerate(chosen.rivals[:3], 1))
        raise TargetError(f"{chosen.outcome}: nothing is surely {description[:80]!r}. Nearest: {near or 'nothing'}.")
    return chosen
