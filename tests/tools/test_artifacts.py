"""Artifacts have an owner, a life and a quota, and a full disk loses nothing but the one that did not fit."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import anyio
import pytest

from handlens.artifacts import ArtifactStore
from handlens.errors import LimitExceeded, NoSuchArtifact, StorageError
from handlens.limits import Limits

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


def store(folder: Path, **limits: float) -> ArtifactStore:
    return ArtifactStore(folder, Limits.model_validate(limits))


async def save(kept: ArtifactStore, data: bytes | Path = b"data", *, name: str = "a.txt", owner: str = "ann") -> str:
    return (await kept.save(data, name=name, media_type="text/plain", owner=owner)).uri


async def test_what_was_saved_is_read_again_by_its_owner(folder: Path) -> None:
    kept = store(folder)
    uri = await save(kept, b"hello", name="note.txt")
    assert uri.startswith("handlens://artifacts/")
    assert uri.endswith("/note.txt")
    artifact, data = await kept.read(uri, owner="ann")
    assert (data, artifact.size, artifact.media_type) == (b"hello", 5, "text/plain")
    assert kept.path(uri, owner="ann").read_bytes() == b"hello"
    assert [a.uri for a in kept.owned("ann")] == [uri]


async def test_a_file_is_taken_over(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "download"
    source.write_bytes(b"big")
    kept = store(folder)
    assert (await kept.read(await save(kept, source), owner="ann"))[1] == b"big"
    assert not source.exists()


async def test_somebody_elses_artifact_looks_like_one_that_never_was(folder: Path) -> None:
    kept = store(folder)
    uri = await save(kept)
    unknown = uri.replace(uri[23:26], "xxx")
    for wrong, owner in ((uri, "bob"), (unknown, "ann"), ("handlens://artifacts/", "ann"), ("../../etc/passwd", "ann")):
        with pytest.raises(NoSuchArtifact) as caught:
            await kept.read(wrong, owner=owner)
        assert "never was, has expired, or belongs to another caller" in str(caught.value)
    assert kept.owned("bob") == []


async def test_an_artifact_ends_with_its_life(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = store(folder, artifact_seconds=60)
    uri = await save(kept)
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(NoSuchArtifact):
        await kept.read(uri, owner="ann")
    assert kept.owned("ann") == []
    await save(kept, name="next.txt")
    assert [path.name[23:] for path in folder.glob("*/*")] == ["next.txt"]


async def test_what_has_ended_leaves_the_disk_by_itself(folder: Path) -> None:
    await save(store(folder, artifact_seconds=3_600), name="lasting.txt")
    kept = store(folder, artifact_seconds=3_600)
    (found,) = kept.owned("ann")
    short = store(folder, artifact_seconds=0.05)
    await save(short)
    with anyio.fail_after(10):
        while list(folder.glob("*/*")):
            await anyio.sleep(0.01)
    assert short.owned("ann") == []
    assert kept.owned("ann") == [found]


async def test_the_oldest_goes_where_the_quota_is_full(folder: Path) -> None:
    kept = store(folder, artifact_bytes=100)
    first, second = await save(kept, b"x" * 40), await save(kept, b"x" * 40)
    third = await save(kept, b"x" * 40)
    with pytest.raises(NoSuchArtifact):
        kept.find(first, owner="ann")
    assert kept.find(second, owner="ann")
    assert kept.find(third, owner="ann")
    assert sum(path.stat().st_size for path in folder.glob("*/*.a.txt")) <= 100


async def test_the_quota_holds_for_many_saves_at_once(folder: Path) -> None:
    kept = store(folder, artifact_bytes=1_000)
    async with anyio.create_task_group() as group:
        for _ in range(30):
            group.start_soon(save, kept, b"x" * 300)
    assert sum(path.stat().st_size for path in folder.glob("*/*.a.txt")) <= 1_000
    assert len(kept.owned("ann")) == 3


async def test_what_is_larger_than_the_quota_names_the_setting_and_costs_no_other(folder: Path) -> None:
    kept = store(folder, artifact_bytes=100)
    uri = await save(kept)
    with pytest.raises(LimitExceeded, match=r"limits\.artifact_bytes"):
        await save(kept, b"x" * 101)
    assert kept.find(uri, owner="ann")


@pytest.mark.parametrize("full_at", ["folder", "data", "name"])
async def test_a_full_disk_is_told_and_nothing_half_written_stays(
    full_at: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store(folder)
    uri = await save(kept, b"before")
    method = {"folder": "mkdir", "data": "write_bytes", "name": "rename"}[full_at]
    real_write = Path.write_bytes

    def full(path: Path, *args: object, **_: object) -> None:
        if full_at == "data":
            real_write(path, b"ha")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, method, full)
        with pytest.raises(StorageError, match=r"No space left on device.*artifacts_folder"):
            await save(kept, b"half")
    assert len(list(folder.glob("*/*"))) == 1
    assert (await kept.read(uri, owner="ann"))[1] == b"before"
    assert await save(kept, b"after")


async def test_a_folder_that_outlives_the_process_keeps_its_artifacts(folder: Path) -> None:
    before = store(folder)
    uris = [await save(before, b"kept", name="note.txt"), await save(before, b"younger", name="page.png")]
    others = await save(before, b"bob's", owner="bob")
    (folder / "not-ours").mkdir()
    (folder / "not-ours" / "file.txt").write_text("foreign")
    owned = before.path(uris[0], owner="ann").parent
    (owned / ".AAAAAAAAAAAAAAAAAAAAAA").write_text("half-written by a process that was killed")
    again = store(folder)
    assert [a.uri for a in again.owned("ann")] == uris[::-1]
    assert [a.media_type for a in again.owned("ann")] == ["image/png", "text/plain"]
    assert (await again.read(uris[0], owner="ann"))[1] == b"kept"
    assert (await again.read(others, owner="bob"))[1] == b"bob's"


async def test_a_file_that_somebody_removed_is_told_as_gone(folder: Path) -> None:
    kept = store(folder)
    uri = await save(kept)
    kept.path(uri, owner="ann").unlink()
    with pytest.raises(NoSuchArtifact, match="can no longer be read"):
        await kept.read(uri, owner="ann")


@pytest.mark.parametrize(
    "name",
    [
        "../../x.txt",
        "/etc/passwd",
        "..",
        "",
        ".hidden",
        "a\x00b",
        "a/b\\c",
        "\ud800",
        "报告" * 100 + ".pdf",
        "x" * 5_000,
    ],
)
async def test_any_name_becomes_a_plain_file_inside_the_folder(name: str, folder: Path) -> None:
    kept = store(folder)
    uri = await save(kept, b"x", name=name)
    path = kept.path(uri, owner="ann")
    assert path.parent.parent == folder
    assert path.read_bytes() == b"x"
    assert len(path.name.encode()) <= 255
