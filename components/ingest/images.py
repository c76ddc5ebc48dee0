"""Looking at every image once: does it decode, how large is it, what identifies it."""

import hashlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import NamedTuple

import imagehash
import pandas as pd
from PIL import Image, UnidentifiedImageError

from components.common.errors import StorageError
from components.common.progress import track
from components.common.storage import Store

HASH_SIDE = 16
"""The perceptual hash has HASH_SIDE x HASH_SIDE bits."""

# Not all that Pillow knows: some of its formats run other programs.
_FORMATS = ("JPEG", "PNG")

# A JPEG decodes 3 to 8 times faster at a reduced size, and a truncated one fails just as it does at full size. The hash
# itself is computed at 4 * HASH_SIDE pixels.
_DRAFT_SIZE = (4 * HASH_SIDE, 4 * HASH_SIDE)

# More than the cores of a small machine: a bucket answers slowly, but answers many at once.
_LEAST_THREADS = 8
_BATCH = 4096


class Facts(NamedTuple):
    """What is known of an image that decodes."""

    width: int
    """Pixels, as stored (before any EXIF rotation)."""
    height: int
    bytes: int
    sha256: str
    phash: str
    """Perceptual hash, HASH_SIDE * HASH_SIDE bits in hexadecimal."""


class Fault(NamedTuple):
    """Why an image cannot be used."""

    reason: str
    """One of `quarantine.REASONS`."""
    detail: str


class Inspection(NamedTuple):
    """The images looked at, by their path: a path is in one of the two tables."""

    facts: pd.DataFrame
    """Index: path; columns: the fields of `Facts`."""
    faults: pd.DataFrame
    """Index: path; columns: the fields of `Fault`."""


def inspect_images(store: Store, paths: Sequence[str]) -> Inspection:
    """Read and decode each image once, several at a time; no more than that many are in memory.

    Args:
        store: where they lie.
        paths: POSIX paths below the store's root.

    Raises:
        StorageError: a folder of images cannot be listed.
    """
    there: set[str] = set()
    for folder in sorted({str(PurePosixPath(path).parent) for path in paths}):
        there.update(store.names(folder))
    facts: dict[str, Facts] = {}
    faults = {path: Fault("missing_image", "no such file") for path in paths if path not in there}
    present = [path for path in paths if path in there]
    results = track(_inspect_all(store, present), "inspecting images", len(present))
    for path, result in zip(present, results, strict=True):
        if isinstance(result, Facts):
            facts[path] = result
        else:
            faults[path] = result
    return Inspection(_by_path(facts, Facts._fields), _by_path(faults, Fault._fields))


def _by_path(rows: Mapping[str, Facts | Fault], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows.values()), pd.Index(list(rows), dtype="str"), list(columns))


def _inspect_all(store: Store, paths: Sequence[str]) -> Iterator[Facts | Fault]:
    def look(path: str) -> Facts | Fault:
        try:
            return inspect_image(store.read(path))
        except StorageError as error:
            return Fault("unreadable_image", str(error))

    # Threads will do: Pillow and hashlib let go of the interpreter's lock while they work.
    with ThreadPoolExecutor(max(_LEAST_THREADS, os.cpu_count() or 1)) as pool:
        for start in range(0, len(paths), _BATCH):
            yield from pool.map(look, paths[start : start + _BATCH])


def inspect_image(data: bytes) -> Facts | Fault:
    """Decode one image, given as the bytes of its file.

    The perceptual hash is imagehash's: signs of the low frequencies of a cosine transform
    (http://www.hackerfactor.com/blog/index.php?/archives/432-Looks-Like-It.html).
    """
    if not data:
        return Fault("empty_file", "the file has no bytes")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            width, height = image.size
            # Pillow itself only warns here, and fails at twice the number.
            if Image.MAX_IMAGE_PIXELS is not None and width * height > Image.MAX_IMAGE_PIXELS:
                return _too_many_pixels(f"{width} x {height} pixels")
            image.draft("L", _DRAFT_SIZE)
            gray = image.convert("L")
    except UnidentifiedImageError:
        return Fault("not_an_image", f"{len(data)} bytes that are no JPEG or PNG")
    except Image.DecompressionBombError as error:
        return _too_many_pixels(str(error))
    except Exception as error:  # Damaged files make decoders fail in any way, and one of them must not stop the run.
        reason = "truncated_image" if "truncated" in str(error).lower() else "undecodable_image"
        return Fault(reason, f"{type(error).__name__}: {error}")
    phash = imagehash.phash(gray, hash_size=HASH_SIDE)
    return Facts(width, height, len(data), hashlib.sha256(data).hexdigest(), str(phash))


def _too_many_pixels(what: str) -> Fault:
    return Fault("too_many_pixels", f"{what}; the limit is {Image.MAX_IMAGE_PIXELS} pixels")
