"""Further third-party pages of `bench_locate.py`, whose cases were written by somebody who never saw the locator.

The descriptions are in locate_cases_learned.tsv, from which the locator may be improved, and in
locate_cases_held_out.tsv, of which only the totals may be looked at. Static pages are out of npm packages, installed
with --ignore-scripts --legacy-peer-deps: `editor.md tui-image-editor @tabler/preview tiddlywiki node-red video.js@7
leaflet leaflet-draw grapesjs font-awesome@4 x-data-spreadsheet vditor tui-calendar`; applications are out of PyPI's
`fava changedetection.io django-simpleui`, in an environment of their own. Node-RED and TiddlyWiki need a `node` on the
PATH. Pages in ``hosts/`` only start a packaged component.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from apps import Apps
from playwright.async_api import Page

HOSTS = Path(__file__).with_name("hosts")
STATIC = {
    "editormd": "editor.md/examples/full.html",
    "edimage": "editor.md/examples/full.html",
    "imgfilter": "hosts/image-editor.html",
    "tmusic": "@tabler/preview/dist/music.html",
    "ttasks": "@tabler/preview/dist/tasks.html",
    "tsettings": "@tabler/preview/dist/settings.html",
    "draw": "patched/draw/full.html",
    "xsheet": "x-data-spreadsheet/dist/index.html",
    "video": "patched/video/index.html",
    "tuical": "hosts/tui-calendar.html",
    "imged": "hosts/image-editor.html",
    "grapes": "hosts/grapesjs.html",
    "vditor": "hosts/vditor.html",
}
LIVE = {
    "nodered": ("nodered", "/"),
    "wiki": ("tiddlywiki", "/"),
    "fava": ("fava", "/household/journal/"),
    "simpleui": ("simpleui", "/admin/auth/user/"),
    "cdio": ("changedetection", "/"),
    "cdset": ("changedetection", "/settings"),
    "simpleform": ("simpleui", "/admin/auth/user/4/change/"),
}
SLOW = {
    "nodered": 5000,
    "imged": 3000,
    "grapes": 2500,
    "wiki": 3000,
    "vditor": 2500,
    "fava": 2000,
    "editormd": 2500,
    "edimage": 2500,
    "imgfilter": 3000,
}
FLOW = [
    {"id": "f1", "type": "tab", "label": "Greenhouse"},
    {"id": "f2", "type": "tab", "label": "Alarms"},
    {
        "id": "n1",
        "type": "inject",
        "z": "f1",
        "name": "every minute",
        "x": 140,
        "y": 100,
        "wires": [["n2"]],
        "props": [{"p": "payload"}],
        "payload": "",
        "payloadType": "date",
        "repeat": "",
        "crontab": "",
        "once": False,
    },
    {
        "id": "n2",
        "type": "function",
        "z": "f1",
        "name": "average",
        "func": "return msg;",
        "outputs": 1,
        "x": 320,
        "y": 100,
        "wires": [["n3", "n4"]],
    },
    {"id": "n3", "type": "debug", "z": "f1", "name": "log it", "active": True, "x": 510, "y": 80, "wires": []},
    {
        "id": "n4",
        "type": "http request",
        "z": "f1",
        "name": "",
        "method": "GET",
        "url": "",
        "x": 520,
        "y": 160,
        "wires": [[]],
    },
    {"id": "n5", "type": "comment", "z": "f1", "name": "Sensors in bed 3", "x": 150, "y": 220, "wires": []},
]
USERS = """
from django.contrib.auth.models import Group, User
User.objects.create_superuser("admin", "admin@example.com", "pw", first_name="管理", last_name="员")
people = (("lilei", "雷", "李"), ("hanmei", "梅梅", "韩"), ("tom", "Tom", "Baker"), ("zhangwei", "伟", "张"))
for name, first, last in people:
    staff = name in ("lilei", "tom")
    User.objects.create_user(name, f"{name}@example.com", "x", first_name=first, last_name=last, is_staff=staff)
