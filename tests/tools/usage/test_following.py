"""Lists that go on beyond what is shown: every row once, none left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handlens.kit import Kit
from handlens.usage.console import Look, look_at_page
from handlens.usage.rows import Meaning

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
Serve = Callable[..., str]

ROWS = """<script>
const tasks = Array.from({length: COUNT}, (_, n) => [`task-${n}`, `${n % 100}%`, n % 3 ? "Running" : "Failed"]);
const line = (task) => `<tr>${task.map((text) => `<td>${text}</td>`).join("")}</tr>`;
const HEAD = "<tr><th>Task name</th><th>GPU</th><th>Status</th></tr>";
"""
PAGED = (
    ROWS
    + """
document.body.innerHTML = `<table><thead>${HEAD}</thead><tbody></tbody></table>
  <ul class="ant-pagination"><li class="ant-pagination-prev"><button>‹</button></li>
  <li class="ant-pagination-next" title="Next Page"><button>›</button></li></ul><button>Delete all</button>`;
let page = 0; const size = 20; const pages = Math.ceil(tasks.length / size);
const shown = () => tasks.slice(page * size, (page + 1) * size);
const show = () => { document.querySelector("tbody").innerHTML = shown().map(line).join("");
  document.querySelector(".ant-pagination-next").classList.toggle("ant-pagination-disabled", page === pages - 1); };
document.querySelector(".ant-pagination-next button").onclick = () => { if (page < pages - 1) { page += 1;
  document.querySelector("tbody").innerHTML = ""; setTimeout(show, 30); } };
document.querySelector("body > button").onclick = () => { document.title = "deleted"; };
show();</script>"""
)
MORE = (
    ROWS
    + """
document.body.innerHTML = `<table><thead>${HEAD}</thead><tbody></tbody></table><button>加载更多</button>`;
let shown = 30;
const show = () => { document.querySelector("tbody").innerHTML = tasks.slice(0, shown).map(line).join("");
  document.querySelector("button").hidden = shown >= tasks.length; };
document.querySelector("button").onclick = () => setTimeout(() => { shown += 30; show(); }, 40);
show();</script>"""
)
VIRTUAL = (
    ROWS
    + """
document.body.innerHTML = `<div role="grid"><div role="row"><span role="columnheader">Task name</span>
  <span role="columnheader">GPU</span><span role="columnheader">Status</span></div>
  <div id="view" style="height:300px;overflow:auto;position:relative"><div id="all"></div></div></div>`;
const all = document.getElementById("all"), view = document.getElementById("view"), H = 30;
all.style.height = tasks.length * H + "px";
const show = () => { const first = Math.max(0, Math.floor(view.scrollTop / H) - 3);
  const some = tasks.slice(first, first + 18).map((task, n) => `<div role="row" style="position:absolute;height:${H}px;
    top:${(first + n) * H}px">${task.map((text) => `<span role="gridcell">${text}</span> `).join("")}</div>`);
  all.innerHTML = some.reverse().join(""); };
view.addEventListener("scroll", () => requestAnimationFrame(show)); show();</script>"""
)
# A library whose classes all begin with "next", and whose buttons say more than where they lead.
PREFIXED = (
    PAGED.replace("ant-pagination-prev", "next-btn next-prev")
    .replace("ant-pagination-next button", "next-next button")
    .replace(
        '<li class="ant-pagination-next" title="Next Page"><button>›</button>',
        """<li><button class=next-btn>1</button>
      <li class="next-next"><button class="next-btn" aria-label="下一页，当前第1页">下一页</button>""",
    )
    .replace("ant-pagination-next", "next-next")
    .replace("ant-pagination-disabled", "disabled")
    .replace("ant-pagination", "next-pagination")
)
# Plain elements under a header of their own, in a list that draws its own scroll bar; rows above are in the document.
OWN_BAR = (
    ROWS
    + """
const cell = (text, n) => `<span style="position:absolute;left:${n * 200}px">${text}</span>`;
const cells = (task) => task.map(cell).join("");
document.body.innerHTML = `<div style="position:relative;height:40px">${cells(["Task name", "GPU", "Status"])}</div>
  <div id="view" style="height:310px;overflow:hidden;position:relative"><div id="all"></div></div>`;
