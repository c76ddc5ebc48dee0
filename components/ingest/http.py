"""Files of a web server: read whole or in ranges, each answer checked, repeated where the network fails."""

import base64
import hashlib
import re
import time
from collections.abc import Callable
from urllib.parse import quote, urlsplit

import google_crc32c
import requests
from requests.adapters import HTTPAdapter

from components.common import retries
from components.common.errors import SettingsError, StorageError
from components.common.retries import patiently
from components.common.statuses import TRANSIENT_STATUSES
from components.common.store import MAXIMUM_FILE_BYTES, State, changed_error, inside

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
"""Only these may be spoken to without encryption."""


ANSWER_SECONDS = 300.0
"""How long one answer may take, however steadily it trickles in."""

CONNECTIONS = 16

_CHUNK_BYTES = 2**16
_ABSENT = (403, 404, 410)  # S3 answers 403 for what is not there to those who may not list
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_MD5 = re.compile(r'"([0-9a-f]{32})"')


class AbsentError(StorageError):
    """A web server has no such file, or does not show it."""


class Web:
    """What lies below an address (see `store.Readable`); safe for several threads.

    The version of a file is its ETag, else its Last-Modified date, else empty (then only a new size is noticed).

    Args:
        uri: an https:// address, or http:// of this machine.

    Raises:
        SettingsError: see `check_address`.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri.rstrip("/")
        check_address(uri)
        self._session = requests.Session()
        self._session.mount("https://", HTTPAdapter(pool_maxsize=CONNECTIONS))
        self._session.mount("http://", HTTPAdapter(pool_maxsize=CONNECTIONS))
        # A compressed answer has another length, and another checksum, than the file.
        self._session.headers["Accept-Encoding"] = "identity"

    def state(self, name: str) -> State:
        """See Readable. Raises AbsentError where there is no such file."""

        def ask() -> State:
            # Unlike HEAD, this shows whether the server knows ranges.
            with self._answer(url, {"Range": "bytes=0-0"}) as response:
                if response.status_code == 416:
                    raise StorageError(f"{url} is empty; expected a file")
                return State(_range(url, response)[2], _version(response))

        url = self._url(name)
        return _patiently(url, ask)

    def read(self, name: str) -> bytes:
        """See Readable. Checked against the length, and the checksums that the server gives. Raises AbsentError too."""
        return self.read_address(self._url(name))

    def read_address(self, url: str) -> bytes:
        """As `read`, of any address that a server gave; it may be signed, and no message shows its query."""

        def ask() -> bytes:
            with self._answer(url, {}) as response:
                data = _body(url, response, MAXIMUM_FILE_BYTES)
                length = response.headers.get("Content-Length")
                if length is not None and len(data) != int(length):
                    raise requests.ConnectionError(f"{len(data)} bytes came instead of {length}")
                _check_digests(response, data)
                return data

        return _patiently(url, ask)

    def read_range(self, name: str, start: int, stop: int, version: str) -> bytes:
        """See Readable. Only the length is checked: no checksum comes with a range."""
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        if version.startswith('"'):  # a weak ETag never matches
            headers["If-Match"] = version

        def ask() -> bytes:
            with self._answer(url, headers) as response:
                if response.status_code in (412, 416) or _version(response) != version:
                    raise changed_error(url)
                first, last, _ = _range(url, response)
                data = _body(url, response, stop - start)
            if (first, last, len(data)) != (start, stop - 1, stop - start):
                raise requests.ConnectionError(f"{len(data)} bytes came instead of {stop - start}")
            return data

        url = self._url(name)
        return _patiently(url, ask)

    def _url(self, name: str) -> str:
        return f"{self.uri}/{quote(inside(name), safe='/%')}"

    def _answer(self, url: str, headers: dict[str, str]) -> requests.Response:
        """The answer without its body, if it is of use."""
        timeout = (retries.CONNECT_SECONDS, retries.READ_SECONDS)
        response = self._session.get(url, headers=headers, timeout=timeout, stream=True)
        status = response.status_code
        if status in (200, 206, 412, 416) and _is_safe(response.url):
            return response
        response.close()
        if not _is_safe(response.url):
            raise StorageError(f"{_shown(url)} leads to {_shown(response.url)}; expected an encrypted address")
        if status in TRANSIENT_STATUSES:
            raise requests.ConnectionError(f"HTTP {status} {response.reason}")
        kind = AbsentError if status in _ABSENT else StorageError
        raise kind(f"cannot read {_shown(url)}: HTTP {status} {response.reason}; check the address")


def _patiently(url: str, ask: Callable[[], retries.T]) -> retries.T:
    try:
        return patiently(ask)
    except (*retries.FAILURES, requests.RequestException) as error:
        query = urlsplit(url).query
        reason = str(error).replace(query, "...") if query else str(error)
        raise StorageError(f"cannot read {_shown(url)}: {reason}") from error


def _range(url: str, response: requests.Response) -> tuple[int, int, int]:
    """First and last byte of the answer, and the size of the file."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if response.status_code != 206 or not found:
        raise StorageError(
            f"{url}: the server does not give parts of files (HTTP range requests); "
            "download the file and give its path instead"
        )
    first, last, size = map(int, found.groups())
    return first, last, size


