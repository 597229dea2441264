"""How many rows of long lists are missed or read twice: pages, "load more", virtual and endless lists of 500.

    npm install --prefix DIR tabulator-tables@6 ag-grid-community@33 clusterize.js
    python tests/bench/bench_follow.py [--static DIR/node_modules] [--rows 500] [--only virtual,ag-grid]

The lists are written here, in the ways that consoles do it, and with `--static` also by the libraries that they use.
Some have twins: rows that look the same. A row is missed, or doubled, where its name is read less or more often than
the list has it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from handlens.browser.page_options import PageOptions
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.testing.pages import PageServer, Reply
from handlens.usage.console import look_at_page
from handlens.usage.rows import Meaning

DATA = """
const name = (n) => TWINS && n % 7 === 3 ? "twin" : `task-${n}`;
const tasks = Array.from({length: COUNT}, (_, n) => ({name: name(n), gpu: TWINS && n % 7 === 3 ? "5%" : `${n % 100}%`,
  status: TWINS || n % 3 ? "Running" : "Failed"}));
const cells = (t) => [t.name, t.gpu, t.status];
const line = (t) => `<tr>${cells(t).map((text) => `<td>${text}</td>`).join("")}</tr>`;
const HEAD = "<thead><tr><th>Task name</th><th>GPU</th><th>Status</th></tr></thead>";
const put = (html) => { document.getElementById("app").innerHTML = html; };
"""
PAGES = """
const size = SIZE, pages = Math.ceil(tasks.length / size); let page = 0;
put(`<table>${HEAD}<tbody></tbody></table>CONTROLS`);
const show = () => { document.querySelector("tbody").innerHTML =
  tasks.slice(page * size, (page + 1) * size).map(line).join(""); mark(); };