const all = document.getElementById("all"), view = document.getElementById("view"), H = 40;
all.style.height = tasks.length * H + "px";
const show = () => { const first = Math.max(0, Math.floor(view.scrollTop / H) - 3);
  all.innerHTML = tasks.slice(first, first + 14).map((task, n) => `<div style="position:absolute;height:${H}px;
    top:${(first + n) * H}px">${cells(task)}</div>`).join(""); };
view.addEventListener("scroll", () => requestAnimationFrame(show)); show();</script>"""
)
ENDLESS = (
    ROWS
    + """
document.body.innerHTML =
  `<table style="line-height:40px"><thead>${HEAD}</thead><tbody></tbody></table><p id="end">…</p>`;
let shown = 40;
const show = () => { document.querySelector("tbody").innerHTML = tasks.slice(0, shown).map(line).join(""); };
const load = () => { shown += 40; show(); };
new IntersectionObserver((seen) => { if (seen[0].isIntersecting && shown < tasks.length) setTimeout(load, 60); })
  .observe(document.getElementById("end"));
show();</script>"""
)


ESTIMATED = (
    ROWS
    + """
document.body.innerHTML = `<div id="view" style="height:400px;overflow:auto"><table><thead>${HEAD}</thead>
  <tbody></tbody></table></div>`;
const view = document.getElementById("view"), guessed = 30;
const show = () => { const first = Math.max(0, Math.floor(view.scrollTop / guessed) - 4), last = first + 24;
  const space = (count) => `<tr style="height:${Math.max(0, count) * guessed}px"></tr>`;
  document.querySelector("tbody").innerHTML = space(first) + tasks.slice(first, last).map((task) =>
    line(task).replace("<tr>", '<tr style="height:37px">')).join("") + space(tasks.length - last); };
view.addEventListener("scroll", () => requestAnimationFrame(show)); show();</script>"""
)


async def looked(kit: Kit, url: str, most_rows: int = 2_000) -> tuple[Look, str]:
    async with kit.browser.page(kit.caller, url=url) as session:
        look = await look_at_page(session.page, Meaning(), seconds=5, most_rows=most_rows)
        return look, await session.page.title()


def page(script: str, count: int) -> str:
    return "<!doctype html><meta charset=utf-8><title>Tasks</title><body>" + script.replace("COUNT", str(count))


@pytest.mark.parametrize(
    "script",
    [PAGED, PREFIXED, MORE, VIRTUAL, ESTIMATED, OWN_BAR, ENDLESS],
    ids=["pages", "another library's pages", "load more", "virtual", "of estimated height", "own bar", "endless"],
)
async def test_every_row_of_a_long_list_is_read_once(kit: Kit, serve: Serve, script: str) -> None:
    look, title = await looked(kit, serve(page(script, 125)))
    assert [row.task_name for row in look.rows] == [f"task-{number}" for number in range(125)]
    assert title == "Tasks"
    assert not look.remarks


async def test_following_stops_at_the_limit_and_says_so(kit: Kit, serve: Serve) -> None:
    look, _ = await looked(kit, serve(page(PAGED, 125)), most_rows=40)
    assert len(look.rows) == 40
    assert "goes on" in look.remarks[0]


async def test_rows_that_look_the_same_are_kept_apart(kit: Kit, serve: Serve) -> None:
    twins = page(VIRTUAL, 60).replace("[`task-${n}`, `${n % 100}%`, ", "[`task`, `5%`, ")
    twins = twins.replace('n % 3 ? "Running" : "Failed"', '"Running"')
    look, _ = await looked(kit, serve(twins))
    assert len(look.rows) == 60


async def test_a_control_that_turns_no_page_ends_the_reading_with_a_remark(
    kit: Kit, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlens.usage.follow.CHANGE_SECONDS", 0.5)
    stuck = page(PAGED, 60).replace("page += 1;", "return;")
    look, _ = await looked(kit, serve(stuck))
    assert len(look.rows) == 20
    assert "changed nothing" in look.remarks[0]
