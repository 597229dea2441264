"""`fill_described_field`: set a field to a value, and read back what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from handlens.errors import InvalidInput, NotFound, TargetError
from handlens.kit import Kit
from handlens.locate.choosing import Chosen, FoundElement, choose, found, picture_of
from handlens.locate.filling import FILLABLE, agrees, fill
from handlens.locate.recall import learn
from handlens.page_tool import PageOutput, SessionInput
from handlens.tool import tool

if TYPE_CHECKING:
    from handlens.browser.session import Session

_HIDDEN = "(secret)"
_QUOTED = 60
"""A failure quotes at least so many characters of a value."""


class FillDescribedFieldInput(SessionInput):
    description: str = Field(description="Which field.", max_length=20_000)
    value: str | None = Field(default=None, description="Text, option, YYYY-MM-DD, number, true.", max_length=100_000)
    secret: str | None = Field(default=None, description="Or: a configured secret.", max_length=200)
    choice: int | None = Field(default=None, description="Candidate's number.", ge=1)


class FillDescribedFieldOutput(PageOutput):
    outcome: Literal["filled", "differs", "ambiguous", "not_found"] = Field(description="What came of it.")
    target: FoundElement | None = Field(description="The field.")
    candidates: list[FoundElement] = Field(description="Others.")
    value: str | None = Field(description="What the field holds now.")

    def text(self) -> str:
        lines = [f"{self.outcome}:"]
        if self.target is not None:
            lines = [
                f"{self.outcome}: {self.target.role} {self.target.name[:80]!r} now holds {(self.value or '')[:200]!r}"
            ]
        if self.outcome in ("ambiguous", "not_found"):
            lines.append("Nothing was filled. Call again with choice, or describe the field otherwise.")
            lines.extend(candidate.line() for candidate in self.candidates)
        return self._and_notices("\n".join(lines))


@tool(title="Fill field", read_only=False, destructive=True, idempotent=True, open_world=True, untrusted=True)
async def fill_described_field(request: FillDescribedFieldInput, kit: Kit) -> FillDescribedFieldOutput:
    """Set a described field of any kind."""
    value = _value(request, kit)
    async with kit.browser.page(kit.caller, session_id=request.session_id) as session:
        chosen = await choose(
            session,
            kit,
            request.description,
            choice=request.choice,
            min_confidence=kit.acting.min_confidence,
            among=FILLABLE,
        )
        if chosen.target is None:
            return await _undecided(session, kit, chosen)
        candidate = chosen.target.candidate
        world = chosen.located.snapshot.worlds[candidate.frame]
        try:
            held = await fill(session.page, world, candidate, value, kit.acting.settle_seconds)
        except TargetError as error:
            if request.secret is None or repr(value[:_QUOTED])[1:-1] not in str(error):
                raise
            name = f"{candidate.role} {candidate.name[:60]!r}"
            raise TargetError(f"The {name} does not take the secret {request.secret!r}.") from None
        worked = agrees(held, value)
        await learn(kit, request.description, FILLABLE, chosen.located, chosen.target, worked=worked)
        secret = request.secret is not None or candidate.type == "password"
        return FillDescribedFieldOutput(
            url=session.page.url,
            notices=session.notices(),
            outcome="filled" if worked else "differs",
            target=found(chosen.target, 1),
            candidates=[],
            value=_HIDDEN if secret else held[:500],
        )


def _value(request: FillDescribedFieldInput, kit: Kit) -> str:
    if (request.value is None) == (request.secret is None):
        raise InvalidInput("Give either value or secret, not both and not neither.")
    if request.secret is None:
        return request.value or ""
    secret = kit.acting.secrets.get(request.secret)
    if secret is None:
        known = ", ".join(sorted(kit.acting.secrets)) or "none"
        raise NotFound(f"No secret {request.secret[:60]!r} is configured. Known: {known} (setting acting.secrets).")
    return secret.get_secret_value()


async def _undecided(session: Session, kit: Kit, chosen: Chosen) -> FillDescribedFieldOutput:
    offers = [found(target, number) for number, target in enumerate(chosen.rivals, 1)]
    output = FillDescribedFieldOutput(
        url=session.page.url,
        notices=session.notices(),
        outcome="ambiguous" if chosen.outcome == "ambiguous" else "not_found",
        target=None,
        candidates=offers,
        value=None,
    )
    picture = await picture_of(session, kit, [(str(one.number), one.box) for one in offers], crop=False)
    return output.with_pictures(picture) if picture else output
