"""From a bucket that fails again and again: every image ends up present and right, or quarantined and counted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.common.errors import StorageDownError
from components.common.storage import open_store
from components.ingest.history import History
from components.ingest.manifest import Manifest, build_manifest, write_manifest
from components.preprocess import shards
from components.preprocess import workspace as workspaces
from components.preprocess.manifest import read_manifest
from components.preprocess.preprocessing import Preprocessed, preprocess
from components.preprocess.settings import make_settings
from components.preprocess.workspace import open_workspace
from tests.faults import Fault, FaultyServer, Plan, Request, always, first_time, impatient
from tests.gcs import faulty_bucket
from tests.ingest.isic_folder import write_both


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_both(tmp_path / "data")


@pytest.fixture
def bucket(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, FaultyServer]]:
    impatient(monkeypatch)
    files = {f"isic/{path.relative_to(data)}": path.read_bytes() for path in data.rglob("*.*")}
    with faulty_bucket(files) as (uri, server):
        yield uri, server


def ingest(data: str, workspace: str, out: Path) -> Manifest:
    manifest = build_manifest([open_store(data)], History(open_store(workspace, create=True), 0), "v1", 0, 0.2)
    write_manifest(out / "manifest", manifest)
    return manifest


def crop(workspace: str, out: Path) -> Preprocessed:
    for cached in (shards.store_at, workspaces._store):  # a stage starts as a new process
        cached.cache_clear()
    manifest, settings = read_manifest(out / "manifest"), make_settings("32,16", 8, 0.2)
    return preprocess(manifest, settings, out / "records", 1, open_workspace(workspace, "key"))


def records(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in (out / "records").rglob("*") if path.is_file()}


def of_files(plan: Plan) -> Plan:
    """Only downloads of whole files: a listing has no checksum that a flipped bit would break."""

    def files(number: int, request: Request) -> Fault | None:
        return plan(number, request) if "alt=media" in request.path else None

    return files


@pytest.mark.parametrize("fault", Fault)
def test_faults_that_pass_change_nothing(
    bucket: tuple[str, FaultyServer], data: Path, tmp_path: Path, fault: Fault
) -> None:
    uri, server = bucket
    ingest(str(data), str(tmp_path / "workspace"), tmp_path / "calm")
    crop(str(tmp_path / "workspace"), tmp_path / "calm")
    server.plan = of_files(first_time(3, fault))
    manifest = ingest(f"{uri}/isic", f"{uri}/workspace", tmp_path / "flaky")
    server.plan = of_files(first_time(3, fault, first=1))
    done = crop(f"{uri}/workspace", tmp_path / "flaky")
    assert manifest.quarantine.empty
    assert not done.faults
    assert records(tmp_path / "flaky") == records(tmp_path / "calm")


def test_an_image_that_never_comes_is_quarantined_and_counted(bucket: tuple[str, FaultyServer], tmp_path: Path) -> None:
    uri, server = bucket
    server.plan = always(Fault.RESET, "ISIC_0000003")
    manifest = ingest(f"{uri}/isic", f"{uri}/workspace", tmp_path)
    assert manifest.quarantine[["image_id", "reason"]].to_numpy().tolist() == [["ISIC_0000003", "unreadable_image"]]
    assert len(manifest.images) == 39
    server.plan = always(Fault.UNAVAILABLE, "ISIC_0000101")
    done = crop(f"{uri}/workspace", tmp_path)
    assert [(fault.item.image_id, fault.reason) for fault in done.faults] == [("ISIC_0000101", "unreadable_image")]
    assert done.metrics()["images"] == 38


def test_a_store_that_goes_down_ends_the_stage_and_the_next_start_goes_on(
    bucket: tuple[str, FaultyServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri, server = bucket
    ingest(f"{uri}/isic", f"{uri}/workspace", tmp_path)
    monkeypatch.setattr("components.common.retries.DEADLINE_SECONDS", 0.1)
    asked = len(server.requests)
    down = always(Fault.UNAVAILABLE)
    server.plan = lambda number, request: down(number, request) if number > asked + 30 else None
    with pytest.raises(StorageDownError, match="failed 5 times in a row"):
        crop(f"{uri}/workspace", tmp_path)
    server.plan = lambda number, request: None
    done = crop(f"{uri}/workspace", tmp_path)
    assert done.metrics()["images"] == 40
    assert done.metrics()["resumed_images"] > 0
