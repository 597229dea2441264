"""Encode a picture once: checked, made smaller where it costs too much, keyed by its content."""

from __future__ import annotations

import base64
import hashlib
import io
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

import anyio
from anyio import to_thread

from handlens.errors import InvalidInput, LimitExceeded
from handlens.geometry import Size
from handlens.tool import Picture

__all__ = ["EncodedPicture", "PictureCache"]

_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_MAX_PIXELS = 200_000_000


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """``url`` is a data URL, ``key`` the SHA-256 of what it holds, ``size`` in pixels as sent."""

    key: str
    url: str
    size: Size


class PictureCache:
    """Remembers encoded pictures, the latest used up to ``capacity`` bytes. ``fit`` says how large one may be sent."""

    def __init__(self, capacity: int, max_bytes: int, fit: Callable[[Size], Size]) -> None:
        self._capacity = capacity
        self._max_bytes = max_bytes
        self._fit = fit
        self._kept: OrderedDict[Picture, EncodedPicture] = OrderedDict()
        self._locks: WeakValueDictionary[Picture, anyio.Lock] = WeakValueDictionary()
        """Held while a picture is encoded, so that a crowd that asks about a new one has it encoded once."""
        self._used = 0
        self.encoded = 0
        """How many pictures had to be encoded."""

    async def encode(self, picture: Picture) -> EncodedPicture:
        """The picture as it is sent.

        Raises:
            InvalidInput: it is no PNG, JPEG or WebP picture, or can't be shown at any size.
            LimitExceeded: it is larger than ``eye.picture_bytes``.
        """
        if len(picture.data) > self._max_bytes:
            raise LimitExceeded(f"A picture of {len(picture.data)} bytes is too large.", setting="eye.picture_bytes")
        async with self._locks.setdefault(picture, anyio.Lock()):
            known = self._kept.get(picture)
            if known is not None:
                self._kept.move_to_end(picture)
                return known
            encoded = await to_thread.run_sync(_encode, picture, self._fit)
            self.encoded += 1
            self._keep(picture, encoded)
            return encoded

    def _keep(self, picture: Picture, encoded: EncodedPicture) -> None:
        self._kept[picture] = encoded
        self._used += _cost(picture, encoded)
        while self._used > self._capacity:
            self._used -= _cost(*self._kept.popitem(last=False))


def _cost(picture: Picture, encoded: EncodedPicture) -> int:
    return len(picture.data) + len(encoded.url)


def _encode(picture: Picture, fit: Callable[[Size], Size]) -> EncodedPicture:
    from PIL import Image, UnidentifiedImageError

    data = picture.data
    try:
        with Image.open(io.BytesIO(data), formats=list(_FORMATS)) as image:
            media_type = _FORMATS[str(image.format)]
            size = Size(width=image.width, height=image.height)
            if size.width * size.height > _MAX_PIXELS:
                raise InvalidInput(f"A picture of {size.width}×{size.height} pixels can't be looked at. Crop it.")
            smaller = fit(size)
            if smaller != size:
                size, media_type = smaller, "image/png"
                reduced = image.convert("RGB").resize((size.width, size.height), Image.Resampling.LANCZOS)
                buffer = io.BytesIO()
                reduced.save(buffer, "PNG", compress_level=1)
                data = buffer.getvalue()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # Pillow's decoders raise all of these on broken files.
        raise InvalidInput("The picture can't be read: send a PNG, JPEG or WebP file.") from error
    url = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
    return EncodedPicture(hashlib.sha256(data).hexdigest(), url, size)
