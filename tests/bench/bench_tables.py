"""How many rows of the tables of component libraries are read right and whole: pages, windows of rows, fixed columns.

    python tests/bench/bench_tables.py --static NODE_MODULES [--verbose]

``--static`` is a folder into which npm has installed `antd@5 react@18 react-dom@18 dayjs element-plus vue@3
@alifd/next moment ag-grid-community tabulator-tables datatables.net datatables.net-dt jquery`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from handlens.kit import Kit
from handlens.library import open_kit
from handlens.open_page import OpenPageInput, open_page
from handlens.testing.pages import PageServer
from handlens.usage.console import look_at_page
from handlens.usage.rows import Meaning, UsageRow

COUNT = 57
STATES = ("Running", "Stopped", "Failed")
DATA = f"""<script>const rows = Array.from({{length: {COUNT}}}, (_, i) => ({{key: i, name: `train-resnet-${{i}}`,
  type: ['ecs.gn7i-c8g1.2xlarge', 'ecs.gn6v-c8g1.2xlarge'][i % 2], gpu: i * 37 % 100, mem: `${{i * 13 % 160 + 1}} GiB`,
  status: {list(STATES)}[i % 3], start: `2026-11-${{String(i % 28 + 1).padStart(2, '0')}} 0${{i % 9}}:15:00`}}));
</script>"""


def page(scripts: str, styles: str, body: str, code: str) -> str:
    links = "".join(f"<link rel=stylesheet href='/{path}'>" for path in styles.split())
    loaded = "".join(f"<script src='/{path}'></script>" for path in scripts.split())
    return f"<!doctype html><meta charset=utf-8><title>Tasks</title>{links}{body}{loaded}{DATA}<script>{code}</script>"


REACT = "react/umd/react.production.min.js react-dom/umd/react-dom.production.min.js"
ROOT = "<div id=root style='padding:20px;width:1000px'></div>"
ANTD = """const h = React.createElement, { Table, Progress, Tag } = antd, columns = [
  { title: '任务名称', dataIndex: 'name', fixed: 'left', width: 220, ellipsis: true },
  { title: '实例类型', dataIndex: 'type', width: 220 },
  { title: 'GPU 使用率', dataIndex: 'gpu', width: 180, render: v => h(Progress, { percent: v, size: 'small' }) },
  { title: '显存', dataIndex: 'mem', width: 120 },
  { title: '状态', dataIndex: 'status', width: 120, render: v => h(Tag, null, v) },
  { title: '开始时间', dataIndex: 'start', width: 200 },
  { title: '操作', fixed: 'right', width: 120, render: () => h('a', null, '停止') }];
ReactDOM.createRoot(root).render(h(Table, { columns, dataSource: rows, OPTIONS }));"""
ELEMENT = """Vue.createApp({ template: `<el-table :data="page" height="350" border>
  <el-table-column type="selection" width="40" /><el-table-column prop="name" label="任务名称" fixed width="240" />
  <el-table-column prop="type" label="实例类型" width="230" /><el-table-column label="资源">
  <el-table-column label="GPU 使用率" width="160"><template #default="{ row }"><el-progress :percentage="row.gpu" />
  </template></el-table-column><el-table-column prop="mem" label="内存" width="110" /></el-table-column>
  <el-table-column label="状态" width="100"><template #default="{ row }"><el-tag>{{ row.status }}</el-tag></template>
  </el-table-column><el-table-column prop="start" label="开始时间" width="180" />
  <el-table-column label="操作" fixed="right" width="120"><el-button link>停止</el-button></el-table-column></el-table>
  <el-pagination layout="total, prev, pager, next" :total="rows.length" :page-size="20" v-model:current-page="at" />`,
  setup() { const at = Vue.ref(1); return { rows, at, page: Vue.computed(() => rows.slice(at.value * 20 - 20, at.value * 20)) }; },
}).use(ElementPlus).mount('#root');"""  # noqa: E501
FUSION = """const h = React.createElement, { Table, Progress, Pagination } = Next;
const columns = [['任务名称', 'name', 240], ['实例规格', 'type', 240], ['GPU利用率', 'gpu', 160], ['内存', 'mem', 120],
  ['状态', 'status', 120], ['创建时间', 'start', 200]];
