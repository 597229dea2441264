"""Secrets and private addresses are masked before anything read from a console is shown, kept or sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image

from handlens.geometry import Box
from handlens.kit import Kit
from handlens.read_console_usage import ReadConsoleUsageInput, read_console_usage
from handlens.usage.console import look_at_page
from handlens.usage.fragments import Fragment
from handlens.usage.masking import masked_text
from handlens.usage.picture import without_secrets
from handlens.usage.rows import Meaning

Serve = Callable[..., str]
SECRETS = [
    "AKIA" + "A1B2C3D4" * 2,
    "LTAI5tBcDeFgHiJkLmNoPqRs",
    "ghp_" + "a1B2" * 9,
    "sk-proj-" + "abcd1234" * 3,
    "eyJhbGciOi.eyJzdWIiOi.SflKxwRJSM".replace(".", "x1.", 2),
    "api_key=0123456789abcdef",
]
ADDRESSES = ["10.1.2.3", "192.168.77.4", "172.20.55.9", "fd12:3456:789a::1"]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_part_of_a_secret_is_left(secret: str) -> None:
    shown = masked_text(f"job {secret} done")
    assert "[secret]" in shown
    assert secret[-8:] not in shown


@pytest.mark.parametrize("address", ADDRESSES)
def test_of_a_private_address_only_its_ends_are_left(address: str) -> None:
    shown = masked_text(f"node {address}:8080")
    assert address not in shown
    assert shown.startswith("node ")


@pytest.mark.parametrize("text", ["8.8.8.8", "version 10.2.1", "train-10", "172.33.1.1", "2025-10-01 10:10:10"])
def test_what_is_public_is_left(text: str) -> None:
    assert masked_text(text) == text


@pytest.mark.anyio
@pytest.mark.slow
async def test_a_secret_is_in_no_row_doubt_notice_or_artifact(kit: Kit, serve: Serve) -> None:
    key = SECRETS[0]
    rows = "".join(f"<tr><td>job-{n} {key}<td>{key}<td>Running<td>{ADDRESSES[0]}" for n in range(150))
    html = f"<!doctype html><h1>{key}</h1><table><tr><th>Task<th>GPU<th>Status<th>Host {key}</tr>{rows}</table>"
    answer = await read_console_usage(ReadConsoleUsageInput(url=serve(html)), kit)
    assert answer.artifact is not None
    _, data = await kit.artifacts.read(answer.artifact, owner=kit.caller.subject)
    for shown in (answer.model_dump_json(), answer.text(), data.decode()):
        assert key not in shown
        assert ADDRESSES[0] not in shown
    assert answer.rows[0].task_name == "job-0 [secret]"


@pytest.mark.anyio
async def test_what_goes_on_to_history_and_alerts_is_masked_already(kit: Kit, serve: Serve) -> None:
    html = (
        f"<!doctype html><table><tr><th>Task<th>GPU<th>Status<tr><td>{SECRETS[1]}<td>{ADDRESSES[1]}<td>Failed</table>"
    )
    async with kit.browser.page(kit.caller, url=serve(html)) as session:
        look = await look_at_page(session.page, Meaning(), seconds=5)
    told = repr((look.rows, look.doubts, look.tables, look.remarks))
    assert look.doubts, "an address is no percentage"
    assert SECRETS[1] not in told
    assert ADDRESSES[1] not in told


def test_a_picture_that_is_sent_on_has_its_secrets_blacked_out() -> None:
    white = Image.new("RGB", (400, 100), "white")
    texts = [
        Fragment(f"key {SECRETS[0]}", Box(x=10, y=10, width=300, height=20)),
        Fragment("train-bert 87%", Box(x=10, y=60, width=200, height=20)),
    ]
    covered = without_secrets(white, texts)
    assert covered.getpixel((100, 20)) == (17, 17, 17)
    assert covered.getpixel((100, 70)) == (255, 255, 255)
    assert white.getpixel((100, 20)) == (255, 255, 255), "the picture that is read stays as it is"


@pytest.mark.slow
@pytest.mark.anyio
async def test_a_secret_in_a_picture_is_in_no_row(kit: Kit, serve: Serve) -> None:
    key = "AKIA" + "QWERTYUP" * 2
    html = f"""<!doctype html><body style="margin:0;background:#fff"><canvas width=1000 height=200></canvas><script>
    const pen = document.querySelector("canvas").getContext("2d"); pen.font = "18px Liberation Sans";
    [["Task name", "GPU", "Status"], ["job {key}", "87%", "Running"]].forEach((line, y) =>
      line.forEach((text, x) => pen.fillText(text, 40 + x * 380, 60 + y * 48)));</script>"""
    answer = await read_console_usage(ReadConsoleUsageInput(url=serve(html), wait_seconds=1), kit)
    assert key[:16] not in answer.model_dump_json()
    assert answer.rows[0].gpu_utilization_percent == 87
