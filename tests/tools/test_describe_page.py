"""What `describe_page` tells of long pages and of widget libraries' components."""

from __future__ import annotations

import pytest

from conftest import Serve
from handlens.describe_page import DescribePageInput, describe_page
from handlens.kit import Kit
from handlens.read_console_usage import ReadConsoleUsageInput, read_console_usage

pytestmark = pytest.mark.anyio

# The structure of Streamlit's widgets (Base Web) and of Gradio's, without their styles.
STREAMLIT = """<!doctype html><div class="stSlider" data-testid="stSlider"><label data-testid="stWidgetLabel"
aria-hidden="true">
<div data-testid="stMarkdownContainer"><p>Temperature</p></div></label>
<div data-baseweb="slider" style="height:40px;width:300px;position:relative"><div>
<div role="slider" tabindex="0" aria-label="Temperature" aria-valuenow="0.7" aria-valuemin="0"
aria-valuemax="2" aria-valuetext="0.7" style="width:12px;height:12px;background:red">
<div data-testid="stSliderThumbValue">0.70</div></div></div><div data-testid="stSliderTickBar"><div>0.00</div>
<div>2.00</div></div></div></div><div class="stSelectbox" data-testid="stSelectbox">
<label data-testid="stWidgetLabel" aria-hidden="true"><p>Model</p></label><div data-baseweb="select"><div><div>
<div value="0">large</div><div>
<input aria-autocomplete="list" aria-expanded="false" aria-haspopup="listbox" aria-label="Selected large.
Model" role="combobox" value="" style="width:2px;border:0">
</div></div><div><svg width=16 height=16 title="open"><title>open</title><path d="M0 0h9v9z"/></svg></div></div>
</div></div><div class="stCheckbox" data-testid="stCheckbox"><label data-baseweb="checkbox">
<div style="width:30px;height:16px;background:#ccc"><div></div></div>
<input aria-checked="true" aria-label="Stream output" type="checkbox" role="switch" checked
style="opacity:0;position:absolute;width:0;height:0">
<div><p>Stream output</p></div></label></div><div data-testid="stNumberInput" class="stNumberInput">
<label data-testid="stWidgetLabel" aria-hidden=true><p>Seed</p></label>
<div data-testid="stNumberInputContainer">
<input aria-label="Seed" type="number" inputmode="decimal" min="0" max="100" step="1" value="42"
data-testid="stNumberInputField">
<button data-testid="stNumberInputStepDown" tabindex=-1><svg width=8 height=8><path d="M0 0h8v2z"/></svg>
</button><button data-testid="stNumberInputStepUp" tabindex=-1><svg width=8 height=8><path d="M0 0h8v2z"/></svg>
</button></div></div><div data-testid="stTabs" class="stTabs"><div role="tablist">
<button role="tab" aria-selected="true" data-baseweb="tab" data-testid="stTab"><p>Chart</p></button>
<button role="tab" aria-selected="false" data-baseweb="tab"><p>Data</p></button></div></div>
<div data-testid="stRadio"><label aria-hidden=true data-testid="stWidgetLabel"><p>Mode</p></label>
<div role="radiogroup" aria-label="Mode"><label data-baseweb="radio"><div style="width:16px;height:16px"></div>
<input type=radio name=m checked style="opacity:0;width:0;height:0;position:absolute"><div><p>Fast</p></div>
</label><label data-baseweb="radio"><div style="width:16px;height:16px"></div>
<input type=radio name=m style="opacity:0;width:0;height:0;position:absolute"><div><p>Good</p></div></label>
</div></div>"""
GRADIO = """<!doctype html><div class="block"><div class="wrap"><div class="head"><label for="range_id_0">
<span data-testid="block-info">Top p</span></label><div class="tab-like-container">
<input aria-label="number input for Top p" data-testid="number-input" type="number" min="0" max="1" step="0.05"
value="0.9">
<button class="reset-button" aria-label="Reset to default value" data-testid="reset-button">↺</button></div>
</div><div class="slider_input_container"><span class="min_value">0</span>
<input type="range" id="range_id_0" name="cowbell" min="0" max="1" step="0.05" value="0.9" aria-label="range
slider for Top p">
<span class="max_value">1</span></div></div></div><div class="block"><div class="container">
<span data-testid="block-info">Voice</span><div class="wrap"><div class="wrap-inner">
<div class="secondary-wrap">
<input role="listbox" aria-controls="dropdown-options" aria-expanded="false" aria-label="Voice"
autocomplete="off" value="Nova">
<div class="icon-wrap"><svg class="dropdown-arrow" width=18 height=18><path d="M5 8l4 4 4-4z"/></svg></div>
</div></div></div></div></div><div class="block"><label class="checkbox-container">
<input type="checkbox" data-testid="checkbox" name="test"><span class="label-text">Use cache</span></label>
</div><div class="block"><label><span data-testid="block-info">Prompt</span><div class="input-container">
<textarea data-testid="textbox" placeholder="Ask" rows=2></textarea></div></label></div><div class="tabs">
<div class="tab-container" role="tablist">
<button role="tab" aria-selected="true" aria-controls="a" class="selected">Generate</button>
<button role="tab" aria-selected="false">Examples</button></div></div><button class="lg primary">Run</button>"""


