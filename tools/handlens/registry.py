"""The tools, written by hand in the order that a host lists them. There is no discovery."""

from __future__ import annotations

from handlens.click_described_element import click_described_element
from handlens.close_page import close_page
from handlens.describe_page import describe_page
from handlens.fill_described_field import fill_described_field
from handlens.open_page import open_page
from handlens.pdf_to_markdown import pdf_to_markdown
from handlens.press_keys import press_keys
from handlens.read_console_usage import read_console_usage
from handlens.screenshot_page import screenshot_page
from handlens.scroll_page import scroll_page
from handlens.tool import AnyTool
from handlens.upload_to_described_field import upload_to_described_field
from handlens.usage_history import usage_history

ALL_TOOLS: tuple[AnyTool, ...] = (
    open_page,
    close_page,
    screenshot_page,
    describe_page,
    click_described_element,
    fill_described_field,
    upload_to_described_field,
    press_keys,
    scroll_page,
    read_console_usage,
    usage_history,
    pdf_to_markdown,
)
