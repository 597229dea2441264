"""Documents for async callers: PDFium in worker processes, killed when nobody waits for them any more."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import anyio

from handlens import errors
from handlens.errors import DocumentError, LimitExceeded
from handlens.pdf.options import Options
from handlens.workers import Worker, WorkerDiedError, WorkerFailedError, WorkerPool

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from handlens.pdf.gathering import Unfinished
    from handlens.pdf.result import PageResult

_MEMORY = 4_000_000_000
PAGE_SECONDS = 120.0


class Documents:
    """Opens PDFs in worker processes; `processes` documents are converted at once."""

    def __init__(self, *, processes: int = 1, page_seconds: float = PAGE_SECONDS, memory_bytes: int = _MEMORY) -> None:
        self._pool = WorkerPool("handlens.pdf.worker:serve", {"memory_bytes": memory_bytes}, processes=processes)
        self._seconds = page_seconds

    @cached_property
    def unfinished(self) -> Unfinished:
        """Documents of which some pages are done."""
        from handlens.pdf.gathering import Unfinished

        return Unfinished()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that run now."""
        return self._pool.pids

    async def aclose(self) -> None:
        """Kill the workers."""
        await self._pool.aclose()

    @asynccontextmanager
    async def open(
        self, path: Path, *, password: str | None = None, options: Options | None = None
    ) -> AsyncGenerator[OpenDocument, None]:
        """An open document. Raises DocumentError, PasswordRequired."""
        async with self._pool.worker() as worker:
            document = OpenDocument(worker, path, password, options or Options(), self._seconds)
            await document.start()
            try:
                yield document
            finally:
                if worker.pid is not None:
                    await document.finish()


@dataclass
class OpenDocument:
    """A document in a worker. `facts` is what the file says of itself (title, author, attachments, scripts)."""

    worker: Worker
    path: Path
    password: str | None
    options: Options
    seconds: float
    page_count: int = 0
    facts: dict[str, Any] | None = None
    deadly: set[int] = field(default_factory=set[int])
    """Pages that killed the worker when they were read to learn from."""
    unread: list[int] = field(default_factory=list[int])

    async def start(self) -> None:
        request = {
            "do": "open", "path": str(self.path), "password": self.password, "options": asdict(self.options),
            "skip": sorted(self.deadly),
        }  # fmt: skip
        try:
            answer, _ = await self.worker.call(request, seconds=self.seconds)
        except WorkerFailedError as error:
            raise _raised(error) from error
        except WorkerDiedError as error:
            raise DocumentError("Opening the document killed its reader: it is broken or hostile.") from error
        except TimeoutError as error:
            raise LimitExceeded(
                f"Opening the document took over {self.seconds:g} s.", setting="limits.document_page_seconds"
            ) from error
        self.page_count = int(answer.pop("pages"))
        self.unread = answer.pop("sample")
        self.facts = answer

    async def _learn(self) -> None:
        """Have the pages of the sample read one by one, so that it is known which of them kills the worker."""
        while self.unread:
            index = self.unread.pop(0)
            try:
                await self.worker.call({"do": "learn", "index": index}, seconds=self.seconds)
            except WorkerFailedError:
                self.deadly.add(index)
            except (WorkerDiedError, TimeoutError):
                self.deadly.add(index)
                await self.start()

    async def finish(self) -> None:
        """Close the document; the idle worker stays for the next one."""
        with anyio.CancelScope(shield=True):
            try:
                await self.worker.call({"do": "close"}, seconds=10.0)
            except (WorkerDiedError, WorkerFailedError, TimeoutError):
                await self.worker.aclose()

    async def pages(
        self, indices: Iterable[int], *, looking: Callable[[], bool] | None = None
    ) -> AsyncIterator[PageResult]:
        """Results of pages as they come. A page that kills the worker is tried once more, then reported.

        looking: asked before each page whether its regions that are worth a question are wanted too.
        """
        for index in indices:
            yield await self._page(index, looking is not None and looking())

    async def _page(self, index: int, look: bool) -> PageResult:
        for attempt in (1, 2):
            try:
                await self._learn()
                answer, body = await self.worker.call(
                    {"do": "page", "index": index, "look": look}, seconds=self.seconds
                )
                from handlens.pdf.result import PageResult

                return PageResult.from_json(answer, body)
            except WorkerFailedError as error:
                return _failed(index, str(error) or error.kind)
            except (WorkerDiedError, TimeoutError) as error:
                await self.start()
                if attempt == 2:
                    late = isinstance(error, TimeoutError)
                    reason = f"took over {self.seconds:g} s" if late else "killed the reader twice"
                    return _failed(index, f"It {reason} and was left out.")
        raise AssertionError("unreachable")


def _failed(index: int, note: str) -> PageResult:
    from handlens.pdf.result import PageResult

    return PageResult(index, route="failed", confidence=0.0, notes=[note])


def _raised(error: WorkerFailedError) -> errors.HandlensError:
    """The failure that the worker raised, as its own class where it is one of ours."""
    known = getattr(errors, error.kind, None)
    if isinstance(known, type) and issubclass(known, errors.HandlensError) and known is not LimitExceeded:
        return known(str(error))
    return DocumentError(f"The document can't be read: {error}")
