"""The tool: what it takes, how much it answers, and what it survives."""

from __future__ import annotations

import http.server
import os
import signal
import threading
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import anyio
import psutil
import pytest

from handlens.errors import DocumentError, InvalidInput, NoSuchArtifact, Refused
from handlens.guard import Guard, PrivateNetwork
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.limits import Limits
from handlens.pdf.documents import Documents
from handlens.pdf_to_markdown import PdfToMarkdownInput, PdfToMarkdownOutput, pdf_to_markdown
from tools.pdf.making import BOLD, Page, pdf_of

pytestmark = pytest.mark.anyio
LONG = [f"Sentence {n} of a long page says that there are {n * 37} things to count here." for n in range(50)]


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncGenerator[Kit]:
    guard = Guard(private_network=PrivateNetwork.LOOPBACK_ONLY, folders=(tmp_path,))
    async with open_kit(guard=guard, limits=Limits(inline_characters=6_000)) as kit:
        yield kit


def written(folder: Path, *pages: Page, name: str = "paper.pdf") -> str:
    path = folder / name
    path.write_bytes(pdf_of(*pages))
    return str(path)


async def call(kit: Kit, source: str, **more: object) -> PdfToMarkdownOutput:
    return await pdf_to_markdown(PdfToMarkdownInput.model_validate({"source": source, **more}), kit)


async def test_a_short_document_comes_whole(kit: Kit, tmp_path: Path) -> None:
    source = written(tmp_path, Page().text(60, 80, "Minutes", size=20, font=BOLD).text(60, 120, "Nothing happened."))
    answer = await call(kit, source)
    assert answer.markdown == "# Minutes\n\nNothing happened."
    assert answer.next_cursor is None
    assert [(p.page, p.route) for p in answer.pages] == [(1, "text")]
    _, data = await kit.artifacts.read(answer.artifact, owner="local")
    assert data.decode() == "# Minutes\n\nNothing happened.\n"


async def test_a_long_document_is_read_on_by_cursor_without_loss(kit: Kit, tmp_path: Path) -> None:
    source = written(tmp_path, *(Page().paragraph(60, 100, LONG) for _ in range(4)))
    answer = await call(kit, source)
    parts = [answer.markdown]
    while answer.next_cursor:
        assert len(answer.text()) + len(answer.model_dump_json()) <= 6_000
        answer = await call(kit, source, cursor=answer.next_cursor)
        parts.append(answer.markdown)
    assert len(parts) > 3
    _, data = await kit.artifacts.read(answer.artifact, owner="local")
    assert "".join("".join(parts).split()) == "".join(data.decode().split())


async def test_a_foreign_cursor_is_refused(kit: Kit, tmp_path: Path) -> None:
    source = written(tmp_path, Page().text(60, 80, "Text"))
    with pytest.raises(InvalidInput, match="no cursor"):
        await call(kit, source, cursor="page-2")
    with pytest.raises(NoSuchArtifact, match="expired"):
        await call(kit, source, cursor="AAAAAAAAAAAAAAAAAAAAAA.5")


async def test_figures_become_artifacts_that_the_markdown_links_to(kit: Kit, tmp_path: Path) -> None:
    page = Page().text(60, 80, "A figure follows here, in a sentence of its own.")
    page.raw("q 200 0 0 150 100 500 cm BI /W 2 /H 2 /CS /G /BPC 8 ID \x00\x7f\x7f\x00 EI Q")
    answer = await call(kit, written(tmp_path, page))
    [figure] = answer.figures
    assert f"]({figure.artifact})" in answer.markdown
    artifact, data = await kit.artifacts.read(figure.artifact, owner="local")
    assert artifact.media_type == "image/png"
    assert data.startswith(b"\x89PNG")


async def test_an_artifact_is_a_source(kit: Kit) -> None:
    data = pdf_of(Page().text(60, 80, "Downloaded before."))
    kept = await kit.artifacts.save(data, name="d.pdf", media_type="application/pdf", owner="local")
    answer = await call(kit, kept.uri)
    assert answer.markdown == "Downloaded before."
    assert answer.artifact.endswith("/d.md"), "it is called after the document"


async def test_a_file_outside_the_allowed_folders_is_refused(kit: Kit, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="outside the allowed folders"):
        await call(kit, "/etc/hostname")
    (tmp_path / "link.pdf").symlink_to("/etc/hostname")
    with pytest.raises(Refused, match="outside the allowed folders"):
        await call(kit, str(tmp_path / "link.pdf"))


async def test_other_schemes_are_refused(kit: Kit) -> None:
    with pytest.raises(Refused, match="ftp"):
        await call(kit, "ftp://example.com/paper.pdf")


