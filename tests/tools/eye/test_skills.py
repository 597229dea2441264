"""Locating, reading tables and reading pages with sight, and weighing sight against structure."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from handlens.errors import EyeAnswerInvalid, EyeUnavailable, InvalidInput
from handlens.eye.agreement import Agreement, agree_on_cells, agree_on_place, confidence_of_both
from handlens.eye.crops import crop_round
from handlens.eye.locator import ONCE, SURE, EyeLocator
from handlens.eye.protocol import EyeStatus
from handlens.eye.readers import EyePageReader, EyeTableReader
from handlens.eye.skills import SeenTable, Sighting
from handlens.geometry import Box, Point
from handlens.testing.scripted_eye import Asked, ScriptedEye
from handlens.tool import Picture

pytestmark = pytest.mark.anyio
RED = (255, 0, 0)


def screen(*targets: tuple[int, int, int, int], size: tuple[int, int] = (1200, 900)) -> Picture:
    """A white screen with red targets, given by their corners."""
    image = Image.new("RGB", size, "white")
    for target in targets:
        image.paste(RED, target)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Picture(buffer.getvalue())


def sees_red(asked: Asked) -> str:
    """A model that really looks: it boxes the red pixels of the picture it is shown."""
    with Image.open(io.BytesIO(asked.pictures[0].data)) as image:
        shown = image.convert("RGB")
        mask = shown.point(lambda value: 255 if value > 128 else 0)
        red = [
            (x, y) for y in range(0, shown.height, 2) for x in range(0, shown.width, 2) if mask.getpixel((x, y)) == RED
        ]
        if not red:
            return "[]"
        left, top = min(x for x, _ in red), min(y for _, y in red)
        right, bottom = max(x for x, _ in red), max(y for _, y in red)
        across, down = 1000 / shown.width, 1000 / shown.height
        return boxes((round(left * across), round(top * down), round(right * across), round(bottom * down)))


def boxes(*found: tuple[int, int, int, int]) -> str:
    return json.dumps([{"bbox_2d": list(box), "label": "it"} for box in found])


async def test_two_looks_at_one_place_are_sure_of_it_in_pixels() -> None:
    eye = ScriptedEye([sees_red])
    (sighting,) = await EyeLocator(eye).locate(screen((900, 600, 960, 630)), "the red button")
    assert sighting.confidence >= SURE
    assert sighting.point.x == pytest.approx(930, abs=3)
    assert sighting.point.y == pytest.approx(615, abs=3)
    assert sighting.box is not None
    assert sighting.box.overlap(Box(x=900, y=600, width=60, height=30)) > 0.8
    assert len(eye.asked) == 2


@pytest.mark.parametrize("corner", [(0, 0, 20, 20), (1180, 880, 1200, 900), (0, 880, 20, 900)])
async def test_a_target_in_a_corner_is_found_there(corner: tuple[int, int, int, int]) -> None:
    (sighting,) = await EyeLocator(ScriptedEye([sees_red])).locate(screen(corner), "the red dot")
    assert Box.from_corners(*corner).padded(2).contains(sighting.point)


async def test_nothing_there_is_nothing_found() -> None:
    assert await EyeLocator(ScriptedEye(["[]"])).locate(screen(), "the red button") == []


async def test_several_that_fit_are_all_told_and_none_is_sure() -> None:
    found = await EyeLocator(ScriptedEye([boxes((0, 0, 10, 10), (500, 500, 510, 510))])).locate(screen(), "a button")
    assert [sighting.confidence for sighting in found] == [ONCE / 2, ONCE / 2]


async def test_a_closer_look_elsewhere_makes_unsure_and_a_careful_look_is_asked() -> None:
    eye = ScriptedEye([boxes((100, 100, 120, 120)), boxes((900, 900, 990, 990)), boxes((100, 100, 120, 120))])
    (sighting,) = await EyeLocator(eye).locate(screen(), "the button")
    assert [asked.effort for asked in eye.asked] == ["routine", "routine", "careful"]
    assert "agrees" in sighting.because
    assert sighting.confidence >= SURE


async def test_a_careful_look_that_does_not_agree_leaves_all_unsure() -> None:
    eye = ScriptedEye([boxes((100, 100, 120, 120)), "[]", boxes((700, 700, 720, 720))])
    found = await EyeLocator(eye).locate(screen(), "the button")
    assert len(found) == 2
    assert all(sighting.confidence < SURE for sighting in found)


async def test_without_the_careful_tier_an_unsure_sighting_stays_unsure() -> None:
    eye = ScriptedEye([boxes((100, 100, 120, 120)), "[]"])
    (sighting,) = await EyeLocator(eye, careful=False).locate(screen(), "the button")
    assert sighting.confidence < SURE
    assert len(eye.asked) == 2


async def test_an_answer_in_pixels_is_never_a_place_to_click() -> None:
    with pytest.raises(EyeAnswerInvalid, match="outside the grid"):
        await EyeLocator(ScriptedEye([boxes((1100, 200, 1150, 240))])).locate(screen(), "the button")


async def test_what_can_not_be_read_as_a_picture_is_refused() -> None:
    with pytest.raises(InvalidInput):
        await EyeLocator(ScriptedEye(["[]"])).locate(Picture(b"junk"), "the button")


async def test_a_blind_eye_is_not_asked() -> None:
    eye = ScriptedEye(["[]"], EyeStatus("blind", "it found no drawn square"))
    with pytest.raises(EyeUnavailable, match="blind"):
        await EyeLocator(eye).locate(screen(), "the button")


async def test_a_crop_leads_back_to_the_whole() -> None:
    crop = await crop_round(screen(size=(2000, 1000)), Point(x=1990, y=10), 0.4)
    assert crop.area == Box(x=1200, y=0, width=800, height=448)
    assert crop.to_whole(Box(x=0, y=0, width=1600, height=896)) == crop.area


async def test_a_table_is_read_as_written() -> None:
    words = '{"headers": ["Task", "GPU"], "rows": [["train-1", "87 %"], ["eval", "?"]]}'
    table = await EyeTableReader(ScriptedEye([words])).read_table(screen())
    assert table == SeenTable(("Task", "GPU"), (("train-1", "87 %"), ("eval", "?")))


async def test_rows_that_do_not_fit_their_headers_are_refused() -> None:
    eye = ScriptedEye(['{"headers": ["Task", "GPU"], "rows": [["a", "1"], ["b"]]}'])
    with pytest.raises(EyeAnswerInvalid, match="row 2 has 1 cells, there are 2 headers"):
        await EyeTableReader(eye).read_table(screen())


async def test_a_table_that_was_cut_off_says_so() -> None:
    table = await EyeTableReader(ScriptedEye(['{"headers": ["A"], "rows": [["1"], ["2'])).read_table(screen())
    assert table == SeenTable(("A",), (("1",),), truncated=True)


async def test_a_page_has_its_places_in_pixels() -> None:
    words = (
        "# Title\n\n<!-- Image (100,200,300,400) -->\n\n"
        "<!-- Table (0,500,1000,600) -->\n\\begin{tabular}{l}a\\end{tabular}"
    )
    page = await EyePageReader(ScriptedEye([words])).read_page(screen(size=(2000, 1000)))
    assert [(element.kind, element.box) for element in page.elements] == [
        ("text", None),
        ("image", Box(x=200, y=200, width=400, height=200)),
        ("table", Box(x=0, y=500, width=2000, height=100)),
    ]
    assert page.markdown.startswith("# Title\n\n| a |")


def sighting(x: float, y: float, box: Box | None = None) -> Sighting:
    return Sighting(Point(x=x, y=y), box, "", 0.5, "")


@pytest.mark.parametrize(
    ("sightings", "agreement"),
    [
        ([], "unseen"),
        ([sighting(15, 15)], "agree"),
        ([sighting(100, 100)], "disagree"),
        ([sighting(21, 15, Box(x=12, y=10, width=18, height=10))], "agree"),
    ],
)
def test_agreement_about_a_place(sightings: list[Sighting], agreement: Agreement) -> None:
    assert agree_on_place(Box(x=10, y=10, width=10, height=10), sightings) == agreement


def test_agreement_raises_confidence_and_its_lack_stops_a_click() -> None:
    assert confidence_of_both(0.8, 0.8, "agree") == pytest.approx(0.96)
    assert confidence_of_both(0.99, 0.9, "disagree") <= 0.4
    assert confidence_of_both(0.99, 0.0, "unseen") <= 0.6
    assert confidence_of_both(0.2, 0.9, "disagree") == 0.2


def test_agreement_about_cells_survives_a_missed_row_and_another_order_of_columns() -> None:
    seen = SeenTable(("GPU util", "Task"), (("87%", "train-1"), ("?", "eval"), ("3 %", "serve")))
    ours = [["train-1", "87 %", "x"], ["missed by sight", "1", "x"], ["EVAL", "50%", "x"], ["serve", "8 %", "x"]]
    assert agree_on_cells(["Task", "GPU  Util", "Owner"], ours, seen) == [
        ["agree", "agree", "unseen"],
        ["unseen", "unseen", "unseen"],
        ["agree", "unseen", "unseen"],
        ["agree", "disagree", "unseen"],
    ]
