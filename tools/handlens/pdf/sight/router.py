"""Asking about the regions of a document's pages: all pages in flight at once, their order kept, within a budget."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from handlens.errors import EyeAnswerInvalid, EyeError, EyeUnavailable, LimitExceeded
from handlens.eye.readers import EyePageReader
from handlens.kit import Caller
from handlens.pdf.sight.answers import (
    FIGURE_QUESTION,
    FigureAnswer,
    Reading,
    read_figure,
    read_formula,
    read_page,
    read_table,
)
from handlens.pdf.sight.regions import Region, Want
from handlens.tool import Picture

if TYPE_CHECKING:
    from handlens.eye.protocol import Eye
    from handlens.pdf.result import PageResult

AT_ONCE = 16
_AHEAD = 24
"""Pages that may be read and wait for an answer: their pictures are in memory."""
_FIGURE_TOKENS = 2_048


@dataclass
class _Turn:
    """A page on its way, and whether everything about it is answered."""

    page: PageResult
    done: anyio.Event = field(default_factory=anyio.Event)


class Router:
    """Spends `questions` on one document's regions. `tables` is how tables are written: auto, html or markdown."""

    def __init__(self, eye: Eye, *, questions: int, tables: str, caller: Caller | None = None) -> None:
        self._eye = eye
        self._reader = EyePageReader(eye)
        self._tables = tables
        self._caller = Caller(caller.subject) if caller else None  # of many questions at once, none tells how far
        self._left = questions
        self._slots = anyio.Semaphore(AT_ONCE)
        self._gone = ""
        self.asked = self.used = 0
        self.unasked = 0
        """How many regions the budget left to the embedded reader."""

    def told(self) -> list[str]:
        """What became of the questions, for the notes about a document."""
        if not self.asked and not self.unasked:
            return []
        rest = f"; {self.unasked} more were not asked about (limits.document_questions)" if self.unasked else ""
        return [f"Sight was asked about {self.asked} regions and {self.used} of its readings are used{rest}."]

    def looking(self) -> bool:
        """Whether regions of further pages are of use."""
        return self._left > 0 and not self._gone

    @asynccontextmanager
    async def answered(self, pages: AsyncIterator[PageResult]) -> AsyncGenerator[AsyncIterator[PageResult], None]:
        """The pages in their order, each as soon as its regions and the pages before it are done."""
        send, receive = anyio.create_memory_object_stream[_Turn](_AHEAD)

        async def take() -> None:
            async with send:
                async for page in pages:
                    turn = _Turn(page)
                    asked = self._within_budget(page.regions)
                    await send.send(turn)
                    group.start_soon(self._page, turn, asked)

        try:
            async with anyio.create_task_group() as group, receive:
                group.start_soon(take)
                yield _in_order(receive)
                group.cancel_scope.cancel()
        except BaseExceptionGroup as failures:
            raise _first(failures) from None

    def _within_budget(self, regions: list[Region]) -> list[Region]:
        ranked = sorted((r for r in regions if r.picture), key=lambda r: list(Want).index(r.want))
        asked, rest = ranked[: self._left], ranked[self._left :]
        self._left -= len(asked)
        for region in rest:
            self.unasked += 1
            region.picture, region.note = b"", "not asked: limits.document_questions"
        return asked

    async def _page(self, turn: _Turn, asked: list[Region]) -> None:
        page = turn.page
        readings: dict[int, Reading] = {}

        async def ask(region: Region) -> None:
            async with self._slots:
                readings[id(region)] = await self._asked(region, page.markdown[region.start : region.end])
            region.picture = b""

        async with anyio.create_task_group() as group:
            for region in asked:
                group.start_soon(ask, region)
        for region in sorted(asked, key=lambda region: -region.start):
            self.used += _settle(page, region, readings[id(region)])
        turn.done.set()

    async def _asked(self, region: Region, embedded: str) -> Reading:
        """What may stand in a region; a failure of sight leaves the embedded reading there and says so."""
        if self._gone:
            return Reading(None, self._gone)
        self.asked += 1
        try:
            return await self._read(region, embedded)
        except EyeUnavailable as error:
            self._gone = f"no sight: {error}"
            return Reading(None, self._gone)
        except (EyeError, LimitExceeded) as error:
            kind = "sight's answer was no use" if isinstance(error, EyeAnswerInvalid) else "sight failed"
            return Reading(None, f"{kind}: {error}"[:200])

    async def _read(self, region: Region, embedded: str) -> Reading:
        picture = Picture(region.picture)
        if region.want is Want.FIGURE:
            answer = await self._eye.ask(
                [picture], FIGURE_QUESTION, FigureAnswer, caller=self._caller, answer_tokens=_FIGURE_TOKENS
            )
            return read_figure(answer.value, region, embedded)
        seen = await self._reader.read_page(picture, caller=self._caller)
        readers: dict[Want, Callable[[], Reading]] = {
            Want.TABLE: lambda: read_table(seen, region, self._tables),
            Want.FORMULA: lambda: read_formula(seen, region),
            Want.PAGE: lambda: read_page(seen, region, self._tables),
        }
        return readers[region.want]()


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """What went wrong first: one failure, as if there were no tasks."""
    failure: BaseException = failures
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure


async def _in_order(turns: AsyncIterator[_Turn]) -> AsyncIterator[PageResult]:
    async for turn in turns:
        await turn.done.wait()
        yield turn.page


def _settle(page: PageResult, region: Region, reading: Reading) -> bool:
    """Put a reading in its place, if it may stand there; regions before it on the page keep their places."""
    region.note = reading.note
    if reading.markdown is None:
        return False
    page.markdown = page.markdown[: region.start] + reading.markdown + page.markdown[region.end :]
    region.route = "eye"
    if region.want is Want.PAGE:
        page.route, page.notes, page.joins, page.open = "eye", [], False, False
    return True
