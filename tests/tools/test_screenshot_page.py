"""Pictures of pages: the right size, whole, and without secrets."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from conftest import Serve
from handlens.errors import InvalidInput, TargetError
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.limits import Limits
from handlens.open_page import OpenPageInput, open_page
from handlens.screenshot_page import ScreenshotPageInput, ScreenshotPageOutput, screenshot_page
from handlens.testing.pages import PageServer, Reply, never_answers

pytestmark = pytest.mark.anyio

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
COVER = (17, 17, 17)
KEY = "AKIAIOSFODNN7EXAMPLE"
PLAIN = "<!doctype html><html lang=en><meta charset=utf-8><style>body{margin:0}</style>"


def block(colour: str, width: int, height: int, more: str = "") -> str:
    return f"<div style='background:{colour};width:{width}px;height:{height}px;{more}'></div>"


async def shoot(kit: Kit, url: str, *, dpr: float = 1, viewport: tuple[int, int] = (400, 300), **more: Any) -> Any:
    """Open the page, take the picture; the result."""
    size = {"width": viewport[0], "height": viewport[1]}
    page = await open_page(
        OpenPageInput.model_validate({"url": url, "viewport": size, "device_scale_factor": dpr}), kit
    )
    return await screenshot_page(ScreenshotPageInput(session_id=page.session_id, **more), kit)


async def whole(kit: Kit, shot: ScreenshotPageOutput) -> Image.Image:
    """The picture in the artifact."""
    _, data = await kit.artifacts.read(shot.artifact, owner=kit.caller.subject)
    return Image.open(io.BytesIO(data)).convert("RGB")


def inline(shot: ScreenshotPageOutput) -> Image.Image:
    (picture,) = shot.pictures()
    return Image.open(io.BytesIO(picture.data))


def dark(picture: Image.Image) -> int:
    """How many pixels are the cover's."""
    return sum(count for count, colour in picture.getcolors(1 << 24) or () if colour == COVER)


def ink(picture: Image.Image) -> int:
    """How many pixels are neither white nor the cover's: text that can be read."""
    return sum(count for count, colour in picture.getcolors(1 << 24) or () if colour not in (WHITE, COVER))


async def test_the_viewport_is_one_pixel_to_the_css_pixel(kit: Kit, serve: Serve) -> None:
    shot = await shoot(kit, serve(PLAIN + block("#f00", 100, 50)))
    picture = await whole(kit, shot)
    assert picture.size == inline(shot).size == (400, 300)
    assert (shot.css_size.width, shot.css_size.height, shot.scale) == (400, 300, 1)
    assert [picture.getpixel(p) for p in ((0, 0), (99, 49), (100, 49), (99, 50))] == [RED, RED, WHITE, WHITE]


@pytest.mark.parametrize("dpr", [0.5, 0.75, 1, 1.25, 1.5, 2, 3])
async def test_at_any_device_pixel_ratio_the_scale_leads_back_to_css_pixels(dpr: float, kit: Kit, serve: Serve) -> None:
    url = serve(PLAIN + block("#00f", 40, 40, "position:absolute;left:200px;top:120px"))
    shot = await shoot(kit, url, dpr=dpr)
    assert shot.device_pixel_ratio == dpr
    assert (shot.css_size.width, shot.css_size.height) == (400, 300)
    picture = await whole(kit, shot)
    assert picture.size == pytest.approx((400 * dpr, 300 * dpr), abs=1)
    centre = (220 / shot.scale, 140 / shot.scale)
    assert inline(shot).convert("RGB").getpixel((round(centre[0]), round(centre[1]))) == BLUE


async def test_what_is_returned_inline_is_capped_and_the_whole_is_in_the_artifact(kit: Kit, serve: Serve) -> None:
    shot = await shoot(kit, serve(PLAIN + block("#f00", 100, 100)), dpr=2, viewport=(1280, 720))
    assert max(inline(shot).size) == 1_568
    assert (await whole(kit, shot)).size == (2560, 1440)
    assert inline(shot).width * shot.scale == pytest.approx(1280, abs=1)


