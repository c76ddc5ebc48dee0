"""Images and metadata of the ISIC Archive (https://www.isic-archive.com), through its own client, isic-cli.

Its Python functions, not its command: the command asks questions, ends where there is a newer major version, and passes
over images that do not come. The client finds the images and knows the login; their bytes are read as all others are.
"""

import csv
import hashlib
import io
import logging
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import requests
from authlib.integrations.base_client.errors import OAuthError
from isic_cli.io.http import get_collection, get_images, get_num_images
from isic_cli.oauth import get_oauth_client
from isic_cli.session import IsicCliSession
from urllib3.util.retry import Retry

from components.common import retries
from components.common.errors import DataError, SettingsError, StorageError
from components.common.progress import track
from components.common.statuses import TRANSIENT_STATUSES
from components.common.store import Store
from components.ingest.archives import IMAGE_SUFFIXES
from components.ingest.http import Web

log = logging.getLogger(__name__)

SCHEME = "isic://"
SPELLING = "isic://collections/<id>+<id>?search=<query>&limit=<number>"
METADATA = "metadata.csv"
IMAGES = "images"

API = "https://api.isic-archive.com"
_PATH = re.compile(r"/(\d+(\+\d+)*)")
_ISIC_ID = re.compile(r"ISIC_\d{7,}")
_BASE_COLUMNS = ("isic_id", "attribution", "copyright_license")
# What is known of no image of a selection has no column, but `datasets/isic-archive.toml` needs these.
_DIAGNOSES = ("diagnosis_1", "diagnosis_2", "diagnosis_3")
_THREADS = 8
# The addresses of images are signed, and good for some time only: no more are asked for than are read soon.
_CHUNK = 100
# Of statuses alone, 1 + 2 + 4 + 8 s; the client's own 15 take half an hour.
_RETRIES = 5


class Selection(NamedTuple):
    """Which images."""

    collections: tuple[int, ...]
    search: str = ""
    """In the archive's query language; empty for all."""
    limit: int = 0
    """At most so many; 0 for all."""

    @property
    def folder(self) -> str:
        """A name for the selection, unique to it and good for a folder."""
        name = "+".join(map(str, self.collections))
        if self.search or self.limit:
            name += "-" + hashlib.sha256(f"{self.search}\n{self.limit}".encode()).hexdigest()[:8]
        return name


def parse(uri: str) -> Selection:
    """Understand an address of the form `SPELLING`; collections of several ids are joined.

    Raises:
        SettingsError: it is not of that form.
    """
    parts = urlsplit(uri)
    try:
        path = _PATH.fullmatch(parts.path)
        options = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
        if parts.netloc != "collections" or not path or parts.fragment or options.keys() - {"search", "limit"}:
            raise ValueError
        collections = tuple(sorted({int(number) for number in path[1].split("+")}))
        (search,), (limit,) = options.get("search", [""]), options.get("limit", ["0"])
        if int(limit) < 0:
            raise ValueError
        return Selection(collections, search, int(limit))
    except ValueError as error:
        raise SettingsError(f"{uri!r} names no images of the ISIC Archive; expected {SPELLING}") from error


def download(selection: Selection, destination: Store, api: str) -> None:
    """Bring the images of a selection to `images/<isic_id>.jpg`, and what is known of them to `metadata.csv`.

    The few that are PNG files have that name too: whoever decodes them goes by their first bytes.
    Images that are there with the right size are not read again; the table is written last, when all are there.

    Args:
        selection: see `parse`.
        destination: where to.
        api: the archive's address, without a path: `API`, or that of another installation.

    Raises:
        SettingsError: there is no such collection, or it cannot be seen; the archive does not understand the query.
        DataError: no image is in the selection, or the archive answers with something unexpected.
        StorageError: the archive does not answer, an image cannot be read, or the destination cannot be written.
    """
    try:
        with _session(api) as session:
            images = _images(session, selection)
            total = get_num_images(session, selection.search, _joined(selection))
            rows = list(_bring(images, Web(api), destination, min(total, selection.limit or total)))
    except requests.HTTPError as error:
        raise _refusal(error, selection) from error
    except requests.RequestException as error:
        raise StorageError(f"the ISIC Archive does not answer: {error}; start again later") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{api} describes images otherwise than expected ({error!r}); update isic-cli") from error
    if not rows:
        raise DataError(f"no image of the ISIC Archive is in {selection}; check the ids and the query")
    destination.write(METADATA, _table(rows))


