"""Questions to the person behind the caller, where they can be asked: which one is meant, and whether they agree.

What stands on the page is quoted in the question, cut short, and can't pass for the question's own words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from handlens.kit import Kit
    from handlens.locate.locate import Target

NONE_OF_THESE = "none of these"
YES, NO = "yes, do it", "no"
Agreed = Literal["yes", "no", "unasked"]


async def which(kit: Kit, description: str, targets: tuple[Target, ...]) -> Target | None:
    """The target that the person means; None where they mean none of these, or can't be asked."""
    ask = kit.caller.ask
    if ask is None or not kit.acting.ask or not targets:
        return None
    options = [*(f"{number}. {_told(target)}" for number, target in enumerate(targets, 1)), NONE_OF_THESE]
    answer = await ask(f"Which element of the page is meant by {description[:200]!r}?", options)
    return targets[answer] if isinstance(answer, int) and answer < len(targets) else None


async def agrees(kit: Kit, action: str, target: Target) -> Agreed:
    """Whether the person agrees to an action on a target."""
    return await agrees_to(kit, f"{action.replace('_', ' ')} the {_told(target)}")


async def agrees_to(kit: Kit, deed: str) -> Agreed:
    """Whether the person agrees to what handlens is about to do."""
    ask = kit.caller.ask
    if ask is None or not kit.acting.ask:
        return "unasked"
    answer = await ask(f"May handlens {deed}?", [YES, NO])
    return "unasked" if answer == "unasked" else "yes" if answer == 0 else "no"


def _told(target: Target) -> str:
    return f"{target.role} {target.name[:80]!r} at ({target.point.x:.0f}, {target.point.y:.0f})"
