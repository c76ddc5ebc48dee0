"""Looking at every image once: does it decode, how large is it, what identifies it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import NamedTuple

import imagehash
import pandas as pd
from PIL import Image

from components.common.borders import find_border
from components.common.cores import available_cores
from components.common.errors import StorageDownError, StorageError
from components.common.pictures import PictureError, decode_small, use_one_thread
from components.common.progress import track
from components.common.skin_tone import typology_angle
from components.common.store import MAXIMUM_FILE_BYTES, Store

HASH_SIDE = 16
"""The perceptual hash has HASH_SIDE x HASH_SIDE bits."""


# More than the cores of a small machine: a bucket answers slowly, but answers many at once.
_LEAST_THREADS = 8
_BATCH = 4096


class Facts(NamedTuple):
    """What is known of an image that decodes."""

    width: int
    """Pixels, as stored (before any EXIF rotation)."""
    height: int
    bytes: int
    border: float
    """Share of the picture's area that is black border."""
    typology_angle: float
    """Degrees (`skin_tone.typology_angle`); NaN where no skin is found."""
    sha256: str
    phash: str
    """Perceptual hash, HASH_SIDE * HASH_SIDE bits in hexadecimal."""


class Fault(NamedTuple):
    """Why an image cannot be used."""

    reason: str
    """One of `quarantine.REASONS`."""
    detail: str


class Inspection(NamedTuple):
    """The images looked at: each is in one of the two tables, which have the index of the table given."""

    facts: pd.DataFrame
    """Columns: the fields of `Facts`."""
    faults: pd.DataFrame
    """Columns: the fields of `Fault`."""
    unnamed: int
    """Number of files in the images' folders that are not among the images, tables apart."""


def inspect_images(stores: Sequence[Store], images: pd.DataFrame) -> Inspection:
    """Read and decode each image once, several at a time; no more than that many are in memory.

    Args:
        stores: where they lie.
        images: columns data (the store's URI) and path (POSIX, below its root).

    Raises:
        StorageError: a folder of images cannot be listed.
        StorageDownError: a store no longer answers.
    """
    by_uri = {store.uri: store for store in stores}
    there = _files(by_uri, images)
    places = list(zip(images["data"], images["path"], strict=True))
    unfit = [_unfit(there.get(place)) for place in places]
    faults = {row: fault for row, fault in zip(images.index, unfit, strict=True) if fault}
    wanted = [(by_uri[uri], path) for (uri, path), fault in zip(places, unfit, strict=True) if not fault]
    results = track(_inspect_all(wanted), "inspecting images", len(wanted))
    facts: dict[int, Facts] = {}
    for row, result in zip(images.index.difference(list(faults), sort=False), results, strict=True):
        if isinstance(result, Facts):
            facts[row] = result
        else:
            faults[row] = result
    return Inspection(_table(facts, Facts._fields), _table(faults, Fault._fields), len(there.keys() - set(places)))


def _unfit(size: int | None) -> Fault | None:
    """Why a file is not even read, given its bytes; None where there is no such file."""
    if size is None:
        return Fault("missing_image", "no such file")
    if size > MAXIMUM_FILE_BYTES:
        return Fault(
            "too_many_bytes", f"the file has {size:,} bytes, more than the {MAXIMUM_FILE_BYTES:,} that are read"
        )
    return None


def _files(stores: Mapping[str, Store], images: pd.DataFrame) -> dict[tuple[str, str], int]:
    """The files in all folders of images, as data and path, with their sizes in bytes."""
    folders = images["path"].map(lambda path: str(PurePosixPath(path).parent))
    pairs = set(zip(images["data"], folders, strict=True))
    return {
        (uri, name): size
        for uri, folder in sorted(pairs)
        for name, size in stores[uri].names("" if folder == "." else folder).items()
        if PurePosixPath(name).suffix.lower() not in (".csv", ".toml", ".txt", ".json")
    }


def _table(rows: Mapping[int, Facts | Fault], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows.values()), pd.Index(list(rows), dtype="int64"), list(columns))


def _inspect_all(places: Sequence[tuple[Store, str]]) -> Iterator[Facts | Fault]:
    def look(place: tuple[Store, str]) -> Facts | Fault:
        store, path = place
        try:
            return inspect_image(store.read(path))
        except StorageDownError:
            raise
        except StorageError as error:
            return Fault("unreadable_image", str(error))

    use_one_thread()  # libvips has no use for more: there is one of its own for every image
    # Threads will do: libvips, NumPy and hashlib let go of the interpreter's lock while they work.
    with ThreadPoolExecutor(max(_LEAST_THREADS, available_cores())) as pool:
        for start in range(0, len(places), _BATCH):
            yield from pool.map(look, places[start : start + _BATCH])


def inspect_image(data: bytes) -> Facts | Fault:
    """Decode one image, given as the bytes of its file.

    The perceptual hash is imagehash's: signs of the low frequencies of a cosine transform
    (http://www.hackerfactor.com/blog/index.php?/archives/432-Looks-Like-It.html).
    """
    if not data:
        return Fault("empty_file", "the file has no bytes")
    try:
        small = decode_small(data)
    except PictureError as error:
        return Fault(error.flaw, str(error))
    box = find_border(small.image)
    height, width = small.image.shape[:2]
    return Facts(
        width=small.width,
        height=small.height,
        bytes=len(data),
        border=round(1.0 - box.width * box.height / (width * height), 4),
        typology_angle=round(typology_angle(box.cut(small.image)), 2),
        sha256=hashlib.sha256(data).hexdigest(),
        phash=str(imagehash.phash(Image.fromarray(small.image), hash_size=HASH_SIDE)),
    )
