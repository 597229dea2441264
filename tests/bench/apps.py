"""The third-party pages of `bench_locate.py`: static ones out of npm packages, applications out of PyPI packages."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.async_api import Page

ADMIN_LTE, SB_ADMIN = "admin-lte/pages", "startbootstrap-sb-admin-2"
GENTELELLA, MATERIAL = "gentelella/dist/production", "material-dashboard/pages"
STATIC = {
    "mailbox": f"{ADMIN_LTE}/mailbox/mailbox.html",
    "compose": f"{ADMIN_LTE}/mailbox/compose.html",
    "projects": f"{ADMIN_LTE}/examples/projects.html",
    "kanban": f"{ADMIN_LTE}/kanban.html",
    "calendar": f"{ADMIN_LTE}/calendar.html",
    "contacts": f"{ADMIN_LTE}/examples/contacts.html",
    "sb2": f"{SB_ADMIN}/index.html",
    "sblogin": f"{SB_ADMIN}/login.html",
    "sheet": "luckysheet/dist/index.html",
    "inbox": f"{GENTELELLA}/inbox.html",
    "orders": f"{GENTELELLA}/orders.html",
    "product": f"{GENTELELLA}/product_detail.html",
    "chat": f"{GENTELELLA}/chat.html",
    "files": f"{GENTELELLA}/file_manager.html",
    "buttons": f"{GENTELELLA}/form_buttons.html",
    "material": f"{MATERIAL}/dashboard.html",
    "billing": f"{MATERIAL}/billing.html",
    "swagger": "swagger/index.html",
    "read": f"{ADMIN_LTE}/mailbox/read-mail.html",
    "inv": f"{ADMIN_LTE}/examples/invoice.html",
    "shop": f"{ADMIN_LTE}/examples/e-commerce.html",
    "formg": f"{ADMIN_LTE}/forms/general.html",
    "gset": f"{GENTELELLA}/settings.html",
    "gusers": f"{GENTELELLA}/user_management.html",
    "gmedia": f"{GENTELELLA}/media_gallery.html",
    "gnotif": f"{GENTELELLA}/notifications.html",
    "mprof": f"{MATERIAL}/profile.html",
    "mrtl": f"{MATERIAL}/rtl.html",
}
LIVE = {
    "djlist": ("django", "/admin/auth/user/"),
    "djuser": ("django", "/admin/auth/user/1/change/"),
    "ds": ("datasette", "/store/customers"),
    "lab": ("jupyter", "/lab"),
    "locust": ("locust", "/"),
    "optuna": ("optuna", "/dashboard"),
    "sqlite": ("sqlite", "/customers/content/"),
    "notebook": ("notebook", "/tree"),
    "wagtail": ("wagtail", "/admin/pages/3/"),
    "mkdocs": ("mkdocs", "/"),
    "mitmweb": ("mitmweb", "/"),
    "streamlit": ("streamlit", "/"),
    "gradio": ("gradio", "/"),
}
PLUGINS = {
    "fontawesome-free": "@fortawesome/fontawesome-free",
    "jquery": "jquery/dist",
    "jquery-ui": "jquery-ui-dist",
    "bootstrap": "bootstrap/dist",
    "summernote": "summernote/dist",
    "fullcalendar": "fullcalendar",
    "moment": "moment/min",
    "overlayScrollbars": "overlayscrollbars",
}
"""Where AdminLTE's pages look for what npm puts elsewhere."""
SLOW = {
    "lab": 4000,
    "sheet": 2500,
    "optuna": 2500,
    "notebook": 4000,
    "mitmweb": 2500,
    "streamlit": 5000,
    "gradio": 5000,
    "swagger": 2500,
}
DJANGO_USERS = """
from django.contrib.auth.models import Group, User
User.objects.create_superuser("admin", "admin@example.com", "pw")
for name in ("alice", "bob", "carol", "dave"):
    User.objects.create_user(name, f"{name}@example.com", first_name=name.title(), is_staff=name in ("alice", "dave"))
for name in ("Editors", "Reviewers"):
    Group.objects.create(name=name)
"""
WAGTAIL = """
from django.contrib.auth.models import User
from wagtail.models import Page
User.objects.create_superuser("admin", "admin@example.com", "pw")
for title in ("About us", "Opening hours", "Contact"):
    Page.objects.get(pk=3 if Page.objects.filter(pk=3).exists() else 2).add_child(instance=Page(title=title))
"""
STUDY = """
import optuna
study = optuna.create_study(study_name="tune-lr", storage="sqlite:///study.db")
study.optimize(lambda trial: trial.suggest_float("x", -5, 5) ** 2, n_trials=8)
"""
LOCUST = "from locust import HttpUser, task\nclass U(HttpUser):\n    @task\n    def t(self): self.client.get('/')\n"