async def tree(kit: Kit, url: str) -> list[str]:
    answer = await describe_page(DescribePageInput(url=url), kit)
    return [line.strip() for line in answer.tree.splitlines()]


def console(sections: int) -> str:
    """A page of many tables, as long as the longest that peers were measured on."""
    links = "".join(f"<a href='#{n}'>Place {n}</a> " for n in range(10))
    rows = "".join(
        f"<tr><td>i-{n:04x}<td>vm-{n:02d}<td>running<td>{n * 37 % 100}%<td>${n * 3.17:.2f}<td><button>Stop {n}</button>"
        for n in range(30)
    )
    head = "<tr><th>ID<th>Name<th>State<th>CPU<th>Cost<th>Action"
    body = f"<nav>{links}</nav><h1>Usage</h1><input placeholder=Filter><table><thead>{head}<tbody>{rows}</table>"
    return body * sections


async def test_a_long_console_is_told_whole_in_under_3000_tokens(kit: Kit, serve: Serve) -> None:
    lines = await tree(kit, serve(console(8)))
    assert sum(len(line) for line in lines) / 2.5 < 3_000  # many digits and signs: fewer characters to a token
    assert lines.count("# Usage") == 8
    assert sum("27 more like these" in line for line in lines) == 8
    assert not any("scroll_page" in line for line in lines)


async def test_rows_alike_are_told_by_the_first_ones_their_numbers_and_the_last(kit: Kit, serve: Serve) -> None:
    lines = await tree(kit, serve(console(1)))
    assert "“i-0001” | “vm-01” | “running” | “37%” | “$3.17” | [13] button 'Stop 1'" in lines
    others = next(line for line in lines if "more like these" in line)
    assert others.startswith("… 27 more like these, [15] to [")
    assert others.endswith("[-] button 'Stop 29'")


async def test_what_a_part_of_the_page_scrolls_to_is_told_and_what_is_cut_off_for_good_is_not(
    kit: Kit, serve: Serve
) -> None:
    app = """<body style="margin:0"><div style="height:100vh;overflow:hidden"><main style="height:100%;overflow:auto">
    <button>Above</button><div style="height:4000px"></div><button>Below</button></main></div>
    <div style="position:fixed;top:50px;left:200px;width:200px;height:40px;overflow:hidden"><button>First slide</button>
    <button style="position:relative;left:900px">Second slide</button></div>"""
    text = "\n".join(await tree(kit, serve(app)))
    assert "[1] button 'Above'" in text
    assert "[-] button 'Below'" in text
    assert "button 'First slide'" in text
    assert "Second slide" not in text


