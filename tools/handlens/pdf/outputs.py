"""What converting a document leaves in a folder: its Markdown, its pictures, and a record of what they were made from.

NAME.md has its pictures in the folder NAME and its record in NAME.md.json. All are written beside their places first,
and moved there together: what is there is whole.
"""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from handlens import __version__
from handlens.errors import DocumentError
from handlens.pdf.options import Options


@dataclass(frozen=True)
class Record:
    """What a Markdown file was made from. `modified` is in nanoseconds since the epoch, pages count from 1."""

    source: str
    bytes: int
    modified: int
    options: dict[str, Any]
    handlens: str = __version__
    pages: int = 0
    failed_pages: list[int] = field(default_factory=list[int])
    pictures: list[str] = field(default_factory=list[str])

    @classmethod
    def begun(cls, source: Path, options: Options) -> Record:
        """What is known before a source is converted. Raises OSError, or DocumentError where it is no regular file."""
        found = source.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe could be waited for without end
            what = "There is no PDF in this folder." if source.is_dir() else "This is no regular file."
            raise DocumentError(what)
        return cls(str(source.resolve()), found.st_size, found.st_mtime_ns, asdict(options))

    @classmethod
    def of_whole(cls, target: Path) -> Record | None:
        """The record of a Markdown file that is there."""
        return cls.of(target) if target.exists() else None

    @classmethod
    def of(cls, target: Path) -> Record | None:
        """The record of a Markdown file, if it has one that can be read."""
        try:
            return cls(**json.loads(_record(target).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def is_of(self, other: Record) -> bool:
        """Whether both are of the same source as it is now, converted in the same way by the same handlens."""
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("source", "bytes", "modified", "options", "handlens")
        )


def targets(sources: Iterable[Path], folder: Path) -> list[tuple[Path, Path]]:
    """Each source with the Markdown file that it becomes; folders stand for the PDFs in them.

    A name that another source has, or a file that no record tells of, is left alone: NAME-2.md is taken instead.
    """
    named: dict[Path, tuple[Path, Path]] = {}
    for source in sources:
        found = _pdfs_in(source)
        for path in found:
            named.setdefault(path.resolve(), (path, path.relative_to(source)))
        if not found:  # a file, or a folder without any, which is to be told of
            named.setdefault(source.resolve(), (source, Path(source.name)))
    taken: set[str] = set()
    pairs: list[tuple[Path, Path]] = []
    for source, name in named.values():
        target, n = folder / name.parent / f"{name.stem}.md", 2
        while str(target).casefold() in taken or not _is_free(target, source):
            target, n = folder / name.parent / f"{name.stem}-{n}.md", n + 1
        taken.add(str(target).casefold())  # as some file systems compare names
        pairs.append((source, target))
    return pairs


class Draft:
    """A folder beside a target, for what is to go there. `close` removes it with what was not published."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._folder = target.with_name(f".{target.name}.part")
        self._pictures: list[str] = []

    def open(self) -> None:
        """Make the folder; what a run that was killed left in it goes."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def picture(self, name: str, data: bytes) -> str:
        """Add a picture; gives the link to it that the Markdown needs."""
        name = Path(name).name
        (self._folder / name).write_bytes(data)
        self._pictures.append(name)
        return f"{self._target.stem}/{name}".replace(" ", "%20")

    def publish(self, text: str, record: Record) -> None:
        """Move all to its place; pictures of an earlier conversion that are no longer there go."""
        target, before = self._target, Record.of(self._target)
        markdown, told, pictures = self._folder / "markdown", self._folder / "record", target.with_suffix("")
        markdown.write_text(text, encoding="utf-8", errors="replace")
        told.write_text(json.dumps({**asdict(record), "pictures": self._pictures}, indent=1), encoding="utf-8")
        if self._pictures:
            pictures.mkdir(exist_ok=True)
        for name in self._pictures:
            (self._folder / name).replace(pictures / name)
        target.unlink(missing_ok=True)  # so that no record is ever beside Markdown that it does not tell of
        told.replace(_record(target))
        markdown.replace(target)
        for name in set(before.pictures if before else ()) - set(self._pictures):
            (pictures / Path(name).name).unlink(missing_ok=True)
        if pictures.is_dir() and not any(pictures.iterdir()):
            pictures.rmdir()


def _pdfs_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".pdf" and path.is_file())


def _is_free(target: Path, source: Path) -> bool:
    if not target.exists():
        return True
    record = Record.of(target)
    return record is not None and record.source == str(source.resolve())


def _record(target: Path) -> Path:
    return target.with_name(f"{target.name}.json")
