"""Pictures that a caller names, decoded: files of allowed folders, and artifacts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from anyio import to_thread

from handlens.artifacts import SCHEME
from handlens.errors import InvalidInput, LimitExceeded
from handlens.kit import Kit
from handlens.limits import Limits

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PICTURES = 50


async def pictures(names: Sequence[str], kit: Kit) -> list[Image]:
    """The pictures of these paths and artifact URIs, in RGB.

    Raises:
        InvalidInput: none, too many, missing, or no picture. Refused: outside the allowed folders.
        LimitExceeded: larger than a picture or a document may be.
    """
    if not 0 < len(names) <= MOST_PICTURES:
        raise InvalidInput(f"Give 1 to {MOST_PICTURES} pictures, not {len(names)}.")
    return [await decoded(await _bytes(name, kit), kit.limits) for name in names]


async def _bytes(name: str, kit: Kit) -> bytes:
    if name.startswith(SCHEME):
        return (await kit.artifacts.read(name, owner=kit.caller.subject))[1]
    path = kit.guard.check_path(name)
    try:
        size = path.stat().st_size
        if size > kit.limits.download_bytes:
            raise LimitExceeded(f"{name[:120]!r} has {size:,} bytes.", setting="limits.download_bytes")
        return await to_thread.run_sync(path.read_bytes)
    except OSError as error:
        raise InvalidInput(f"The picture {name[:120]!r} can't be read: {error.strerror}.") from error


async def decoded(data: bytes, limits: Limits) -> Image:
    """An encoded picture as RGB pixels; size is checked before anything is unpacked."""
    return await to_thread.run_sync(_decoded, data, limits.picture_pixels)


def _decoded(data: bytes, most: int) -> Image:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > most:
                raise LimitExceeded(
                    f"The picture is {picture.width}×{picture.height} pixels.", setting="limits.picture_pixels"
                )
            return picture.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidInput("That is no picture that can be read: give a PNG, JPEG or WebP file.") from error
