"""OCR for async callers: in worker processes, with what was read remembered by its pixels."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import anyio
import anyio.to_thread

from handlens.errors import OcrUnavailable, ReadingError, TimedOut
from handlens.ocr.engine import DETECTOR_SIDE, available, flattened
from handlens.ocr.lines import Line, lines_from_json
from handlens.workers import WorkerDiedError, WorkerFailedError, WorkerPool

if TYPE_CHECKING:
    from types import TracebackType

    from PIL.Image import Image

    from handlens.geometry import Box


class Ocr:
    """Reads text in pictures: `async with Ocr() as ocr: lines = await ocr.read(picture)`.

    A worker is started at the first picture, killed when its reader is cancelled or the service is closed, and started
    again when it was killed. `processes` pictures are read at once, each on one core.
    """

    def __init__(
        self, *, processes: int = 1, seconds: float = 120.0, remembered: int = 64, detector_side: int = DETECTOR_SIDE
    ) -> None:
        self._pool = WorkerPool("handlens.ocr.engine:serve", {"detector_side": detector_side}, processes=processes)
        self._seconds = seconds
        self._remembered = remembered
        self._memory: OrderedDict[bytes, tuple[Line, ...]] = OrderedDict()

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

    async def read(self, image: Image | bytes, *, screen: bool = False) -> list[Line]:
        """Lines of text in reading order, boxes in pixels of `image` (a Pillow image, or an encoded PNG, JPEG, WebP…).

        Args:
            screen: it was drawn by a computer: its type is small, and what says the same is the same to the pixel.

        Raises:
            OcrUnavailable: the `ocr` extra is not installed.
            ReadingError: the picture can't be decoded, or the worker was killed twice.
            TimedOut: it took longer than `seconds`.
        """
        request, body, key = await anyio.to_thread.run_sync(_packed, image, screen)
        if (known := self._memory.get(key)) is not None:
            self._memory.move_to_end(key)
            return list(known)
        answer = await self._asked(request, body)
        lines = lines_from_json(answer["lines"])
        self._memory[key] = tuple(lines)
        while len(self._memory) > self._remembered:
            self._memory.popitem(last=False)
        return lines

    async def reread(self, image: Image, boxes: Sequence[Box]) -> list[Line | None]:
        """The one line of text in each box, read otherwise than by `read`; None where nothing is read.

        Args:
            boxes: in pixels of `image`. No text is looked for: what lies in a box is read as a line.

        Raises:
            OcrUnavailable, ReadingError, TimedOut: as `read`.
        """
        if not boxes:
            return []
        request, body, _ = await anyio.to_thread.run_sync(_packed, image, True)
        request["boxes"] = [[round(v, 1) for v in (box.x, box.y, box.right, box.bottom)] for box in boxes]
        answer = await self._asked(request, body)
        return [next(iter(lines_from_json(found)), None) for found in answer["readings"]]

    async def _asked(self, request: dict[str, Any], body: bytes) -> dict[str, Any]:
        if not available():
            raise OcrUnavailable("OCR needs the `ocr` extra: pip install 'handlens[ocr]'.")
        try:
            answer, _ = await self._pool.call(request, body, seconds=self._seconds, retries=1)
        except WorkerFailedError as error:
            raise ReadingError(f"OCR can't read this picture: {error}") from error
        except WorkerDiedError as error:
            raise ReadingError("The OCR worker was killed twice over this picture; try a smaller one.") from error
        except TimeoutError as error:
            raise TimedOut(
                f"OCR of one picture took over {self._seconds:g} s; try a smaller one.", setting="limits.ocr_seconds"
            ) from error
        return answer

    async def aclose(self) -> None:
        """Kill the workers and forget what was read."""
        self._memory.clear()
        await self._pool.aclose()


def _packed(image: Image | bytes, screen: bool) -> tuple[dict[str, Any], bytes, bytes]:
    """What the worker is sent, and the digest by which the answer is remembered."""
    request: dict[str, Any] = {"screen": True} if screen else {}
    if isinstance(image, bytes):
        body = image
    else:
        request["size"] = list(image.size)
        body = flattened(image).tobytes()
    digest = hashlib.blake2b(repr(request).encode(), digest_size=16)
    digest.update(body)
    return request, body, digest.digest()
