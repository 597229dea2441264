"""Cards that all have the same buttons, signs for names, and what is folded away."""

from __future__ import annotations

import pytest

from conftest import Serve
from fakes.locating import located
from handlens.kit import Kit

pytestmark = pytest.mark.anyio

CARD = "<div class=frame><h2>{0}</h2><button id=x{0}>close</button><button id=m{0}>more</button><p>{1}</p></div>"
PAGE = f"""<!doctype html><style>
.frame{{border:1px solid;margin:8px}}
#folded{{height:0;overflow:hidden}}</style>
<nav id=folded><a href="#u" id=u1>Upload</a></nav><button id=u2>Upload</button>
<button id=s1>⚙</button><button id=s2>✕</button><button id=s3>🔔</button>
<div>{CARD.format("Recipes", "See Bread and Travel.")}{CARD.format("Bread", "Flour.")}{CARD.format("Travel", "Recipes")}
</div>"""


async def test_a_card_is_told_by_its_heading_and_not_by_who_mentions_it(kit: Kit, serve: Serve) -> None:
    assert await located(kit, serve, PAGE, "close the Bread card", "the more button of Recipes") == [
        "xBread",
        "mRecipes",
    ]


async def test_signs_and_emoji_are_called_what_they_show(kit: Kit, serve: Serve) -> None:
    assert await located(kit, serve, PAGE, "the gear", "the bell icon") == ["s1", "s3"]


async def test_what_is_folded_away_is_no_rival_of_what_can_be_used(kit: Kit, serve: Serve) -> None:
    assert await located(kit, serve, PAGE, "upload") == ["u2"]
