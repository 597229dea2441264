"""The HTML of generated console pages: tables, grids, cards and panels, and what surrounds them on real consoles."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

GROUPED = ("gpu", "cpu", "memory")
GROUPS = {"en": "Resources", "zh": "资源用量"}
"""The name over the columns of ``GROUPED``, where headers have two lines."""


@dataclass(frozen=True)
class Look:
    language: str
    layout: str
    dark: bool
    font: str
    size: int
    padding: int
    borders: str
    pills: bool
    bars: bool
    memory: str
    percent: str
    time: str
    missing: str
    sidebar: bool = False
    tiles: bool = False
    filters: bool = False
    pager: bool = False
    grouped: bool = False
    wrapped: bool = False
    sorts: str = ""
    icons: bool = False
    checks: bool = False
    actions: bool = False
    sticky: bool = False
    inside: bool = False
    """The number of a bar stands in it."""
    members: bool = False
    """A second table, of people."""
    theme: str = ""
    """One of ``THEMES``, or "": then ``dark`` says."""
    badge: str = "solid"
    """How pills are drawn: "solid", "soft", "outline"."""
    under: bool = False
    """Bars run under their numbers."""
    shouted: bool = False
    """Headers are in capital letters."""
    right: bool = False
    """Numbers end at the right edge of their columns."""
    links: bool = False
    sticky_head: bool = False
    narrow: bool = False
    """The list takes only the width that it needs."""


THEMES = {
    "slate": ("#e2e8f0", "#0f172a", "#334155", "#1e293b"),
    "black": ("#c8c8c8", "#000", "#333", "#111"),
    "cream": ("#586e75", "#fdf6e3", "#e0d9c5", "#eee8d5"),
    "faint": ("#666", "#fff", "#eee", "#fafafa"),
    "blue": ("#1a2b4a", "#f4f8fd", "#c9d7ea", "#dbe7f6"),
}
"""Ink, paper, lines and the ground of headers."""
_PLAIN = {True: ("#ddd", "#181a1f", "#3a3d45", "#23262d"), False: ("#222", "#fff", "#ddd", "#f5f6f8")}
_PILLS = {
    "solid": "background:#2a7d4f;color:#fff",
    "soft": "background:#2a7d4f22;color:inherit",
    "outline": "border:1px solid #2a9d5f;color:#2a9d5f",
}


def document(look: Look, title: str, keys: list[str], names: dict[str, str], rows: list[dict[str, str]]) -> str:
    """The whole page."""
    body = {"table": _table, "aria": _aria, "divs": _divs, "cards": _cards, "dl-cards": _dl_cards, "panel": _panel}[
        look.layout
    ](look, keys, names, rows)
    return (
        f'<!doctype html><html lang="{look.language}"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_css(look)}</style><header><b>ML Platform</b><nav>Overview · Tasks · Models · Billing</nav></header>"
        f"<div class=page>{_sidebar(look)}<main>{_tiles(look)}<h2>{title}</h2>{_filters(look)}{body}{_pager(look)}"
        f"{_members(look)}</main></div></html>"
    )


def _css(look: Look) -> str:
    ink, paper, line, head = THEMES[look.theme] if look.theme else _PLAIN[look.dark]
    cell = f"padding:{look.padding}px 12px;text-align:left;"
    cell += {
        "all": f"border:1px solid {line};",
        "rows": f"border-bottom:1px solid {line};",
        "none": "",
        "zebra": "",
    }[look.borders]
    return (
        f"*{{box-sizing:border-box}}body{{margin:0;background:{paper};color:{ink};"
        f"font:{look.size}px/1.5 '{look.font}','Noto Sans CJK SC'}}"
        f"header{{display:flex;gap:40px;padding:12px 24px;border-bottom:1px solid {line}}}main{{padding:8px 24px}}"
        f"table,.t{{border-collapse:collapse;width:{'auto' if look.narrow else '100%'}}}"
        f"th,td,.c{{{cell}white-space:nowrap}}"
        f"th,.h .c{{background:{head};font-weight:600}}"
        + (f"tr:nth-child(even) td,.r:nth-child(even){{background:{head}}}" if look.borders == "zebra" else "")
        + ".t{display:grid}.r{display:grid;grid-template-columns:subgrid;grid-column:1/-1}"  # no text lies over another
        f".pill{{padding:1px 8px;border-radius:9px;{_PILLS[look.badge]}}}"
        "small{display:block;color:#888;font-size:max(11px,.85em)}"
        ".dot{display:inline-block;width:7px;height:7px;border-radius:4px;background:#3a3;margin-right:6px}"
        f".bar{{display:inline-block;width:48px;height:6px;background:{line};margin-right:8px;vertical-align:middle}}"
        ".bar i{display:block;height:6px;background:#48f}"
        ".cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(360px,1fr));gap:16px}"
        f".card{{border:1px solid {line};border-radius:6px;padding:12px 16px}}"
        ".card h3{margin:0 0 8px;font-size:1.1em}.kv{display:flex;justify-content:space-between;padding:2px 0}"
        ".kv span:first-child,dt{color:#888}"
        "dl{display:grid;grid-template-columns:auto 1fr;gap:2px 24px;margin:0}dd{margin:0}"
        f".panel{{display:grid;grid-template-columns:repeat(3,1fr);gap:{look.padding + 8}px 32px}}"
        ".panel label{display:block;color:#888;font-size:.9em}"
        ".page{display:flex}main{flex:1;min-width:0}nav.side{flex:0 0 180px;padding:16px;line-height:2.4}"
        f"nav.side,.tile{{border:1px solid {line}}}.tiles{{display:flex;gap:16px}}.tile{{padding:8px 20px}}"
        f".tile b{{display:block;font-size:1.6em}}.filters{{display:flex;gap:12px;margin:0 0 12px}}"
        f".filters span{{border:1px solid {line};padding:2px 10px;color:#888}}.pager{{text-align:right;padding:10px}}"
        ".pager span{padding:2px 8px}a{color:#48f}.icon{display:inline-block;width:12px;height:12px;margin-right:6px;"
        "border:2px solid #48f;border-radius:3px;vertical-align:middle}"
        + (
            ".name,.type{white-space:normal!important;max-width:130px;overflow-wrap:anywhere}"
            ".t .name,.t .type{min-width:130px}"
            if look.wrapped
            else ""
        )
        + (f"td.name,th.name{{position:sticky;left:0;background:{paper}}}" if look.sticky else "")
        + ("th,.h .c{text-transform:uppercase}" if look.shouted else "")
        + (".gpu,.cpu,.memory,.count,.priority{text-align:right!important}" if look.right else "")
        + ("th{position:sticky;top:0;z-index:1}" if look.sticky_head else "")
        + (".bar{display:block!important;margin:2px 0 0!important}" if look.under else "")
        + ".full{display:inline-block;width:110px;background:#8883;position:relative;text-align:center}"
        ".full i{position:absolute;left:0;top:0;bottom:0;background:#48f6}"
    )


def _value(look: Look, key: str, text: str) -> str:
    if key == "name" and "\n" in text:
        name, identity = text.split("\n")
        return f"{_value(look, key, name)}<small>{escape(identity)}</small>"
    shown = escape(text)
    if key == "name" and look.links:
        shown = f"<a>{shown}</a>"
    if key == "status":
        return f'<span class="pill">{shown}</span>' if look.pills else f'<i class="dot"></i>{shown}'
    if key == "name" and look.icons:
        return f'<span class="icon"></span>{shown}'
    if key in ("gpu", "cpu") and look.inside and text != look.missing:
        return f'<span class="full"><i style="width:{text.rstrip("% ")}%"></i>{shown}</span>'
    if key in ("gpu", "cpu") and look.bars and text != look.missing:
        bar = f'<span class="bar"><i style="width:{text.rstrip("% ")}%"></i></span>'
        return f"{shown}{bar}" if look.under else f"{bar}{shown}"
    return shown


def _table(look: Look, keys: list[str], names: dict[str, str], rows: list[dict[str, str]]) -> str:
    def line(row: dict[str, str]) -> str:
        cells = "".join(f'<td class="{k}">{_value(look, k, row[k])}</td>' for k in keys)
        return f"<tr>{_check(look, 'td')}{cells}{_actions(look, 'td')}</tr>"

    def head(some: list[str]) -> str:
        down = " rowspan=2" if look.grouped else ""
        return "".join(
            f'<th class="{k}"{"" if k in GROUPED else down}>{escape(names[k])}{_sort(look)}</th>' for k in some
        )

    before, after = _check(look, "th"), _actions(look, "th")
    if not look.grouped:
        top = f"<tr>{before}{head(keys)}{after}</tr>"
    else:
        before, after = (cell.replace("<th", "<th rowspan=2") for cell in (before, after))
        together = [key for key in keys if key in GROUPED]
        span = f"<th colspan={len(together)}>{GROUPS[look.language]}</th>"
        top = f"<tr>{before}{head([k for k in keys if k not in GROUPED])}{span}{after}</tr><tr>{head(together)}</tr>"
    return f"<table><thead>{top}</thead><tbody>{''.join(map(line, rows))}</tbody></table>"


def _aria(look: Look, keys: list[str], names: dict[str, str], rows: list[dict[str, str]]) -> str:
    return _flex(look, keys, names, rows, grid=True)


def _divs(look: Look, keys: list[str], names: dict[str, str], rows: list[dict[str, str]]) -> str:
    return _flex(look, keys, names, rows, grid=False)


def _flex(look: Look, keys: list[str], names: dict[str, str], rows: list[dict[str, str]], *, grid: bool) -> str:
    def line(kind: str, role: str, cells: list[tuple[str, str]]) -> str:
        said = f' role="{role}"' if grid else ""
        inner = "".join(f'<div class="c {key}"{said}>{text}</div>' for key, text in cells)
        return f'<div class="r {kind}"{" role=row" if grid else ""}>{inner}</div>'

    def framed(cells: list[tuple[str, str]], head: bool) -> list[tuple[str, str]]:
        mark = [("check", "<input type=checkbox>")] if look.checks and grid else []
        done = [("do", _action_name(look) if head else _action_links(look))] if look.actions and grid else []
        return [*mark, *cells, *done]

    heads = framed([(key, escape(names[key]) + _sort(look)) for key in keys], True)
    lines = [line("h", "columnheader", heads)]
    lines += [line("", "gridcell", framed([(k, _value(look, k, row[k])) for k in keys], False)) for row in rows]
    columns = f'style="grid-template-columns:repeat({len(heads)},auto)"'
    return f'<div class="t" {columns}{" role=grid" if grid else ""}>{"".join(lines)}</div>'


def _cards(look: Look, keys: list[str], names: dict[str, str], rows: list[dict[str, str]]) -> str:
    def card(row: dict[str, str]) -> str:
        pairs = "".join(
            f'<div class="kv"><span>{escape(names[k])}</span><span>{_value(look, k, row[k])}</span></div>'
            for k in keys[1:]
        )
        return f'<div class="card"><h3>{escape(row["name"])}</h3>{pairs}</div>'

    return f'<div class="cards">{"".join(card(row) for row in rows)}</div>'


def _dl_cards(look: Look, keys: list[str], names: dict[str, str], rows: list[dict[str, str]]) -> str:
    def card(row: dict[str, str]) -> str:
        pairs = "".join(f"<dt>{escape(names[k])}</dt><dd>{_value(look, k, row[k])}</dd>" for k in keys[1:])
        return f'<div class="card"><h3>{escape(row["name"])}</h3><dl>{pairs}</dl></div>'

    return f'<div class="cards">{"".join(card(row) for row in rows)}</div>'


def _panel(look: Look, keys: list[str], names: dict[str, str], rows: list[dict[str, str]]) -> str:
    pairs = "".join(
        f"<div><label>{escape(names[k])}</label><div>{_value(look, k, rows[0][k])}</div></div>" for k in keys
    )
    return f'<div class="panel">{pairs}</div>'


# --- what surrounds a list -----------------------------------------------------------------------------------------


def _sort(look: Look) -> str:
    return f" {look.sorts}" if look.sorts else ""


def _check(look: Look, tag: str) -> str:
    return f"<{tag}><input type=checkbox></{tag}>" if look.checks else ""


def _actions(look: Look, tag: str) -> str:
    if not look.actions:
        return ""
    return f"<{tag}>{_action_name(look) if tag == 'th' else _action_links(look)}</{tag}>"


def _action_name(look: Look) -> str:
    return {"en": "Actions", "zh": "操作"}[look.language]


def _action_links(look: Look) -> str:
    return {"en": "<a>View</a> | <a>Stop</a>", "zh": "<a>查看</a> <a>停止</a>"}[look.language]


def _sidebar(look: Look) -> str:
    if not look.sidebar:
        return ""
    words = {
        "en": ("Dashboard", "Jobs", "Models", "Datasets", "Instances", "Status page", "Billing", "Settings"),
        "zh": ("总览", "任务", "模型", "数据集", "实例", "监控", "费用", "设置"),
    }[look.language]
    return f"<nav class=side>{''.join(f'<div>{word}</div>' for word in words)}</nav>"


def _tiles(look: Look) -> str:
    if not look.tiles:
        return ""
    words = {"en": ("Running", "Pending", "Failed", "GPUs in use"), "zh": ("运行中", "排队中", "失败", "已用 GPU")}
    tiles = zip(words[look.language], ("12", "3", "1", "56 / 64"), strict=True)
    return f"<div class=tiles>{''.join(f'<div class=tile>{word}<b>{text}</b></div>' for word, text in tiles)}</div>"


def _filters(look: Look) -> str:
    if not look.filters:
        return ""
    words = {
        "en": ("Search by name", "Status: All", "Last 24 hours", "Refresh"),
        "zh": ("请输入任务名称", "状态：全部", "最近 24 小时", "刷新"),
    }[look.language]
    return f"<div class=filters>{''.join(f'<span>{word}</span>' for word in words)}</div>"


def _pager(look: Look) -> str:
    if not look.pager:
        return ""
    total = {"en": "Total 125 items", "zh": "共 125 条"}[look.language]
    size = {"en": "50 / page", "zh": "50 条/页"}[look.language]
    return f"<div class=pager><span>{total}</span><span>1</span><span>2</span><span>3</span><span>{size}</span></div>"


def _members(look: Look) -> str:
    if not look.members:
        return ""
    words = {"en": ("Members", "User", "Role", "Joined"), "zh": ("成员", "用户", "角色", "加入时间")}[look.language]
    rows = "".join(f"<tr><td>{user}</td><td>admin</td><td>2024-05-0{n}</td></tr>" for n, user in enumerate("abc", 1))
    head = "".join(f"<th>{word}</th>" for word in words[1:])
    return f"<h2>{words[0]}</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
