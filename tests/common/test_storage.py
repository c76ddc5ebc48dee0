"""A store is read alike whether it is a folder or a bucket; the bucket is a real GCS server in this process."""

import errno
import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import google_crc32c
import pytest
from google.cloud import storage

from components.common.bucket import FAILURES_IN_A_ROW
from components.common.errors import StorageDownError, StorageError
from components.common.storage import open_store
from components.common.store import Store, inside
from tests.disks import no_file_over
from tests.faults import Fault, FaultyServer, always, every, first_time, healthy, impatient
from tests.gcs import BUCKET, emulated_bucket, faulty_bucket

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
    impatient(monkeypatch)
    store = open_store(bucket)
    monkeypatch.setattr(google_crc32c.Checksum, "digest", lambda self: b"\x00\x00\x00\x00")
    with pytest.raises(StorageError, match="cannot read table.csv.*[Cc]hecksum"):
        store.read("table.csv")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "place"


MANY = {f"images/{number}.jpg": bytes([number]) * (20_000 + number) for number in range(12)}


@pytest.fixture(scope="module")
def faulty_server() -> Iterator[tuple[str, FaultyServer]]:
    with faulty_bucket(MANY) as (uri, server):
        yield uri, server


@pytest.fixture(params=["folder", "bucket"])
def empty(request: pytest.FixtureRequest, place: Path, faulty_server: tuple[str, FaultyServer]) -> Store:
    """A store to write to."""
    uri, _ = faulty_server
    return open_store(str(place) if request.param == "folder" else f"{uri}/{uuid.uuid4().hex}", create=True)


def test_what_is_written_is_read_again(empty: Store) -> None:
    empty.write("a/b.jpg", b"one")
    empty.write("a/b.jpg", b"other")
    assert empty.read("a/b.jpg") == b"other"
    assert empty.names() == {"a/b.jpg": 5}


def test_of_several_writers_one_creates(empty: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda number: empty.create("lock", b"%d" % number), range(8)))
    assert created.count(True) == 1
    assert empty.read("lock") == b"%d" % created.index(True)
    assert empty.names() == {"lock": 1}


def test_files_and_folders_are_removed(empty: Store) -> None:
    for name in ("a/1", "a/b/2", "c"):
        empty.write(name, b"")
    empty.remove("a")
    assert empty.names() == {"c": 0}
    empty.remove("c")
    empty.remove("nothing")
    assert empty.names() == {}


def test_a_part_of_a_file_is_read(empty: Store) -> None:
    empty.write("x.zip", bytes(range(100)))
    size, version = empty.state("x.zip")
    assert size == 100
    assert empty.read_range("x.zip", 10, 20, version) == bytes(range(10, 20))


def test_a_file_that_changed_meanwhile_is_noticed(empty: Store) -> None:
    empty.write("x.zip", bytes(100))
    version = empty.state("x.zip").version
    empty.write("x.zip", bytes(99) + b"1")
    with pytest.raises(StorageError, match="x.zip in .* changed while it was read"):
        empty.read_range("x.zip", 10, 20, version)


def test_the_state_of_no_file_is_an_error(empty: Store) -> None:
    with pytest.raises(StorageError, match="x.zip"):
        empty.state("x.zip")


# Faults of a folder.


def test_links_that_stay_inside_are_followed(folder: Path) -> None:
    (folder / "images" / "also.jpg").symlink_to(folder / "images" / "one.jpg")
    (folder / "pictures").symlink_to("images")
    store = open_store(str(folder))
    assert store.read("images/also.jpg") == store.read("pictures/one.jpg") == FILES["images/one.jpg"]
    assert store.names("pictures").keys() == {"pictures/one.jpg", "pictures/also.jpg", "pictures/deep/two.jpg"}


def test_the_folder_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    store = open_store(str(tmp_path / "link"))
    assert store.names() == open_store(str(folder)).names()
    assert store.read("table.csv") == FILES["table.csv"]


@pytest.mark.parametrize("name", ["out.jpg", "outer/secret.jpg"])
def test_links_that_lead_outside_are_refused(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.jpg").write_bytes(b"secret")
    (folder / "out.jpg").symlink_to(tmp_path / "outside" / "secret.jpg")
    (folder / "outer").symlink_to(tmp_path / "outside")
    store = open_store(str(folder))
    assert store.names().keys() == FILES.keys()
    for ask in (store.read, store.exists, store.state, lambda name: store.write(name, b""), store.remove):
        with pytest.raises(StorageError, match=f"{name} in .* leads outside its folder through a symbolic link"):
            ask(name)
    assert (tmp_path / "outside" / "secret.jpg").read_bytes() == b"secret"


def test_links_in_a_circle_are_no_files(folder: Path) -> None:
    (folder / "a.jpg").symlink_to("b.jpg")
    (folder / "b.jpg").symlink_to("a.jpg")
    store = open_store(str(folder))
    assert store.names().keys() == FILES.keys()
    with pytest.raises(StorageError, match="a.jpg"):
        store.read("a.jpg")


def test_a_file_that_is_not_yet_whole_is_not_listed(folder: Path) -> None:
    (folder / "images" / ".one.jpg.0123abcd.part").write_bytes(b"\xff")
    assert open_store(str(folder)).names().keys() == FILES.keys()


@pytest.fixture
def no_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")  # what gcsfuse says

    monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("no_hard_links")
def test_without_hard_links_one_of_several_writers_creates_all_the_same(place: Path) -> None:
    store = open_store(str(place), create=True)
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda number: store.create("lock", b"%d" % number), range(8)))
    assert created.count(True) == 1
    assert store.names() == {"lock": 1}