LONG = PLAIN + (
    "<header style='position:sticky;top:0;height:40px;background:#f00'></header>"
    + "".join(f"<div style='height:1000px;background:{'#fff' if i % 2 else '#eee'}'></div>" for i in range(30))
    + block("#0f0", 400, 100)
)


@pytest.mark.slow
async def test_a_page_of_thirty_thousand_pixels_is_whole_and_its_sticky_header_is_there_once(
    kit: Kit, serve: Serve
) -> None:
    shot = await shoot(kit, serve(LONG), full_page=True)
    assert shot.css_size.height == 30_140
    picture = await whole(kit, shot)
    assert picture.size == (shot.css_size.width, 30_140)
    rows = [y for y in range(picture.height) if picture.getpixel((5, y)) == RED]
    assert rows == list(range(40))
    assert picture.getpixel((5, 30_100)) == picture.getpixel((5, 30_139)) == GREEN
    greys = [picture.getpixel((5, 40 + 1_000 * i + 500)) for i in range(30)]
    assert greys == [WHITE if i % 2 else (238, 238, 238) for i in range(30)]
    assert max(inline(shot).size) <= 1_568


@pytest.mark.slow
async def test_a_fixed_banner_is_there_once(kit: Kit, serve: Serve) -> None:
    fixed = "<div style='position:fixed;bottom:0;left:0;width:50px;height:20px;background:#00f'></div>"
    shot = await shoot(kit, serve(PLAIN + fixed + "<div style='height:20000px'></div>"), full_page=True)
    picture = await whole(kit, shot)
    assert sum(picture.getpixel((5, y)) == BLUE for y in range(picture.height)) == 20


@pytest.mark.slow
async def test_lazy_content_is_scrolled_in_first(kit: Kit, site: PageServer) -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg' width='50' height='50'><rect width='50' height='50' fill='#0f0'/>"
    svg += "</svg>"
    images = "".join(
        f"<div style='height:2000px'><img loading=lazy width=50 height=50 src='/{i}.svg'></div>" for i in range(6)
    )
    script = """<p id=seen style='height:50px;margin:0'></p><script>
      new IntersectionObserver(found => found.forEach(e => { if (e.isIntersecting) seen.style.background = '#00f' }))
        .observe(seen)</script>"""
    site.pages["/"] = PLAIN + images + script
    site.pages |= {f"/{i}.svg": Reply(svg, content_type="image/svg+xml") for i in range(6)}
    picture = await whole(kit, await shoot(kit, site.url(), full_page=True))
    assert [picture.getpixel((25, 2_000 * i + 25)) for i in range(6)] == [GREEN] * 6
    assert picture.getpixel((25, 12_025)) == BLUE


async def test_an_image_that_no_scrolling_brings_is_not_waited_for(kit: Kit, site: PageServer) -> None:
    images = "<img loading=lazy src=/0.svg style='display:none'><div style='overflow:hidden;height:60px'>"
    images += "<img loading=lazy src=/1.svg width=50 height=50 style='margin-left:9000px'></div>"
    site.pages |= {"/": PLAIN + images, "/0.svg": never_answers, "/1.svg": never_answers}
    started = time.monotonic()
    await shoot(kit, site.url(), full_page=True)
    assert time.monotonic() - started < 12
    assert not {"/0.svg", "/1.svg"} & set(site.asked)


@pytest.mark.slow
async def test_the_page_is_left_scrolled_as_it_was(kit: Kit, serve: Serve) -> None:
    page = await open_page(OpenPageInput(url=serve(LONG)), kit)
    async with kit.browser.page(kit.caller, session_id=page.session_id) as session:
        await session.page.evaluate("scrollTo(0, 1234)")
    shot = await screenshot_page(ScreenshotPageInput(session_id=page.session_id, full_page=True), kit)
    assert (shot.scroll.y, shot.origin.y) == (1234, -1234)
    async with kit.browser.page(kit.caller, session_id=page.session_id) as session:
        assert await session.page.evaluate("scrollY") == 1234
    here = await screenshot_page(ScreenshotPageInput(session_id=page.session_id), kit)
    assert (here.scroll.y, here.origin.y) == (1234, 0)


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[Kit]:
    limits = Limits(scrolled_pixels=20_000, picture_pixels=2_000_000)
    async with open_kit(limits=limits, artifacts=tmp_path) as kit:
        yield kit


