"""Where pages put things: what is described is clicked there, and its box lies on it in a picture."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from conftest import Serve
from handlens.browser.capture import capture
from handlens.click_described_element import ClickDescribedElementInput, click_described_element
from handlens.kit import Kit
from handlens.open_page import OpenPageInput, Viewport, open_page

pytestmark = pytest.mark.anyio

TOLD = """<script>addEventListener('click', e => top.postMessage([e.target.textContent, e.isTrusted], '*'), true);
if (top === window) addEventListener('message', e => { document.title = e.data.join(' ') })</script>"""
STYLE = """<!doctype html><meta charset=utf-8><style>body{margin:0} button{width:120px;height:50px;border:0;
background:rgb(200,0,120);color:rgb(200,0,120);font-size:8px} .room{padding:90px 150px}</style>"""


def _button(name: str) -> str:
    return f"<button>{name}</button>"


def _frame(serve: Serve, body: str, style: str = "") -> str:
    return f'<iframe width=400 height=260 style="{style}" src="{serve(STYLE + TOLD + body)}"></iframe>'


PLACED = {
    "rotated": "<div class=room style='transform:rotate(35deg);width:120px'>{button}</div>",
    "scaled and skewed": "<div class=room style='transform:scale(1.7,.7) skewX(20deg);width:120px'>{button}</div>",
    "turned in space": "<div class=room style='perspective:300px'><div style='transform:rotateY(50deg)'>{button}</div>"
    "</div>",
    "zoomed": "<div class=room style='zoom:1.8'>{button}</div>",
    "zoomed in a scaled box": "<div class=room style='zoom:.6'><div style='transform:scale(1.5)'>{button}</div></div>",
    "right to left, scrolled": "<div dir=rtl style='width:300px;overflow-x:scroll'><div style='width:1500px;"
    "height:80px;text-align:left'>{button}</div></div>",
    "vertical": "<div class=room style='writing-mode:vertical-rl;height:300px'>{button}</div>",
    "fixed": "<div style='height:3000px'></div><div style='position:fixed;right:9px;bottom:9px'>{button}</div>",
    "under a sticky head": "<div style='position:sticky;top:0;height:150px;background:#eee'>Head</div>"
    "<div style='height:1400px'></div>{button}<div style='height:1400px'></div>",
    "sticky": "<div style='height:1200px'></div><div style='position:sticky;top:0'>{button}</div>"
    "<div style='height:1400px'></div>",
    "in a scrolled box in another": "<div style='height:200px;overflow:auto'><div style='height:900px'></div>"
    "<div style='height:180px;overflow:auto'><div style='height:700px'></div>{button}</div></div>",
    "in a scrolled box that fills one that cuts": "<div style='height:200px;overflow:hidden'><div style='height:100%;"
    "overflow:auto'><div style='height:900px'></div>{button}<div style='height:900px'></div></div></div>",
    "outside of a box that cuts, which it is not placed by": "<div style='height:80px;overflow:hidden'>Menu"
    "<div style='position:absolute;top:200px;left:50px'>{button}</div></div>",
    "wrapped over two lines": "<div class=room style='width:200px'>aaa bbb ccc ddd eee"
    "<a href='#x' style='background:rgb(200,0,120);color:rgb(200,0,120)'>{name}</a></div>",
}
FRAMED = {
    "zoomed": "zoom:1.5",
    "scaled": "transform:scale(.5);transform-origin:0 0",
    "bordered and padded": "border:9px solid;padding:13px;margin:20px 60px",
    "rotated": "transform:rotate(20deg);margin:150px",
    "turned upside down": "transform:rotate(180deg);margin:90px",
    "mirrored": "transform:scaleX(-1)",
    "skewed": "transform:skewX(15deg);margin:90px",
}


async def _hit(kit: Kit, url: str, name: str, factor: float = 1.0) -> str:
    """Clicks what is called ``name``; its box lies on it in the picture, and it is what was hit."""
    opening = OpenPageInput(url=url, viewport=Viewport(width=900, height=700), device_scale_factor=factor)
    session = (await open_page(opening, kit)).session_id
    answer = await click_described_element(ClickDescribedElementInput(session_id=session, description=name), kit)
    assert answer.outcome == "clicked", answer.text()
    assert answer.target is not None
    async with kit.browser.page(kit.caller, session_id=session) as opened:
        shot = await capture(opened, limits=kit.limits)
        at = shot.frame.to_image(answer.target.point)
        with Image.open(io.BytesIO(shot.data)) as picture:
            colour = picture.convert("RGB").getpixel((round(at.x), round(at.y)))
        assert isinstance(colour, tuple)
        assert all(abs(a - b) < 30 for a, b in zip(colour, (200, 0, 120), strict=True)), colour
        return await opened.page.title()


@pytest.mark.slow
@pytest.mark.parametrize("where", PLACED)
async def test_what_lies_anywhere_is_hit(kit: Kit, serve: Serve, where: str) -> None:
    body = PLACED[where].format(button=_button("Archive"), name="Archive")
    assert await _hit(kit, serve(STYLE + TOLD + body), "Archive") == "Archive true"


@pytest.mark.slow
@pytest.mark.parametrize("style", FRAMED)
async def test_what_lies_in_a_frame_is_hit_however_the_frame_lies(kit: Kit, serve: Serve, style: str) -> None:
    frame = _frame(serve, f"<div class=room>{_button('Archive')}</div>", FRAMED[style])
    assert await _hit(kit, serve(STYLE + TOLD + frame), "Archive") == "Archive true"


async def test_what_lies_in_scrolled_frames_in_frames_is_hit(kit: Kit, serve: Serve) -> None:
    inner = _frame(serve, f"<div style='height:900px'></div>{_button('Archive')}", "transform:scale(.8)")
    outer = _frame(serve, f"<div style='height:700px;width:900px'></div><div style='zoom:1.2'>{inner}</div>")
    url = serve(f"{STYLE}{TOLD}<div style='height:1500px'></div>{outer}")
    assert await _hit(kit, url, "Archive") == "Archive true"


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.5, 1.25, 3])
async def test_any_density_of_pixels_is_hit_and_drawn_right(kit: Kit, serve: Serve, factor: float) -> None:
    frame = _frame(serve, f"<div class=room>{_button('Archive')}</div>", "zoom:1.3")
    assert await _hit(kit, serve(STYLE + TOLD + frame), "Archive", factor) == "Archive true"