def test_a_full_disk_leaves_nothing_half_written(place: Path) -> None:
    store = open_store(str(place), create=True)
    store.write("kept", b"before")
    for write, name in ((store.write, "kept"), (store.write, "new"), (store.create, "new")):
        with no_file_over(1024), pytest.raises(StorageError, match=f"cannot write .*{name}: .*free space"):
            write(name, bytes(2048))
    assert store.read("kept") == b"before"
    assert [path.name for path in place.rglob("*")] == ["kept"]


@pytest.mark.usefixtures("no_hard_links")
def test_a_full_disk_without_hard_links_leaves_nothing_half_written(place: Path) -> None:
    store = open_store(str(place), create=True)
    with no_file_over(1024), pytest.raises(StorageError, match="cannot write .*new: .*free space"):
        store.create("new", bytes(2048))
    assert not list(place.rglob("*"))


# Faults of a bucket.


@pytest.fixture
def faulty(
    faulty_server: tuple[str, FaultyServer], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Store, FaultyServer]]:
    impatient(monkeypatch)
    uri, server = faulty_server
    server.plan = healthy
    server.requests.clear()
    yield open_store(uri), server
    server.plan = healthy


@pytest.mark.parametrize("fault", Fault)
def test_every_object_arrives_right_over_faults(faulty: tuple[Store, FaultyServer], fault: Fault) -> None:
    store, server = faulty
    server.plan = first_time(3, fault)
    with ThreadPoolExecutor(4) as pool:
        assert dict(zip(MANY, pool.map(store.read, MANY), strict=True)) == MANY
    assert len(server.requests) > len(MANY)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault != Fault.FLIP])  # a listing has no checksum
def test_a_listing_and_a_look_arrive_right_over_faults(faulty: tuple[Store, FaultyServer], fault: Fault) -> None:
    store, server = faulty
    server.plan = every(2, fault, first=len(server.requests) % 2)
    assert store.names("images") == {name: len(content) for name, content in MANY.items()}
    assert store.exists("images/3.jpg")
    assert store.state("images/3.jpg").size == 20_003


@pytest.mark.parametrize("fault", Fault)
def test_every_object_is_written_right_over_faults(faulty: tuple[Store, FaultyServer], fault: Fault) -> None:
    store, server = faulty
    server.plan = every(3, fault)
    files = dict(islice(MANY.items(), 4))
    for name, content in files.items():
        store.write(f"{fault.name}/written/{name}", content)
        assert store.create(f"{fault.name}/created/{name}", content)
        assert not store.create(f"{fault.name}/created/{name}", b"other")
    server.plan = healthy
    for name, content in files.items():
        assert store.read(f"{fault.name}/written/{name}") == store.read(f"{fault.name}/created/{name}") == content


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.TRUNCATE, Fault.FLIP])
def test_a_fault_that_does_not_end_is_an_error_in_time(faulty: tuple[Store, FaultyServer], fault: Fault) -> None:
    store, server = faulty
    server.plan = always(fault, "3.jpg")
    start = time.monotonic()
    with pytest.raises(StorageError, match="cannot read images/3.jpg in gs://data") as caught:
        store.read("images/3.jpg")
    assert not isinstance(caught.value, StorageDownError)
    assert time.monotonic() - start < 5
    assert store.read("images/4.jpg") == MANY["images/4.jpg"]


def test_a_store_that_is_down_says_so_at_once(
    faulty: tuple[Store, FaultyServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, server = faulty
    monkeypatch.setattr("components.common.retries.DEADLINE_SECONDS", 0.1)
    server.plan = always(Fault.UNAVAILABLE)
    for _ in range(FAILURES_IN_A_ROW - 1):
        with pytest.raises(StorageError, match="cannot read") as caught:
            store.read("images/3.jpg")
        assert not isinstance(caught.value, StorageDownError)
    asked = None
    for _ in range(1000):
        with pytest.raises(StorageDownError, match=f"gs://data failed {FAILURES_IN_A_ROW} times in a row"):
            store.read("images/3.jpg")
        asked = asked or len(server.requests)
    assert len(server.requests) == asked


def test_missing_objects_are_no_sign_of_a_store_that_is_down(faulty: tuple[Store, FaultyServer]) -> None:
    store, _ = faulty
    for number in range(3 * FAILURES_IN_A_ROW):
        with pytest.raises(StorageError, match="no object") as caught:
            store.read(f"images/missing{number}.jpg")
        assert not isinstance(caught.value, StorageDownError)