@pytest.mark.slow
async def test_a_page_that_grows_for_ever_ends_somewhere(small: Kit, serve: Serve) -> None:
    grows = PLAIN + "<div style='height:3000px'></div><script>onscroll = () => document.body.append(Object.assign("
    grows += "document.createElement('div'), {style: 'height:3000px'}))</script>"
    shot = await shoot(small, serve(grows), full_page=True)
    assert 6_000 < shot.css_size.height < 400_000


@pytest.mark.slow
async def test_a_page_too_large_for_one_picture_is_made_coarser_but_whole(small: Kit, serve: Serve) -> None:
    shot = await shoot(
        small, serve(PLAIN + "<div style='height:14900px'></div>" + block("#0f0", 400, 100)), full_page=True
    )
    picture = await whole(small, shot)
    assert shot.css_size.height == 15_000
    assert picture.width * picture.height <= 2_020_000
    assert picture.getpixel((2, picture.height - 3)) == GREEN


async def test_a_clip_is_just_that_box_wherever_the_page_is_scrolled(kit: Kit, serve: Serve) -> None:
    url = serve(
        PLAIN + block("#f00", 30, 30, "position:absolute;left:50px;top:1000px") + "<div style='height:3000px'></div>"
    )
    page = await open_page(OpenPageInput(url=url), kit)
    async with kit.browser.page(kit.caller, session_id=page.session_id) as session:
        await session.page.evaluate("scrollTo(0, 900)")
    clip = {"x": 50, "y": 100, "width": 30, "height": 30}
    shot = await screenshot_page(ScreenshotPageInput.model_validate({"session_id": page.session_id, "clip": clip}), kit)
    assert (await whole(kit, shot)).getcolors() == [(900, RED)]
    assert (shot.origin.x, shot.origin.y) == (50, 100)


@pytest.mark.parametrize("clip", [
    {"x": -50, "y": -50, "width": 100, "height": 100},
    {"x": 350, "y": 250, "width": 200, "height": 200},
    {"x": 0, "y": 0, "width": 1e9, "height": 1e9},
    {"x": 0.4, "y": 0.6, "width": 10.5, "height": 10.5},
])  # fmt: skip
@pytest.mark.slow
async def test_a_clip_beyond_the_page_is_a_picture_all_the_same(clip: dict[str, float], kit: Kit, serve: Serve) -> None:
    shot = await shoot(kit, serve(PLAIN + "x"), clip=clip)
    picture = await whole(kit, shot)
    assert picture.width * picture.height <= 121_000_000
    assert max(inline(shot).size) <= 1_568


