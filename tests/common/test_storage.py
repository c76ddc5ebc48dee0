"""A store is read alike whether it is a folder or a bucket; the bucket is a real GCS server in this process."""

from collections.abc import Iterator
from pathlib import Path

import google_crc32c
import pytest
from google.cloud import storage

from components.common.errors import StorageError
from components.common.storage import Store, inside, open_store
from tests.gcs import BUCKET, emulated_bucket

FILES = {"table.csv": b"a,b\n", "images/one.jpg": b"\xff\xd8one", "images/deep/two.jpg": b"", "imagesque/no.jpg": b"no"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "root"


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with emulated_bucket({f"root/{name}": content for name, content in FILES.items()}) as uri:
        yield f"{uri}/root"


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest) -> Store:
    return open_store(str(request.getfixturevalue(request.param)))


def test_all_files_are_listed_with_their_sizes(store: Store) -> None:
    assert store.names() == {name: len(content) for name, content in FILES.items()}


def test_a_folder_is_listed_with_what_lies_deeper_and_nothing_beside_it(store: Store) -> None:
    assert store.names("images") == store.names("images/") == {"images/one.jpg": 5, "images/deep/two.jpg": 0}


def test_a_folder_that_is_not_there_is_empty(store: Store) -> None:
    assert store.names("nowhere") == {}


def test_a_file_is_there_or_not(store: Store) -> None:
    assert store.exists("images/one.jpg")
    assert not store.exists("images/three.jpg")
    assert not store.exists("images")


def test_files_are_read_whole(store: Store) -> None:
    assert {name: store.read(name) for name in FILES} == FILES


def test_reading_a_file_that_is_not_there_is_an_error_that_names_it(store: Store) -> None:
    with pytest.raises(StorageError, match="images/three.jpg"):
        store.read("images/three.jpg")


@pytest.mark.parametrize("name", ["../root/table.csv", "/etc/passwd", "images/../../x"])
def test_names_that_point_outside_are_refused(store: Store, name: str) -> None:
    for ask in (store.read, store.exists, store.names):
        with pytest.raises(StorageError, match="outside its folder"):
            ask(name)


def test_names_that_stay_inside_pass_unchanged() -> None:
    assert inside("a/b..c.jpg") == "a/b..c.jpg"


def test_a_trailing_slash_of_the_uri_does_not_matter(folder: Path, bucket: str) -> None:
    assert open_store(f"{folder}/").names() == open_store(f"{bucket}/").names()


@pytest.mark.parametrize("uri", ["", "no/such/folder", "s3://bucket/prefix"])
def test_a_folder_must_be_there(uri: str) -> None:
    with pytest.raises(StorageError, match="no such folder"):
        open_store(uri)


def test_a_file_is_no_folder(folder: Path) -> None:
    with pytest.raises(StorageError, match="no such folder"):
        open_store(str(folder / "table.csv"))


def test_a_link_to_nothing_is_no_file(folder: Path) -> None:
    (folder / "images" / "gone.jpg").symlink_to(folder / "gone.jpg")
    store = open_store(str(folder))
    assert "images/gone.jpg" not in store.names()
    assert not store.exists("images/gone.jpg")


def test_a_folder_that_cannot_be_read_is_not_taken_for_empty(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", refuse)  # chmod does not stop root
    with pytest.raises(StorageError, match="cannot list images.*Permission denied"):
        open_store(str(folder)).names("images")


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("gs://no-such-bucket/root", "cannot open the bucket of gs://no-such-bucket/root"),
        (f"gs://{BUCKET}/elsewhere", "nothing lies at gs://data/elsewhere"),
        (f"gs://{BUCKET}/roo", "nothing lies at gs://data/roo"),
        ("gs://", "no bucket is named"),
    ],
)
def test_a_bucket_and_its_prefix_must_be_there(uri: str, message: str) -> None:
    with pytest.raises(StorageError, match=message):
        open_store(uri)


def test_a_whole_bucket_can_be_opened(bucket: str) -> None:
    assert open_store(bucket.removesuffix("/root")).exists("root/table.csv")


def test_a_folder_made_in_the_console_is_no_file(bucket: str) -> None:
    placeholder = storage.Client(project=None).bucket(BUCKET).blob("root/images/")
    placeholder.upload_from_string(b"")
    assert "images/" not in open_store(bucket).names()


def test_a_download_with_a_wrong_checksum_is_an_error(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(bucket)
    monkeypatch.setattr(google_crc32c.Checksum, "digest", lambda self: b"\x00\x00\x00\x00")
    with pytest.raises(StorageError, match="cannot read table.csv.*[Cc]hecksum"):
        store.read("table.csv")
