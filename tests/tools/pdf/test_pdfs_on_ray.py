"""The example that converts a folder on Ray, run on a local Ray: no document stops the others."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.pdf.making import Page, encrypted, pdf_of

ROOT = Path(__file__).resolve().parents[3]
PYTHONS = (
    os.environ.get("HANDLENS_TEST_RAY_PYTHON", ""),
    sys.executable,
    str(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "handlens" / "ray-env" / "bin" / "python"),
)
RUN = """
import os, signal, sys
import pdfs_on_ray as example

real = example.convert_batch

def deadly(batch):
    if any(b"kills" in name for name in batch["item"]):
        os.kill(os.getpid(), signal.SIGKILL)  # as the system does to a task that takes all memory
    return real(batch)

example.convert_batch = deadly
example.main()
"""
READ = "import json, sys, pyarrow.parquet as p; print(json.dumps(p.read_table(sys.argv[1]).to_pylist()))"


def with_ray() -> str:
    """A Python that has Ray."""
    for python in filter(None, PYTHONS):
        if (
            shutil.which(python)
            and subprocess.run([python, "-c", "import ray.data"], capture_output=True).returncode == 0
        ):
            return python
    pytest.skip("there is no Ray: pip install 'handlens[ray,ocr]', or name a Python in HANDLENS_TEST_RAY_PYTHON")


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_no_document_stops_the_others_on_ray_not_even_one_that_kills_its_task(tmp_path: Path) -> None:
    python, folder, output = with_ray(), tmp_path / "in", tmp_path / "out"
    (folder / "sub").mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "report" / "report.pdf", folder / "report.PDF")
    (folder / "sub" / "plain.pdf").write_bytes(pdf_of(Page().text(60, 80, "Plain"), Page().text(60, 80, "and simple.")))
    (folder / "locked.pdf").write_bytes(encrypted("Sealed", user="sesame"))
    (folder / "no.pdf").write_bytes(b"<html>no PDF</html>")
    (folder / "kills.pdf").write_bytes(pdf_of(Page().text(60, 80, "Never read.")))
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.pdf")).write_bytes(pdf_of(Page().text(60, 80, "Named in no UTF-8")))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "examples"), str(ROOT / "tools")])}
    run = subprocess.run(
        [python, "-c", RUN, str(folder), str(output)],
        capture_output=True, text=True, timeout=180, env=environment, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3_000:]
    told = subprocess.run([python, "-c", READ, str(output)], capture_output=True, text=True, check=True, timeout=60)
    rows = {Path(row["path"]).name: row for row in json.loads(told.stdout)}
    assert rows["plain.pdf"]["markdown"] == "Plain and simple."
    assert rows["plain.pdf"]["pages"] == 2
    assert rows["report.PDF"]["markdown"].startswith("# ")
    assert rows["\ufffd.pdf"]["markdown"] == "Named in no UTF-8"
    assert "password" in rows["locked.pdf"]["error"]
    assert "HTML page" in rows["no.pdf"]["error"]
    assert "was killed" in rows["kills.pdf"]["error"]
    assert len(rows) == 6
    assert "6 documents, " in run.stdout
    assert "3 failed" in run.stdout