@pytest.mark.parametrize("width", [0, 0.5, -10])
async def test_an_empty_clip_is_invalid_input(width: float, kit: Kit, serve: Serve) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        await shoot(kit, serve(PLAIN), clip={"x": 0, "y": 0, "width": width, "height": 10})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_are_refused(number: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        ScreenshotPageInput.model_validate({"url": "http://a/", "clip": {"x": 0, "y": number, "width": 1, "height": 1}})


async def test_an_element_is_scrolled_to_and_cut_out(kit: Kit, serve: Serve) -> None:
    below = block("#0f0", 60, 20, "margin-top:5000px").replace("<div", "<div id=target")
    shot = await shoot(kit, serve(PLAIN + below), element="css=#target")
    assert (await whole(kit, shot)).getcolors() == [(1200, GREEN)]


@pytest.mark.parametrize(
    ("element", "why"),
    [
        ("css=#nothing", "matches the selector"),
        ("css=#hidden", "visible"),
        ("the flux capacitor", "No element"),
    ],
)
@pytest.mark.slow
async def test_an_element_that_can_not_be_shown_says_why(element: str, why: str, kit: Kit, serve: Serve) -> None:
    with pytest.raises(TargetError, match=why):
        await shoot(kit, serve(PLAIN + "<div id=hidden style='display:none'>x</div>"), element=element)


async def test_a_selector_that_is_none_is_invalid_input(kit: Kit, serve: Serve) -> None:
    with pytest.raises(InvalidInput, match="is not a CSS selector"):
        await shoot(kit, serve(PLAIN), element="css=###")


async def test_only_one_area_can_be_asked_for(kit: Kit, serve: Serve) -> None:
    with pytest.raises(InvalidInput, match="one of full_page, element and clip"):
        await shoot(kit, serve(PLAIN), full_page=True, element="css=body")


async def test_jpeg_is_jpeg_inline_and_in_the_artifact(kit: Kit, serve: Serve) -> None:
    shot = await shoot(kit, serve(PLAIN + block("#f00", 400, 300)), format="jpeg")
    assert inline(shot).format == "JPEG"
    assert shot.pictures()[0].media_type == "image/jpeg"
    assert shot.artifact.endswith("page.jpg")


async def test_what_is_waited_for_is_in_the_picture(kit: Kit, serve: Serve) -> None:
    late = "<script>setTimeout(() => document.body.innerHTML = '<p>Here now</p>', 200)</script>"
    assert await shoot(kit, serve(PLAIN + "<body>" + late), wait_for="Here now")


@pytest.mark.slow
async def test_what_never_comes_is_told(tmp_path: Path, serve: Serve) -> None:
    async with open_kit(limits=Limits(navigation_seconds=1), artifacts=tmp_path) as kit:
        with pytest.raises(TargetError, match=r"'Godot' did not appear within 1 seconds"):
            await shoot(kit, serve(PLAIN), wait_for="Godot")


async def test_moving_things_stand_still_and_move_on_afterwards(kit: Kit, serve: Serve) -> None:
    spin = "<style>@keyframes r{to{margin-left:300px}} div{width:50px;height:50px;background:#f00;"
    url = serve(PLAIN + spin + "animation:r .5s linear infinite}</style><div></div>")
    page = await open_page(OpenPageInput(url=url), kit)
    await screenshot_page(ScreenshotPageInput(session_id=page.session_id), kit)
    async with kit.browser.page(kit.caller, session_id=page.session_id) as session:
        states = await session.page.evaluate("document.getAnimations().map(a => a.playState)")
        assert states == ["running"]
        assert await session.page.evaluate("document.querySelectorAll('[data-handlens-still]').length") == 0


async def test_marks_number_what_can_be_used_and_not_what_only_shows(kit: Kit, serve: Serve) -> None:
    bar = "display:block;height:6px;background:#ccc;width"
    shows = "<progress value=3 max=9></progress><meter value=1></meter><p role=progressbar>40%</p>"
    shows += f"<span role=img style='{bar}:64px'><i style='{bar}:30px'></i></span>"
    shot = await shoot(kit, serve(PLAIN + f"<button>Save</button>{shows}<a href=/x>Help</a>"), marks=True)
    assert [(mark.number, mark.role, mark.name) for mark in shot.marks] == [(1, "button", "Save"), (2, "link", "Help")]


async def test_a_number_covers_no_text_where_there_is_plain_ground(kit: Kit, serve: Serve) -> None:
    """A field's label stands where numbers are best seen, right over it."""
    field = "<label style='display:block;font:16px monospace;line-height:18px;margin:60px'>NAMENAME<br><input></label>"
    url = serve(PLAIN + field)
    unmarked, marked = await shoot(kit, url), await shoot(kit, url, marks=True)
    assert [mark.role for mark in marked.marks] == ["textbox"]
    label = (60, 60, 140, 76)
    before, after = [(await whole(kit, shot)).crop(label) for shot in (unmarked, marked)]
    assert before.tobytes() == after.tobytes()


FIRST_PLACES = ("plain text", "across inline nodes", "input by script", "shadow root", "transformed")
SECRET_PLACES = {
    "plain text": f"<p>key: {KEY}</p>",
    "across inline nodes": "<p>key: AKIA<b>IOSF</b><i>ODNN7</i>EXAMPLE</p>",
    "across inline blocks": "<p><span class=i>AKIA</span><span class=i>IOSFODNN</span><span class=i>7EXAMPLE</span></p>",  # noqa: E501
    "across a comment": "<p>AKIAIOSF<!-- x -->ODNN7EXAMPLE</p>",
    "input": f"<input value='{KEY}' size=40>",
    "input by script": f"<input id=i size=40><script>i.value = '{KEY}'</script>",
    "textarea": f"<textarea cols=40>{KEY}</textarea>",
    "placeholder": f"<input placeholder='{KEY}' size=40>",
    "select": f"<select><option>a<option selected>{KEY}</select>",
    "list box": f"<select multiple><option>a<option>{KEY}</select>",
    "button": f"<button>{KEY}</button>",
    "input button": f"<input type=button value='{KEY}'>",
    "svg text": f"<svg width=300 height=40><text y=20>{KEY}</text></svg>",
    "shadow root": "<x-k></x-k><script>document.querySelector('x-k').attachShadow({mode: 'open'}).innerHTML = "
    f"'<p>{KEY}'</script>",
    "editable": f"<div contenteditable>{KEY}</div>",
    "a page that changed what scripts stand on": f"<p>{KEY}<script>RegExp.prototype.exec = () => null;"
    "RegExp.prototype.test = () => false; Array.prototype.toJSON = () => '[]'</script>",
    "transformed": f"<p style='transform:translate(40px,30px) scale(1.2);transform-origin:0 0'>{KEY}</p>",
    "rotated": f"<p style='margin-top:60px;transform:rotate(-20deg);width:250px'>{KEY}</p>",
    "zoomed page": f"<style>html{{zoom:1.5}}</style><p>{KEY}</p>",
    "modal dialog": f"<style>::backdrop{{background:#fff}}</style><dialog id=d style='border:0;outline:0'>{KEY}</dialog>"  # noqa: E501
    "<script>d.showModal()</script>",
    "popover": f"<div popover id=d style='border:0'>{KEY}</div><script>d.showPopover()</script>",
    "highest z-index": f"<p style='position:fixed;z-index:2147483647;background:#fff'>{KEY}</p>",
    "wrapped": f"<p style='width:60px;word-break:break-all'>{KEY}</p>",
    "text that touches what stands before it": f"<b>Key</b><code style='margin:8px'>{KEY}</code>",
    "text that touches a button": f"<code>{KEY}</code><button>Copy</button>",
    "text that is split and touches": f"<b>Key</b> <i>Id</i><code>{KEY[:8]}<mark>{KEY[8:12]}</mark>{KEY[12:]}</code>"
    "<button>Copy</button>",
    "text with spaces of no width": f"<p>{KEY[:8]}&#8203;{KEY[8:14]}&shy;{KEY[14:]}</p>",
    "the text of an image that is missing": f"<img src=/missing width=300 height=40 alt='{KEY}'>",
    "json web token": "<p style='width:300px;word-break:break-all'>eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0."
    "dozjgNryP4J3jVmNHl0w5N</p>",
    "private key": "<pre>-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn\n-----END RSA PRIVATE KEY-----"  # noqa: E501
    "</pre>",
}


@pytest.mark.parametrize(
    "place", [p if p in FIRST_PLACES else pytest.param(p, marks=pytest.mark.slow) for p in SECRET_PLACES]
)
async def test_a_secret_is_covered_in(place: str, kit: Kit, serve: Serve) -> None:
    shot = await shoot(
        kit,
        serve(PLAIN + "<style>body{font:16px monospace} .i{display:inline-block}</style><body>" + SECRET_PLACES[place]),
    )
    assert shot.hidden >= 1
    picture = await whole(kit, shot)
    assert dark(picture) > 500
    await _nothing_is_readable(picture, kit)


async def test_a_page_that_navigated_since_is_covered_anew(kit: Kit, site: PageServer) -> None:
    site.pages |= {"/": PLAIN + f"<p>{KEY}</p><a href=/next>on</a>", "/next": PLAIN + f"<p>two: {KEY} {KEY}"}
    page = await open_page(OpenPageInput(url=site.url()), kit)
    request = ScreenshotPageInput(session_id=page.session_id)
    assert (await screenshot_page(request, kit)).hidden == 1
    async with kit.browser.page(kit.caller, session_id=page.session_id) as session:
        await session.page.click("a")
    assert (await screenshot_page(request, kit)).hidden == 2


async def _nothing_is_readable(picture: Image.Image, kit: Kit) -> None:
    read = "".join(line.text for line in await kit.ocr.read(picture)).replace(" ", "").upper()
    for part in ("IOSF", "ODNN", "EXAMPLE", "KIAI", "EYJ", "DOZJ", "MIIE"):
        assert part not in read


async def test_a_password_is_covered_even_where_the_page_shows_it_as_dots(kit: Kit, serve: Serve) -> None:
    shot = await shoot(kit, serve(PLAIN + "<input type=password value=hunter2>"))
    assert shot.hidden == 1
    assert dark(await whole(kit, shot)) > 1_000


@pytest.mark.parametrize("field", ["autocomplete=current-password", "type=text name=user_password", "id=newPassword"])
async def test_a_password_that_the_page_shows_in_letters_is_covered(field: str, kit: Kit, serve: Serve) -> None:
    shot = await shoot(kit, serve(PLAIN + f"<input {field} value=hunter2>"))
    assert shot.hidden == 1
    assert dark(await whole(kit, shot)) > 1_000


async def test_a_box_to_tick_is_no_password_whatever_it_is_called(kit: Kit, serve: Serve) -> None:
    assert (await shoot(kit, serve(PLAIN + "<input type=checkbox name=show_password>"))).hidden == 0


async def test_secrets_in_frames_and_frames_of_frames_are_covered(kit: Kit, site: PageServer) -> None:
    site.pages["/"] = PLAIN + "<iframe src=/a style='border:0'></iframe>"
    site.pages["/a"] = (
        PLAIN + f"<p>{KEY}</p><iframe src='{site.url('/b', host='localhost')}' style='border:0'></iframe>"
    )
    site.pages["/b"] = PLAIN + f"<p>{KEY}</p>"
    shot = await shoot(kit, site.url())
    assert shot.hidden == 2
    assert ink(await whole(kit, shot)) == 0


@pytest.mark.slow
async def test_a_secret_far_below_the_fold_is_covered_in_the_whole_page(kit: Kit, serve: Serve) -> None:
    url = serve(PLAIN + f"<p style='margin:25000px 0 100px;font:16px monospace'>{KEY}</p>")
    shot = await shoot(kit, url, full_page=True)
    picture = await whole(kit, shot)
    assert shot.hidden == 1
    assert ink(picture) == 0
    assert dark(picture) > 500


async def test_a_secret_is_covered_under_a_policy_that_forbids_styles(kit: Kit, site: PageServer) -> None:
    policy = {"content-security-policy": "default-src 'none'; style-src 'none'; require-trusted-types-for 'script'"}
    site.pages["/"] = Reply(f"<!doctype html><p>{KEY}</p>", headers=policy)
    shot = await shoot(kit, site.url())
    assert shot.hidden == 1
    assert ink(await whole(kit, shot)) == 0


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", f"key {KEY}\n"),
        ("application/json", f'{{"key": "{KEY}"}}'),
        ("application/xml", f"<?xml version='1.0'?><root><key>{KEY}</key></root>"),
        (
            "image/svg+xml",
            f"<svg xmlns='http://www.w3.org/2000/svg' width='300' height='50'><text y='30'>{KEY}</text></svg>",
        ),
        ("application/xhtml+xml", f"<html xmlns='http://www.w3.org/1999/xhtml'><body><p>{KEY}</p></body></html>"),
    ],
)
async def test_secrets_in_documents_that_are_no_html_are_covered(
    kind: str, body: str, kit: Kit, site: PageServer
) -> None:
    site.pages["/"] = Reply(body, content_type=kind)
    shot = await shoot(kit, site.url())
    assert shot.hidden >= 1
    await _nothing_is_readable(await whole(kit, shot), kit)


