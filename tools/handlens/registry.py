"""The tools, written by hand in the order that a host lists them. There is no discovery."""

from __future__ import annotations

from handlens.tool import AnyTool

ALL_TOOLS: tuple[AnyTool, ...] = ()
