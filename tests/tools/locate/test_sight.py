"""Sight is asked where structure is not sure, in several views, and never lowers what structure knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from conftest import Serve
from handlens.click_described_element import (
    ClickDescribedElementInput,
    ClickDescribedElementOutput,
    click_described_element,
)
from handlens.errors import EyeBusy, EyeUnavailable
from handlens.eye.protocol import EyeStatus
from handlens.geometry import Box
from handlens.kit import Kit
from handlens.locate.policy import ActPolicy, LookPolicy
from handlens.locate.tally import Tally
from handlens.open_page import OpenPageInput, open_page
from handlens.testing.pointing_eye import Manner, pointing
from handlens.testing.scripted_eye import Asked, Says, ScriptedEye

pytestmark = pytest.mark.anyio

BOXES = {"cat": (40, 40), "dog": (240, 40), "fish": (440, 40)}
PICTURES = "<!doctype html><body>" + "".join(
    f"""<div onclick="document.body.dataset.clicked='{name}'" style="cursor:pointer;position:absolute;
    left:{x}px;top:{y}px;width:120px;height:80px;background:#{colour}"></div>"""
    for (name, (x, y)), colour in zip(BOXES.items(), ("a33", "3a3", "33a"), strict=True)
)  # fmt: skip
CANVAS = """<!doctype html><body style="margin:20px">
<canvas id=c width=600 height=400 style="border:1px solid"></canvas>
<script>c.onclick = e => document.body.dataset.clicked = e.offsetX + ',' + e.offsetY;
c.getContext('2d').fillRect(400, 300, 40, 30)</script>"""


def place(description: str) -> Box | None:
    name = description.rpartition(" ")[2]
    if name not in BOXES:
        return None
    x, y = BOXES[name]
    return Box(x=x, y=y, width=120, height=80)


def seeing(kit: Kit, says: Says, **look: object) -> tuple[Kit, ScriptedEye]:
    eye = ScriptedEye([says])
    policy = ActPolicy(look=LookPolicy.model_validate(look))
    return replace(kit, eye=eye, acting=policy, tally=Tally()), eye


async def click(kit: Kit, url: str, description: str) -> tuple[ClickDescribedElementOutput, str | None]:
    session = (await open_page(OpenPageInput(url=url), kit)).session_id
    answer = await click_described_element(ClickDescribedElementInput(session_id=session, description=description), kit)
    async with kit.browser.page(kit.caller, session_id=session) as open_session:
        return answer, await open_session.page.evaluate("document.body.dataset.clicked || null")


async def test_what_only_a_look_can_tell_is_found_by_looking(kit: Kit, serve: Serve) -> None:
    able, eye = seeing(kit, pointing(place))
    answer, clicked = await click(able, serve(PICTURES), "the picture of a dog")
    assert (answer.outcome, clicked) == ("clicked", "dog")
    assert answer.target is not None
    assert "looks agree" in answer.target.because
    assert able.tally.asked == len(eye.asked) == 2


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.slow
async def test_thirty_pixels_of_noise_are_mended_by_snapping(kit: Kit, serve: Serve, seed: int) -> None:
    able, _ = seeing(kit, pointing(place, noise=30, seed=seed))
    answer, clicked = await click(able, serve(PICTURES), "the picture of a fish")
    assert (answer.outcome, clicked) == ("clicked", "fish")


@pytest.mark.parametrize("manner", ["random", "stuck", "corner", "nothing", "pixels"])
async def test_a_blind_eye_makes_nothing_sure(kit: Kit, serve: Serve, manner: Manner) -> None:
    able, eye = seeing(kit, pointing(place, manner=manner, seed=5))
    answer, clicked = await click(able, serve(PICTURES), "the picture of a dog")
    assert answer.outcome in ("not_found", "ambiguous")
    assert clicked is None
    assert eye.asked


