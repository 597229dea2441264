"""The command line: arguments in, one function called. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handlens import __version__
from handlens.errors import HandlensError

if TYPE_CHECKING:
    from handlens_server.settings import Settings

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    command: Command = options.command
    try:
        return command(options)
    except HandlensError as error:
        print(f"handlens: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        return 130


def settings_of(options: argparse.Namespace) -> tuple[Settings, dict[str, str]]:
    """The effective settings of a command, with their origins."""
    from handlens_server.settings import load, parse_assignment

    flags: dict[str, Any] = dict(parse_assignment(text) for text in options.set)
    named = {
        "transport": getattr(options, "transport", None),
        "http.host": getattr(options, "host", None),
        "http.port": getattr(options, "port", None),
        "browser.cdp": options.browser_cdp,
        "browser.executable": options.browser_executable,
        "engine.kind": options.engine,
        "engine.urls": tuple(options.engine_url) or None,
        "engine.model": options.model,
        "engine.careful_model": options.careful_model,
        "engine.args": tuple(options.engine_arg) or None,
        "log_level": options.log_level,
    }
    flags |= {name: value for name, value in named.items() if value is not None}
    return load(file=options.config, flags=flags)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    group = common.add_argument_group("settings")
    group.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML)")
    group.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any setting, by dotted name")
    group.add_argument("--browser-cdp", metavar="URL", help="use the browser at this CDP URL")
    group.add_argument("--browser-executable", type=Path, metavar="PATH", help="run this Chromium")
    group.add_argument("--engine", choices=("embedded", "vllm", "host"), help="where sight comes from")
    group.add_argument("--engine-url", action="append", default=[], metavar="URL", help="an engine; may be repeated")
    group.add_argument("--model", help="everyday model: hub name, folder or modelscope:NAME")
    group.add_argument("--careful-model", metavar="MODEL", help="Thinking model for hard questions")
    group.add_argument(
        "--engine-arg", action="append", default=[], metavar="ARG", help="for vLLM: --engine-arg=--dtype=half"
    )
    group.add_argument("--log-level", choices=("debug", "info", "warning", "error"))

    parser = argparse.ArgumentParser(prog="handlens", description="Eyes and hands for agents.")
    parser.add_argument("--version", action="version", version=f"handlens {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, parents=[common], help=text, description=text)
        command.set_defaults(command=run)
        return command

    serve = add("serve", _serve, "Serve the tools over MCP.")
    serve.add_argument("--transport", choices=("stdio", "http", "sse"))
    serve.add_argument("--host", help="address to listen on (http, sse)")
    serve.add_argument("--port", type=int, help="port to listen on (http, sse)")
    add("tools", _tools, "Print the table of tools.")
    call = add("call", _call, "Call one tool and show its result.")
    call.add_argument("tool", metavar="TOOL")
    call.add_argument("json", metavar="JSON", nargs="?", default="{}", help="its arguments")
    call.add_argument("-o", "--output", type=Path, default=Path(), metavar="DIR", help="where pictures and files go")
    pdf = add("pdf", _pdf, "Convert PDFs to Markdown files.")
    pdf.add_argument("files", nargs="+", type=Path, metavar="FILE", help="PDFs, or folders of them")
    pdf.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="where the Markdown goes")
    pdf.add_argument("--mode", choices=("auto", "fast"), default="auto", help="fast: no models, no OCR")
    pdf.add_argument("--tables", choices=("auto", "html", "markdown"), default="auto")
    pdf.add_argument("--language", default="", help="of scans, as ru: scripts that need it are read by Tesseract")
    pdf.add_argument("--no-figures", action="store_true", help="leave pictures out")
    pdf.add_argument("--page-breaks", action="store_true", help="mark pages with comments")
    pdf.add_argument(
        "--password", help="opens encrypted documents; better set HANDLENS_PDF_PASSWORD, which no list shows"
    )
    pdf.add_argument("--retry", action="store_true", help="convert again what is there without some of its pages")
    pdf.add_argument("--processes", type=int, help="documents at once; all cores by default")
    watch = add("watch", _watch, "Watch usage consoles: keep what they show, and alert by rules.")
    watch.add_argument("file", type=Path, metavar="CONSOLES.TOML")
    watch.add_argument("--once", action="store_true", help="look at each console once, then end")
    watch.add_argument("--dry-run", action="store_true", help="log alerts instead of sending them")
    usage = add("usage", _usage, "Export the usage history, or what people decided on its page.")
    what = usage.add_subparsers(dest="what", required=True, metavar="WHAT")
    exported = what.add_parser("export", parents=[common], help="observations as CSV or Parquet")
    exported.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".csv or .parquet")
    exported.add_argument("--console", help="only this console's")
    exported.add_argument("--task", help="only this task's")
    exported.add_argument("--hours", type=float, default=24 * 30, help="back from now (default: 30 days)")
    cases = what.add_parser("cases", parents=[common], help="decisions as test cases: pictures and expected rows")
    cases.add_argument("folder", type=Path, metavar="FOLDER")
    check = what.add_parser("check", parents=[common], help="read the cases' pictures and compare")
    check.add_argument("folder", type=Path, metavar="FOLDER")
    profile = what.add_parser("profile", parents=[common], help="what people taught of a console, as a profile")
    profile.add_argument("console", metavar="CONSOLE")
    login = add("login", _login, "Save a login for consoles, made in a visible browser.")
    login.add_argument("name", metavar="NAME")
    login.add_argument("url", metavar="URL", nargs="?", help="where to log in")
    login.add_argument("--storage-state", type=Path, metavar="FILE", help="or take this storage state of Playwright")
    add("doctor", _doctor, "Check what handlens needs, and say what to do about what is missing.")
    add("setup", _setup, "Fetch what is missing: a Chromium.")
    config = add("config", _config, "Print the configuration snippet for a host.")
    config.add_argument("host_name", metavar="HOST", nargs="?", help="without it, the hosts that are known")
    engine = add("engine", _engine, "Plan or run the vLLM engine of this machine.")
    engine.add_argument("what", choices=("plan", "run"), help="plan: print the command and why; run: become the engine")
    engine.add_argument("--host", dest="engine_host", default="127.0.0.1", help="address for run (default: 127.0.0.1)")
    engine.add_argument("--port", dest="engine_port", type=int, default=8000, help="port for run (default: 8000)")
    add("settings", _settings, "Print the effective settings and where each comes from.")
    return parser


def _serve(options: argparse.Namespace) -> int:
    def load() -> Settings:
        from handlens_server.logs import to_stderr

        settings, _ = settings_of(options)
        to_stderr(settings.log_level)
        return settings

    from handlens_server.sources import says_nothing_of

    # The settings take a tenth of a second to import. Where it is plain what they say, they are read later.
    silent = options.config is None and not options.set
    stdio = options.transport == "stdio" or (not options.transport and silent and says_nothing_of(["transport"]))
    if not stdio and (settings := load()).transport != "stdio":
        return _serve_http(settings)
    from handlens_server.stdio import run

    silent = silent and not options.browser_cdp and not options.browser_executable
    return run(load, usual_browser=silent and says_nothing_of(["browser", "guard"]))


def _serve_http(settings: Settings) -> int:
    import asyncio

    from handlens_server.http import serve

    asyncio.run(serve(settings))
    return 0


def _tools(options: argparse.Namespace) -> int:  # noqa: ARG001
    from handlens_server.show import tool_table

    print(tool_table())  # noqa: T201
    return 0


def _call(options: argparse.Namespace) -> int:
    import asyncio

    from handlens_server.call import call
    from handlens_server.logs import to_stderr

    settings, _ = settings_of(options)
    to_stderr(settings.log_level)
    return asyncio.run(call(settings, options.tool, options.json, options.output))


def _pdf(options: argparse.Namespace) -> int:
    import asyncio

    from handlens.pdf.options import Options
    from handlens_server.pdf import convert

    settings, _ = settings_of(options)
    how = Options(
        tables=options.tables,
        mode=options.mode,
        figures=not options.no_figures,
        page_breaks=options.page_breaks,
        language=options.language,
    )
    kept = settings.pdf_password.get_secret_value() if settings.pdf_password else None
    return asyncio.run(
        convert(
            options.files,
            options.output,
            options=how,
            processes=options.processes,
            password=options.password or kept,
            retry=options.retry,
            page_seconds=settings.limits.document_page_seconds,
        )
    )


def _watch(options: argparse.Namespace) -> int:
    import asyncio

    from handlens_server.logs import to_stderr
    from handlens_server.watch import watch

    settings, _ = settings_of(options)
    to_stderr(settings.log_level)
    return asyncio.run(watch(settings, options.file, once=options.once, dry_run=options.dry_run))


def _usage(options: argparse.Namespace) -> int:
    from handlens_server.usage import commands

    settings, _ = settings_of(options)
    if options.what == "export":
        which = {"console": options.console, "task": options.task, "hours": options.hours}
        return commands.export_usage(settings, options.output, **which)
    if options.what == "cases":
        return commands.export_cases(settings, options.folder)
    if options.what == "check":
        return commands.check_cases(settings, options.folder)
    return commands.print_profile(settings, options.console)


def _login(options: argparse.Namespace) -> int:
    import asyncio

    from handlens_server.login import login

    settings, _ = settings_of(options)
    return asyncio.run(login(settings, options.name, options.url, options.storage_state))


def _doctor(options: argparse.Namespace) -> int:
    from handlens_server.doctor import doctor

    settings, _ = settings_of(options)
    return doctor(settings)


def _setup(options: argparse.Namespace) -> int:
    from handlens_server.setup import setup

    settings, _ = settings_of(options)
    return setup(settings)


def _config(options: argparse.Namespace) -> int:
    from handlens_server.hosts import snippet

    print(snippet(options.host_name))  # noqa: T201
    return 0


def _settings(options: argparse.Namespace) -> int:
    from handlens_server.show import settings_table

    print(settings_table(*settings_of(options)))  # noqa: T201
    return 0


def _engine(options: argparse.Namespace) -> int:
    from handlens_server.engine import commands

    settings, _ = settings_of(options)
    if options.what == "run":
        commands.run(settings.engine, options.engine_host, options.engine_port)
    print(commands.plan_text(settings.engine))  # noqa: T201
    return 0
