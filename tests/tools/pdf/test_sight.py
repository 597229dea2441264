"""Documents read with an eye's help: a scripted one, in the formats that Qwen3-VL answers in, right and wrong."""

from __future__ import annotations

import importlib.util
import io
import json
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest
from PIL import Image, ImageDraw, ImageFont

from handlens.errors import EyeAnswerInvalid, EyeBusy, EyeUnavailable, HandlensError, TimedOut
from handlens.eye.protocol import EyeStatus
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.limits import Limits
from handlens.pdf_to_markdown import PdfToMarkdownInput, PdfToMarkdownOutput, pdf_to_markdown
from handlens.testing.scripted_eye import Asked, Says, ScriptedEye
from tools.pdf.making import Page, pdf_of

pytestmark = pytest.mark.anyio

PROSE = ["The table below was printed with two of its columns", "so near to each other that no rule parts them."]
ROWS = [("Run", "Loss", "Steps"), ("train", "0.93", "12340"), ("serve", "-1.5", "98"), ("eval", "48", "7")]
NAMES = ["apples", "bridges", "canals", "deserts", "engines", "forests"]
GOOD = "\\\\ ".join(" & ".join(row) for row in ROWS)
WIDE = "| Run | Loss Steps |"
WHOLE = (
    "| Run | Loss | Steps |\n| --- | --- | --- |\n| train | 0.93 | 12340 |\n| serve | -1.5 | 98 |\n| eval | 48 | 7 |"
)


def latex(body: str, box: str = "10,10,990,990") -> str:
    return f"<!-- Table ({box}) -->\n\\begin{{tabular}}{{lcc}}\n\\hline {body} \\\\ \\hline\n\\end{{tabular}}"


def crowded(*, lead: str = "") -> Page:
    """A page with a table whose last two columns stand in one ruled cell."""
    page = Page().paragraph(60, 80, PROSE, size=11, pitch=14).text(60, 300, lead, size=11)
    for r, (run, loss, steps) in enumerate(ROWS):
        page.text(80, 152 + 24 * r, run, size=11).text(250, 152 + 24 * r, loss, size=11)
        page.text(279, 152 + 24 * r, steps, size=11)
    for y in range(136, 136 + 24 * 5, 24):
        page.rule(70, y, 400, y)
    for x in (70, 240, 400):
        page.rule(x, 136, x, 232)
    return page


def formula() -> Page:
    page = Page().paragraph(60, 80, PROSE, size=11, pitch=14).text(220, 130, "f = a + 42 b", size=11)
    return page.paragraph(60, 170, PROSE, size=11, pitch=14)


def pictured() -> Page:
    page = Page().text(60, 80, "A figure follows here, in a sentence of its own.")
    return page.raw("q 200 0 0 150 100 500 cm BI /W 2 /H 2 /CS /G /BPC 8 ID \x00\x7f\x7f\x00 EI Q")


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncGenerator[Kit]:
    from handlens.guard import Guard

    async with open_kit(guard=Guard(folders=(tmp_path,))) as kit:
        yield kit


async def seen(kit: Kit, folder: Path, eye: ScriptedEye, *pages: Page, **more: object) -> PdfToMarkdownOutput:
    path = folder / "paper.pdf"
    path.write_bytes(pdf_of(*pages))
    return await pdf_to_markdown(
        PdfToMarkdownInput.model_validate({"source": str(path), **more}), replace(kit, eye=eye)
    )


async def test_a_table_that_rules_can_not_part_is_read_by_sight(kit: Kit, tmp_path: Path) -> None:
    eye = ScriptedEye([latex(GOOD)])
    assert WIDE in (await seen(kit, tmp_path, eye, crowded(), mode="fast")).markdown
    assert eye.asked == []
    answer = await seen(kit, tmp_path, eye, crowded())
    assert WHOLE in answer.markdown
    assert answer.markdown.startswith("The table below")
    assert eye.asked[0].question == "qwenvl markdown"
    region = answer.pages[0].regions[0]
    assert (region.kind, region.route, region.note) == ("table", "eye", "")
    assert (answer.pages[0].route, answer.notes) == (
        "text", ["Sight was asked about 1 regions and 1 of its readings are used."]
    )  # fmt: skip


async def test_an_answer_in_html_is_read_into_the_same_table(kit: Kit, tmp_path: Path) -> None:
    rows = "".join(f"<tr>{''.join(f'<td>{text}</td>' for text in row)}</tr>" for row in ROWS)
    said = f'<html><body><table data-bbox="10 10 990 990">{rows.replace("12340", "12840")}</table></body></html>'
    assert WHOLE in (await seen(kit, tmp_path, ScriptedEye([said]), crowded())).markdown


@pytest.mark.parametrize(
    "changed",
    [
        GOOD.replace("12340", "12840"),
        GOOD.replace("-1.5", "1.5"),
        GOOD.replace("-1.5", "−1.5"),
        GOOD.replace("98", "-98"),
        GOOD.replace("98", "98\\%"),
        GOOD.replace("0.93", "$0.39$"),
        GOOD.replace("48 & 7", "48 & "),
        GOOD.replace("48 & 7", "84 & 77"),
        GOOD.replace("train", "trian"),
    ],
)
async def test_a_hallucinating_eye_changes_no_number_of_the_text(kit: Kit, tmp_path: Path, changed: str) -> None:
    assert changed != GOOD
    assert WHOLE in (await seen(kit, tmp_path, ScriptedEye([latex(changed)]), crowded())).markdown