"""


class MoreApps(Apps):
    """Pages in the states that their cases speak of; what they ask of other sites is refused."""

    static_pages = STATIC
    live_pages = LIVE

    async def open(self, page: Page, name: str) -> None:
        url = await self.url(name)
        await page.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
        if name.startswith("simple"):
            await page.goto(url)
            await page.fill("input[name=username]", "admin")
            await page.fill("input[name=password]", "pw")
            await page.click(".el-button, [type=submit]")
            await page.wait_for_timeout(1500)
        await page.goto(url, wait_until="load", timeout=60_000)
        await page.wait_for_timeout(SLOW.get(name, 1200))
        if name in STATES:
            await STATES[name](page)

    def _farm(self, packages: Path, folder: Path) -> Path:
        return _farm(packages, folder)

    def _command(self, app: str, port: int, folder: Path) -> list[str]:
        if app == "static":
            return super()._command(app, port, folder)
        if app == "nodered":
            (folder / "flows.json").write_text(json.dumps(FLOW))
            (folder / "settings.js").write_text(
                "module.exports = {flowFile: 'flows.json', uiHost: '127.0.0.1', "
                "telemetry: {enabled: false, updateNotification: false}, "
                "editorTheme: {tours: false, projects: {enabled: false}}, logging: {console: {level: 'warn'}}}"
            )
            red = self._packages() / "node-red" / "red.js"
            return ["node", str(red), "-u", str(folder), "-s", str(folder / "settings.js"), "-p", str(port)]
        if app == "tiddlywiki":
            tiddly = str(self._packages() / "tiddlywiki" / "tiddlywiki.js")
            subprocess.run(
                ["node", tiddly, "wiki", "--init", "server"], cwd=folder, check=True, stdout=subprocess.DEVNULL
            )
            for title, tags, text in (
                ("Recipes", "Kitchen", "Soups and [[Bread]]."),
                ("Bread", "Kitchen", "Flour, water, salt."),
                ("Travel", "", "* [[Recipes]]\n* Lisbon"),
            ):
                (folder / "wiki" / "tiddlers").mkdir(exist_ok=True)
                (folder / "wiki" / "tiddlers" / f"{title}.tid").write_text(
                    f"created: 20260102030405000\nmodified: 20260102030405000\ntitle: {title}\ntags: {tags}\n\n{text}\n"
                )
            (folder / "wiki" / "tiddlers" / "start.tid").write_text("title: $:/DefaultTiddlers\n\nRecipes Travel\n")
            return ["node", tiddly, "wiki", "--listen", "host=127.0.0.1", f"port={port}"]
        assert self._commands is not None
        commands = self._commands
        if app == "fava":
            with (folder / "books.beancount").open("wb") as books:
                books.write(LEDGER.encode())
            return [str(commands / "fava"), "books.beancount", "--host", "127.0.0.1", "-p", str(port)]
        if app == "simpleui":
            subprocess.run([commands / "django-admin", "startproject", "shop", "."], cwd=folder, check=True)
            settings = folder / "shop" / "settings.py"
            text = (
                settings.read_text()
                .replace("INSTALLED_APPS = [", "INSTALLED_APPS = ['simpleui',")
                .replace("en-us", "zh-hans")
            )
            settings.write_text(
                text + "\nSIMPLEUI_STATIC_OFFLINE = True\nSIMPLEUI_ANALYSIS = False\nSIMPLEUI_HOME_INFO = False\n"
            )
            manage = [str(commands / "python"), "manage.py"]
            subprocess.run([*manage, "migrate", "-v0"], cwd=folder, check=True)
            subprocess.run([*manage, "shell", "-v0", "-c", USERS], cwd=folder, check=True)
            return [*manage, "runserver", f"127.0.0.1:{port}", "--noreload"]
        if app == "changedetection":
            (folder / "data").mkdir()
            return [
                str(commands / "changedetection.io"),
                "-d",
                str(folder / "data"),
                "-h",
                "127.0.0.1",
                "-p",
                str(port),
            ]
        raise KeyError(app)


async def _playing(page: Page) -> None:
    await page.evaluate(
        """() => { const p = videojs.getAllPlayers()[0];
        p.addClass('vjs-has-started'); p.userActive(true); p.options_.inactivityTimeout = 0; }"""
    )
    await page.wait_for_function(
        """() => { const bar = videojs.getAllPlayers()[0].controlBar;
        return [bar.chaptersButton, bar.descriptionsButton, bar.subsCapsButton]
          .map(button => { button.update(); return button.el().offsetWidth > 0 }).every(Boolean) }""",
        timeout=30_000,
        polling=500,
    )  # the buttons of tracks appear when their tracks have loaded
    await page.wait_for_timeout(500)


async def _image_dialog(page: Page) -> None:
    await page.click(".editormd-toolbar a:has([name=image])")
    await page.wait_for_timeout(1500)


async def _event(page: Page) -> None:
    await page.mouse.click(845, 650)
    await page.wait_for_timeout(800)


async def _filters(page: Page) -> None:
    await page.click(".tie-btn-filter")
    await page.wait_for_timeout(800)


STATES = {"video": _playing, "edimage": _image_dialog, "tuical": _event, "imgfilter": _filters}

LEDGER = """
option "title" "Household"
option "operating_currency" "EUR"
2026-01-01 open Assets:Bank EUR
2026-01-01 open Assets:Cash EUR
2026-01-01 open Income:Salary EUR
2026-01-01 open Expenses:Food EUR
2026-01-01 open Expenses:Rent EUR
2026-01-01 open Expenses:Books EUR
2026-01-01 open Equity:Opening
2026-01-02 pad Assets:Bank Equity:Opening
2026-01-05 balance Assets:Bank 1200 EUR
2026-01-06 * "Baker" "Bread and rolls" #breakfast
  Assets:Cash  -6.20 EUR
  Expenses:Food