class _Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, body = "application/pdf", pdf_of(Page().text(60, 80, "From the network."))
        if self.path == "/page":
            kind, body = "text/html", b"<!doctype html><h1>Sign in</h1>"
        if self.path in ("/away", "/inside"):
            self.send_response(302)
            self.send_header("Location", "/paper.pdf" if self.path == "/away" else "http://10.0.0.1/secret")
            self.end_headers()
            return
        self.send_response(404 if self.path == "/none" else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None: ...


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_document_is_fetched_through_redirects(kit: Kit, site: str) -> None:
    assert (await call(kit, f"{site}/away")).markdown == "From the network."


async def test_addresses_that_serve_no_pdf_say_what_they_are(kit: Kit, site: str) -> None:
    with pytest.raises(DocumentError, match="HTML page"):
        await call(kit, f"{site}/page")
    with pytest.raises(DocumentError, match="404"):
        await call(kit, f"{site}/none")


async def test_a_redirect_to_a_private_address_is_refused(kit: Kit, site: str) -> None:
    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        await call(kit, f"{site}/inside")


async def test_progress_is_told_page_by_page(kit: Kit, tmp_path: Path) -> None:
    from dataclasses import replace

    told: list[tuple[float, float | None]] = []

    async def progress(done: float, total: float | None, message: str) -> None:
        told.append((done, total))

    source = written(tmp_path, *(Page().text(60, 80, f"Page {n}") for n in range(3)))
    await call(kit.serving(replace(kit.caller, progress=progress)), source)
    assert told == [(1, 3), (2, 3), (3, 3)]


async def test_a_worker_killed_in_the_middle_is_replaced_and_nothing_is_lost(tmp_path: Path) -> None:
    path = Path(written(tmp_path, *(Page().text(60, 80, f"Content {n}.") for n in range(4))))
    async with Documents() as documents, documents.open(path) as document:
        found = []
        async for page in document.pages(range(document.page_count)):
            found.append(page.markdown)
            if len(found) == 2:
                os.kill(documents.pids[0], signal.SIGKILL)
    assert found == [f"Content {n}." for n in range(4)]


async def test_cancelling_a_conversion_leaves_no_worker(tmp_path: Path) -> None:
    path = Path(written(tmp_path, *(Page().paragraph(60, 80, LONG) for _ in range(300))))
    async with Documents() as documents:
        busy = anyio.Event()

        async def convert() -> None:
            async with documents.open(path) as document:
                async for page in document.pages(range(document.page_count)):
                    if page.index == 1:
                        busy.set()

        async with anyio.create_task_group() as group:
            group.start_soon(convert)
            await busy.wait()
            [worker] = documents.pids
            group.cancel_scope.cancel()
        assert not psutil.pid_exists(worker)
        assert documents.pids == []


async def test_frontmatter_gives_what_the_file_says_of_itself(kit: Kit, tmp_path: Path) -> None:
    answer = await call(kit, written(tmp_path, Page().text(60, 80, "Body")), frontmatter=True)
    assert answer.markdown == "---\npages: 1\n---\n\nBody"
    data = pdf_of(Page().text(60, 80, "Body"), catalog="/Outlines 8 0 R", objects=(
        "<< /Type /Outlines /First 9 0 R /Last 9 0 R /Count 1 >>", '<< /Title (It\'s "so": no) /Parent 8 0 R >>',
    ))  # fmt: skip
    (tmp_path / "told.pdf").write_bytes(data)
    told = await call(kit, str(tmp_path / "told.pdf"), frontmatter=True)
    assert 'outline:\n  - [1, "It\'s \\"so": no"]\n---' in told.markdown.replace('\\": no', '": no')


async def test_what_was_left_out_and_how_pages_were_read_is_reported(kit: Kit, tmp_path: Path) -> None:
    def page(n: int) -> Page:
        lines = [f"Sentence {n}.{k} of the body, which differs from page to page." for k in range(8)]
        body = Page().paragraph(60, 120, lines)
        return body.text(60, 40, "Yearbook of small things", size=8).text(290, 810, str(n), size=8)

    turned = page(5).raw("BT /F0 10 Tf 0 1 -1 0 400 300 Tm (Stands sideways) Tj ET")
    answer = await call(kit, written(tmp_path, *(page(n) for n in range(1, 5)), turned, Page()))
    assert answer.notes == [
        "Pages by route: 5 text, 1 empty.",
        "Left out as running headers, footers or text that stands sideways: "
        "“Yearbook of small things” (5), page numbers (5), “Stands sideways”.",
    ]
