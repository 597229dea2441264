"""Pages in the model's two document formats."""

from __future__ import annotations

import pytest

from handlens.errors import EyeAnswerInvalid
from handlens.eye.latex_table import parse_latex_table
from handlens.eye.qwen3_vl import parse_html, parse_markdown
from handlens.geometry import Box

MARKDOWN = r"""# Annual report

The year in figures.

<!-- Table (77, 120, 930, 400) -->
\begin{tabular}{|l|c|r|}
\hline
\textbf{Region} & \multicolumn{2}{c|}{Sales \& costs} \\
\hline
North & 1,200 & 40\% \\
South & $x_1 + y$ & \$7 \\
\hline
\end{tabular}

<!-- Image (100,450,900,880) -->

*Figure 1.* The trend.
"""


def test_a_markdown_page_is_split_into_text_tables_and_pictures() -> None:
    page = parse_markdown(MARKDOWN)
    assert [element.kind for element in page.elements] == ["text", "table", "image", "text"]
    text, table, image, caption = page.elements
    assert text.markdown == "# Annual report\n\nThe year in figures."
    assert table.box == Box.from_corners(77, 120, 930, 400)
    assert table.table is not None
    assert table.table.rows == [
        ["Region", "Sales & costs", ""],
        ["North", "1,200", "40%"],
        ["South", "$x_1 + y$", "$7"],
    ]
    assert image.box == Box.from_corners(100, 450, 900, 880)
    assert caption.markdown == "*Figure 1.* The trend."
    assert "| North | 1,200 | 40% |" in page.markdown


@pytest.mark.parametrize(
    "source",
    [
        "```markdown\n{}\n```",
        "```\n{}\n```",
        "```markdown\n{}",
        "\n\n{}\n\n",
    ],
)
def test_a_fence_round_the_page_is_taken_off(source: str) -> None:
    page = parse_markdown(source.format("# Title\n\nWords."))
    assert page.markdown == "# Title\n\nWords."


def test_a_table_without_a_comment_is_a_table_without_a_box() -> None:
    (table,) = parse_markdown("\\begin{table}[h]\\begin{tabular}{ll}a & b\\\\c & d\\end{tabular}\\end{table}").elements
    assert table.kind == "table"
    assert table.box is None


def test_other_comments_and_fenced_code_stay_text() -> None:
    page = parse_markdown("<!-- note -->\n\n```python\nx = 1\n```")
    assert page.markdown == "<!-- note -->\n\n```python\nx = 1\n```"


@pytest.mark.parametrize(
    "source",
    [
        "<!-- Image (100, 200, 1300, 400) -->",
        "<!-- Image (500, 200, 300, 400) -->",
        "<!-- Image (100, 200) -->",
        "<!-- Image -->",
        "<!-- Table (1, 2, 3, 4) -->\n\nNo table follows.",
        "<!-- Table (1, 2, 3, 4) -->",
        "<!-- Table (1, 2, 3, 4) -->\n<!-- Image (1, 2, 3, 4) -->",
        "<!-- Table (1, 2, 3, 4) -->\n\\begin{tabular}{ll} a & b",
        "\\begin{tabular}{ll} a & \\begin{tabular}{l} b \\end{tabular} \\end{tabular}",
        "\\begin{tabular} a & b \\end{tabular}",
        "\\begin{tabular}{ll} {a & b \\end{tabular}",
        "\\begin{tabular}{ll} \\multicolumn{x}{c}{a} \\end{tabular}",
        "\\begin{tabular}{ll} \\multicolumn{0}{c}{a} \\end{tabular}",
        "\\begin{tabular}{ll} \\multicolumn{900}{c}{\\multirow{900}{*}{a}} \\end{tabular}",
    ],
)
def test_a_broken_markdown_page_is_refused(source: str) -> None:
    with pytest.raises(EyeAnswerInvalid):
        parse_markdown(source)


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        (r"\begin{tabular}{cc}\multirow{2}{*}{A} & 1 \\ & 2 \\\end{tabular}", [["A", "1"], ["", "2"]]),
        (r"\begin{tabular}{cc}\multirow{2}{*}{A} & 1 \\\cline{2-2} & 2\end{tabular}", [["A", "1"], ["", "2"]]),
        (
            r"\begin{tabular}{ccc}\multicolumn{2}{c}{\multirow{2}{*}{A}} & x \\ & & y \end{tabular}",
            [["A", "", "x"], ["", "", "y"]],
        ),
        (r"\begin{tabular}{cc}a & \\ & d\end{tabular}", [["a", ""], ["", "d"]]),
        (r"\begin{tabular}{c}\makecell{one \\ two} \\ three\end{tabular}", [["one\ntwo"], ["three"]]),
        (
            r"\begin{tabular}{cc}\toprule a & b \\[2pt] \midrule c & d \\ \bottomrule\end{tabular}",
            [["a", "b"], ["c", "d"]],
        ),
        (r"\begin{tabularx}{\textwidth}{XX}a\_b & \#1\end{tabularx}", [["a_b", "#1"]]),
        (r"\begin{tabular}{@{}l@{\hspace{2em}}r@{}}\textbf{\textit{a}} & \{b\}\end{tabular}", [["a", "{b}"]]),
        (r"\begin{array}{cc}\hline 1 & 2 \\ \hline\end{array}", [["1", "2"]]),
        (r"\begin{tabular}{c}\end{tabular}", []),
    ],
)  # fmt: skip
def test_a_latex_table_becomes_rows(source: str, rows: list[list[str]]) -> None:
    assert parse_latex_table(source).rows == rows


