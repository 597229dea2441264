"""Fields that widget libraries build of other elements: they take a value as any field does, and are told by name."""

from __future__ import annotations

import pytest

from conftest import Serve
from handlens.describe_page import DescribePageInput, describe_page
from handlens.errors import TargetError
from handlens.fill_described_field import FillDescribedFieldInput, FillDescribedFieldOutput, fill_described_field
from handlens.kit import Kit
from handlens.open_page import OpenPageInput, open_page

pytestmark = pytest.mark.anyio

# Slow to follow, and with an input inside that only forms see.
DRAWN_CHECKBOX = """<div role=checkbox aria-checked=false tabindex=0 style="width:120px;padding:4px"
onclick="setTimeout(() => this.setAttribute('aria-checked', this.getAttribute('aria-checked') !== 'true'), 200)">
<span style="display:inline-block;width:16px;height:16px;background:#ccc"></span> Log to disk
<input type=checkbox hidden></div>"""
# The part that takes the keys is inside of what says the number, and the page follows later.
SLIDER = """<p>Pressure</p><div role=slider aria-valuemin=0 aria-valuemax=10 aria-valuenow=4 id=s
style="width:200px;height:24px;background:#ddd"><div tabindex=0 style="height:100%"></div></div><script>
let now = 4; const step = { ArrowRight: .5, ArrowLeft: -.5 };
s.onkeydown = e => { now += step[e.key] || 0; setTimeout(() => s.setAttribute('aria-valuenow', now), 150) }</script>"""
ROUNDED = """<div role=slider tabindex=0 aria-label=Alpha aria-valuemin=0 aria-valuemax=1 id=s
style="width:200px;height:24px;background:#ddd"></div><script>let now = .25;
const tell = () => { s.ariaValueNow = now.toFixed(1); s.ariaValueText = now.toFixed(2) }; tell();
s.onkeydown = e => { now += { ArrowRight: .05, ArrowLeft: -.05 }[e.key] || 0; tell() }</script>"""
SIZES = """<label>Size <input type=range min=0 max=2 value=1 id=s></label><script>
const tell = () => s.ariaValueText = ['Small', 'Middle', 'Large'][s.value]; tell(); s.oninput = tell</script>"""
PARTS = """<style>[role=spinbutton]{display:inline-block;min-width:20px}</style>
<div role=group aria-label=Start id=start></div><div role=group aria-label=Alarm id=alarm></div>
<textarea aria-label=Notes></textarea><script>
const date = { year: 2026, month: 1, day: 5 }, time = { hour: 8, minute: 30, dayPeriod: 0 };
for (const [group, parts] of [[start, date], [alarm, time]])
  for (const [part, value] of Object.entries(parts)) {
    const el = document.createElement('span'), half = part === 'dayPeriod';
    let typed = '';
    const tell = now => { el.ariaValueNow = now; el.textContent = half ? ['AM', 'PM'][now] : now };
    Object.assign(el, { role: 'spinbutton', tabIndex: 0, contentEditable: true });
    el.ariaLabel = `${part}, ${group.ariaLabel}`;
    el.dataset.type = part;
    tell(value);
    el.onfocus = () => { typed = '' };
    el.onkeydown = e => {
      e.preventDefault();
      typed += e.key;
      if (!half) tell(+typed);
      else if (/[AP]/.test(e.key)) tell(+(e.key === 'P'));
    };
    group.append(el, ' ');
  }</script>"""
