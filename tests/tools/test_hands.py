"""Filling, uploading, pressing, scrolling and describing, on real pages in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from handlens.browser.secrets import redact
from handlens.describe_page import DescribePageInput, describe_page
from handlens.errors import InvalidInput, NotFound, Refused, TargetError
from handlens.fill_described_field import FillDescribedFieldInput, FillDescribedFieldOutput, fill_described_field
from handlens.guard import Guard
from handlens.kit import Kit
from handlens.limits import Limits
from handlens.locate.policy import ActPolicy
from handlens.open_page import OpenPageInput, open_page
from handlens.press_keys import PressKeysInput, press_keys
from handlens.screenshot_page import ScreenshotPageInput, screenshot_page
from handlens.scroll_page import ScrollPageInput, scroll_page
from handlens.upload_to_described_field import UploadToDescribedFieldInput, upload_to_described_field

pytestmark = pytest.mark.anyio
Serve = Callable[..., str]

FORM = """<!doctype html><title>Sign up</title><h1>Sign up</h1><form>
<label>Full name <input id=name value="old"></label><label>Password <input id=pw type=password></label>
<label>Country <select id=country><option>France<option>Germany</select></label>
<label>Born <input id=born type=date></label><label>Volume <input id=vol type=range min=0 max=10></label>
<label><input id=news type=checkbox> Newsletter</label><div>Notes</div><div id=notes contenteditable>draft</div>
<label>Code <input id=code readonly value=7></label>
<button type=button id=plan role=combobox aria-label=Plan onclick="list.hidden=false">Choose</button>
<ul id=list role=listbox hidden><li role=option onclick="plan.textContent='Gold';list.hidden=true">Gold</li>
<li role=option onclick="plan.textContent='Silver';list.hidden=true">Silver</li></ul>
<div role=slider tabindex=0 id=temp aria-label=Temperature aria-valuemin=0 aria-valuemax=5 aria-valuenow=1
 onkeydown="let v=+this.ariaValueNow+(event.key==='ArrowRight')-(event.key==='ArrowLeft');this.ariaValueNow=v">o</div>