2026-01-09 ! "Landlord" "Rent January"
  Assets:Bank  -800 EUR
  Expenses:Rent
2026-01-15 * "Acme" "Salary" ^pay-01
  Assets:Bank  2400 EUR
  Income:Salary
2026-01-18 * "Bookshop" "Atlas" #gifts
  Assets:Bank  -39.90 EUR
  Expenses:Books
2026-01-20 note Assets:Bank "Called about the fee"
2026-01-22 pad Assets:Cash Equity:Opening
2026-01-25 balance Assets:Cash 50 EUR
"""


def _farm(packages: Path, folder: Path) -> Path:
    """Links to the packages and our bare host pages, and packaged examples whose CDN addresses are local here."""
    for package in packages.iterdir():
        if not package.name.startswith("."):
            (folder / package.name).symlink_to(package)
    (folder / "hosts").symlink_to(HOSTS)
    video = folder / "patched" / "video"
    video.mkdir(parents=True)
    source = packages / "video.js" / "dist" / "examples" / "elephantsdream"
    if source.exists():
        for part in source.iterdir():
            if part.name != "index.html":
                (video / part.name).symlink_to(part)
        text = (source / "index.html").read_text()
        text = re.sub(r'"[^"]*vjs.zencdn.net/7.0/(?:video.min.js)"', '"/video.js/dist/video.js"', text)
        text = re.sub(r'"[^"]*vjs.zencdn.net/7.0/video-js.(?:min.)?css"', '"/video.js/dist/video-js.css"', text)
        text = re.sub(
            r'"[^"]*/ed_hd.mp4" type="video/mp4"',
            '"/@videojs/vhs-utils/test/fixtures/formats/webm/vp9.webm" type="video/webm"',
            text,
        )
        (video / "index.html").write_text(text)
    draw = folder / "patched" / "draw"
    draw.mkdir()
    source = packages / "leaflet-draw" / "docs" / "examples" / "full.html"
    if source.exists():
        (draw / "libs").symlink_to(source.parent / "libs")
        lines = [
            line
            for line in source.read_text().splitlines()
            if "../../src/" not in line or "Leaflet.draw.js" in line or "leaflet.draw.css" in line
        ]
        text = (
            "\n".join(lines)
            .replace("../../src/Leaflet.draw.js", "/leaflet-draw/dist/leaflet.draw.js")
            .replace("../../src/leaflet.draw.css", "/leaflet-draw/dist/leaflet.draw.css")
        )
        text = text.replace("libs/leaflet-src.js", "/leaflet/dist/leaflet-src.js").replace(
            "libs/leaflet.css", "/leaflet/dist/leaflet.css"
        )
        (draw / "full.html").write_text(text)
    return folder
