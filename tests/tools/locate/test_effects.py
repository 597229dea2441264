"""What a click did is seen wherever it happened."""

from __future__ import annotations

import pytest

from conftest import Serve
from handlens.click_described_element import ClickDescribedElementInput, click_described_element
from handlens.kit import Kit

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

NESTED = """<body><outer-box></outer-box><script>
const counter = (tag, html) => customElements.define(tag, class extends HTMLElement {
  connectedCallback() {
    const root = this.attachShadow({ mode: 'open' });
    root.innerHTML = html;
    root.querySelector('button')?.addEventListener('click', () => { root.querySelector('b').textContent = 'more'; });
  }
});
counter('outer-box', '<p>outer</p><inner-box></inner-box>');
counter('inner-box', '<button>Increase</button><b>less</b>');
</script>"""


async def test_a_change_inside_nested_shadow_roots_is_an_effect(kit: Kit, serve: Serve) -> None:
    request = ClickDescribedElementInput(url=serve(NESTED), description="increase")
    answer = await click_described_element(request, kit)
    assert answer.outcome == "clicked"
    assert answer.effect is not None
    assert answer.effect.changed


async def test_a_click_that_changes_nothing_says_so(kit: Kit, serve: Serve) -> None:
    request = ClickDescribedElementInput(url=serve("<body><button>Idle</button>"), description="idle")
    assert (await click_described_element(request, kit)).outcome == "no_effect"
