"""Files of a web server; a real one in this process, which fails on purpose."""

import base64
import hashlib
import time
from collections.abc import Iterator

import google_crc32c
import pytest

from components.common import retries
from components.common.errors import SettingsError, StorageError
from components.ingest import http
from components.ingest.http import AbsentError, Web, check_address
from tests.faults import Answer, Fault, FaultyServer, Request, always, every, file_server, impatient

FILES = {"2019/a.zip": bytes(range(256)) * 400, "2019/a table.csv": b"a,b\n" * 1000, "2019/none.csv": b""}
ZIP = FILES["2019/a.zip"]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with file_server({name.replace(" ", "%20"): data for name, data in FILES.items()}).running() as server:
        yield server


@pytest.fixture
def web(server: FaultyServer) -> Web:
    return Web(f"{server.url}/2019/")


def answering(headers: dict[str, str], body: bytes, status: int = 200) -> FaultyServer:
    return FaultyServer(lambda request: Answer(status, headers, body))


def test_a_file_is_looked_at_with_one_byte(web: Web, server: FaultyServer) -> None:
    size, version = web.state("a.zip")
    assert (size, version) == (len(ZIP), f'"{hashlib.md5(ZIP).hexdigest()}"')
    assert [request.headers["Range"] for request in server.requests] == ["bytes=0-0"]


def test_files_and_ranges_are_read(web: Web) -> None:
    assert web.read("a table.csv") == FILES["2019/a table.csv"]
    assert web.read("none.csv") == b""
    assert web.read_range("a.zip", 1000, 1300, web.state("a.zip").version) == ZIP[1000:1300]


def test_an_empty_file_has_no_ranges(web: Web) -> None:
    with pytest.raises(StorageError, match="none.csv is empty"):
        web.state("none.csv")


@pytest.mark.parametrize("name", ["no.zip", "no.csv"])
def test_what_is_not_there_is_told_apart(web: Web, name: str) -> None:
    for ask in (web.state, web.read):
        with pytest.raises(AbsentError, match=f"2019/{name}: HTTP 404"):
            ask(name)


def test_names_do_not_lead_outside(web: Web) -> None:
    with pytest.raises(StorageError, match="outside its folder"):
        web.read("../secret")


def test_a_server_without_ranges_is_an_error_that_says_what_to_do() -> None:
    with (
        file_server(FILES, ranges=False).running() as server,
        pytest.raises(StorageError, match="a.zip: .*range requests.*download the file and give its path"),
    ):
        Web(f"{server.url}/2019").state("a.zip")


@pytest.mark.parametrize("etags", [True, False])
def test_a_file_replaced_meanwhile_is_noticed(etags: bool) -> None:
    files = {"a.zip": ZIP}
    with file_server(files, etags=etags).running() as server:
        web = Web(server.url)
        version = web.state("a.zip").version
        files["a.zip"] = b"shorter"
        with pytest.raises(StorageError, match="a.zip changed while it was read"):
            web.read_range("a.zip", 1000, 1300, version)


def test_a_server_that_does_not_heed_if_match_is_seen_through() -> None:
    headers = {"ETag": '"2"', "Content-Range": "bytes 0-4/5"}
    with answering(headers, b"hello", 206).running() as server, pytest.raises(StorageError, match="changed"):
        Web(server.url).read_range("a.zip", 0, 5, '"1"')


def test_a_weak_etag_is_compared_here() -> None:
    headers = {"ETag": 'W/"1"', "Content-Range": "bytes 0-4/5"}
    with answering(headers, b"hello", 206).running() as server:
        assert Web(server.url).read_range("a.zip", 0, 5, 'W/"1"') == b"hello"
        assert "If-Match" not in server.requests[0].headers


@pytest.mark.parametrize("fault", Fault)
def test_files_arrive_right_over_faults(web: Web, server: FaultyServer, fault: Fault) -> None:
    server.plan = every(2, fault)
    assert web.state("a.zip").size == len(ZIP)
    assert web.read("a table.csv") == FILES["2019/a table.csv"]
    version = web.state("a.zip").version
    if fault is not Fault.FLIP:  # no checksum comes with a range; who reads an archive checks its entries
        assert web.read_range("a.zip", 5000, 90_000, version) == ZIP[5000:90_000]


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.FLIP])
def test_a_fault_that_does_not_end_is_an_error_in_time(web: Web, server: FaultyServer, fault: Fault) -> None:
    server.plan = always(fault)
    start = time.monotonic()
    with pytest.raises(StorageError, match="cannot read .*2019/a%20table.csv"):
        web.read("a table.csv")
    assert time.monotonic() - start < 4