async def test_a_wide_row_keeps_all_its_components(kit: Kit, serve: Serve) -> None:
    cells = "".join(f"<td><button>Do the thing number {n}</button>" for n in range(30))
    text = "\n".join(await tree(kit, serve(f"<table><tr>{cells}</table>")))
    assert all(f"button 'Do the thing number {n}'" in text for n in range(30))


TUCKED = "border:0;clip-path:inset(50%);height:1px;width:1px;margin:-1px;overflow:hidden;padding:0;position:absolute"
REACT_ARIA = f"""<!doctype html><main tabindex=0><h1>Settings</h1><div role=group id=t aria-label=Temperature
style="width:300px;height:24px;position:relative"><div style="position:absolute;left:100px;width:16px;height:16px;
background:red"><div style="{TUCKED}"><input type=range min=0 max=2 step=.1 value=.7 id=r aria-label=Temperature
aria-labelledby="r t"></div></div></div><div role=radiogroup aria-label=Mode><label><span style="{TUCKED}">
<input type=radio name=m checked></span><div style="width:16px;height:16px;background:#ccc"></div>Fast</label><label>
<span style="{TUCKED}"><input type=radio name=m></span><div style="width:16px;height:16px;background:#ccc"></div>Good
</label></div><label><span style="{TUCKED}"><input type=checkbox role=switch></span>
<div style="width:30px;height:16px;background:#ccc"></div>Stream output</label><button>Run</button></main>"""


@pytest.mark.parametrize(
    ("page", "components"),
    [
        (
            REACT_ARIA,
            [
                "# Settings",
                "slider 'Temperature' 0–2 = 0.7",
                "radio 'Fast' checked\n",
                "radio 'Good' not checked\n",
                "switch 'Stream output' not checked\n",
            ],
        ),
        (
            STREAMLIT,
            [
                "slider 'Temperature' 0–2 = 0.7",
                "combobox 'Model' = 'large' not expanded",
                "switch 'Stream output' checked",
                "spinbutton 'Seed' 0–100 = 42",
                "tab 'Chart' selected",
                "radio 'Good' not checked",
            ],
        ),
        (
            GRADIO,
            [
                "slider 'Top p' 0–1 = 0.9",
                "spinbutton 'Top p' 0–1 = 0.9",
                "combobox 'Voice' = 'Nova' not expanded",
                "checkbox 'Use cache' not checked",
                "tab 'Generate' selected",
            ],
        ),
    ],
    ids=["react aria", "streamlit", "gradio"],
)
async def test_components_of_widget_libraries_are_told_by_name_range_and_value(
    kit: Kit, serve: Serve, page: str, components: list[str]
) -> None:
    lines = await tree(kit, serve(page))
    text = "\n".join(lines)
    assert [component for component in components if component not in text] == []
    assert "“Temperature”" not in text


SHOWN = """<label>Password <input name=password autocomplete=current-password value=hunter2zz></label>
<label>Code <input autocomplete=one-time-code value=918273zz></label><label>City <input name=city value=Oslo></label>"""


async def test_a_password_that_the_page_shows_as_text_is_not_told(kit: Kit, serve: Serve) -> None:
    url = serve(SHOWN)
    told = (await describe_page(DescribePageInput(url=url), kit)).text()
    rows = (await read_console_usage(ReadConsoleUsageInput(url=serve(f"<table>{in_cells(SHOWN)}</table>")), kit)).text()
    for text in (told, rows):
        assert "hunter2" not in text
        assert "918273" not in text
    assert "Oslo" in told


def in_cells(fields: str) -> str:
    """A table that holds the fields, and a column of numbers."""
    cells = [f"<td>{one}</label>" for one in fields.split("</label>")[:-1]]
    return "<tr><th>Task<th>GPU" + "".join(f"<tr>{cell}<td>{n}0 %" for n, cell in enumerate(cells, 1))
