"""Zip archives, unpacked from a web server, a folder and a bucket, over faults, kills and changes."""

import io
import json
import random
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from components.common.errors import DataError, StorageError
from components.common.storage import open_store
from components.common.store import Store
from components.ingest import archives
from components.ingest.archives import RangeFile, unpack
from components.ingest.http import Web
from tests.faults import Fault, FaultyServer, file_server, first_time, healthy, impatient
from tests.gcs import emulated_bucket, faulty_bucket
from tests.ingest.isic_folder import picture

SPAN_BYTES = 100_000
NAME = "ISIC_2019_Training_Input.zip"


def noise(number: int, size: int) -> bytes:
    """Bytes that do not shrink, as those of a JPEG do not."""
    return np.random.default_rng(number).bytes(size)


IMAGES = {f"ISIC_2019_Training_Input/ISIC_{number:07d}.jpg": noise(number, 30_000 + number) for number in range(40)}
OTHERS = {"ISIC_2019_Training_Input/LICENSE.txt": b"CC BY-NC 4.0\n" * 20, "ATTRIBUTION.CSV": b"a,b\n" * 50}
WANTED = IMAGES | OTHERS
PASSED_OVER = {"__MACOSX/._ISIC_0000000.jpg": b"x", ".hidden.jpg": b"x", "setup.exe": b"MZ", "a/empty/": b""}


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, None if name.endswith("/") else method)
    return file.getvalue()


