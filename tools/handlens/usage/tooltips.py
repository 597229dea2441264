"""Names that the page cuts short, whole again from what it shows when the mouse rests on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from handlens.usage.table import Cell, Table

if TYPE_CHECKING:
    from playwright.async_api import Page

MOST = 20
"""Cells that are hovered in one look."""
APPEARS_SECONDS = 0.6
POLL_SECONDS = 0.05
_CUT = re.compile(r"([^…]{3,}?)\s*(?:…|\.\.\.)\s*([^…]*)", re.DOTALL)
_TIPS = """() => [...document.querySelectorAll(`[role=tooltip], .tooltip, .ant-tooltip, .el-tooltip__popper,
  .el-popper, .next-balloon, .MuiTooltip-popper, .tippy-box`)]
  .filter((e) => !e.checkVisibility || e.checkVisibility({ visibilityProperty: true })).map((e) => e.innerText.trim())
"""


async def with_tooltips(page: Page, table: Table) -> Table:
    """The table with texts that end in an ellipsis taken from the tooltip that hovering them brings up, if one does.

    Only the mouse is moved; a tooltip counts only where it begins and ends as the cut text does.
    """
    cut = [
        (row, column)
        for row, cells in enumerate(table.rows)
        for column, cell in enumerate(cells)
        if cell.box and _CUT.fullmatch(cell.text)
    ][:MOST]
    if not cut:
        return table
    rows = [list(cells) for cells in table.rows]
    for row, column in cut:
        rows[row][column] = await _whole(page, rows[row][column])
        if rows[row][column].text == table.rows[row][column].text and (row, column) == cut[0]:
            break  # this page has no tooltips
    await page.mouse.move(0, 0)
    return replace(table, rows=tuple(map(tuple, rows)))


async def _whole(page: Page, cell: Cell) -> Cell:
    if cell.box is None:
        return cell
    await page.mouse.move(cell.box.x + min(cell.box.width / 2, 30.0), cell.box.center.y)
    with anyio.move_on_after(APPEARS_SECONDS):
        while True:
            text = _fitting(cell.text, await page.evaluate(_TIPS))
            if text:
                return replace(cell, text=text)
            await anyio.sleep(POLL_SECONDS)
    return cell


def _fitting(text: str, tips: Sequence[str]) -> str | None:
    match = _CUT.fullmatch(text)
    if match is None:
        return None
    start, end = match.groups()
    return next((tip for tip in tips if len(tip) > len(start) and tip.startswith(start) and tip.endswith(end)), None)