async def test_a_number_that_only_sight_has_is_marked(kit: Kit, tmp_path: Path) -> None:
    answer = await seen(kit, tmp_path, ScriptedEye([latex(GOOD + "\\\\ total & 900 & 12340")]), crowded())
    assert answer.markdown.endswith("| eval | 48 | 7 |\n| total | <mark>900</mark> | <mark>12340</mark> |")
    assert answer.pages[0].regions[0].note == "2 numbers that only sight read are marked"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("says", "why"),
    [
        (latex("Name & Age \\\\ Ann & 31 \\\\ Bob & 44"), "what sight read is not what the text says"),
        (latex("Run & Loss & Steps \\\\ train & 0.93 & 12340"), "what sight read is not what the text says"),
        (latex(" \\\\ ".join(f"{a} & {c} & {b}" for a, b, c in ROWS)), "what sight read is not what the text says"),
        (latex(" \\\\ ".join(" & ".join(row) for row in (ROWS[0], *ROWS[:0:-1]))), "what sight read is not"),
        ("There is no table here.", "sight saw no whole table here"),
        (latex(GOOD) + "\n\n" + latex(GOOD), "sight saw several tables here"),
        (latex(GOOD, "10,10,1990,990"), "sight's answer was no use"),
        (latex(GOOD).replace("\\end{tabular}", ""), "sight's answer was no use"),
        (EyeAnswerInvalid("Nonsense."), "sight's answer was no use: Nonsense."),
        (EyeUnavailable("No engine answers."), "no sight: No engine answers."),
        (EyeBusy("Too many wait."), "sight failed: Too many wait."),
        (TimedOut("It took 120 s.", setting="eye.question_seconds"), "sight failed: It took 120 s."),
    ],
)
async def test_what_sight_can_not_be_believed_in_stays_as_it_was(
    kit: Kit, tmp_path: Path, says: Says, why: str
) -> None:
    answer = await seen(kit, tmp_path, ScriptedEye([says]), crowded())
    assert WIDE in answer.markdown
    region = answer.pages[0].regions[0]
    assert region.route == "text"
    assert region.note.startswith(why)


async def test_a_blind_eye_is_not_asked_and_the_notes_say_so(kit: Kit, tmp_path: Path) -> None:
    eye = ScriptedEye([latex(GOOD)], EyeStatus("blind", "its check failed"))
    answer = await seen(kit, tmp_path, eye, crowded())
    assert WIDE in answer.markdown
    assert answer.pages[0].regions == []
    assert answer.notes == ["Sight is blind, so it was not asked."]
    assert (await seen(kit, tmp_path, eye, crowded(), mode="fast")).notes == []


async def test_a_formula_is_latex_where_its_numbers_are_the_text_s(kit: Kit, tmp_path: Path) -> None:
    right = await seen(kit, tmp_path, ScriptedEye(["$$f = a + 42 b$$"]), formula())
    assert "no rule parts them.\n\n$$\nf = a + 42 b\n$$\n\nThe table" in right.markdown
    wrong = await seen(kit, tmp_path, ScriptedEye(["\\[ f = a + 24 b^{2} \\]"]), formula())
    assert "f = a + 42 b" in wrong.markdown
    assert "$$" not in wrong.markdown
    assert wrong.pages[0].regions[0].note == "sight's numbers are not the text's"
    for near in ("f = a + 24 b", "f = a - 42 b", "f = a + 4.2 b"):
        assert "$$" not in (await seen(kit, tmp_path, ScriptedEye([f"$${near}$$"]), formula())).markdown
    unsafe = await seen(kit, tmp_path, ScriptedEye(["$$\\href{javascript:x}{f = a + 42 b}$$"]), formula())
    assert "href" not in unsafe.markdown


def figure(alt: str, kind: str = "photo", headers: tuple[str, ...] = (), *rows: tuple[str, ...]) -> str:
    return json.dumps({"alt": alt, "kind": kind, "headers": headers, "rows": rows})


async def test_a_figure_gets_words_and_a_chart_its_data_marked_as_sight_s(kit: Kit, tmp_path: Path) -> None:
    photo = await seen(kit, tmp_path, ScriptedEye([figure("A grey [square]\non white")]), pictured())
    assert "![A grey \\[square\\] on white](handlens://artifacts/" in photo.markdown
    chart = figure("Sales grew to 12", "chart", ("Year", "Sales"), ("2020", "10"), ("2021", "12"))
    answer = await seen(kit, tmp_path, ScriptedEye([chart]), pictured())
    assert re.search(r"!\[Sales grew to 12 \(numbers by sight\)\]\(handlens:", answer.markdown)
    assert "*Read off the chart by sight:*\n\n| Year | Sales |" in answer.markdown
    assert "| <mark>2020</mark> | <mark>10</mark> |" in answer.markdown