def _body(url: str, response: requests.Response, limit: int) -> bytes:
    """The body, in which no more than `limit` bytes are expected, and not later than in `ANSWER_SECONDS`."""
    start = time.monotonic()
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > limit:
            raise StorageError(f"{_shown(url)} gives more than the {limit} bytes expected")
        if time.monotonic() - start > ANSWER_SECONDS:
            raise requests.Timeout(f"no end of the answer after {ANSWER_SECONDS:.0f} s")
    return bytes(body)


def check_address(url: str) -> None:
    """Check an address that a person gave.

    Raises:
        SettingsError: it is not https:// (http:// of this machine), or holds credentials or a query (where signatures
            and tokens stand): arguments are recorded and shown.
    """
    parts, shown = urlsplit(url), _shown(url)
    if not parts.hostname:
        raise SettingsError(f"no host is named in {shown!r}; expected https://host/path")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise SettingsError(f"user, password, query or fragment in the address of {shown!r}; give https://host/path")
    if not _is_safe(url):
        raise SettingsError(f"{shown!r} is not encrypted; give an https:// address")


def _shown(url: str) -> str:
    """The address without what must not be repeated in a message: password and signature."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)


def _version(response: requests.Response) -> str:
    return response.headers.get("ETag") or response.headers.get("Last-Modified", "")


def _check_digests(response: requests.Response, data: bytes) -> None:
    for name, expected in _digests(response).items():
        digest = hashlib.md5(data, usedforsecurity=False).digest() if name == "md5" else _crc32c(data)
        if base64.b64encode(digest).decode() != expected:
            raise requests.ConnectionError(f"the bytes that came do not have the {name} {expected}")


def _digests(response: requests.Response) -> dict[str, str]:
    """Base64 of the checksums that the server gives, by `md5` and `crc32c`."""
    headers = response.headers
    # x-goog-hash: crc32c=AAAAAA==,md5=1B2M2Y8AsgTpgAmY7PhCfg==
    hashes = (part.strip().partition("=") for part in headers.get("x-goog-hash", "").split(","))
    digests = {name: value for name, _, value in hashes if name in ("md5", "crc32c")}
    if "Content-MD5" in headers:
        digests["md5"] = headers["Content-MD5"]
    elif headers.get("Server") == "AmazonS3" and headers.get("x-amz-server-side-encryption", "AES256") == "AES256":
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html: an MD5, unless uploaded in parts ("...-7") or
        # encrypted by other keys.
        customer = "x-amz-server-side-encryption-customer-algorithm" in headers
        if not customer and (found := _MD5.fullmatch(headers.get("ETag", ""))):
            digests["md5"] = base64.b64encode(bytes.fromhex(found[1])).decode()
    return digests


def _crc32c(data: bytes) -> bytes:
    return bytes(google_crc32c.Checksum(data).digest())
