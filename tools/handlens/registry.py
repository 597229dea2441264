"""The tools, written by hand in the order that a host lists them. There is no discovery."""

from __future__ import annotations

from handlens.click_described_element import click_described_element
from handlens.close_page import close_page
from handlens.open_page import open_page
from handlens.pdf_to_markdown import pdf_to_markdown
from handlens.read_console_usage import read_console_usage
from handlens.screenshot_page import screenshot_page
from handlens.tool import AnyTool

ALL_TOOLS: tuple[AnyTool, ...] = (
    open_page,
    close_page,
    screenshot_page,
    click_described_element,
    read_console_usage,
    pdf_to_markdown,
)