STREAMLIT = """
import pandas, streamlit as st
st.title("Churn explorer")
st.sidebar.selectbox("Model", ["Linear", "Forest"])
st.sidebar.slider("Temperature", 0.0, 2.0, 0.7)
st.sidebar.checkbox("Show outliers")
one, two = st.tabs(["Data", "Plot"])
one.text_input("Customer")
one.date_input("Since")
one.file_uploader("Sample file")
one.radio("Plan", ["Free", "Pro"])
one.button("Train model")
one.download_button("Fetch results", "a,b", "r.csv")
with one.expander("Advanced"):
    st.number_input("Trees", 1, 500, 100)
"""
GRADIO = """
import sys, gradio as gr
with gr.Blocks(title="Translator") as demo:
    gr.Markdown("# Translator")
    text = gr.Textbox(label="Source text", placeholder="Type a sentence")
    with gr.Row():
        gr.Dropdown(["German", "French"], label="Target language")
        gr.Slider(0, 1, 0.3, label="Creativity")
    gr.Checkbox(label="Formal tone")
    gr.Radio(["Short", "Long"], label="Length")
    gr.Image(label="Photo of a sign")
    with gr.Row():
        go, wipe = gr.Button("Translate", variant="primary"), gr.ClearButton()
    out = gr.Textbox(label="Result", buttons=["copy"])
    with gr.Accordion("More", open=False):
        gr.Number(label="Seed")
    go.click(lambda t: t, text, out)
demo.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]))
"""
MKDOCS = """
site_name: Kiln
repo_url: https://example.com/kiln/kiln
theme:
  name: material
  font: false
  features: [navigation.tabs, content.code.copy, navigation.footer, search.suggest, content.action.edit]
  palette: [{scheme: default, toggle: {icon: material/brightness-7, name: Switch to dark mode}}]
edit_uri: edit/main/docs/
markdown_extensions: [admonition, pymdownx.highlight, pymdownx.superfences, toc: {permalink: true}]
nav: [Home: index.md, Guide: guide.md, Reference: {Settings: settings.md}]
"""
KILN = """# Kiln

Fires pots. See the [guide](guide.md).

## Install

```
pip install kiln
```

## Run

```
kiln fire --hot
```

### Options

| Flag | Meaning |
|---|---|
| `--hot` | hotter |
"""


def _deed(tag: str, summary: str) -> dict[str, Any]:
    return {"tags": [tag], "summary": summary, "responses": {"200": {"description": "done"}}}


PET_STORE: dict[str, Any] = {
    "openapi": "3.0.0", "info": {"title": "Pets", "version": "1.2"}, "servers": [{"url": "/v1"}, {"url": "/v2"}],
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    "paths": {
        "/pets": {"get": _deed("pets", "List all pets"), "post": _deed("pets", "Add a pet")},
        "/pets/{id}": {"get": _deed("pets", "One pet"), "delete": _deed("pets", "Remove a pet")},
        "/orders": {"get": _deed("orders", "List orders"), "put": _deed("orders", "Change an order")},
    },
}  # fmt: skip


