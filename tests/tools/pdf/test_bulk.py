"""Many files at once, in the library and from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlens.pdf.bulk import Outcome, convert_many
from tools.pdf.making import Page, pdf_of

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


def test_the_command_converts_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from handlens_server.cli import main

    (tmp_path / "good.pdf").write_bytes(pdf_of(Page().text(60, 80, "Good")))
    code = main(["pdf", str(tmp_path / "good.pdf"), str(tmp_path / "none.pdf"), "-o", str(tmp_path / "out")])
    assert code == 1
    assert (tmp_path / "out" / "good.md").read_text() == "Good\n"
    told = capsys.readouterr().err
    assert "good.md (1 pages)" in told
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