def test_pipes_and_line_breaks_in_cells_survive_markdown() -> None:
    table = parse_latex_table(r"\begin{tabular}{cc}a|b & \makecell{x \\ y}\end{tabular}")
    assert table.markdown().splitlines()[0] == "| a\\|b | x<br>y |"


HTML = """```html
<html><head><title>not content</title><style>p {}</style></head><body>
<h2 data-bbox="92 40 410 66">Quarterly <b>results</b></h2>
<p data-bbox="90 80 900 140">Sales rose &amp; costs
 fell.<br>More below.</p>
<div class="image" data-bbox="100 150 500 300"><img data-bbox="100 150 500 300"/></div>
<div class="formula" data-bbox="100 310 500 350">E = mc^2</div>
<ul data-bbox="90 360 900 420"><li data-bbox="90 360 900 390">first</li><li>second</li></ul>
<table data-bbox="90 430 900 600"><tr><th>Region</th><th colspan="2">Units</th></tr>
<tr><td rowspan="2">North</td><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>
<script>alert(1)</script>
</body></html>
```"""


def test_an_html_page_is_split_into_elements_with_boxes() -> None:
    page = parse_html(HTML)
    assert [(element.kind, element.markdown.splitlines()[:1]) for element in page.elements] == [
        ("text", ["## Quarterly results"]),
        ("text", ["Sales rose & costs fell."]),
        ("image", []),
        ("image", []),
        ("text", ["$$"]),
        ("text", ["- first"]),
        ("text", ["- second"]),
        ("table", ["| Region | Units |  |"]),
    ]
    boxes = [element.box for element in page.elements]
    assert boxes[0] == Box.from_corners(92, 40, 410, 66)
    assert boxes[6] == Box.from_corners(90, 360, 900, 420)  # an item without a box has its list's
    table = page.elements[-1].table
    assert table is not None
    assert table.rows == [["Region", "Units", ""], ["North", "1", "2"], ["", "3", "4"]]
    assert "alert" not in page.markdown


@pytest.mark.parametrize(
    "source",
    [
        "",
        "no elements",
        '<p data-bbox="1 2 3">three</p>',
        '<p data-bbox="1 2 3 4000">large</p>',
        '<p data-bbox="9 2 3 4">backwards</p>',
        '<p data-bbox="left top right bottom">words</p>',
        '<table><tr><td colspan="5000">x</td></tr></table>',
        "<script>alert(1)</script>",
    ],
)
def test_a_broken_html_page_is_refused(source: str) -> None:
    with pytest.raises(EyeAnswerInvalid):
        parse_html(source)


def test_tags_that_are_never_closed_lose_no_words() -> None:
    assert parse_html("<body><p>one<p>two<div>three").markdown == "one\n\ntwo\n\nthree"