# What opens the list is a read-only input, all but invisible inside its label.
CHOSEN = """<label style="display:block;width:200px;height:30px" tabindex=-1>Mode <span id=shown>auto</span>
<input role=combobox readonly aria-label=Mode aria-expanded=false value=auto id=m
style="width:1px;height:1px;opacity:0;border:0;padding:0"></label>
<ul role=listbox hidden id=list><li role=option>auto<li role=option>manual</ul><script>
document.querySelector('label').onclick = () => { list.hidden = false };
list.onclick = e => { m.value = shown.textContent = e.target.textContent; list.hidden = true }</script>"""
OPENED = """<p style="margin:0">Region</p><input readonly aria-hidden=true style="opacity:0;position:absolute">
<button aria-haspopup=listbox aria-expanded=false id=b style="width:300px">North</button>
<div role=listbox hidden id=list><label role=option><input type=radio name=r readonly> North</label>
<label role=option><input type=radio name=r readonly> South</label></div><script>
b.onclick = () => { list.hidden = false };
list.onchange = e => { b.textContent = e.target.parentNode.textContent.trim(); list.hidden = true }</script>"""
# As large component libraries draw a select: the list is of plain elements, in a layer over the page; what was chosen
# stands beside an input that cannot be seen, and with several choices the list stays open until the field is left.
SELECT = """<style>#box{{width:300px;height:30px;display:flex;position:relative}}
#box input{{width:4px;border:0;padding:0}}
#layer{{position:absolute;top:40px;left:8px;background:#fff}}</style><label for=q>Zones</label><div id=box>
<span id=chosen>{chosen}</span><input role=combobox id=q aria-expanded=false></div><p>Below <input id=below></p><script>
const many = {many}, q = document.querySelector('#q'), names = ['north', 'south', 'east'];
const leave = () => {{ document.querySelector('#layer')?.remove(); q.ariaExpanded = 'false'; q.value = '' }};
box.onclick = () => {{
  if (document.querySelector('#layer')) return;
  const layer = Object.assign(document.createElement('div'), {{ id: 'layer' }});
  for (const name of names) layer.append(Object.assign(document.createElement('div'), {{ textContent: name }}));
  layer.onmousedown = e => e.preventDefault();
  layer.onclick = e => {{
    chosen.textContent = many ? `${{chosen.textContent}} ${{e.target.textContent}}` : e.target.textContent;
    q.value = '';
    if (!many) setTimeout(leave, 200);
  }};
  document.body.append(layer);
  q.ariaExpanded = 'true';
}};
q.onblur = leave;
q.onkeydown = e => {{ if (e.key === 'Tab') chosen.textContent = 'chosen by Tab' }};
</script>"""
ONE, SEVERAL = SELECT.format(chosen="north", many="false"), SELECT.format(chosen="north", many="true")
# Opens a calendar a moment later, and takes what was typed only when it is left by Tab.
PICKED = """<label class=date-picker>Start <input id=s></label><p>Below <input id=below></p><p id=kept></p><script>
const s = document.querySelector('#s'), layer = document.createElement('div');
layer.style = 'position:absolute;top:35px;left:8px;width:300px;height:90px;background:#ccc';
s.onclick = () => setTimeout(() => document.body.append(layer), 60);
s.onkeydown = e => { if (e.key === 'Tab') { kept.textContent = s.value; setTimeout(() => layer.remove(), 200) } };
s.onblur = () => { s.value = kept.textContent }</script>"""
LEVELS = """<label>Zone <input readonly id=z></label><ul role=menu hidden id=list><li role=menuitem>Asia
<li role=menuitem>Europe</ul><script>let path = [];
z.onclick = () => { list.hidden = false };
list.onclick = e => {
  if (path.push(e.target.textContent.trim()) > 1) { z.value = path.join(' / '); list.hidden = true }
  else list.innerHTML = '<li role=menuitem>Tokyo<li role=menuitem>Seoul' }</script>"""
TICKED = "<label><input type=checkbox readonly> log scale</label>"


