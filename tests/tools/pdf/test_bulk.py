"""Many files at once, in the library and from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import pytest

from handlens import __version__
from handlens.pdf.bulk import Outcome, convert_many
from handlens.pdf.documents import OpenDocument
from handlens.pdf.options import Options
from handlens.pdf.result import PageResult
from tools.pdf.making import Page, encrypted, pdf_of

pytestmark = pytest.mark.anyio


async def converted(sources: list[Path], folder: Path) -> dict[str, Outcome]:
    return {o.source.name: o async for o in convert_many(sources, folder, processes=2)}


async def test_a_bad_file_stops_nothing_and_a_second_run_skips_what_is_done(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    (source / "sub").mkdir(parents=True)
    for name in ("a.pdf", "b.pdf", "sub/a.pdf"):
        (source / name).write_bytes(pdf_of(Page().text(60, 80, f"Text of {name}")))
    (source / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    outcomes = [o async for o in convert_many([source], target, processes=2)]
    assert sorted(o.state for o in outcomes) == ["done", "done", "done", "failed"]
    assert (target / "sub" / "a.md").read_text() == "Text of sub/a.pdf\n"
    assert not list(target.rglob("*.part"))
    again = await converted([source], target)
    assert again["b.pdf"].state == "skipped"
    assert again["broken.pdf"].state == "failed"


async def test_files_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    sources = []
    for folder in ("one", "two"):
        path = tmp_path / folder / "same.pdf"
        path.parent.mkdir()
        path.write_bytes(pdf_of(Page().text(60, 80, f"From {folder}")))
        sources.append(path)
    outcomes = [o async for o in convert_many(sources, tmp_path / "out")]
    assert {o.target.name for o in outcomes} == {"same.md", "same-2.md"}
    assert {o.target.read_text() for o in outcomes} == {"From one\n", "From two\n"}


async def test_sources_of_one_name_stay_apart_from_run_to_run_and_a_file_of_somebody_else_is_left_alone(
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "same.md").write_text("my own notes")
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.pdf").write_bytes(pdf_of(Page().text(60, 80, f"From {folder}")))
    for _ in range(2):
        await converted([tmp_path / "two" / "same.pdf"], out)
        await converted([tmp_path / "one" / "same.pdf", tmp_path / "two"], out)
    assert {path.name: path.read_text() for path in out.glob("*.md")} == {
        "same.md": "my own notes", "same-2.md": "From two\n", "same-3.md": "From one\n",
    }  # fmt: skip


async def test_a_record_tells_what_a_file_was_made_from_and_what_changed_is_converted_again(tmp_path: Path) -> None:
    source, out = tmp_path / "a.pdf", tmp_path / "out"
    source.write_bytes(pdf_of(Page().text(60, 80, "First")))

    async def state(**more: Any) -> str:
        [outcome] = [o async for o in convert_many([source], out, **more)]
        return outcome.state

    assert [await state(), await state()] == ["done", "skipped"]
    record = json.loads((out / "a.md.json").read_text())
    assert (record["source"], record["bytes"]) == (str(source), source.stat().st_size)
    assert (record["handlens"], record["pages"], record["failed_pages"]) == (__version__, 1, [])
    assert record["options"]["page_breaks"] is False
    marked = Options(page_breaks=True)
    assert [await state(options=marked), await state(options=marked)] == ["done", "skipped"]
    before = source.stat().st_mtime_ns
    source.write_bytes(pdf_of(Page().text(60, 80, "Other")))  # as long as before, and as old
    os.utime(source, ns=(before, before + 1))
    assert [await state(options=marked), await state(options=marked)] == ["done", "skipped"]
    assert "Other" in (out / "a.md").read_text()
    (out / "a.md.json").write_text(json.dumps({**record, "handlens": "0.0.1"}))
    assert await state() == "done"
    (out / "a.md").unlink()
    assert await state() == "done"


async def test_documents_without_some_of_their_pages_are_kept_and_converted_again_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = tmp_path / "a.pdf", tmp_path / "out"
    source.write_bytes(pdf_of(Page().text(60, 80, "One"), Page().text(60, 80, "Two")))
    real = OpenDocument._page  # pyright: ignore[reportPrivateUsage]

    async def second_fails(self: OpenDocument, index: int, look: bool) -> PageResult:
        return PageResult(1, route="failed", notes=["Killed."]) if index else await real(self, index, look)

    with monkeypatch.context() as patch:
        patch.setattr(OpenDocument, "_page", second_fails)
        assert (await converted([source], out))["a.pdf"].failed_pages == [2]
    kept = (await converted([source], out))["a.pdf"]
    assert (kept.state, kept.failed_pages) == ("skipped", [2])
    [again] = [o async for o in convert_many([source], out, retry=True)]
    assert (again.state, again.failed_pages) == ("done", [])
    assert (out / "a.md").read_text() == "One\n\nTwo\n"


async def test_a_conversion_that_is_stopped_leaves_what_was_there_and_nothing_half_written(tmp_path: Path) -> None:
    source, out = tmp_path / "a.pdf", tmp_path / "out"
    picture = "q 200 0 0 150 100 500 cm BI /W 2 /H 2 /CS /G /BPC 8 ID \x00\x7f\x7f\x00 EI Q"
    text = "A figure follows here, in a sentence of its own."
    source.write_bytes(pdf_of(Page().text(60, 80, text).raw(picture)))
    with_figures = Options(figures=True)
    [_] = [o async for o in convert_many([source], out, options=with_figures)]
    assert [path.name for path in (out / "a").iterdir()] == ["page-1-figure-1.png"]
    before = (out / "a.md").read_text()
    source.write_bytes(pdf_of(*(Page().text(60, 80, text).raw(picture) for _ in range(300))))

    async def run() -> None:
        async with aclosing(convert_many([source], out, options=with_figures)) as outcomes:
            async for _ in outcomes:
                raise AssertionError("it was done before it could be stopped")

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        while not list(out.glob(".*/*.png")):
            await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    assert sorted(path.name for path in out.iterdir()) == ["a", "a.md", "a.md.json"]
    assert (out / "a.md").read_text() == before
    source.write_bytes(pdf_of(Page().text(60, 80, "No figure any more.")))
    [_] = [o async for o in convert_many([source], out, options=with_figures)]
    assert sorted(path.name for path in out.iterdir()) == ["a.md", "a.md.json"]


async def test_whatever_goes_wrong_with_one_file_the_others_are_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.pdf").write_bytes(pdf_of(Page().text(60, 80, name)))
    real = OpenDocument._page  # pyright: ignore[reportPrivateUsage]

    async def fault(self: OpenDocument, index: int, look: bool) -> PageResult:
        if self.path.stem == "b":
            raise RuntimeError("a fault of ours")
        return await real(self, index, look)

    monkeypatch.setattr(OpenDocument, "_page", fault)
    states = {name: outcome.state for name, outcome in (await converted([tmp_path], tmp_path / "out")).items()}
    assert states == {"a.pdf": "done", "b.pdf": "failed", "c.pdf": "done"}


def run(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "handlens_server", "pdf", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **variables}
    )


def test_the_last_line_and_the_exit_code_tell_how_many(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        (tmp_path / "in" / f"{name}.pdf").write_bytes(pdf_of(Page().text(60, 80, name)))
    first = run(tmp_path / "in", "-o", tmp_path / "out")
    assert (first.returncode, first.stderr.splitlines()[-1]) == (0, "2 converted, 0 kept, 0 failed.")
    (tmp_path / "in" / "c.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    second = run(tmp_path / "in", "-o", tmp_path / "out")
    assert (second.returncode, second.stderr.splitlines()[-1]) == (1, "0 converted, 2 kept, 1 failed.")
    (tmp_path / "empty").mkdir()
    third = run(tmp_path / "empty", "-o", tmp_path / "out")
    assert third.returncode == 1
    assert "There is no PDF in this folder." in third.stderr
    os.mkfifo(tmp_path / "pipe.pdf")
    assert "This is no regular file." in run(tmp_path / "pipe.pdf", "-o", tmp_path / "out").stderr
    fourth = run(tmp_path / "in", "-o", tmp_path / "in" / "a.pdf")
    assert fourth.returncode == 2
    assert fourth.stderr.startswith("handlens: ")
    assert "is no folder" in fourth.stderr


def test_a_password_comes_by_the_environment(tmp_path: Path) -> None:
    (tmp_path / "locked.pdf").write_bytes(encrypted("Sealed", user="sesame"))
    closed = run(tmp_path / "locked.pdf", "-o", tmp_path / "out")
    assert "Set HANDLENS_PDF_PASSWORD" in closed.stderr
    opened = run(tmp_path / "locked.pdf", "-o", tmp_path / "out", HANDLENS_PDF_PASSWORD="sesame")
    assert opened.returncode == 0
    assert (tmp_path / "out" / "locked.md").read_text() == "Sealed\n"
    assert "sesame" not in opened.stderr + (tmp_path / "out" / "locked.md.json").read_text()


def test_ctrl_c_leaves_what_is_finished_and_the_next_run_goes_on(tmp_path: Path) -> None:
    source, out, count = tmp_path / "in", tmp_path / "out", 24
    source.mkdir()
    lines = [f"Sentence {n} of a page that takes a little while to read." for n in range(50)]
    data = pdf_of(*(Page().paragraph(60, 80, lines) for _ in range(6)))
    for n in range(count):
        (source / f"{n}.pdf").write_bytes(data)
    command = [sys.executable, "-m", "handlens_server", "pdf", str(source), "-o", str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to the workers too
        told = first + process.stderr.read()
    assert process.returncode == 130
    assert "Traceback" not in told
    last = told.splitlines()[-1]
    assert last.startswith("Stopped: ")
    done = int(last.split()[1])
    assert f"{count - done} not reached" in last
    assert len(list(out.glob("*.md"))) == len(list(out.iterdir())) / 2 >= done > 0
    again = run(source, "-o", out)
    assert again.returncode == 0
    assert not list(out.glob(".*"))
    assert len(list(out.glob("*.md"))) == count
    assert int(again.stderr.splitlines()[-1].split(" converted, ")[1].split()[0]) >= done


def test_the_command_converts_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from handlens_server.cli import main

    (tmp_path / "good.pdf").write_bytes(pdf_of(Page().text(60, 80, "Good")))
    code = main(["pdf", str(tmp_path / "good.pdf"), str(tmp_path / "none.pdf"), "-o", str(tmp_path / "out")])
    assert code == 1
    assert (tmp_path / "out" / "good.md").read_text() == "Good\n"
    told = capsys.readouterr().err
    assert "good.md (1 page)" in told
    assert "none.pdf: failed" in told


async def test_a_folder_s_documents_are_found_in_capitals_too_and_their_notes_are_told(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    script = "/Names << /JavaScript << /Names [(run) << /S /JavaScript /JS (app.alert\\(2\\)) >>] >> >>"
    page = Page().paragraph(60, 200, ["A sentence of the page, which is long enough to be one."] * 3)
    page.raw("BT /F0 10 Tf 0 1 -1 0 400 300 Tm (Stands sideways) Tj ET")
    (tmp_path / "in" / "LOUD.PDF").write_bytes(pdf_of(page, catalog=script))
    [outcome] = [o async for o in convert_many([tmp_path / "in"], tmp_path / "out")]
    assert (outcome.state, outcome.target.name) == ("done", "LOUD.md")
    assert outcome.notes == [
        "Left out as running headers, footers or text that stands sideways: “Stands sideways”.",
        "The document carries 1 JavaScript action, ignored.",
    ]