def _login(api: str) -> dict[str, str]:
    """The header of the login that `isic user login` has stored on this machine; without one, images are public."""
    try:
        return get_oauth_client(f"{api}/oauth").maybe_restore_login() or {}
    except requests.RequestException:
        raise
    except (OAuthError, KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"the login stored for {api} is not accepted ({error}); isic user login renews it"
        ) from error
    except OSError as error:  # the client makes a folder for it at once
        log.warning("no login for the ISIC Archive can be stored on this machine (%s): public images only", error)
        return {}


def _session(api: str) -> IsicCliSession:
    rule = Retry(
        total=_RETRIES,
        status_forcelist=TRANSIENT_STATUSES,
        backoff_factor=retries.FIRST_WAIT_SECONDS,
        redirect=False,
        raise_on_status=False,
    )
    session = IsicCliSession(f"{api}/api/v2/", retry_strategy=rule)
    session.headers.update(_login(api))
    return session


def _images(session: IsicCliSession, selection: Selection) -> Iterator[dict[str, Any]]:
    """The archive's records of the images; each collection is looked at first, as an unknown one has just none."""
    for number in selection.collections:
        get_collection(session, number)
    # The client puts the query into an address as it is.
    images = iter(get_images(session, quote(selection.search, safe=""), _joined(selection)))
    return islice(images, selection.limit or None)


def _joined(selection: Selection) -> str:
    return ",".join(map(str, selection.collections))


def _bring(images: Iterator[dict[str, Any]], web: Web, destination: Store, total: int) -> Iterator[dict[str, Any]]:
    """Store the images that are missing; give the row of each."""
    there = destination.names(IMAGES)

    def bring(image: dict[str, Any]) -> dict[str, Any]:
        isic_id, full = str(image["isic_id"]), image["files"]["full"]
        suffix = PurePosixPath(urlsplit(full["url"]).path).suffix.lower() or ".jpg"
        if not _ISIC_ID.fullmatch(isic_id) or suffix not in IMAGE_SUFFIXES:
            raise DataError(
                f"the ISIC Archive names an image {isic_id!r}, a file {suffix!r}; expected ISIC_0000000.jpg"
            )
        name = f"{IMAGES}/{isic_id}.jpg"
        if there.get(name) != full["size"]:
            data = web.read_address(full["url"])
            if len(data) != full["size"]:
                raise StorageError(f"{name}: {len(data)} bytes came instead of {full['size']}; start again")
            destination.write(name, data)
        known = {column: image[column] for column in _BASE_COLUMNS}
        return known | image["metadata"]["acquisition"] | image["metadata"]["clinical"]

    with ThreadPoolExecutor(_THREADS) as pool:
        chunks = iter(lambda: list(islice(images, _CHUNK)), [])
        done = chain.from_iterable(pool.map(bring, chunk) for chunk in chunks)
        yield from track(done, "downloading images of the ISIC Archive", total)


def _table(rows: Sequence[dict[str, Any]]) -> bytes:
    """The rows as the client's own command writes them: what is known of some images only is empty for the others."""
    others = {*_DIAGNOSES, *(column for row in rows for column in row)} - set(_BASE_COLUMNS)
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, [*_BASE_COLUMNS, *sorted(others)])
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def _refusal(error: requests.HTTPError, selection: Selection) -> SettingsError | StorageError:
    status, answer = error.response.status_code, error.response.text[:200]
    if status in (401, 403, 404):
        return SettingsError(
            f"the ISIC Archive shows no such collection ({error.response.url}: HTTP {status}); check its number, "
            "or, if it is not public, log in on this machine: isic user login"
        )
    if status == 400:
        return SettingsError(f"the ISIC Archive does not understand the query {selection.search!r}: {answer}")
    return StorageError(f"the ISIC Archive fails ({error}): {answer}; start again later")
