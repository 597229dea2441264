"""`click_described_element`: find what was described, click it, and report what that did."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from handlens.errors import TargetError
from handlens.kit import Kit
from handlens.locate.aim import Aim, Cover, take_aim
from handlens.locate.asking import agrees
from handlens.locate.choices import forget, offer
from handlens.locate.choosing import Chosen, FoundElement, choose, found, picture_of
from handlens.locate.covers import cover_as_target, dismiss
from handlens.locate.effect import Effect, effect_of, observing
from handlens.locate.expectation import check_expectation
from handlens.locate.locate import Target
from handlens.locate.menus import open_by_pointing, reveal
from handlens.locate.recall import learn
from handlens.locate.steps import clicked
from handlens.page_tool import PageInput, PageOutput
from handlens.tool import tool

if TYPE_CHECKING:
    from playwright.async_api import Page

    from handlens.browser.session import Session
    from handlens.locate.world import FrameWorld

Action = Literal["click", "double_click", "right_click", "hover", "focus"]
Outcome = Literal["clicked", "ambiguous", "not_found", "needs_confirmation", "no_effect", "dry_run"]


class ClickDescribedElementInput(PageInput):
    description: str = Field(description="In any language: the star in Ann's row.", max_length=20_000)
    action: Action = Field(default="click", description="What to do.")
    min_confidence: float | None = Field(default=None, description="Click if surer; 0.6.", ge=0, le=1)
    dry_run: bool = Field(default=False, description="Only locate.")
    choice: int | None = Field(default=None, description="Candidate's number.", ge=1)
    confirmed: bool = Field(default=False, description="The person agreed.")
    expect: str | None = Field(
        default=None,
        description="Must follow: navigation, new_page, dialog, download, change or a text.",
        max_length=300,
    )
    dismiss_cover: bool = Field(default=False, description="Close what covers it.")


class ClickDescribedElementOutput(PageOutput):
    outcome: Outcome = Field(description="Clicked, or why not.")
    target: FoundElement | None = Field(description="What was found.")
    candidates: list[FoundElement] = Field(description="Runners-up, or what to choose from.")
    effect: Effect | None = Field(description="What the click did.")

    def text(self) -> str:
        lines: list[str] = []
        if self.target is not None:
            lines.append(f"{self.outcome}: {self.target.line().partition('. ')[2]}")
        else:
            lines.append(_ADVICE[self.outcome])
        if self.effect is not None:
            lines.append(f"Effect: {self.effect.summary}.")
        if self.outcome in ("ambiguous", "not_found", "needs_confirmation"):
            lines.extend(candidate.line() for candidate in self.candidates)
        if self.outcome == "needs_confirmation":
            lines.append(_ADVICE["needs_confirmation"])
        return self._and_notices("\n".join(lines))


_ADVICE = {
    "ambiguous": "ambiguous: nothing was clicked. Call again with choice, or say what tells it from the others:",
    "not_found": "not_found: nothing on the page is that. Nearest (choice picks one), or describe it otherwise:",
    "needs_confirmation": "Nothing was clicked. Ask the person; then call again with confirmed=true.",
}


@tool(title="Click", read_only=False, destructive=True, idempotent=False, open_world=True, untrusted=True)
async def click_described_element(request: ClickDescribedElementInput, kit: Kit) -> ClickDescribedElementOutput:
    """Click what is described; if unsure, offer numbered candidates."""
    async with kit.browser.page(kit.caller, session_id=request.session_id, url=request.url) as session:
        threshold = kit.acting.min_confidence if request.min_confidence is None else request.min_confidence
        chosen = await choose(
            session,
            kit,
            request.description,
            choice=request.choice,
            min_confidence=threshold,
            ask=not request.dry_run,
        )
        if chosen.target is None:
            return await _undecided(session, kit, chosen)
        return await _act(request, kit, session, chosen, chosen.target)


async def _undecided(session: Session, kit: Kit, chosen: Chosen) -> ClickDescribedElementOutput:
    offers = [found(target, number) for number, target in enumerate(chosen.rivals, 1)]
    output = ClickDescribedElementOutput(
        url=session.page.url,
        notices=session.notices(),
        outcome="ambiguous" if chosen.outcome == "ambiguous" else "not_found",
        target=None,
        candidates=offers,
        effect=None,
    )
    picture = await picture_of(session, kit, [(str(one.number), one.box) for one in offers], crop=False)
    return output.with_pictures(picture) if picture else output


async def _act(
    request: ClickDescribedElementInput, kit: Kit, session: Session, chosen: Chosen, target: Target
) -> ClickDescribedElementOutput:
    world = chosen.located.snapshot.worlds[target.candidate.frame]
    if target.candidate.kind == "hidden":
        await reveal(session.page, world, target.candidate.id)
    aim = await _aimed(kit, chosen, target)
    if aim.cover is not None and kit.acting.dismisses(told=request.dismiss_cover):
        await dismiss(session, aim.cover)
        aim = await _aimed(kit, chosen, target)
    target = replace(target, box=target.box if target.offset else aim.box.rounded(), point=aim.point)
    if request.dry_run:
        return await _answer(session, kit, chosen, target, "dry_run", aim=aim)
    if aim.cover is not None:
        return await _covered(request, kit, session, chosen, target, aim.cover)
    if aim.disabled and request.action != "hover":
        raise TargetError(
            f"The {target.role} {target.name[:60]!r} is disabled, so it was not clicked. Enable it first."
        )
    if _has_to_be_confirmed(request, kit, target):
        offer(session.page, request.description, chosen.located, (target, *chosen.rivals), "chosen")
        agreed = await agrees(kit, request.action, target)
        if agreed != "yes":
            if agreed == "no":
                session.note("The person said no.")
            return await _answer(session, kit, chosen, target, "needs_confirmation", aim=aim)
        aim = await _aimed(kit, chosen, target)  # the page had time to change while the person thought
    picture = await picture_of(session, kit, [("", target.box)], crop=True)
    try:
        effect = await _click(request, kit, session, chosen, target, aim, world)
    except TargetError:
        await learn(kit, request.description, None, chosen.located, target, worked=False)
        raise
    forget(session.page)
    clicked(session.page, chosen.located, target)
    if request.action != "hover":
        await learn(kit, request.description, None, chosen.located, target, worked=effect.changed)
    outcome: Outcome = "clicked" if effect.changed or request.action == "hover" else "no_effect"
    output = _output(session, chosen, target, outcome, effect)
    return output.with_pictures(picture) if picture else output


async def _aimed(kit: Kit, chosen: Chosen, target: Target) -> Aim:
    worlds = chosen.located.snapshot.worlds
    world, seconds = worlds[target.candidate.frame], kit.acting.settle_seconds
    return await take_aim(world, target.candidate, seconds, offset=target.offset, top=worlds[0])


def _has_to_be_confirmed(request: ClickDescribedElementInput, kit: Kit, target: Target) -> bool:
    if request.confirmed or request.action == "hover":
        return False
    return kit.acting.asks_for(target.name, target.candidate.tips, request.description)


async def _covered(
    request: ClickDescribedElementInput, kit: Kit, session: Session, chosen: Chosen, target: Target, cover: Cover
) -> ClickDescribedElementOutput:
    """Nothing is clicked: what covers the target is offered first, by the button that closes it where there is one."""
    way = await cover_as_target(cover)
    session.note(
        f"The {target.role} {target.name[:60]!r} was found, but {cover.role} {cover.name[:60]!r} covers it. Nothing "
        "was clicked. choice=1 clicks what is offered first, dismiss_cover=true closes the cover, then clicks."
    )
    rivals = (way, target, *chosen.rivals)
    offer(session.page, request.description, chosen.located, rivals, "ambiguous")
    covered = replace(chosen, target=None, rivals=rivals, outcome="ambiguous")
    return await _undecided(session, kit, covered)


async def _click(
    request: ClickDescribedElementInput,
    kit: Kit,
    session: Session,
    chosen: Chosen,
    target: Target,
    aim: Aim,
    world: FrameWorld,
) -> Effect:
    page, point = session.page, aim.point
    async with observing(page, chosen.located.snapshot.worlds, world, target.candidate.id) as seen:
        if request.action == "hover":
            await page.mouse.move(point.x, point.y)
        elif request.action == "focus":
            await world.run(f"handlens.focus({target.candidate.id})")
        elif not await _pointing_is_enough(page, world, target):
            adding = await world.run(f"handlens.addsToSelection({target.candidate.id})")
            if adding:
                await page.keyboard.down("Control")
            if not await world.run(f"handlens.arm({target.candidate.id})"):
                raise TargetError(_CHANGED)
            await page.mouse.click(
                point.x,
                point.y,
                button="right" if request.action == "right_click" else "left",
                click_count=2 if request.action == "double_click" else 1,
            )
            if adding:
                await page.keyboard.up("Control")
            await _arrived(world)
        effect = await effect_of(seen, kit.acting.effect_seconds)
        await session.settle()
        return await check_expectation(page, request.expect, effect) if request.expect else effect


_CHANGED = "The page put something else in the target's place just before the click, so nothing was clicked."


async def _arrived(world: FrameWorld) -> None:
    """Raises TargetError where the click would have hit something else, and was kept from it."""
    blocked = False
    with contextlib.suppress(TargetError):  # the click took the page elsewhere, so it arrived
        blocked = await world.run("handlens.disarm()")
    if blocked:
        raise TargetError(_CHANGED)


async def _pointing_is_enough(page: Page, world: FrameWorld, target: Target) -> bool:
    """An item of a menu that opens its submenu when pointed at is not clicked too: that would close or choose it."""
    is_item = target.candidate.role.startswith("menuitem")
    return is_item and await open_by_pointing(page, world, target.candidate.id)


async def _answer(
    session: Session, kit: Kit, chosen: Chosen, target: Target, outcome: Outcome, *, aim: Aim
) -> ClickDescribedElementOutput:
    output = _output(session, chosen, target, outcome, None)
    picture = await picture_of(session, kit, [("", aim.box)], crop=True)
    return output.with_pictures(picture) if picture else output


def _output(
    session: Session, chosen: Chosen, target: Target, outcome: Outcome, effect: Effect | None
) -> ClickDescribedElementOutput:
    return ClickDescribedElementOutput(
        url=session.page.url,
        notices=session.notices(),
        outcome=outcome,
        target=found(target, 1),
        candidates=[found(rival, number) for number, rival in enumerate(chosen.rivals[:3], 2)],
        effect=effect,
    )