ARCHIVE = zipped(WANTED | PASSED_OVER)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little patience, and spans of three entries."""
    impatient(monkeypatch)
    monkeypatch.setattr(archives, "_SPAN_BYTES", SPAN_BYTES)


@pytest.fixture
def files() -> dict[str, bytes]:
    return {NAME: ARCHIVE}


@pytest.fixture
def server(files: dict[str, bytes]) -> Iterator[FaultyServer]:
    with file_server(files).running() as server:
        yield server


@pytest.fixture
def web(server: FaultyServer) -> Web:
    return Web(server.url)


@pytest.fixture
def place(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "place"), create=True)


def held(store: Store) -> dict[str, bytes]:
    """All but the receipts."""
    return {name: store.read(name) for name in store.names() if not name.startswith(archives.RECEIPTS)}


def ranges(server: FaultyServer) -> int:
    """How many bytes were asked for since the last count."""
    total = 0
    for request in server.requests:
        first, last = request.headers["Range"].removeprefix("bytes=").split("-")
        total += int(last) - int(first) + 1
    server.requests.clear()
    return total


def test_a_range_file_is_read_as_any_other(web: Web) -> None:
    file, local = RangeFile(web, NAME, web.state(NAME)), io.BytesIO(ARCHIVE)
    for offset, whence, count in ((0, 0, 10), (-30, 2, 50), (100, 0, 5000), (20, 1, 7), (5, 2, 3)):
        assert file.seek(offset, whence) == local.seek(offset, whence)
        assert file.read(count) == local.read(count)
        assert file.tell() == local.tell()
    assert file.seekable()
    assert file.readable()
    with pytest.raises(ValueError, match="position -1"):
        file.seek(-1)


def test_what_was_read_ahead_costs_no_request(web: Web, server: FaultyServer) -> None:
    file = RangeFile(web, NAME, web.state(NAME))
    file.read_ahead(1000, 3000)
    server.requests.clear()
    file.seek(1000)
    assert file.read(2000) == ARCHIVE[1000:3000]
    assert not server.requests


def test_images_tables_and_licences_are_unpacked_in_their_folders(web: Web, place: Store) -> None:
    unpack(web, NAME, place)
    assert held(place) == WANTED


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_may_lie_in_a_folder(tmp_path: Path, place: Store, method: int) -> None:
    (tmp_path / NAME).write_bytes(zipped(WANTED, method))
    unpack(open_store(str(tmp_path)), NAME, place)
    assert held(place) == WANTED


def test_an_archive_may_lie_in_a_bucket_and_go_into_one() -> None:
    with emulated_bucket({f"2019/{NAME}": ARCHIVE}) as uri:
        place = open_store(f"{uri}/place", create=True)
        unpack(open_store(f"{uri}/2019"), NAME, place)
        assert held(place) == WANTED


def test_an_archive_with_a_comment_and_something_before_it_is_read(tmp_path: Path, place: Store) -> None:
    file = io.BytesIO(ARCHIVE)
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = b"comment" * 1000
    (tmp_path / NAME).write_bytes(b"#!/bin/sh\n" + file.getvalue())
    unpack(open_store(str(tmp_path)), NAME, place)
    assert held(place) == WANTED


def test_an_entry_without_sizes_in_its_header_is_read(tmp_path: Path, place: Store) -> None:
    class Stream(io.RawIOBase):
        """Written once, never gone back in: sizes come behind the data."""

        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.data += data
            return len(data)

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in WANTED.items():
            archive.writestr(name, data)
    (tmp_path / NAME).write_bytes(stream.data)
    unpack(open_store(str(tmp_path)), NAME, place)
    assert held(place) == WANTED


def test_requests_are_far_fewer_than_entries(web: Web, server: FaultyServer, place: Store) -> None:
    unpack(web, NAME, place)
    assert len(server.requests) <= 3 + len(IMAGES) / 3 + 2
    assert ranges(server) < len(ARCHIVE) * 1.05


def test_what_is_there_is_not_read_again(web: Web, server: FaultyServer, place: Store) -> None:
    unpack(web, NAME, place)
    server.requests.clear()
    unpack(web, NAME, place)
    assert len(server.requests) <= 3
    assert ranges(server) < 2**15 + 10_000
    gone, cut, *_ = IMAGES
    place.remove(gone)
    place.write(cut, IMAGES[cut][:-1])
    unpack(web, NAME, place)
    assert ranges(server) < 2**15 + 10_000 + 2 * 31_000
    assert held(place) == WANTED


def test_a_changed_archive_is_unpacked_again(
    web: Web, server: FaultyServer, files: dict[str, bytes], place: Store
) -> None:
    unpack(web, NAME, place)
    server.requests.clear()
    (same_size, gone, *_), changed = IMAGES, dict(WANTED)
    changed[same_size] = noise(99, len(changed[same_size]))
    del changed[gone]
    files[NAME] = zipped(changed)
    unpack(web, NAME, place)
    assert held(place) == changed
    assert ranges(server) < 2**15 + 10_000 + 31_000


def test_a_changed_archive_is_unpacked_again_even_if_the_first_try_was_cut_off(
    web: Web, server: FaultyServer, files: dict[str, bytes], place: Store
) -> None:
    unpack(web, NAME, place)
    files[NAME] = zipped(changed := {name: noise(len(data), len(data)) for name, data in IMAGES.items()})
    server.requests.clear()
    server.plan = lambda number, request: Fault.RESET if number > 6 else None
    with pytest.raises(StorageError):
        unpack(web, NAME, place)
    server.plan = healthy
    unpack(web, NAME, place)
    assert held(place) == changed


def test_files_of_unknown_origin_are_not_trusted(web: Web, place: Store) -> None:
    first = next(iter(IMAGES))
    place.write(first, bytes(len(IMAGES[first])))
    place.write("mine.jpg", b"mine")
    unpack(web, NAME, place)
    assert held(place) == WANTED | {"mine.jpg": b"mine"}


def test_a_damaged_receipt_is_no_receipt(web: Web, place: Store) -> None:
    place.write(f"{archives.RECEIPTS}/{NAME}.json", b"{")
    unpack(web, NAME, place)
    assert held(place) == WANTED
    assert len(json.loads(place.read(f"{archives.RECEIPTS}/{NAME}.json"))["entries"]) == len(WANTED)


def test_two_archives_share_a_folder(tmp_path: Path, place: Store) -> None:
    names = ("one.zip", "two.zip")
    for name in names:
        (tmp_path / name).write_bytes(zipped({f"{name}/a.jpg": noise(1, 5000)}))
    for name in (*names, *names):
        unpack(open_store(str(tmp_path)), name, place)
    assert held(place).keys() == {"one.zip/a.jpg", "two.zip/a.jpg"}


# Faults.


@pytest.mark.parametrize("fault", Fault)
def test_every_file_arrives_right_over_faults(web: Web, server: FaultyServer, place: Store, fault: Fault) -> None:
    server.plan = first_time(4, fault, first=3)
    unpack(web, NAME, place)
    assert held(place) == WANTED


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.TRUNCATE])
def test_every_file_arrives_right_from_a_bucket_with_faults(place: Store, fault: Fault) -> None:
    with faulty_bucket({NAME: ARCHIVE}) as (uri, server):
        origin = open_store(uri)
        server.plan = first_time(4, fault)
        unpack(origin, NAME, place)
    assert held(place) == WANTED


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.FLIP])
def test_a_fault_that_does_not_end_is_an_error_and_nothing_wrong_is_kept(
    web: Web, server: FaultyServer, place: Store, fault: Fault
) -> None:
    server.plan = lambda number, request: fault if number >= 6 else None
    start = time.monotonic()
    with pytest.raises((StorageError, DataError), match=NAME):
        unpack(web, NAME, place)
    assert time.monotonic() - start < 8
    assert held(place).items() <= WANTED.items()


def test_an_archive_replaced_meanwhile_is_noticed(
    web: Web, server: FaultyServer, files: dict[str, bytes], place: Store
) -> None:
    def replace(number: int, request: object) -> None:
        if number == 5:
            files[NAME] = ARCHIVE[:-1] + b"\1"

    server.plan = replace
    with pytest.raises(StorageError, match=f"{NAME} changed while it was read"):
        unpack(web, NAME, place)


_UNPACK = """
import sys
from components.common.storage import open_store
from components.ingest import archives
from components.ingest.http import Web
archives._SPAN_BYTES = int(sys.argv[3])
archives.unpack(Web(sys.argv[1]), "{name}", open_store(sys.argv[2], create=True))
""".replace("{name}", NAME)


def test_killed_again_and_again_it_goes_on(server: FaultyServer, tmp_path: Path) -> None:
    place = open_store(str(tmp_path / "place"), create=True)
    command = [sys.executable, "-c", _UNPACK, server.url, place.uri, str(SPAN_BYTES)]
    moments = random.Random(0)
    server.plan = lambda number, request: time.sleep(0.02)  # else all is done before the kill
    kept: dict[str, bytes] = {}
    for _ in range(3):
        server.requests.clear()
        with subprocess.Popen(command) as process:
            until = 3 + moments.randint(1, 6)
            while len(server.requests) < until and process.poll() is None:
                time.sleep(0.002)
            process.kill()
        assert held(place).items() >= kept.items()
        kept = held(place)
        assert kept.items() <= WANTED.items()
    assert 0 < len(kept) < len(WANTED)
    time.sleep(0.3)  # requests of the last one killed are still taken
    server.requests.clear()
    subprocess.run(command, check=True)
    assert held(place) == WANTED
    there = sum(map(len, kept.values()))
    assert ranges(server) < len(ARCHIVE) - there + 2**15 + 10_000


# What must not be unpacked.


def refused(tmp_path: Path, place: Store, data: bytes) -> str:
    (tmp_path / NAME).write_bytes(data)
    with pytest.raises(DataError, match=NAME) as caught:
        unpack(open_store(str(tmp_path)), NAME, place)
    assert held(place) == {}
    return str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "../out.jpg",
        "a/../../out.jpg",
        "/etc/out.jpg",
        "C:/out.jpg",
        "C:out.jpg",
        "..\\out.jpg",
        "a\\out.jpg",
        "../out.exe",
    ],
)
def test_entries_that_point_outside_are_refused(tmp_path: Path, place: Store, name: str) -> None:
    message = refused(tmp_path, place, zipped(IMAGES | {name: b"out"}))
    assert f"the entry {name!r} points outside its folder" in message


@pytest.mark.parametrize("name", ["a//b.jpg", "./a.jpg", "a\0b.jpg"])
def test_entries_of_more_than_one_spelling_are_refused(tmp_path: Path, place: Store, name: str) -> None:
    data = zipped({name.replace("\0", "?"): b"out"}).replace(b"a?b.jpg", b"a\0b.jpg")
    assert "not a plain relative path" in refused(tmp_path, place, data)


def test_symbolic_links_are_refused(tmp_path: Path, place: Store) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        link = zipfile.ZipInfo("link.jpg")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "'link.jpg' is a symbolic link" in refused(tmp_path, place, file.getvalue())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({8: 0x1}, "'a.jpg' is encrypted"),
        ({10: 99}, "'a.jpg' is compressed by the method 99"),
        ({24: 2**32 - 2}, "'a.jpg' says it has 4294967294 bytes; the limit is"),
    ],
    ids=["encrypted", "method", "size"],
)
def test_entries_that_cannot_be_read_are_refused(
    tmp_path: Path, place: Store, changes: dict[int, int], message: str
) -> None:
    data = bytearray(zipped({"a.jpg": noise(0, 1000)}, zipfile.ZIP_STORED))
    directory = data.index(b"PK\1\2")
    for place_of_field, value in changes.items():
        width = 4 if place_of_field == 24 else 2
        data[directory + place_of_field : directory + place_of_field + width] = value.to_bytes(width, "little")
    assert message in refused(tmp_path, place, bytes(data))


def test_a_zip_bomb_is_refused(tmp_path: Path, place: Store) -> None:
    message = refused(tmp_path, place, zipped({f"{number}.jpg": bytes(10**6) for number in range(5)}))
    assert "says it holds 5000000: more than 20 times as many" in message


def test_entries_that_overlap_are_refused(tmp_path: Path, place: Store) -> None:
    data = bytearray(zipped({"a.jpg": noise(0, 1000), "b.jpg": noise(1, 1000)}, zipfile.ZIP_STORED))
    second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
    data[second + 42 : second + 46] = (10).to_bytes(4, "little")  # offset of its header: within the first
    assert "overlaps the next" in refused(tmp_path, place, bytes(data))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name_are_refused(tmp_path: Path, place: Store) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.jpg", b"one")
        archive.writestr("a.jpg", b"other")
    assert "2 entries under 1 names" in refused(tmp_path, place, file.getvalue())


@pytest.mark.parametrize(
    "data", [b"<html>log in</html>", ARCHIVE[:-100_000], ARCHIVE[100:]], ids=["html", "cut", "shifted"]
)
def test_what_is_no_whole_archive_is_refused(tmp_path: Path, place: Store, data: bytes) -> None:
    refused(tmp_path, place, data)


def test_a_damaged_entry_is_an_error_that_names_it(tmp_path: Path, place: Store) -> None:
    data = bytearray(zipped({"a.jpg": picture(1), "b.jpg": noise(0, 1000)}, zipfile.ZIP_STORED))
    data[-500] ^= 1
    (tmp_path / NAME).write_bytes(data)
    with pytest.raises(DataError, match=f"{NAME}: the entry 'b.jpg' is damaged: Bad CRC-32"):
        unpack(open_store(str(tmp_path)), NAME, place)
    assert held(place) == {"a.jpg": picture(1)}