<label>Photo <input id=photo type=file></label></form>"""


async def opened(kit: Kit, url: str) -> str:
    return (await open_page(OpenPageInput(url=url), kit)).session_id


async def fill(
    kit: Kit, session_id: str, description: str, value: str | None = None, **more: Any
) -> FillDescribedFieldOutput:
    request = FillDescribedFieldInput(session_id=session_id, description=description, value=value, **more)
    return await fill_described_field(request, kit)


async def evaluate(kit: Kit, session_id: str, expression: str) -> Any:
    async with kit.browser.page(kit.caller, session_id=session_id) as session:
        return await session.page.evaluate(expression)


@pytest.mark.parametrize(
    ("description", "value", "expression", "held"),
    [
        ("full name", "Ann Lee", "document.querySelector('#name').value", "Ann Lee"),
        ("国家", "Germany", "document.querySelector('#country').value", "Germany"),
        ("born", "1990-05-17", "document.querySelector('#born').value", "1990-05-17"),
        ("volume", "8", "document.querySelector('#vol').value", "8"),
        ("the newsletter checkbox", "true", "String(document.querySelector('#news').checked)", "true"),
        ("notes", "new text", "document.querySelector('#notes').innerText", "new text"),
        ("plan", "Silver", "document.querySelector('#plan').textContent", "Silver"),
        ("temperature", "4", "document.querySelector('#temp').ariaValueNow", "4"),
    ],
)
async def test_a_field_of_any_kind_takes_its_value_and_is_read_back(
    kit: Kit, serve: Serve, description: str, value: str, expression: str, held: str
) -> None:
    session = await opened(kit, serve(FORM))
    answer = await fill(kit, session, description, value)
    assert answer.outcome == "filled", answer
    assert await evaluate(kit, session, expression) == held


async def test_a_field_can_be_emptied(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(FORM))
    assert (await fill(kit, session, "full name", "")).value == ""


async def test_a_secret_is_filled_by_name_and_never_told(kit: Kit, serve: Serve) -> None:
    keeper = replace(kit, acting=ActPolicy(secrets={"site": SecretStr("hunter22")}))
    session = await opened(kit, serve(FORM))
    answer = await fill(keeper, session, "password", secret="site")
    assert await evaluate(kit, session, "document.querySelector('#pw').value") == "hunter22"
    assert "hunter22" not in answer.model_dump_json() + answer.text()
    with pytest.raises(NotFound, match="Known: site"):
        await fill(keeper, session, "password", secret="other")
    with pytest.raises(InvalidInput, match="either value or secret"):
        await fill(keeper, session, "password", "x", secret="site")


async def test_what_is_filled_into_a_password_field_is_not_told_though_the_page_shows_it(
    kit: Kit, serve: Serve
) -> None:
    session = await opened(kit, serve("<label>Password <input id=pw autocomplete=new-password></label>"))
    answer = await fill(kit, session, "password", "hunter22")
    assert await evaluate(kit, session, "document.querySelector('#pw').value") == "hunter22"
    assert "hunter22" not in answer.model_dump_json() + answer.text()


async def test_a_secret_that_a_field_does_not_take_is_not_told_either(kit: Kit, serve: Serve) -> None:
    keeper = replace(kit, acting=ActPolicy(secrets={"site": SecretStr("hunter22 " * 20)}))
    session = await opened(kit, serve(FORM))
    for field in ("country", "born"):
        with pytest.raises(TargetError, match="does not take the secret 'site'") as caught:
            await fill(keeper, session, field, secret="site")
        assert "hunter22" not in str(caught.value)


async def test_a_secret_is_covered_in_pictures_whatever_field_it_was_filled_into(kit: Kit, serve: Serve) -> None:
    keeper = replace(kit, acting=ActPolicy(secrets={"site": SecretStr("hunter-22 (x)")}))
    session = await opened(kit, serve("<input aria-label=Token><p id=told></p>"))
    assert (await fill(keeper, session, "token", secret="site")).outcome == "filled"
    await evaluate(kit, session, "told.textContent = 'You said: hunter-22 (x)'")
    assert (await screenshot_page(ScreenshotPageInput(session_id=session), keeper)).hidden == 2
    assert "hunter" not in redact("said hunter-22 (x)", keeper.privacy)


async def test_an_option_that_is_not_offered_is_named_with_those_that_are(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(FORM))
    with pytest.raises(TargetError, match="'France', 'Germany'"):
        await fill(kit, session, "country", "Atlantis")
    with pytest.raises(TargetError, match="YYYY-MM-DD"):
        await fill(kit, session, "born", "17 May")
    with pytest.raises(TargetError, match="read-only"):
        await fill(kit, session, "code", "8")


async def test_a_field_that_is_not_there_is_not_found(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(FORM))
    assert (await fill(kit, session, "the shipping address", "x")).outcome == "not_found"


async def test_files_go_to_the_described_field_from_allowed_folders_only(
    kit: Kit, serve: Serve, tmp_path: Path
) -> None:
    session = await opened(kit, serve(FORM))
    picture = tmp_path / "me.txt"
    picture.write_text("me")
    allowed = replace(kit, guard=Guard(folders=(tmp_path,)))
    request = UploadToDescribedFieldInput(session_id=session, description="photo", files=[str(picture)])
    assert (await upload_to_described_field(request, allowed)).files == ["me.txt"]
    assert await evaluate(kit, session, "document.querySelector('#photo').files[0].name") == "me.txt"
    with pytest.raises(Refused):
        await upload_to_described_field(request, replace(kit, guard=Guard(folders=())))


UPLOADS = {
    "a button before a hidden input": """<input type=file id=f hidden onchange="document.title=this.files[0].name">
    <button onclick="f.click()">Attach a file</button>""",
    "a button that makes its input": """<p>Other <input type=file onchange="document.title='wrong'"></p><button
    onclick="const i = document.createElement('input'); i.type = 'file';
    i.onchange = () => document.title = i.files[0].name;
    i.click()">Attach a file</button>""",
    "a label over an invisible input": """<label style="padding:9px">Attach a file <input type=file style="opacity:0;
    position:absolute;width:1px" onchange="document.title=this.files[0].name"></label>""",
    "a drop zone": """<div id=z style="width:300px;height:90px;border:1px dashed" aria-label="Attach a file" role=region
    tabindex=0>Drop files here to attach a file</div><script>z.ondragover = e => e.preventDefault();
    z.ondrop = e => { e.preventDefault(); document.title = e.dataTransfer.files[0].name }</script>""",
}


