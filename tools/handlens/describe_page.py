"""`describe_page`: what is on a page, as a compact tree that a model can plan from."""

from __future__ import annotations

from pydantic import Field

from handlens.kit import Kit
from handlens.locate.candidates import find_candidates
from handlens.locate.choosing import picture_of
from handlens.locate.outline import outline
from handlens.page_tool import PageInput, PageOutput
from handlens.tool import tool

_TREE_CHARACTERS = 8_000


class DescribePageInput(PageInput):
    picture: bool = Field(default=False, description="Add a numbered picture.")


class DescribePageOutput(PageOutput):
    title: str = Field(description="Page title.")
    tree: str = Field(description="Components, indented; [n] numbers those in view.")
    elements: int = Field(description="How many there are.")

    def text(self) -> str:
        return self._and_notices(f"{self.url}: {self.title}\n{self.tree}")


@tool(title="Describe page", read_only=True, destructive=False, idempotent=True, open_world=True, untrusted=True)
async def describe_page(request: DescribePageInput, kit: Kit) -> DescribePageOutput:
    """List a page's components with names, values and states."""
    room = min(_TREE_CHARACTERS, (kit.limits.inline_characters - 1_500) // 2)
    async with kit.browser.page(kit.caller, session_id=request.session_id, url=request.url) as session:
        snapshot = await find_candidates(session.page)
        tree, numbered = outline(snapshot, room)
        output = DescribePageOutput(
            url=session.page.url,
            notices=session.notices(),
            title=snapshot.title,
            tree=tree,
            elements=len(snapshot.candidates),
        )
        if not request.picture:
            return output
        boxes = [(str(mark.number), mark.box) for mark in numbered]
        picture = await picture_of(session, kit, boxes, crop=False)
        return output.with_pictures(picture) if picture else output
