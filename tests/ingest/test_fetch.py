"""Sources of all kinds become folders and gs:// prefixes."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from components.common.errors import SettingsError, StorageError
from components.common.storage import open_store
from components.ingest import isic_archive
from components.ingest.fetch import entries, fetch
from tests.faults import Answer, FaultyServer, Request, file_server, impatient
from tests.gcs import emulated_bucket
from tests.ingest.isic_folder import picture

IMAGES_2019 = {f"ISIC_2019_Training_Input/ISIC_{number:07d}.jpg": picture(number) for number in range(3)}
IMAGES_2020 = {"train/ISIC_0000100.jpg": picture(100)}


def zipped(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


OFFICIAL = {
    "2019/ISIC_2019_Training_Input.zip": zipped(IMAGES_2019),
    "2019/ISIC_2019_Training_GroundTruth.csv": b"image,MEL\n",
    "2020/ISIC_2020_Training_JPEG.zip": zipped(IMAGES_2020),
    "2020/ISIC_2020_Training_GroundTruth.csv": b"image_name,target\n",
}
KNOWN = (*OFFICIAL, "2018/ISIC_2018_Training_Input.zip")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with file_server(OFFICIAL).running() as server:
        yield server


@pytest.fixture
def workspace(tmp_path: Path) -> str:
    return str(tmp_path / "workspace")


def place(server: FaultyServer, workspace: str) -> str:
    return f"{workspace}/downloads/{server.url.removeprefix('http://').replace(':', '_')}"


def held(uri: str) -> set[str]:
    return {name for name in open_store(uri).names() if ".receipts" not in name}


def test_folders_and_prefixes_stay_as_they_are(tmp_path: Path) -> None:
    data = f"{tmp_path}/a, gs://bucket/prefix,relative/b/,{tmp_path}/a"
    assert fetch(data, "", KNOWN) == [f"{tmp_path}/a", "gs://bucket/prefix", "relative/b/"]


def test_blanks_around_entries_do_not_count(tmp_path: Path) -> None:
    assert entries(f" {tmp_path}/a , gs://bucket/b") == [f"{tmp_path}/a", "gs://bucket/b"]
    assert fetch(f" {tmp_path}/a , gs://bucket/b", "", KNOWN) == [f"{tmp_path}/a", "gs://bucket/b"]


def test_files_of_one_address_share_a_folder(server: FaultyServer, workspace: str) -> None:
    names = ("ISIC_2019_Training_Input.zip", "ISIC_2019_Training_GroundTruth.csv")
    (uri,) = fetch(",".join(f"{server.url}/2019/{name}" for name in names), workspace, KNOWN)
    assert uri == f"{place(server, workspace)}/2019"
    assert held(uri) == {"ISIC_2019_Training_GroundTruth.csv", *IMAGES_2019}
    assert open_store(uri).read(next(iter(IMAGES_2019))) == picture(0)


def test_known_files_are_found_below_an_address(server: FaultyServer, workspace: str) -> None:
    for address in (server.url, f"{server.url}/"):
        (uri,) = fetch(address, workspace, KNOWN)
        assert uri == place(server, workspace)
        assert held(uri) == {
            "2019/ISIC_2019_Training_GroundTruth.csv",
            "2020/ISIC_2020_Training_GroundTruth.csv",
            *(f"2019/{name}" for name in IMAGES_2019),
            *(f"2020/{name}" for name in IMAGES_2020),
        }


def test_an_address_with_none_of_the_known_files_is_an_error(server: FaultyServer, workspace: str) -> None:
    with pytest.raises(StorageError, match="localhost:[0-9]*/elsewhere has none of the files known: 2019/ISIC"):
        fetch(f"{server.url}/elsewhere", workspace, KNOWN)


def test_several_sources_keep_their_order(server: FaultyServer, workspace: str, tmp_path: Path) -> None:
    data = (
        f"{server.url}/2020/ISIC_2020_Training_JPEG.zip,{tmp_path},{server.url}/2019/ISIC_2019_Training_GroundTruth.csv"
    )
    here = place(server, workspace)
    assert fetch(data, workspace, KNOWN) == [f"{here}/2020", str(tmp_path), f"{here}/2019"]


def test_what_was_fetched_is_not_fetched_again(server: FaultyServer, workspace: str) -> None:
    data = f"{server.url}/2019/ISIC_2019_Training_Input.zip"
    first = fetch(data, workspace, KNOWN)
    server.requests.clear()
    assert fetch(data, workspace, KNOWN) == first
    assert len(server.requests) <= 3


def test_archives_and_tables_may_lie_on_this_machine(tmp_path: Path, workspace: str) -> None:
    for name in ("2019/ISIC_2019_Training_Input.zip", "2019/ISIC_2019_Training_GroundTruth.csv"):
        (tmp_path / "2019").mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(OFFICIAL[name])
    (uri,) = fetch(
        f"{tmp_path}/2019/ISIC_2019_Training_Input.zip,{tmp_path}/2019/ISIC_2019_Training_GroundTruth.csv",
        workspace,
        KNOWN,
    )
    assert uri == f"{workspace}/downloads/local{tmp_path}/2019"
    assert held(uri) == {"ISIC_2019_Training_GroundTruth.csv", *IMAGES_2019}


def test_a_folder_may_be_called_as_an_archive(tmp_path: Path) -> None:
    (tmp_path / "data.zip").mkdir()
    assert fetch(f"{tmp_path}/data.zip", "", KNOWN) == [f"{tmp_path}/data.zip"]


def test_archives_may_lie_in_a_bucket_and_the_workspace_as_well() -> None:
    with emulated_bucket({f"isic/{name}": data for name, data in OFFICIAL.items()}) as bucket:
        data = f"{bucket}/isic/2019/ISIC_2019_Training_Input.zip,{bucket}/isic/2020/ISIC_2020_Training_GroundTruth.csv"
        uris = fetch(data, f"{bucket}/workspace/", KNOWN)
        assert uris == [f"{bucket}/workspace/downloads/data/isic/{year}" for year in (2019, 2020)]
        assert held(uris[0]) == set(IMAGES_2019)
        assert held(uris[1]) == {"ISIC_2020_Training_GroundTruth.csv"}


def test_images_of_the_isic_archive_are_brought(
    workspace: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def respond(request: Request) -> Answer:
        path = request.path.partition("?")[0]
        image = {
            "isic_id": "ISIC_0000001",
            "attribution": "Anonymous",
            "copyright_license": "CC-0",
            "files": {"full": {"url": f"{server.url}/ISIC_0000001.jpg", "size": len(picture(1))}},
            "metadata": {"acquisition": {}, "clinical": {"sex": "male"}},
        }
        answers = {
            "/api/v2/collections/70/": {"id": 70},
            "/api/v2/images/search/": {"count": 1, "next": None, "results": [image]},
        }
        return Answer(200, {}, json.dumps(answers[path]).encode() if path in answers else picture(1))

    monkeypatch.setattr("xdg.BaseDirectory.xdg_data_home", str(tmp_path / "home"))
    with FaultyServer(respond).running() as server:
        monkeypatch.setattr(isic_archive, "API", server.url)
        (uri,) = fetch("isic://collections/70", workspace, KNOWN)
    assert uri == f"{workspace}/downloads/isic-archive/70"
    assert held(uri) == {"metadata.csv", "images/ISIC_0000001.jpg"}
    (row,) = csv.DictReader(io.StringIO(open_store(uri).read("metadata.csv").decode()))
    assert row["sex"] == "male"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "empty entry"),
        ("a,,b", "empty entry"),
        ("a,", "empty entry"),
        ("a, ,b", "empty entry"),
        ("s3://bucket/prefix", "'s3://bucket/prefix'"),
        ("file:///a", "'file:///a'"),
        ("http://example.com/2019/a.zip", "'http://example.com/2019/a.zip' is not encrypted"),
        ("https://me:secret@example.com/a.zip", "'https://example.com/a.zip'"),
        ("https://example.com/a.zip?X-Goog-Signature=secret", "'https://example.com/a.zip'"),
        ("https://example.com/../a.zip", "without '.' and '..'"),
        ("isic://collections/all", "'isic://collections/all'"),
    ],
)
def test_what_is_no_source_is_refused_before_anything_is_read(data: str, message: str, workspace: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        fetch(data, workspace, KNOWN)
    assert "secret" not in str(caught.value)
    assert not Path(workspace).exists()


@pytest.mark.parametrize(
    "entry", ["https://example.com", "https://example.com/a.csv", "a.zip", "isic://collections/70"]
)
def test_what_has_to_be_brought_needs_a_workspace(entry: str) -> None:
    with pytest.raises(SettingsError, match=f"{entry}.*give --workspace"):
        fetch(entry, "", KNOWN)


def test_a_file_that_is_not_there_is_an_error(workspace: str, tmp_path: Path, server: FaultyServer) -> None:
    for entry in (f"{tmp_path}/a.zip", f"{tmp_path}/a.csv", f"{server.url}/2019/a.zip", f"{server.url}/2019/a.csv"):
        with pytest.raises(StorageError, match="a.(zip|csv)"):
            fetch(entry, workspace, KNOWN)
