"""Finding what was described, by whatever it takes: structure first, then memory, sight only where both are not sure.

An eye that fails leaves the embedded reader's answer as it is; the answer says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handlens.browser.capture import capture
from handlens.errors import EyeError, TargetError, TimedOut
from handlens.eye.views import View
from handlens.locate.locate import Located, locate
from handlens.locate.recall import key_of, recalled
from handlens.locate.sight import Looking
from handlens.locate.weighing import weighed
from handlens.tool import Picture

if TYPE_CHECKING:
    from handlens.browser.session import Session
    from handlens.kit import Kit


async def find(
    session: Session, kit: Kit, description: str, *, sure: float, among: frozenset[str] | None = None
) -> Located:
    """The targets, best first. ``sure`` is the confidence from which nothing more is tried.

    Raises:
        InvalidInput: the description says nothing.
        TargetError: the page was replaced while it was read.
    """
    located = await locate(session.page, description, among=among)
    key = key_of(kit, located.snapshot.url, description, among)
    known = await recalled(session, kit, key, located)
    if known is not None:
        kit.tally.recalled += 1
        others = tuple(one for one in located.targets if one.candidate is not known.candidate or known.offset)
        return replace(located, targets=(known, *others), structure=located)
    if kit.eye is None or not kit.eye.status.ready or kit.acting.look.when == "never":
        return located
    if kit.acting.look.when == "unsure" and located.best is not None and located.best.confidence >= sure:
        kit.tally.saved += 1
        return located
    return await _looked_at(session, kit, description, located)


async def _looked_at(session: Session, kit: Kit, description: str, located: Located) -> Located:
    assert kit.eye is not None
    try:
        shot = await capture(session, limits=kit.limits, privacy=kit.privacy)
    except TargetError as error:
        return _with_note(located, f"no picture could be taken: {error}")
    looking = Looking(
        eye=kit.eye,
        policy=kit.acting.look,
        caller=kit.caller,
        whole=View(Picture(shot.data, shot.media_type), shot.frame),
        description=description,
        snapshot=located.snapshot,
        plausible={one.candidate.key: one.plausibility for one in located.targets},
    )
    try:
        decided = weighed(located, await looking.search())
        return replace(decided, structure=located, view=looking.whole)
    except (EyeError, TimedOut) as error:
        kit.tally.failed += 1
        return _with_note(located, f"the engine did not help ({type(error).__name__}), so by structure alone")
    finally:
        kit.tally.asked += looking.questions


def _with_note(located: Located, note: str) -> Located:
    noted = [replace(one, because=f"{one.because}; {note}"[:240]) for one in located.targets]
    return replace(located, targets=tuple(noted))
