"""`read_console_usage`: a platform's task list, as typed rows with the raw text of every cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handlens.artifacts import Artifact
from handlens.errors import InvalidInput, StorageError
from handlens.kit import Kit
from handlens.tool import ToolInput, ToolOutput, tool
from handlens.usage.answer import MOST_DOUBTS, doubt_line, fitted, row_line
from handlens.usage.board import Board
from handlens.usage.console import Look
from handlens.usage.images import MOST_PICTURES, pictures
from handlens.usage.looking import Wanted, look_at_images, look_at_session
from handlens.usage.profiles import Profile, fitting, named, of_folder
from handlens.usage.rows import Doubt, Meaning, Text, UsageRow, compact
from handlens.usage.seen import taught_meaning

ImageName = Annotated[str, Field(max_length=4_096)]


class ReadConsoleUsageInput(ToolInput):
    session_id: str | None = Field(default=None, description="From open_page.", max_length=64)
    url: str | None = Field(default=None, description="Or: opened for this call.", max_length=8_192)
    image: ImageName | Annotated[list[ImageName], Field(max_length=MOST_PICTURES)] | None = Field(
        default=None, description="Or: pictures (file, artifact) of one list."
    )
    profile: str | None = Field(default=None, description="Known console.", max_length=64)
    reader: Literal["auto", "structure", "ocr", "eye"] = Field(default="auto", description="How to look.")
    wait_seconds: float | None = Field(default=None, description="For the list; 10.", ge=0, le=120)
    max_rows: int = Field(default=2_000, description="Turn pages up to so many; 2000.", ge=0, le=50_000)
    cursor: str | None = Field(default=None, description="next_cursor, alone.", max_length=64)


class Source(BaseModel):
    model_config = ConfigDict(frozen=True, json_schema_extra=compact)

    reader: Literal["structure", "ocr", "eye"]
    url: Text = None
    image: Text = None
    profile: Text = None
    tables: list[str] = Field(default=[])


class ReadConsoleUsageOutput(ToolOutput):
    model_config = ConfigDict(json_schema_extra=compact)

    rows: list[UsageRow] = Field(description="cells: header to {text, confidence, box}. Times are ISO 8601.")
    needs_review: list[Doubt] = Field(description="Cells of these rows that a person should check.")
    observed_at: str
    source: Source
    first_row: int = 0
    total_rows: int
    next_cursor: Text = None
    artifact: Text = Field(None, description="JSON of all, if rows or boxes are left out here.")
    notices: list[str] = Field(default=[])

    def text(self) -> str:
        end = self.first_row + len(self.rows)
        shown = "" if len(self.rows) == self.total_rows else f" (here {self.first_row} to {end - 1})"
        lines = [
            f"{self.total_rows} rows{shown} read from {_READ_FROM[self.source.reader]} at {self.observed_at}.",
            *(row_line(self.first_row + number, row) for number, row in enumerate(self.rows)),
            *(doubt_line(doubt) for doubt in self.needs_review[:20]),
            *self.notices,
        ]
        if len(self.needs_review) > 20:
            lines.append(f"{len(self.needs_review) - 20} further cells to review.")
        if self.next_cursor:
            lines.append(f"More rows: call again with cursor {self.next_cursor!r} alone.")
        return "\n".join(lines)

    def artifacts(self) -> tuple[str, ...]:
        return (self.artifact,) if self.artifact else ()


_READ_FROM = {"structure": "the page's structure", "ocr": "a picture", "eye": "the page, with the eye"}


class _Whole(BaseModel):
    """All that one look gave: what the artifact holds."""

    rows: list[UsageRow]
    needs_review: list[Doubt]
    observed_at: str
    source: Source
    notices: list[str]


@tool(title="Read console usage", read_only=True, destructive=False, idempotent=True, open_world=True, untrusted=True)
async def read_console_usage(request: ReadConsoleUsageInput, kit: Kit) -> ReadConsoleUsageOutput:
    """Read a console's task list into rows: name, instance type, GPU %, memory, status.

    Waits until the list is there, reads all of it, and keeps the raw text of every cell. A login page, a captcha or
    an error page is a `ReadingError`; an empty list is an answer with no rows.
    """
    if request.cursor:
        return await _further_rows(request, kit)
    if sum(given is not None for given in (request.session_id, request.url, request.image)) != 1:
        raise InvalidInput("Give exactly one of session_id (from open_page), url and image.")
    own = await to_thread.run_sync(of_folder, kit.profiles)
    if request.image is not None:
        if request.reader == "structure":
            raise InvalidInput("A picture has no structure to read: give reader auto, ocr or eye.")
        names = [request.image] if isinstance(request.image, str) else request.image
        profile = named(request.profile, own) if request.profile else None
        look = await look_at_images(await pictures(names, kit), kit, _meaning(profile), _wanted(request, profile))
        return await _answer(_whole(look, [], profile, image=", ".join(names)[:300]), kit)
    async with kit.browser.page(kit.caller, session_id=request.session_id, url=request.url) as session:
        title = await session.page.title()
        profile = named(request.profile, own) if request.profile else fitting(session.page.url, title, own)
        meaning, unknown = await _with_taught(_meaning(profile), session.page.url, kit)
        look = await look_at_session(session, kit, meaning, _wanted(request, profile))
        url, notices = session.page.url, [*unknown, *session.notices()]
    return await _answer(_whole(look, notices, profile, url=url), kit)


def _meaning(profile: Profile | None) -> Meaning:
    return profile.meaning() if profile else Meaning()


async def _with_taught(meaning: Meaning, url: str, kit: Kit) -> tuple[Meaning, list[str]]:
    """What people taught of a watched console holds here too; and a notice where it can't be known."""
    if kit.history is None:
        return meaning, []
    try:
        return taught_meaning(meaning, *await to_thread.run_sync(Board(kit.history.database).taught_at, url)), []
    except StorageError as error:
        return meaning, [f"What people taught of this console is not known now: {error}"]