def test_a_server_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "DEADLINE_SECONDS", 0.1)
    with pytest.raises(StorageError, match="cannot read http://localhost:9/a.csv"):
        Web("http://localhost:9").read("a.csv")


def test_an_answer_that_trickles_in_has_an_end(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "DEADLINE_SECONDS", 0.1)
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.0)
    with pytest.raises(StorageError, match="no end of the answer"):
        web.read("a table.csv")


def test_a_table_without_end_is_an_error(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAXIMUM_FILE_BYTES", 3999)
    with pytest.raises(StorageError, match="more than the 3999 bytes"):
        web.read("a table.csv")


BODY = b"image,MEL\n"
MD5 = hashlib.md5(BODY)
WRONG = hashlib.md5(b"other")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            {"Content-MD5": base64.b64encode(MD5.digest()).decode()},
            {"Content-MD5": base64.b64encode(WRONG.digest()).decode()},
        ),
        (
            {"x-goog-hash": "crc32c=" + base64.b64encode(google_crc32c.Checksum(BODY).digest()).decode()},
            {"x-goog-hash": "crc32c=AAAAAA==, md5=" + base64.b64encode(MD5.digest()).decode()},
        ),
        (
            {"Server": "AmazonS3", "ETag": f'"{MD5.hexdigest()}"'},
            {"Server": "AmazonS3", "ETag": f'"{WRONG.hexdigest()}"'},
        ),
    ],
    ids=["Content-MD5", "x-goog-hash", "S3's ETag"],
)
def test_the_checksums_that_a_server_gives_are_compared(
    right: dict[str, str], wrong: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "DEADLINE_SECONDS", 0.1)
    with answering(right, BODY).running() as server:
        assert Web(server.url).read("a.csv") == BODY
    with answering(wrong, BODY).running() as server, pytest.raises(StorageError, match="do not have the (md5|crc32c)"):
        Web(server.url).read("a.csv")


@pytest.mark.parametrize(
    "headers",
    [
        {"Server": "AmazonS3", "ETag": f'"{WRONG.hexdigest()}-7"'},
        {"Server": "nginx", "ETag": f'"{WRONG.hexdigest()}"'},
        {"Server": "AmazonS3", "ETag": f'"{WRONG.hexdigest()}"', "x-amz-server-side-encryption": "aws:kms"},
    ],
)
def test_other_etags_are_no_checksums(headers: dict[str, str]) -> None:
    with answering(headers, BODY).running() as server:
        assert Web(server.url).read("a.csv") == BODY


def test_a_redirect_to_an_unencrypted_address_is_refused(server: FaultyServer) -> None:
    # 127.0.0.2 is this machine as well, but not by one of the names allowed.
    elsewhere = server.url.replace("localhost", "127.0.0.2") + "/2019/a.zip"

    def respond(request: Request) -> Answer:
        return Answer(302, {"Location": elsewhere}, b"")

    with FaultyServer(respond).running() as first, pytest.raises(StorageError):
        Web(first.url).read("a.zip")


def test_no_message_shows_a_signature(server: FaultyServer) -> None:
    web = Web(server.url)
    for fault in (None, Fault.RESET):
        server.plan = lambda number, request, fault=fault: fault
        with pytest.raises(StorageError, match="cannot read http://localhost") as caught:
            web.read_address(f"{server.url}/no.jpg?Signature=secret")
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://example.com/a.zip", "'http://example.com/a.zip' is not encrypted"),
        ("http://localhost.example.com/a.zip", "not encrypted"),
        ("https://user:secret@example.com/a.zip", "user, password.*'https://example.com/a.zip'"),
        ("https://example.com/a.zip?X-Amz-Signature=secret", "query.*'https://example.com/a.zip'"),
        ("https:///a.zip", "no host"),
    ],
)
def test_addresses_are_checked(url: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        check_address(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://example.com/a", "http://localhost:80/a", "http://127.0.0.1/", "http://[::1]:9/"]
)
def test_encrypted_and_local_addresses_will_do(url: str) -> None:
    check_address(url)
