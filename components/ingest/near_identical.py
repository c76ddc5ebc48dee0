"""Near-identical pictures, found by their perceptual hashes without comparing all with all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from components.common.cores import available_cores

BITS = 256
"""Length of a hash."""

NEAR_DISTANCE = 32
"""Most bits, of 256, in which the hashes of near-identical pictures differ (README.md: how it was chosen)."""

# Two hashes are compared where they agree in one of several random choices of bits: locality-sensitive hashing (Indyk
# and Motwani 1998, doi 10.1145/276698.276876). A choice has as many bits as it takes to number all the images, so that
# the comparisons grow no faster than their number; as many choices as fit into a hash side by side are a round.
# Measured on random hashes that differ in exactly NEAR_DISTANCE bits: 99.9% are found among 58,000 images, 93% among
# 935,000; at 15 bits or fewer the first are found for certain.
_ROUNDS = 3
_LEAST_KEY_BITS = 16

# So far apart, in sorted order, equal keys are compared. Hundreds of pictures from one fixed camera share keys: they
# are tied one to the next, and need not all be compared with all.
_NEIGHBORS = 8

# A photograph's hash has half of its bits set. A picture of one color, or of a few plain areas, has next to none: all
# such pictures would seem alike.
_LEAST_BITS_SET = 64


def near_identical_pairs(images: pd.DataFrame) -> pd.DataFrame:
    """Find the images whose perceptual hashes differ in NEAR_DISTANCE bits or fewer, but not in their bytes.

    Args:
        images: columns image_id, sha256 and phash (hexadecimal, 256 bits); the last two are NaN where the image is
            broken. An image may have several rows.

    Returns:
        Columns image_id_1, image_id_2, distance (bits), sorted by distance: of many alike not every pair, but enough to
        tie all of them. Pictures without detail are left out.
    """
    known = images.dropna(subset=["phash"]).drop_duplicates("sha256").sort_values(["phash", "image_id"])
    known = known[known["phash"].map(_bits_set) >= _LEAST_BITS_SET]
    ids, hashes = known["image_id"].to_numpy(), known["phash"].to_numpy()
    same = np.flatnonzero(hashes[1:] == hashes[:-1])
    first = np.flatnonzero(~known["phash"].duplicated())
    one, other, distance = close_hashes(hashes[first].tolist())
    named = np.concatenate([ids[np.stack([same, same + 1])], ids[first[np.stack([one, other])]]], axis=1)
    pairs = pd.DataFrame(np.sort(named, axis=0).T, columns=["image_id_1", "image_id_2"], dtype="str")
    pairs["distance"] = np.concatenate([np.zeros(len(same), np.int64), distance])
    pairs = pairs[pairs["image_id_1"] != pairs["image_id_2"]]  # an image and what it was before
    return pairs.sort_values(["distance", "image_id_1", "image_id_2"], ignore_index=True)


def close_hashes(hashes: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the pairs of different hashes within NEAR_DISTANCE.

    Args:
        hashes: hexadecimal, 256 bits each, no two the same (equal ones would make as many pairs as their
            number squared).

    Returns:
        Three int64 [pairs]: the positions of the one and of the other hash, and the bits in which they differ.
    """
    words = np.frombuffer(bytes.fromhex("".join(hashes)), np.uint64).reshape(len(hashes), BITS // 64)
    with ThreadPoolExecutor(available_cores()) as pool:  # NumPy lets go of the interpreter's lock while it sorts
        found = list(pool.map(lambda key: _close_pairs(words, *key), _keys(words)))
    pairs = np.stack(np.divmod(np.unique(np.concatenate(found)), max(len(words), 1)), axis=1)
    return pairs[:, 0], pairs[:, 1], _distance(words, pairs)


def _keys(words: np.ndarray) -> Iterator[tuple[np.ndarray, int, int]]:
    """Where short keys of the hashes stand: uint64 [hashes], the first bit, the number of bits."""
    length = max(_LEAST_KEY_BITS, len(words).bit_length())
    bits = np.ascontiguousarray(np.unpackbits(words.view(np.uint8), axis=1).T)
    random = np.random.default_rng(0)
    for _ in range(_ROUNDS):
        shuffled = np.packbits(bits[random.permutation(BITS)], axis=0)
        for word in np.ascontiguousarray(shuffled.T).view(np.uint64).T:
            for start in range(0, 64 - length + 1, length):
                yield word, start, length


def _close_pairs(words: np.ndarray, word: np.ndarray, start: int, length: int) -> np.ndarray:
    """The pairs with equal keys that lie within NEAR_DISTANCE, each as one number (smaller position * hashes + larger):
    int64 [pairs]."""
    close = [np.empty(0, np.int64)]
    for pairs in _equal_pairs(word >> start & ((1 << length) - 1)):
        one, other = np.sort(pairs[_distance(words, pairs) <= NEAR_DISTANCE], axis=1).T
        close.append(one * len(words) + other)
    return np.concatenate(close)


def _bits_set(hexadecimal: str) -> int:
    return int(hexadecimal, 16).bit_count()


def _distance(words: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Hamming distances, int64 [pairs], between rows of `words` (uint64 [hashes, 4])."""
    differences = words[pairs[:, 0]] ^ words[pairs[:, 1]]
    distances: np.ndarray = np.bitwise_count(differences).sum(axis=1, dtype=np.int64)
    return distances


def _equal_pairs(values: np.ndarray) -> Iterator[np.ndarray]:
    """Pairs of positions with equal values: each value's every pair, or as many as _NEIGHBORS allow.

    Args:
        values: uint64, below 2 ** 32.

    Yields:
        int64 [pairs, 2] at a time: in sorted order first neighbors, then those two apart, until none are left.
    """
    # Sorting value and position as one number is several times faster than argsort.
    both = np.sort(values << 32 | np.arange(len(values), dtype=np.uint64))
    ordered, order = both >> 32, (both & 0xFFFFFFFF).astype(np.int64)
    start = np.arange(len(values))
    for offset in range(1, min(len(values), _NEIGHBORS + 1)):
        start = start[start + offset < len(values)]
        start = start[ordered[start] == ordered[start + offset]]
        if not len(start):
            return
        yield np.stack([order[start], order[start + offset]], axis=1)