async def test_an_image_is_a_page_too(kit: Kit, site: PageServer) -> None:
    data = io.BytesIO()
    Image.new("RGB", (50, 40), RED).save(data, "PNG")
    site.pages["/"] = Reply(data.getvalue(), content_type="image/png")
    assert RED in [colour for _, colour in (await whole(kit, await shoot(kit, site.url()))).getcolors(1 << 24) or ()]


@pytest.mark.parametrize("mask", [["Ann Smith"], ["#name"], [".x, #name"], ["Ann", "Smith"]])
async def test_what_the_caller_names_is_covered(mask: list[str], kit: Kit, serve: Serve) -> None:
    url = serve(PLAIN + "<p id=name style='width:max-content'>Ann Smith</p>")
    shot = await shoot(kit, url, mask=mask)
    assert shot.hidden >= 1
    assert ink(await whole(kit, shot)) < 30


async def test_a_mask_of_regular_expression_signs_is_taken_as_it_is_written(kit: Kit, serve: Serve) -> None:
    shot = await shoot(
        kit, serve(PLAIN + "<p>a (b) [c] $5.00 ^</p><p>other</p>"), mask=["(b) [c] $5.00 ^", "(((", ".*"]
    )
    assert shot.hidden == 1


@pytest.mark.parametrize(
    "text",
    [
        *(
            "AKIA",
            "eyJhbGciOiJIUzI1NiJ9",
            "password: hunter2",
            "sk-short",
            "Bearer of bad news",
            "AKIAIOSFODNN7EXAMPLEX",
        ),
        "<b>risk</b>-<i>taking-and-other-long-words</i>",
    ],
)
async def test_what_is_no_secret_is_left_readable(text: str, kit: Kit, serve: Serve) -> None:
    assert (await shoot(kit, serve(PLAIN + f"<p>{text}</p>"))).hidden == 0