async def filled(kit: Kit, page: str, description: str, value: str) -> FillDescribedFieldOutput:
    opened = await open_page(OpenPageInput(url=page), kit)
    asked = FillDescribedFieldInput(session_id=opened.session_id, description=description, value=value)
    return await fill_described_field(asked, kit)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "description", "value", "holds"),
    [
        pytest.param(DRAWN_CHECKBOX, "Log to disk", "on", "checked", id="a drawn checkbox"),
        pytest.param(SLIDER, "Pressure", "7.5", "7.5", id="a slider that a part of it moves"),
        pytest.param(ROUNDED, "Alpha", "0.5", "0.50", id="a slider that rounds what it says"),
        pytest.param(SIZES, "Size", "large", "Large", id="a slider of named places"),
        pytest.param(PARTS, "Start", "2027-11-30", "2027-11-30", id="a date in parts"),
        pytest.param(PARTS, "Alarm", "15:45", "15:45", id="a time in parts with halves of the day"),
        pytest.param(PARTS, "Alarm", "00:05", "00:05", id="midnight"),
        pytest.param(PARTS, "Notes", "none", "none", id="a text beside a date in parts"),
        pytest.param(CHOSEN, "Mode", "manual", "manual", id="a list behind a read-only input"),
        pytest.param(OPENED, "Region", "South", "South", id="a list behind a button"),
        pytest.param(ONE, "Zones", "south", "south", id="a list of plain elements"),
        pytest.param(SEVERAL, "Zones", "east", "north east", id="a list for several choices"),
        pytest.param(LEVELS, "Zone", "Asia > Tokyo", "Asia / Tokyo", id="a list of lists"),
        pytest.param(TICKED, "log scale", "on", "checked", id="a box to tick that is called read-only"),
    ],
)
async def test_a_field_built_of_other_elements_takes_its_value(
    kit: Kit, serve: Serve, page: str, description: str, value: str, holds: str
) -> None:
    answer = await filled(kit, serve(page), description, value)
    assert (answer.outcome, answer.value) == ("filled", holds)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "description", "value"),
    [
        pytest.param(ONE, "Zones", "south", id="a list"),
        pytest.param(SEVERAL, "Zones", "south", id="a list for several choices"),
        pytest.param(PICKED, "Start", "2026-11-30", id="a calendar"),
    ],
)
async def test_what_opens_with_a_field_is_closed_so_that_the_value_is_taken_and_the_next_field_is_free(
    kit: Kit, serve: Serve, page: str, description: str, value: str
) -> None:
    opened = await open_page(OpenPageInput(url=serve(page)), kit)
    for which, text in ((description, value), ("Below", "text")):
        asked = FillDescribedFieldInput(session_id=opened.session_id, description=which, value=text)
        assert (await fill_described_field(asked, kit)).outcome == "filled"
    async with kit.browser.page(kit.caller, session_id=opened.session_id) as session:
        assert value in await session.page.inner_text("body") or page is not PICKED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "description", "value", "told"),
    [
        (SIZES, "Size", "huge", r"takes one of \['Small', 'Middle', 'Large'\]"),
        (PARTS, "Start", "tomorrow", "takes YYYY-MM-DD; 'tomorrow' has no year"),
        (PARTS, "Alarm", "2026-01-05", "takes HH:MM; '2026-01-05' has no hour"),
        (OPENED, "Region", "East", "Options: 'North', 'South'"),
    ],
)
async def test_what_it_takes_is_told_where_it_does_not_take_the_value(
    kit: Kit, serve: Serve, page: str, description: str, value: str, told: str
) -> None:
    with pytest.raises(TargetError, match=told):
        await filled(kit, serve(page), description, value)


async def test_fields_without_a_name_are_told_by_the_text_beside_them(kit: Kit, serve: Serve) -> None:
    page = f"""<main>{SLIDER.partition("<script>")[0]}{OPENED.partition("<script>")[0]}
    <p style="margin:4px">Threshold</p><div style="float:right"><input type=number max=100 value=35></div>
    <div style="clear:both;display:flex;gap:20px"><i>0</i><i>25</i><i>50</i><i>75</i><i>100</i></div>
    <div><input type=checkbox><span>Show legend</span></div>
    <div>Note <input placeholder="Write a note"><textarea></textarea></div></main>"""
    tree = (await describe_page(DescribePageInput(url=serve(page)), kit)).tree
    lines = [line.split("] ", 1)[-1] for line in map(str.strip, tree.splitlines())]
    assert [line for line in lines if line.startswith(("slider", "combobox", "spinbutton", "checkbox", "textbox"))] == [
        "slider 'Pressure' 0–10 = 4",
        "combobox 'Region' = 'North' not expanded",
        "spinbutton 'Threshold' –100 = 35",
        "checkbox 'Show legend' not checked",
        "textbox 'Write a note'",
        "textbox",
    ]
    assert "“50”" not in tree, "the middle of a scale says nothing"
    assert "“Pressure”" not in tree