def _wanted(request: ReadConsoleUsageInput, profile: Profile | None) -> Wanted:
    seconds = request.wait_seconds if request.wait_seconds is not None else profile.wait_seconds if profile else 10.0
    return Wanted(request.reader, seconds, request.max_rows)


def _whole(
    look: Look, notices: list[str], profile: Profile | None, *, url: str | None = None, image: str | None = None
) -> _Whole:
    return _Whole(
        rows=list(look.rows),
        needs_review=list(look.doubts),
        observed_at=look.observed_at,
        source=Source(
            reader=look.reader,
            url=url,
            image=image,
            profile=profile.name if profile else None,
            tables=[name[:80] for name in look.tables[:10]],
        ),
        notices=[*look.remarks, *notices],
    )


async def _answer(whole: _Whole, kit: Kit) -> ReadConsoleUsageOutput:
    """The whole look if it fits, else its first rows and an artifact with all."""
    answer = _built(whole, 0, whole.rows, None)
    if answer.characters() <= kit.limits.inline_characters:
        return answer
    kept = await kit.artifacts.save(
        whole.model_dump_json().encode(), name="usage.json", media_type="application/json", owner=kit.caller.subject
    )
    return _rows_from(whole, 0, kept, kit)


async def _further_rows(request: ReadConsoleUsageInput, kit: Kit) -> ReadConsoleUsageOutput:
    if request.session_id or request.url or request.image:
        raise InvalidInput("A cursor goes alone: it already names what was read.")
    artifact_id, _, start = (request.cursor or "").partition(":")
    kept, data = await kit.artifacts.read(artifact_id, owner=kit.caller.subject)
    try:
        whole = _Whole.model_validate_json(data)
    except ValidationError as error:
        raise InvalidInput(_NO_CURSOR) from error
    if not start.isdecimal() or int(start) > len(whole.rows):
        raise InvalidInput(_NO_CURSOR)
    return _rows_from(whole, int(start), kept, kit)


_NO_CURSOR = "That is no cursor of read_console_usage. Give next_cursor of an answer as it stands."


def _rows_from(whole: _Whole, start: int, kept: Artifact, kit: Kit) -> ReadConsoleUsageOutput:
    return fitted(
        whole.rows[start:],
        lambda rows: _built(whole, start, rows, kept),
        lambda answer: answer.characters() <= kit.limits.inline_characters,
    )


def _built(whole: _Whole, start: int, rows: Sequence[UsageRow], kept: Artifact | None) -> ReadConsoleUsageOutput:
    end = start + len(rows)
    doubts = [doubt for doubt in whole.needs_review if start <= doubt.row < end]
    notices = list(whole.notices)
    if len(doubts) > MOST_DOUBTS:
        notices.append(f"{len(doubts)} cells need review; the artifact has all of them.")
    return ReadConsoleUsageOutput(
        rows=list(rows),
        needs_review=doubts[:MOST_DOUBTS],
        observed_at=whole.observed_at,
        source=whole.source,
        first_row=start,
        total_rows=len(whole.rows),
        next_cursor=f"{kept.id}:{end}" if kept and end < len(whole.rows) else None,
        artifact=kept.uri if kept else None,
        notices=notices,
    )