const cell = (v, i, row) => h(Progress, { percent: row.gpu });
function App() { const [at, go] = React.useState(1); return h('div', null,
  h(Table, { dataSource: rows.slice(at * 20 - 20, at * 20), fixedHeader: true, maxBodyHeight: 350 },
    columns.map(([title, dataIndex, width]) => h(Table.Column, { title, dataIndex, width, key: title,
      lock: dataIndex === 'name', ...(dataIndex === 'gpu' && { cell }) }))),
  h(Pagination, { total: rows.length, pageSize: 20, current: at, onChange: go })); }
ReactDOM.render(h(App), root);"""
FIELDS = "[['Task', 'name'], ['Type', 'type'], ['GPU %', 'gpu'], ['Memory', 'mem'], ['Status', 'status']]"
ANTD_FILES = (f"{REACT} dayjs/dayjs.min.js antd/dist/antd.min.js", "antd/dist/reset.css", ROOT)
PAGES = {
    "antd, pages": page(*ANTD_FILES, ANTD.replace("OPTIONS", "scroll: { x: 1200 }, rowSelection: {}")),
    "antd, fixed header": page(*ANTD_FILES, ANTD.replace("OPTIONS", "scroll: { x: 1200, y: 300 }, pagination: false")),
    "antd, virtual": page(
        *ANTD_FILES, ANTD.replace("OPTIONS", "scroll: { x: 1200, y: 400 }, virtual: true, pagination: false")
    ),
    "element-plus": page(
        "vue/dist/vue.global.prod.js element-plus/dist/index.full.min.js", "element-plus/dist/index.css", ROOT, ELEMENT
    ),
    "fusion": page(
        f"{REACT} moment/moment.js @alifd/next/dist/next.min.js", "@alifd/next/dist/next.min.css", ROOT, FUSION
    ),
    "ag-grid": page(
        "ag-grid-community/dist/ag-grid-community.min.js", "", "<div id=g style='height:400px;width:900px'></div>",
        "agGrid.createGrid(g, { rowData: rows, columnDefs: "
        f"{FIELDS}.map(([headerName, field]) => ({{ headerName, field }})) }});",
    ),
    "tabulator": page(
        "tabulator-tables/dist/js/tabulator.min.js", "tabulator-tables/dist/css/tabulator.min.css", "<div id=g></div>",
        "new Tabulator('#g', { data: rows, height: 350, layout: 'fitColumns', columns: "
        f"{FIELDS}.map(([title, field]) => ({{ title, field }})) }});",
    ),
    "datatables": page(
        "jquery/dist/jquery.min.js datatables.net/js/dataTables.min.js",
        "datatables.net-dt/css/dataTables.dataTables.min.css", "<table id=t></table>",
        f"new DataTable('#t', {{ data: rows, columns: {FIELDS}.map(([title, data]) => ({{ title, data }})) }});",
    ),
}  # fmt: skip


def faults(rows: Sequence[UsageRow]) -> list[str]:
    found = {row.task_name: row for row in rows}
    told = [f"{len(rows) - len(found)} rows twice"] if len(found) < len(rows) else []
    for number in range(COUNT):
        row = found.get(f"train-resnet-{number}")
        if row is None:
            told.append(f"row {number} is missing")
            continue
        held = (row.gpu_utilization_percent, row.memory_used_bytes, row.status_text)
        true = (number * 37 % 100, (number * 13 % 160 + 1) * 2**30, STATES[number % 3])
        if held != true:
            told.append(f"row {number}: {held}, not {true}")
    return told


async def read(kit: Kit, url: str) -> Sequence[UsageRow]:
    opened = await open_page(OpenPageInput(url=url), kit)
    async with kit.browser.page(kit.caller, session_id=opened.session_id) as session:
        look = await look_at_page(session.page, Meaning(), seconds=10, most_rows=2_000)
    await kit.browser.end(opened.session_id, kit.caller)
    return look.rows


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--static", type=Path, required=True)
    parser.add_argument("--verbose", action="store_true", help="name what was read wrong")
    given = parser.parse_args()
    served = {f"/{number}.html": text for number, text in enumerate(PAGES.values())}
    with PageServer(served, folder=given.static) as server:
        async with open_kit() as kit:
            for name, path in zip(PAGES, served, strict=True):
                begun = time.perf_counter()
                wrong = faults(await read(kit, server.url(path)))
                print(f"{name}: {COUNT - len(wrong)} of {COUNT} rows right, {time.perf_counter() - begun:.1f} s")
                for fault in wrong if given.verbose else ():
                    print(f"  {fault}")


if __name__ == "__main__":
    asyncio.run(main())