@pytest.mark.parametrize("page", UPLOADS.values(), ids=UPLOADS)
async def test_files_are_given_however_the_page_takes_them(kit: Kit, serve: Serve, tmp_path: Path, page: str) -> None:
    session = await opened(kit, serve(f"<!doctype html><body>{page}"))
    file = tmp_path / "me.txt"
    file.write_text("me")
    allowed = replace(kit, guard=Guard(folders=(tmp_path,)))
    request = UploadToDescribedFieldInput(session_id=session, description="attach a file", files=[str(file)])
    assert (await upload_to_described_field(request, allowed)).outcome == "uploaded"
    assert await evaluate(kit, session, "document.title") == "me.txt"


@pytest.mark.slow
async def test_what_takes_no_files_gets_none(kit: Kit, serve: Serve, tmp_path: Path) -> None:
    session = await opened(kit, serve("<body><button onclick=\"document.title='clicked'\">Attach</button>"))
    files = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for file in files:
        file.write_text("x")
    allowed = replace(kit, guard=Guard(folders=(tmp_path,)))
    request = UploadToDescribedFieldInput(session_id=session, description="attach", files=[str(files[0])])
    with pytest.raises(TargetError, match="takes no files"):
        await upload_to_described_field(request, allowed)
    single = await opened(kit, serve("<body><label>Photo <input type=file></label>"))
    both = UploadToDescribedFieldInput(session_id=single, description="photo", files=[str(file) for file in files])
    with pytest.raises(TargetError, match="one file"):
        await upload_to_described_field(both, allowed)


async def test_keys_go_to_the_described_element_and_their_effect_is_told(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(FORM))
    keys = ["Control+A", "x", "y"]
    answer = await press_keys(PressKeysInput(session_id=session, description="full name", keys=keys), kit)
    assert "xy" in answer.effect.summary
    with pytest.raises(TargetError, match="no key was pressed"):
        await press_keys(PressKeysInput(session_id=session, description="the moon", keys=["a"]), kit)
    with pytest.raises(TargetError, match="Bogus"):
        await press_keys(PressKeysInput(session_id=session, keys=["Bogus"]), kit)


async def test_a_page_scrolls_by_screens_to_its_end_and_to_a_description(kit: Kit, serve: Serve) -> None:
    lines = "".join(f"<p style='height:200px'>Line {n}</p>" for n in range(30))
    session = await opened(kit, serve(f"{lines}<button>At the very bottom</button>"))
    assert (await scroll_page(ScrollPageInput(session_id=session), kit)).scroll.y > 500
    assert (await scroll_page(ScrollPageInput(session_id=session, direction="bottom"), kit)).at_end
    assert (await scroll_page(ScrollPageInput(session_id=session, direction="top"), kit)).scroll.y == 0
    shown = await scroll_page(ScrollPageInput(session_id=session, to="Line 20"), kit)
    assert shown.target is not None
    assert 0 < shown.target.point.y < 720


async def test_a_list_scrolls_inside_itself(kit: Kit, serve: Serve) -> None:
    items = "".join(f"<p>Item {n}</p>" for n in range(40))
    session = await opened(kit, serve(f"<div id=box style='height:200px;overflow:auto'>{items}</div>"))
    await scroll_page(ScrollPageInput(session_id=session, inside="Item 1"), kit)
    assert await evaluate(kit, session, "document.querySelector('#box').scrollTop") > 100
    assert await evaluate(kit, session, "scrollY") == 0


async def test_a_page_is_described_as_components_with_names_values_and_states(kit: Kit, serve: Serve) -> None:
    answer = await describe_page(DescribePageInput(url=serve(FORM), picture=True), kit)
    parts = ("# Sign up", "textbox 'Full name' = 'old'", "combobox 'Country' = 'France'")
    for part in (*parts, "checkbox 'Newsletter' not checked", "slider 'Temperature' 0–5 = 1"):
        assert part in answer.tree
    assert answer.pictures()


async def test_a_long_page_is_described_within_its_limit(kit: Kit, serve: Serve) -> None:
    parts = "".join(f"<h2>Part {n}</h2><p>On {n}</p><button>Ship {n}</button>" for n in range(500))
    narrow = replace(kit, limits=Limits(inline_characters=7_500))
    answer = await describe_page(DescribePageInput(url=serve(parts)), narrow)
    assert len(answer.tree) <= 3_000
    assert "more, out of view: see them with scroll_page" in answer.tree