async def test_the_budget_is_spent_on_tables_first_and_then_said_to_be(kit: Kit, tmp_path: Path) -> None:
    eye = ScriptedEye([latex(GOOD)])
    poor = replace(kit, limits=Limits(document_questions=1))
    page = crowded()
    page.raw("q 200 0 0 150 100 300 cm BI /W 2 /H 2 /CS /G /BPC 8 ID \x00\x7f\x7f\x00 EI Q")
    answer = await seen(poor, tmp_path, eye, page, crowded())
    assert len(eye.asked) == 1
    assert [(r.kind, r.route) for r in answer.pages[0].regions] == [("table", "eye"), ("figure", "text")]
    assert answer.pages[0].regions[1].note == "not asked: limits.document_questions"
    assert answer.pages[1].regions == []
    assert "1 more were not asked about (limits.document_questions)" in answer.notes[0]


@dataclass
class SlowEye(ScriptedEye):
    """Answers when the test opens the gate, the last question first."""

    gate: anyio.Event = field(default_factory=anyio.Event)
    waiting: int = 0
    most: int = 0
    full: Callable[[int], None] = lambda _: None

    async def ask(self, *args: object, **kwargs: object):  # type: ignore[no-untyped-def, override]
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        self.full(self.waiting)
        turn = self.most - self.waiting
        try:
            await self.gate.wait()
            for _ in range(50 * (16 - turn % 16)):
                await anyio.lowlevel.checkpoint()
            return await super().ask(*args, **kwargs)  # type: ignore[arg-type]
        finally:
            self.waiting -= 1


async def test_pages_are_in_flight_at_once_and_come_in_their_order(kit: Kit, tmp_path: Path) -> None:
    eye = SlowEye([latex(GOOD)])
    eye.full = lambda waiting: eye.gate.set() if waiting == 6 else None
    pages = [crowded(lead=f"So much for {name}.") for name in NAMES]
    with anyio.fail_after(30):
        answer = await seen(kit, tmp_path, eye, *pages)
    assert eye.most == 6
    assert re.findall(r"So much for (\w+)", answer.markdown) == NAMES
    assert answer.markdown.count(WHOLE) == 6


async def test_cancelling_leaves_no_question_and_no_worker_busy(kit: Kit, tmp_path: Path) -> None:
    eye = SlowEye([latex(GOOD)])
    began = anyio.Event()
    eye.full = lambda waiting: began.set() if waiting == 2 else None
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: seen(kit, tmp_path, eye, crowded(), crowded()))
        with anyio.fail_after(30):
            await began.wait()
        group.cancel_scope.cancel()
    assert eye.waiting == 0
    assert WIDE in (await seen(kit, tmp_path, ScriptedEye([EyeBusy("Later.")]), crowded())).markdown


async def test_a_failure_while_questions_wait_is_raised_as_itself(kit: Kit, tmp_path: Path) -> None:
    def fall_over(asked: Asked) -> str:
        raise HandlensError("The bottom fell out.")

    with pytest.raises(HandlensError, match="bottom"):
        await seen(kit, tmp_path, ScriptedEye([fall_over]), crowded())


def cyrillic() -> bytes:
    """A scan of a page in a script that OCR does not know."""
    try:
        font = ImageFont.truetype("DejaVuSans.ttf", 26)
    except OSError:
        pytest.skip("needs the DejaVu fonts")
    picture = Image.new("L", (1240, 700), 255)
    for n in range(6):
        text = f"Настоящий договор номер {n} вступает в силу с момента подписания"
        ImageDraw.Draw(picture).text((80, 80 + 60 * n), text, 0, font)
    data = io.BytesIO()
    picture.save(data, "PDF", resolution=150)
    return data.getvalue()


@pytest.mark.skipif(importlib.util.find_spec("rapidocr") is None, reason="needs the `ocr` extra")
@pytest.mark.slow
async def test_a_scan_that_ocr_can_not_read_is_read_by_sight_with_its_numbers_marked(
    kit: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no Tesseract, which would read it
    (tmp_path / "scan.pdf").write_bytes(cyrillic())
    request = PdfToMarkdownInput(source=str(tmp_path / "scan.pdf"))
    words = "# Договор\n\nСтоимость 12 500 <script>alert(1)</script> [здесь](http://evil.example)"
    eye = ScriptedEye([f"{words}\n\n<!-- Image (1,1,9,9) -->\n\n{latex('Год & Сумма')}"])
    answer = await pdf_to_markdown(request, replace(kit, eye=eye))
    assert answer.pages[0].route == "eye"
    assert answer.markdown.startswith("# Договор\n\nСтоимость <mark>12</mark> <mark>500</mark> &lt;script>")
    assert "evil" not in answer.markdown
    assert "| Год | Сумма |" in answer.markdown
    blind = await pdf_to_markdown(request, replace(kit, eye=ScriptedEye([EyeBusy("Later.")])))
    assert blind.markdown == ""
    assert blind.pages[0].notes[0].startswith("This page can't be read")
    assert blind.pages[0].regions[0].note == "sight failed: Later."
