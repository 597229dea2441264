"""Where a document comes from: a path or file URI of an allowed folder, an artifact of the caller, or an address."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import anyio.to_thread

from handlens.artifacts import SCHEME
from handlens.errors import DocumentError, InvalidInput, Refused

if TYPE_CHECKING:
    from handlens.kit import Kit

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+):")


@asynccontextmanager
async def local(source: str, kit: Kit) -> AsyncGenerator[Path, None]:
    """The document as a file that may be read.

    Raises:
        InvalidInput, Refused, NoSuchArtifact, DocumentError, LimitExceeded: it may not be read, or is not there.
    """
    scheme = _SCHEME.match(source)
    match scheme[1].lower() if scheme else "":
        case "":
            yield _file(source, kit)
        case "file":
            yield _file(_path_of(source), kit)
        case _ if source.startswith(SCHEME):
            yield kit.artifacts.path(source, owner=kit.caller.subject)
        case name if name not in kit.guard.schemes:
            schemes = " or ".join(kit.guard.schemes)
            raise Refused(
                f"{_short(source)} is refused as a source. Give a path or file:/// URI of an allowed folder, a URL of "
                f"{schemes}, or one of your resources {SCHEME}…; save anything else as a file first."
            )
        case _:
            from handlens.fetch import fetch

            with tempfile.TemporaryDirectory(prefix="handlens-pdf-") as folder:
                path = Path(folder) / "document.pdf"
                await kit.caller.progress(0, None, "Fetching the document")
                limits = kit.limits
                await fetch(source, path, guard=kit.guard, max_bytes=limits.download_bytes, seconds=limits.call_seconds)
                yield path


async def digest(path: Path) -> str:
    """Of the bytes of a file. Raises DocumentError where it can't be read."""

    def read() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    try:
        return await anyio.to_thread.run_sync(read)
    except FileNotFoundError as error:
        raise DocumentError(
            f"There is no file {str(path)!r}. Give the path of one, or an address as https://example.com/paper.pdf."
        ) from error
    except OSError as error:
        raise DocumentError(f"{str(path)!r} can't be read: {error.strerror}.") from error


def _short(source: str) -> str:
    return repr(source if len(source) <= 80 else f"{source[:79]}…")


def _file(name: str, kit: Kit) -> Path:
    path = kit.guard.check_path(name)
    if path.is_dir():
        raise DocumentError(f"{name!r} is a folder; name one PDF in it.")
    if path.exists() and not path.is_file():  # a pipe could be waited for without end
        raise DocumentError(f"{name!r} is no regular file.")
    return path


def _path_of(uri: str) -> str:
    """The path that a file URI names. Raises InvalidInput where it is one on another machine."""
    parts = urlsplit(uri)
    if parts.netloc.lower() not in ("", "localhost"):
        raise InvalidInput(f"Write a file URI on this machine as file:///folder/name.pdf; {parts.netloc} is another.")
    return unquote(parts.path)