const turn = () => { if (page < pages - 1) { page += 1; setTimeout(show, DELAY); } };
"""
OWN = {
    "pages, arrow": PAGES.replace("SIZE", "20").replace("DELAY", "40").replace(
        "CONTROLS", '<nav aria-label="Pagination"><button aria-label="Next page">›</button></nav>')
    + """const mark = () => { document.querySelector("nav button").disabled = page === pages - 1; };
    document.querySelector("nav button").onclick = turn; show();""",
    "pages, slow, words": PAGES.replace("SIZE", "50").replace("DELAY", "700").replace(
        "CONTROLS", '<p><a href="#" id="next">下一页</a></p>')
    + """const mark = () => { document.getElementById("next").hidden = page === pages - 1; };
    document.getElementById("next").onclick = (e) => { e.preventDefault(); turn(); }; show();""",
    "pages, blank between": PAGES.replace("SIZE", "25").replace("DELAY", "150").replace(
        "CONTROLS", '<ul class="pagination"><li class="page-item"><a class="page-link" href="#">Next</a></li></ul>')
    + """const mark = () => { document.querySelector("li").classList.toggle("disabled", page === pages - 1); };
    document.querySelector("a").onclick = (e) => { e.preventDefault();
      if (page < pages - 1) document.querySelector("tbody").innerHTML = "<tr><td colspan=3>Loading…</td></tr>";
        turn(); };
    show();""",
    "load more": """put(`<table>${HEAD}<tbody></tbody></table><button>Load more</button>`); let shown = 40;
    const show = () => { document.querySelector("tbody").innerHTML = tasks.slice(0, shown).map(line).join("");
      document.querySelector("button").hidden = shown >= tasks.length; };
    document.querySelector("button").onclick = () => setTimeout(() => { shown += 40; show(); }, 200); show();""",
    "virtual, spacers": """put(`<div id=view style="height:400px;overflow:auto"><table
      style="width:100%">${HEAD}<tbody></tbody>
      </table></div>`); const view = document.getElementById("view"), H = 32;
    const show = () => { const first = Math.max(0, Math.floor(view.scrollTop / H) - 4),
      last = Math.min(tasks.length, first + 24);
      document.querySelector("tbody").innerHTML = `<tr style="height:${first * H}px"></tr>` + tasks.slice(first,
        last).map(
        (t) => line(t).replace("<tr>", `<tr style="height:${H}px">`)).join("") +
          `<tr style="height:${(tasks.length - last) * H}px"></tr>`; };
    view.onscroll = () => requestAnimationFrame(show); show();""",
    "virtual, moved, uneven": """put(`<div role=grid><div role=row><span role=columnheader>Task name</span> <span
      role=columnheader>GPU</span>
      <span role=columnheader>Status</span></div><div id=view
        style="height:360px;overflow:auto;position:relative"><div id=all></div></div></div>`);
    const view = document.getElementById("view"), all = document.getElementById("all");
    const tops = [0]; tasks.forEach((_, n) => tops.push(tops[n] + (n % 5 ? 28 : 52)));
      all.style.height = tops[tasks.length] + "px";
    const show = () => { const from = view.scrollTop - 100, to = view.scrollTop + 460;
      all.innerHTML = tasks.map((t, n) => tops[n + 1] > from &&
        tops[n] < to ? `<div role=row style="position:absolute;
        transform:translateY(${tops[n]}px);height:${tops[n + 1] - tops[n]}px">${cells(t).map((x) =>
          `<span role=gridcell>${x}</span> `).join("")}</div>` : "").join(""); };
    view.onscroll = () => setTimeout(show, 30); show();""",
    "endless": """put(`<table style="line-height:36px">${HEAD}<tbody></tbody></table><p id=end>…</p>`);
      let shown = 40;
    const show = () => { document.querySelector("tbody").innerHTML = tasks.slice(0, shown).map(line).join(""); };
    new IntersectionObserver((seen) => { if (seen[0].isIntersecting && shown < tasks.length)
      setTimeout(() => { shown += 40; show(); }, 250); }).observe(document.getElementById("end")); show();""",
}  # fmt: skip
LIBRARIES = {
    "tabulator, virtual": (("tabulator-tables/dist/css/tabulator.min.css",
      "tabulator-tables/dist/js/tabulator.min.js"), """
    new Tabulator("#app", {data: tasks, height: 420, layout: "fitColumns", columns: [
      {title: "Task name", field: "name"}, {title: "GPU", field: "gpu"}, {title: "Status", field: "status"}]});"""),
    "tabulator, pages": (("tabulator-tables/dist/css/tabulator.min.css",
      "tabulator-tables/dist/js/tabulator.min.js"), """
    new Tabulator("#app", {data: tasks, layout: "fitColumns", pagination: true, paginationSize: 25, columns: [
      {title: "Task name", field: "name"}, {title: "GPU", field: "gpu"}, {title: "Status", field: "status"}]});"""),
    "ag-grid, virtual": (("ag-grid-community/dist/ag-grid-community.min.js",), """
    document.getElementById("app").style.height = "420px";
    agGrid.createGrid(document.getElementById("app"), {rowData: tasks, columnDefs: [
      {headerName: "Task name", field: "name"}, {headerName: "GPU", field: "gpu"}, {headerName: "Status",
        field: "status"}]});"""),
    "ag-grid, pages": (("ag-grid-community/dist/ag-grid-community.min.js",), """
    document.getElementById("app").style.height = "900px";
    agGrid.createGrid(document.getElementById("app"), {rowData: tasks, pagination: true, paginationPageSize: 20,
      columnDefs: [
      {headerName: "Task name", field: "name"}, {headerName: "GPU", field: "gpu"}, {headerName: "Status",
        field: "status"}]});"""),
    "clusterize": (("clusterize.js/clusterize.css", "clusterize.js/clusterize.min.js"), """
    put(`<div id=view class="clusterize-scroll" style="max-height:400px"><table>${HEAD}<tbody id=rows
      class="clusterize-content"></tbody></table></div>`);
    new Clusterize({rows: tasks.map(line), scrollId: "view", contentId: "rows"});"""),
}  # fmt: skip


def html(script: str, assets: tuple[str, ...], count: int, *, twins: bool) -> str:
    links = "".join(
        f'<link rel="stylesheet" href="/{one}">' if one.endswith(".css") else f'<script src="/{one}"></script>'
        for one in assets
    )
    data = DATA.replace("COUNT", str(count)).replace("TWINS", str(twins).lower())
    head = f"<!doctype html><meta charset=utf-8><title>Tasks</title>{links}"
    return f"{head}<div id=app></div><script>{data}{script}</script>"


def names(count: int, *, twins: bool) -> Counter[str]:
    return Counter("twin" if twins and n % 7 == 3 else f"task-{n}" for n in range(count))


async def judge(kit: Kit, url: str, count: int, *, twins: bool) -> tuple[int, int, float, list[str]]:
    session, _ = await kit.browser.open(kit.caller, url, PageOptions(width=1280, height=900))
    begun = time.perf_counter()
    try:
        async with session.use():
            look = await look_at_page(session.page, Meaning(), seconds=20, most_rows=5_000)
    finally:
        await kit.browser.end(session.id, kit.caller)
    read, true = Counter(row.task_name or "" for row in look.rows), names(count, twins=twins)
    return (true - read).total(), (read - true).total(), time.perf_counter() - begun, list(look.remarks)


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--static", type=Path, help="node_modules with the libraries")
    arguments.add_argument("--rows", type=int, default=500)
    arguments.add_argument("--only", default="", help="beginnings of names, by commas")
    given = arguments.parse_args()
    lists = {name: ((), script) for name, script in OWN.items()} | (LIBRARIES if given.static else {})
    wanted = tuple(given.only.split(","))
    missed = doubled = 0
    with PageServer(folder=given.static) as server:
        async with open_kit() as kit:
            for number, (name, (assets, script)) in enumerate(lists.items()):
                if not name.startswith(wanted):
                    continue
                for twins in (False, True):
                    path = f"/list-{number}-{twins}"
                    server.pages[path] = Reply(html(script, assets, given.rows, twins=twins))
                    less, more, seconds, remarks = await judge(kit, server.url(path), given.rows, twins=twins)
                    missed, doubled = missed + less, doubled + more
                    print(
                        f"{name}{', twins' if twins else ''}: {less} missed, {more} doubled, {seconds:.1f} s",
                        *remarks,
                        sep="  ",
                    )
    print(f"all: {missed} rows missed, {doubled} doubled")


if __name__ == "__main__":
    asyncio.run(main())
