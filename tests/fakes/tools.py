"""Tools that do one thing each, to prove the server with: keep, repeat, hang, fall over."""

from __future__ import annotations

import anyio
from pydantic import Field

from handlens.errors import NoSuchSession
from handlens.kit import Kit
from handlens.page_tool import PageOutput
from handlens.tool import AnyTool, Picture, ToolInput, ToolOutput, tool

AWS_KEY = "AKIA" + "Z" * 16
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)


class Watch:
    """What happened inside the tools of one test."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.cancelled = 0
        self.began = anyio.Event()
        self.ended = anyio.Event()
        self.gate = anyio.Event()


class WordInput(ToolInput):
    word: str = Field(description="A word.", max_length=200)
    times: int = Field(default=1, description="How often.", ge=0)


class WordOutput(ToolOutput):
    word: str = Field(description="The word.")
    kept: str | None = Field(default=None, description="Where it was kept.")

    def text(self) -> str:
        return self.word

    def artifacts(self) -> tuple[str, ...]:
        return (self.kept,) if self.kept else ()


class PageWord(PageOutput):
    word: str = Field(description="The word.")

    def text(self) -> str:
        return self._and_notices(self.word)


def tools(watch: Watch) -> tuple[AnyTool, ...]:
    """The tools, telling ``watch`` what happens to them."""

    @tool(title="Repeat", read_only=True, destructive=False, idempotent=True, open_world=False, untrusted=False)
    async def repeat(request: WordInput, kit: Kit) -> WordOutput:
        """Say it again, with progress."""
        for step in range(request.times):
            await kit.caller.progress(step + 1, request.times, f"Word {step + 1}")
        return WordOutput(word=" ".join([request.word] * request.times)).with_pictures(Picture(PICTURE))

    @tool(title="Keep", read_only=False, destructive=False, idempotent=False, open_world=False, untrusted=False)
    async def keep(request: WordInput, kit: Kit) -> WordOutput:
        """Keep it as an artifact."""
        name = f"{request.word}.txt"
        artifact = await kit.artifacts.save(
            request.word.encode() * request.times, name=name, media_type="text/plain", owner=kit.caller.subject
        )
        return WordOutput(word=request.word, kept=artifact.uri)

    @tool(title="Lose", read_only=False, destructive=False, idempotent=False, open_world=False, untrusted=False)
    async def lose(request: WordInput, kit: Kit) -> WordOutput:
        """Speak of an artifact that is gone by now."""
        return WordOutput(word=request.word, kept="handlens://artifacts/AAAAAAAAAAAAAAAAAAAAAA/gone.txt")

    @tool(title="Hang", read_only=True, destructive=False, idempotent=True, open_world=False, untrusted=False)
    async def hang(request: WordInput, kit: Kit) -> WordOutput:
        """Wait until the test says go on."""
        watch.running += 1
        watch.most = max(watch.most, watch.running)
        watch.began.set()
        try:
            await watch.gate.wait()
        except anyio.get_cancelled_exc_class():
            watch.cancelled += 1
            raise
        finally:
            watch.running -= 1
            watch.ended.set()
        return WordOutput(word=request.word)

    @tool(title="Stumble", read_only=True, destructive=False, idempotent=True, open_world=False, untrusted=False)
    async def stumble(request: WordInput, kit: Kit) -> WordOutput:
        """Raise what no tool should raise."""
        raise RuntimeError(f"/srv/internal/path.py {AWS_KEY} {request.word}")

    @tool(title="Misspell", read_only=True, destructive=False, idempotent=True, open_world=False, untrusted=False)
    async def misspell(request: WordInput, kit: Kit) -> WordOutput:
        """Break its own promise about what it returns."""
        return WordOutput.model_validate({"word": None, "internal": AWS_KEY})

    @tool(title="Refuse", read_only=True, destructive=False, idempotent=True, open_world=False, untrusted=False)
    async def refuse(request: WordInput, kit: Kit) -> WordOutput:
        """Fail as tools may."""
        raise NoSuchSession(f"No open session {request.word!r}. Call open_page first.")

    @tool(title="Look", read_only=True, destructive=False, idempotent=True, open_world=True, untrusted=True)
    async def look(request: WordInput, kit: Kit) -> PageWord:
        """Show what a page says."""
        return PageWord(url=f"https://example.com/?key={request.word}", word=f"The page says {request.word}")

    return (repeat, keep, lose, hang, stumble, misspell, refuse, look)