async def test_a_page_that_moves_its_secret_out_from_under_the_cover_gets_no_picture(kit: Kit, serve: Serve) -> None:
    runs = f"<p id=p style='position:absolute'>{KEY}</p><script>let n = 0; (function move() {{"
    runs += "p.style.top = (n = (n + 37) % 250) + 'px'; requestAnimationFrame(move) })()</script>"
    with pytest.raises(TargetError, match="kept changing"):
        await shoot(kit, serve(PLAIN + "<body>" + runs))


async def test_a_page_that_removes_the_cover_gets_no_picture(kit: Kit, serve: Serve) -> None:
    hostile = f"<p>{KEY}</p><script>new MutationObserver(() => document.querySelectorAll('[data-handlens-still]')"
    hostile += ".forEach(e => e.remove())).observe(document, {subtree: true, childList: true})</script>"
    with pytest.raises(TargetError, match="kept changing"):
        await shoot(kit, serve(PLAIN + "<body>" + hostile))


async def test_two_pictures_of_a_page_that_stands_still_are_the_same(kit: Kit, serve: Serve) -> None:
    page = await open_page(OpenPageInput(url=serve(PLAIN + f"<input value='{KEY}' autofocus><p>text")), kit)
    shots = [await screenshot_page(ScreenshotPageInput(session_id=page.session_id), kit) for _ in range(3)]
    assert len({shot.pictures()[0].data for shot in shots}) == 1