class Apps:
    """Started when first asked for, ended together. ``static`` is a folder of npm packages, ``commands`` one of
    commands out of PyPI packages; without one of them its pages are not there."""

    static_pages = STATIC
    live_pages = LIVE

    def __init__(self, static: Path | None, commands: Path | None) -> None:
        self._static, self._commands = static, commands
        self._ports: dict[str, int] = {}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._stack = contextlib.ExitStack()

    async def __aenter__(self) -> Self:
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-locate-")))
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        self._stack.close()

    def has(self, name: str) -> bool:
        return self._static is not None if name in self.static_pages else self._commands is not None

    async def open(self, page: Page, name: str) -> None:
        url = await self.url(name)
        if name.startswith("dj"):
            await page.goto(url)
            await page.fill("#id_username", "admin")
            await page.fill("#id_password", "pw")
            await page.click("[type=submit]")
        if name == "wagtail":
            await page.goto(url)
            await page.fill("#id_username", "admin")
            await page.fill("#id_password", "pw")
            await page.click("[type=submit]")
            await page.wait_for_load_state("networkidle")
        await page.goto(f"{url}?token=pw" if name == "mitmweb" else url, wait_until="load", timeout=60_000)
        await page.wait_for_timeout(SLOW.get(name, 800))

    async def url(self, name: str) -> str:
        app, path = ("static", "/" + self.static_pages[name]) if name in self.static_pages else self.live_pages[name]
        if app not in self._ports:
            self._ports[app] = port = _free_port()
            await asyncio.to_thread(self._start, app, port)
        return f"http://127.0.0.1:{self._ports[app]}{path}"

    def _start(self, app: str, port: int) -> None:
        folder = self._folder / app
        folder.mkdir()
        process = subprocess.Popen(
            self._command(app, port, folder), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
        self._processes.append(process)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise TimeoutError(f"{app} did not start")

    def _packages(self) -> Path:
        assert self._static is not None
        return self._static.resolve()

    def _farm(self, packages: Path, folder: Path) -> Path:
        return _farm(packages, folder)

    def _command(self, app: str, port: int, folder: Path) -> list[str]:
        if app == "static":
            root = str(self._farm(self._packages(), folder))
            return [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", root]
        assert self._commands is not None
        commands = self._commands
        python = str(commands / "python")
        if app == "django":
            subprocess.run([commands / "django-admin", "startproject", "shop", "."], cwd=folder, check=True)
            manage = [python, "manage.py"]
            subprocess.run([*manage, "migrate", "-v0"], cwd=folder, check=True)
            subprocess.run([*manage, "shell", "-v0", "-c", DJANGO_USERS], cwd=folder, check=True)
            return [*manage, "runserver", f"127.0.0.1:{port}", "--noreload"]
        if app == "datasette":
            _store(folder / "store.db")
            return [str(commands / "datasette"), "store.db", "-p", str(port)]
        if app == "jupyter":
            (folder / "notes.md").write_text("# Notes\n")
            (folder / "models").mkdir()
            options = ["--allow-root", "--no-browser", "--ip=127.0.0.1", "--ServerApp.token=", "--ServerApp.password="]
            return [str(commands / "jupyter"), "lab", f"--port={port}", f"--notebook-dir={folder}", *options]
        if app == "sqlite":
            _store(folder / "store.db")
            return [str(commands / "sqlite_web"), "-p", str(port), "-H", "127.0.0.1", "-x", "store.db"]
        if app == "notebook":
            (folder / "notes.md").write_text("# Notes\n")
            (folder / "models").mkdir()
            options = ["--allow-root", "--no-browser", "--ip=127.0.0.1", "--ServerApp.token=", "--ServerApp.password="]
            return [str(commands / "jupyter"), "notebook", f"--port={port}", f"--notebook-dir={folder}", *options]
        if app == "wagtail":
            subprocess.run(
                [commands / "wagtail", "start", "shop", "."], cwd=folder, check=True, stdout=subprocess.DEVNULL
            )
            manage = [python, "manage.py"]
            subprocess.run([*manage, "migrate", "-v0"], cwd=folder, check=True)
            subprocess.run([*manage, "shell", "-v0", "-c", WAGTAIL], cwd=folder, check=True)
            return [*manage, "runserver", f"127.0.0.1:{port}", "--noreload"]
        if app == "mkdocs":
            (folder / "docs").mkdir()
            (folder / "mkdocs.yml").write_text(MKDOCS)
            for name in ("index", "guide", "settings"):
                (folder / "docs" / f"{name}.md").write_text(KILN)
            subprocess.run([commands / "mkdocs", "build", "-q"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
            return [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", "site"]
        if app == "mitmweb":
            where = ["--web-host", "127.0.0.1", "--web-port", str(port), "--set", "web_password=pw"]
            return [str(commands / "mitmweb"), "--no-web-open-browser", "-n", *where]
        if app == "streamlit":
            (folder / "app.py").write_text(STREAMLIT)
            options = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
            return [str(commands / "streamlit"), "run", "app.py", *options]
        if app == "gradio":
            (folder / "app.py").write_text(GRADIO)
            return [python, "app.py", str(port)]
        if app == "locust":
            (folder / "locustfile.py").write_text(LOCUST)
            host = ["--web-host", "127.0.0.1", "-H", "http://127.0.0.1:9"]
            return [str(commands / "locust"), "-f", "locustfile.py", "--web-port", str(port), *host]
        subprocess.run([python, "-c", STUDY], cwd=folder, check=True, stderr=subprocess.DEVNULL)
        return [str(commands / "optuna-dashboard"), "sqlite:///study.db", "--port", str(port), "--host", "127.0.0.1"]


def _farm(packages: Path, folder: Path) -> Path:
    """A folder of links in which AdminLTE's pages find their plugins."""
    for package in packages.iterdir():
        if package.name != "admin-lte" and not package.name.startswith("."):
            (folder / package.name).symlink_to(package)
    own = folder / "admin-lte"
    own.mkdir()
    for part in (packages / "admin-lte").iterdir():
        (own / part.name).symlink_to(part)
    (own / "plugins").mkdir()
    for name, place in PLUGINS.items():
        if (packages / place).exists():
            (own / "plugins" / name).symlink_to(packages / place)
    for part in ("assets", "images", "js"):  # Gentelella's pages name them from the root
        (folder / part).symlink_to(packages / "gentelella" / "dist" / part)
    _swagger(packages / "swagger-ui-dist", folder / "swagger")
    return folder


def _swagger(package: Path, folder: Path) -> None:
    """Swagger UI over an interface of our own: the packaged page asks another site for one."""
    folder.mkdir()
    for part in package.iterdir() if package.exists() else ():
        if part.name != "swagger-initializer.js":
            (folder / part.name).symlink_to(part)
    (folder / "swagger-initializer.js").write_text(
        f"window.ui = SwaggerUIBundle({{spec: {json.dumps(PET_STORE)}, dom_id: '#swagger-ui', deepLinking: true, "
        "presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: 'StandaloneLayout'})"
    )


def _store(path: Path) -> None:
    store = sqlite3.connect(path)
    store.execute("create table customers(id integer primary key, name text, city text, spend real)")
    people = [
        ("Ann Smith", "Paris"),
        ("Bob Jones", "Rome"),
        ("Carol Wu", "Wuhan"),
        ("Dave Kim", "Seoul"),
        ("Eve Li", "Xi'an"),
    ]
    store.executemany("insert into customers(name, city, spend) values(?, ?, 10)", people)
    store.commit()
    store.close()


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