async def test_the_eye_is_not_asked_where_structure_is_sure(kit: Kit, serve: Serve) -> None:
    able, eye = seeing(kit, pointing(place))
    page = serve("""<body><button onclick="document.body.dataset.clicked='save'">Save</button><a href=#>Other</a>""")
    answer, clicked = await click(able, page, "the Save button")
    assert (answer.outcome, clicked) == ("clicked", "save")
    assert not eye.asked
    assert (able.tally.saved, able.tally.asked) == (1, 0)


@pytest.mark.slow
async def test_an_eye_that_is_blind_or_down_is_left_alone_and_the_answer_says_so(kit: Kit, serve: Serve) -> None:
    able, eye = seeing(kit, pointing(place))
    for state in ("blind", "down", "starting"):
        eye.state = EyeStatus(state, "it failed the check")  # type: ignore[arg-type]
        for drawn in ("", "<canvas width=300 height=100></canvas>"):
            page = serve(f"<body><button>Save draft</button><button>Save copy</button>{drawn}")
            answer, _ = await click(able, page, "save")
            assert answer.outcome == "ambiguous"
            assert f"sight is {state}, so it was not asked" in answer.candidates[0].because
    assert not eye.asked


async def test_where_nothing_is_found_the_answer_still_says_that_sight_was_missing(kit: Kit, serve: Serve) -> None:
    able, eye = seeing(kit, pointing(place))
    eye.state = EyeStatus("down", "it was killed")
    answer, _ = await click(able, serve("<body>"), "the Save button")
    assert (answer.outcome, answer.candidates) == ("not_found", [])
    assert answer.notices == ["Sight is down, so it was not asked."]


@pytest.mark.parametrize("failure", [EyeUnavailable("gone"), EyeBusy("full")])
async def test_an_eye_that_fails_leaves_the_answer_to_structure_and_says_so(
    kit: Kit, serve: Serve, failure: Exception
) -> None:
    able, _ = seeing(kit, failure)
    page = serve("<body><button>Save draft</button><button>Save copy</button>")
    answer, _ = await click(able, page, "save")
    assert answer.outcome == "ambiguous"
    assert "by the embedded reader alone" in answer.candidates[0].because
    assert able.tally.failed == 1


async def test_a_place_on_a_canvas_is_clicked_where_it_was_seen(kit: Kit, serve: Serve) -> None:
    able, _ = seeing(kit, pointing(lambda _: Box(x=421, y=321, width=40, height=30)))
    answer, clicked = await click(able, serve(CANVAS), "the black box in the drawing")
    assert answer.outcome in ("clicked", "no_effect")
    assert clicked is not None
    x, y = (int(part) for part in clicked.split(","))
    assert abs(x - 420) <= 3
    assert abs(y - 315) <= 3


def split(*answers: str) -> Callable[[Asked], str]:
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


async def test_views_that_disagree_are_decided_by_a_closer_look_and_a_vote(kit: Kit, serve: Serve) -> None:
    dog = '[{"bbox_2d": [187, 55, 281, 166], "label": "it"}]'
    shifted_cat = '[{"bbox_2d": [193, 213, 271, 306], "label": "it"}]'
    close_cat = '[{"bbox_2d": [78, 100, 312, 300], "label": "it"}]'
    careful_cat = '[{"bbox_2d": [332, 349, 397, 426], "label": "it"}]'
    able, eye = seeing(kit, split(dog, shifted_cat, "[]", close_cat, careful_cat))
    answer, clicked = await click(able, serve(PICTURES), "the picture of a cat")
    assert [asked.effort for asked in eye.asked] == ["routine"] * 4 + ["careful"]
    assert (answer.outcome, clicked) == ("clicked", "cat")
    unsure, quick = seeing(kit, split(dog, shifted_cat, "[]", close_cat), zoom=False, careful=False)
    answer, clicked = await click(unsure, serve(PICTURES), "the picture of a cat")
    assert len(quick.asked) == 2
    assert (answer.outcome in ("not_found", "ambiguous"), clicked) == (True, None)
