"""`upload_to_described_field`: give files to a file field, to the button before it, or to its drop zone."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from handlens.errors import InvalidInput
from handlens.kit import Kit
from handlens.locate.choosing import FoundElement, choose, found
from handlens.locate.giving import give
from handlens.page_tool import PageOutput, SessionInput
from handlens.tool import tool


class UploadToDescribedFieldInput(SessionInput):
    description: str = Field(description="Field, button or drop zone.", max_length=20_000)
    files: list[str] = Field(description="Paths in allowed folders.", min_length=1, max_length=50)


class UploadToDescribedFieldOutput(PageOutput):
    outcome: Literal["uploaded", "ambiguous", "not_found"] = Field(description="What came of it.")
    target: FoundElement | None = Field(description="The field.")
    candidates: list[FoundElement] = Field(description="Others.")
    files: list[str] = Field(description="Names given.")

    def text(self) -> str:
        if self.target is not None:
            return self._and_notices(f"Gave {', '.join(self.files)} to {self.target.role} {self.target.name[:80]!r}.")
        lines = [f"{self.outcome}: nothing was uploaded. Describe it otherwise."]
        return self._and_notices("\n".join([*lines, *(candidate.line() for candidate in self.candidates)]))


@tool(title="Upload", read_only=False, destructive=True, idempotent=True, open_world=True, untrusted=True)
async def upload_to_described_field(request: UploadToDescribedFieldInput, kit: Kit) -> UploadToDescribedFieldOutput:
    """Give files to a described field."""
    paths = [kit.guard.check_path(name) for name in request.files]
    missing = [name for name, path in zip(request.files, paths, strict=True) if not path.is_file()]
    if missing:
        raise InvalidInput(f"There is no file {missing[0][:200]!r}.")
    async with kit.browser.page(kit.caller, session_id=request.session_id) as session:
        chosen = await choose(session, kit, request.description, choice=None, min_confidence=kit.acting.min_confidence)
        target = chosen.target
        if target is not None:
            world = chosen.located.snapshot.worlds[target.candidate.frame]
            await give(session, world, target, paths, kit.acting.settle_seconds)
        return UploadToDescribedFieldOutput(
            url=session.page.url,
            notices=session.notices(),
            outcome="uploaded" if target else "ambiguous" if chosen.outcome == "ambiguous" else "not_found",
            target=found(target, 1) if target else None,
            candidates=[] if target else [found(rival, at) for at, rival in enumerate(chosen.rivals, 1)],
            files=[path.name for path in paths] if target else [],
        )
