"""Setting a field to a value, whatever kind of field it is, and reading back what it holds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from handlens.errors import TargetError
from handlens.locate.aim import take_aim
from handlens.locate.candidates import Candidate, find_candidates
from handlens.locate.dated import keys_of, shown_by
from handlens.locate.listed import LEVELS, choose_from_list, choose_if_offered
from handlens.locate.vocabulary import FIELD

if TYPE_CHECKING:
    from playwright.async_api import Page

    from handlens.geometry import Point
    from handlens.locate.world import FrameWorld

_Held = TypeVar("_Held")
FILLABLE = FIELD | {"checkbox", "radio", "switch", "listbox"}
"""Roles that a field may have."""
_TYPED_LENGTH = 120
_FOLLOWS_SECONDS = 0.6
_OPENS_SECONDS = 0.2
_MAX_STEPS = 400
_NEARLY = 1e-6
_FORMS = {
    "date": "YYYY-MM-DD", "time": "HH:MM", "datetime-local": "YYYY-MM-DDTHH:MM", "month": "YYYY-MM",
    "week": "YYYY-Www", "color": "#rrggbb",
}  # fmt: skip
YES = frozenset(("true", "yes", "on", "1", "checked", "是", "开", "勾选", "选中", "打开", "启用"))
NO = frozenset(("false", "no", "off", "0", "unchecked", "否", "关", "不勾选", "取消勾选", "关闭", "停用"))


async def fill(page: Page, world: FrameWorld, candidate: Candidate, value: str, seconds: float) -> str:
    """Set the field and return what it holds afterwards, as it shows it.

    Raises:
        TargetError: it is no field, is disabled, or does not take the value; the message names what it takes.
    """
    field = await world.run(f"handlens.fieldOf({candidate.id})")
    kind = field["kind"]
    if kind in ("gone", "none"):
        raise TargetError(f"The {candidate.role} {candidate.name[:60]!r} is no field that can be filled.")
    if kind == "file":
        raise TargetError("That is a file field. Use upload_to_described_field.")
    if field["disabled"] or field["readonly"]:
        raise _not_filled(candidate, "disabled" if field["disabled"] else "read-only")
    # What was open over it a moment ago may still be going.
    aim = await _followed(lambda: take_aim(world, candidate, seconds), lambda aim: aim.cover is None)
    if aim.cover is not None and kind not in ("select", "value"):
        raise TargetError(f"{aim.cover.role} {aim.cover.name[:60]!r} covers the field. Close that first.")
    number = field["id"]
    if kind == "select":
        await _pick(world, field, value)
    elif kind == "value" and field["type"] == "range" and not _is_number(value):
        await _slide_to_name(page, world, field, value)
    elif kind == "value":
        await _set(world, field, value)
    elif kind == "check":
        await _check(page, field, value, (aim.point.x, aim.point.y))
    elif kind == "slider":
        await _slide(page, world, field, value)
    elif kind == "parts":
        await _fill_parts(page, world, field["parts"], value)
    elif kind == "popup":
        layers = await world.run("handlens.overlays()")
        offered = await choose_from_list(page, aim.point, value)
        if offered == [] and field.get("fixed"):
            raise _not_filled(candidate, "read-only")
        if offered is not None:
            told = ", ".join(map(repr, offered[:30])) or "none were seen"
            raise TargetError(f"There is no option {value[:80]!r} to choose. Options: {told}.")
        await _leave_list(page, world, number, layers)
    else:
        await _type_in(page, world, field, aim.point, value)
    return await _followed(lambda: read_back(world, number, kind), lambda held: agrees(held, value))


def _not_filled(candidate: Candidate, why: str) -> TargetError:
    return TargetError(f"The field {candidate.name[:60]!r} is {why}, so it was not filled.")


async def read_back(world: FrameWorld, number: int, kind: str) -> str:
    """What a field holds now: its value, the option that it shows, or checked / not checked."""
    if kind == "parts":
        return shown_by((await world.run(f"handlens.fieldOf({number})")).get("parts") or [])
    content = await world.run(f"handlens.contentOf({number})")
    if content.get("gone"):
        return ""
    if kind == "check":
        return "checked" if "checked" in content["states"] or "pressed" in content["states"] else "not checked"
    return str(content["value"])


def agrees(kind_value: str, wanted: str) -> bool:
    """Whether a field that shows ``kind_value`` was set as wanted."""
    shown, asked = kind_value.strip().casefold(), wanted.strip().casefold()
    if shown in ("checked", "not checked") and asked in YES | NO:
        return (shown == "checked") == (asked in YES)
    if LEVELS.split(shown) == LEVELS.split(asked):
        return True
    return bool(asked) and (asked in shown or shown.replace(" ", "") == asked.replace(" ", ""))


async def _pick(world: FrameWorld, field: dict[str, Any], value: str) -> None:
    if not await world.run(f"handlens.pickOption({field['id']}, {json.dumps(value)})"):
        offered = ", ".join(repr(option) for option in field["options"][:30])
        raise TargetError(f"There is no option {value[:80]!r} to choose. Options: {offered}.")


async def _set(world: FrameWorld, field: dict[str, Any], value: str) -> None:
    kept = await world.run(f"handlens.setValue({field['id']}, {json.dumps(value)})")
    if value and not kept:
        form = _FORMS.get(field["type"], "another form")
        raise TargetError(f"A {field['type']} field takes {form}, not {value[:60]!r}.")


async def _check(page: Page, field: dict[str, Any], value: str, point: tuple[float, float]) -> None:
    wanted = value.strip().casefold()
    if wanted not in YES | NO:
        raise TargetError(f"A checkbox takes 'true' or 'false', not {value[:60]!r}.")
    if ("checked" in field["states"] or "pressed" in field["states"]) != (wanted in YES):
        await page.mouse.click(*point)


async def _slide(page: Page, world: FrameWorld, field: dict[str, Any], value: str) -> None:
    """Move a slider by its arrow keys: to a number, or to the place that is called ``value``."""
    if not _is_number(value):
        await _slide_to_name(page, world, field, value)
        return
    number, wanted = field["id"], float(value)

    async def now() -> float:
        return float((await world.run(f"handlens.fieldOf({number})"))["now"] or 0)

    await world.run(f"handlens.focus({number})")
    at = await now()
    while at != wanted:
        before, key = at, "ArrowRight" if at < wanted else "ArrowLeft"
        await page.keyboard.press(key)
        at = await _followed(now, lambda seen, before=before: seen != before)
        if at == before or (at - wanted) * (before - wanted) < 0:
            return
        steps = min(_MAX_STEPS, int(abs((wanted - at) / (at - before)) + _NEARLY))
        aim = at + steps * (at - before)
        for _ in range(steps):
            await page.keyboard.press(key)
        at = await _followed(now, lambda seen, aim=aim: abs(seen - aim) < _NEARLY)


async def _slide_to_name(page: Page, world: FrameWorld, field: dict[str, Any], value: str) -> None:
    number, names = field["id"], list[str]()

    async def now() -> str:
        return await read_back(world, number, "slider")

    await world.run(f"handlens.focus({number})")
    at = await now()
    for key in ("Home", *("ArrowRight",) * _MAX_STEPS):
        before = at
        await page.keyboard.press(key)
        at = await _followed(now, lambda seen, before=before: seen != before)
        if agrees(at, value):
            return
        if at == before and names:
            break
        names.append(at)
    takes = f"a number from {field['min']} to {field['max']}" if all(map(_is_number, names)) else f"one of {names[:30]}"
    raise TargetError(f"A slider takes {takes}, not {value[:60]!r}.")


async def _followed(now: Callable[[], Awaitable[_Held]], done: Callable[[_Held], bool]) -> _Held:
    """What ``now`` says once that is ``done``, or once it has not changed for a while: pages follow keys later."""
    loop = asyncio.get_running_loop()
    at, since = await now(), loop.time()
    while not done(at) and loop.time() - since < _FOLLOWS_SECONDS:
        await asyncio.sleep(0.02)
        before, at = at, await now()
        if at != before:
            since = loop.time()
    return at


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


async def _fill_parts(page: Page, world: FrameWorld, parts: list[dict[str, Any]], value: str) -> None:
    for part, typed in zip(parts, keys_of(parts, value), strict=True):
        await world.run(f"handlens.focus({part['id']})")
        await page.keyboard.type(typed)


async def _type_in(page: Page, world: FrameWorld, field: dict[str, Any], point: Point, value: str) -> None:
    """Type, and where a list comes up with what was typed in it, choose that; other layers that come up are left."""
    number, pops = field["id"], bool(field.get("pops"))
    layers = await world.run("handlens.overlays()")
    before = await find_candidates(page) if pops and value else None
    await page.mouse.click(point.x, point.y)
    await world.run(f"handlens.selectContent({number})")
    if not value:
        await page.keyboard.press("Delete")
    elif pops or (len(value) <= _TYPED_LENGTH and "\n" not in value):
        await page.keyboard.type(value)
    else:
        await page.keyboard.insert_text(value)
    if before is not None:
        await choose_if_offered(page, value, before)
    elif field.get("opens"):
        await asyncio.sleep(_OPENS_SECONDS)
    await _leave_list(page, world, number, layers)


async def _leave_list(page: Page, world: FrameWorld, number: int, layers: list[int]) -> None:
    """Close what is open beside a field: a list for further choices, a calendar. It would cover what is below.

    No key for a list, at first: in some even Tab chooses, and in a dialog Escape could close that.
    """

    async def is_open() -> bool:
        return bool((await world.run(f"handlens.contentOf({number})")).get("open"))

    if await is_open():
        await world.run(f"handlens.blur({number})")
        if await _followed(is_open, lambda still: not still):
            await page.keyboard.press("Escape")
    elif not set(layers).issuperset(await world.run("handlens.overlays()")):
        await page.keyboard.press("Tab")
