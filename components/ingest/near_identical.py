"""Near-identical pictures, found by their perceptual hashes without comparing all with all."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

NEAR_DISTANCE = 24
"""Most bits, of 256, in which the hashes of near-identical pictures differ (README.md: how it was chosen)."""

# Two hashes are compared where they agree in one of 16 bands of 16 bits, which with 15 different bits or fewer they
# must. At NEAR_DISTANCE 97 pairs in 100 would agree somewhere if the bits were independent; as differences cluster
# in the high frequencies, it is more. Longer bands would lose pairs, shorter ones compare too many.
_BAND = np.uint16

# A photograph's hash has half of its bits set. A picture of one color, or of a few plain areas, has next to none: all
# such pictures would seem alike.
_LEAST_BITS_SET = 64


def near_identical_pairs(images: pd.DataFrame) -> pd.DataFrame:
    """Find the images whose perceptual hashes differ in NEAR_DISTANCE bits or fewer, but not in their bytes.

    Args:
        images: columns image_id, sha256 and phash (hexadecimal, 256 bits); the last two are NaN where the image is
            broken.

    Returns:
        Columns image_id_1, image_id_2, distance (bits), sorted by distance. Of several images with one and the same
        hash only the chain from each to the next is listed. Pictures without detail are left out.
    """
    known = images.dropna(subset=["phash"]).sort_values(["phash", "image_id"]).drop_duplicates("sha256")
    known = known[known["phash"].map(_bits_set) >= _LEAST_BITS_SET]
    ids, hashes = known["image_id"].to_numpy(), known["phash"].to_numpy()
    same = np.flatnonzero(hashes[1:] == hashes[:-1])
    first = np.flatnonzero(~known["phash"].duplicated())
    one, other, distance = close_hashes(hashes[first].tolist())
    named = np.concatenate([ids[np.stack([same, same + 1])], ids[first[np.stack([one, other])]]], axis=1)
    pairs = pd.DataFrame(np.sort(named, axis=0).T, columns=["image_id_1", "image_id_2"], dtype="str")
    pairs["distance"] = np.concatenate([np.zeros(len(same), np.int64), distance])
    return pairs.sort_values(["distance", "image_id_1", "image_id_2"], ignore_index=True)


def close_hashes(hashes: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the pairs of different hashes within NEAR_DISTANCE.

    Args:
        hashes: hexadecimal, 256 bits each, no two the same (equal ones would make as many pairs as their
            number squared).

    Returns:
        Three int64 [pairs]: the positions of the one and of the other hash, and the bits in which they differ.
    """
    bits = np.frombuffer(bytes.fromhex("".join(hashes)), np.uint64).reshape(len(hashes), 4)
    found = [np.empty((0, 2), np.int64)]
    for band in bits.view(_BAND).T:
        for pairs in _equal_pairs(band):
            found.append(pairs[_distance(bits, pairs) <= NEAR_DISTANCE])
    pairs = np.unique(np.concatenate(found), axis=0)
    return pairs[:, 0], pairs[:, 1], _distance(bits, pairs)


def _bits_set(hexadecimal: str) -> int:
    return int(hexadecimal, 16).bit_count()


def _distance(bits: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Hamming distances, int64 [pairs], between rows of `bits` (uint64 [hashes, 4])."""
    differences = bits[pairs[:, 0]] ^ bits[pairs[:, 1]]
    distances: np.ndarray = np.bitwise_count(differences).sum(axis=1, dtype=np.int64)
    return distances


def _equal_pairs(values: np.ndarray) -> Iterator[np.ndarray]:
    """All pairs of positions with equal values, each once: int64 [pairs, 2] at a time, in sorted order first neighbors,
    then those two apart, and so on until none are left."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    start = np.arange(len(values))
    for offset in range(1, len(values)):
        start = start[start + offset < len(values)]
        start = start[ordered[start] == ordered[start + offset]]
        if not len(start):
            return
        yield np.stack([order[start], order[start + offset]], axis=1)
