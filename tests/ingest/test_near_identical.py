"""Pictures that look alike are found by their hashes, all of them, and no others."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from components.ingest.near_identical import NEAR_DISTANCE, close_hashes, near_identical_pairs

HASH_BYTES = 32
SURE_DISTANCE = 15


def flipped(data: bytes, bits: list[int]) -> bytes:
    array = np.frombuffer(data, np.uint8).copy()
    for bit in bits:
        array[bit // 8] ^= 1 << (bit % 8)
    return array.tobytes()


def random_hashes(count: int, seed: int = 0) -> list[bytes]:
    return [bytes(row) for row in np.random.default_rng(seed).integers(0, 256, (count, HASH_BYTES), dtype=np.uint8)]


def table(hashes: list[bytes]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_id": [f"ISIC_{number}" for number in range(len(hashes))],
            "sha256": [f"sha {number}" for number in range(len(hashes))],
            "phash": pd.Series([data.hex() for data in hashes], dtype="str"),
        }
    )


@given(st.lists(st.integers(0, 255), unique=True, min_size=1, max_size=SURE_DISTANCE), st.integers(0, 100))
def test_a_pair_that_differs_in_few_bits_is_always_found_wherever_they_lie(bits: list[int], seed: int) -> None:
    hashes = random_hashes(20, seed)
    one, other, distance = close_hashes([data.hex() for data in [*hashes, flipped(hashes[7], bits)]])
    assert (one.tolist(), other.tolist(), distance.tolist()) == ([7], [20], [len(bits)])


def test_hardly_a_pair_up_to_the_limit_is_missed_and_none_beyond_it_is_reported() -> None:
    generator = np.random.default_rng(0)
    hashes = random_hashes(400)
    for distance, least in ((NEAR_DISTANCE, 380), (NEAR_DISTANCE + 1, 0)):
        copies = [flipped(data, generator.choice(256, distance, replace=False).tolist()) for data in hashes]
        _, _, found = close_hashes([data.hex() for data in hashes + copies])
        assert least <= len(found) <= (400 if least else 0)


def test_pairs_are_named_and_sorted_by_distance() -> None:
    one, two = random_hashes(2)
    pairs = near_identical_pairs(table([one, two, flipped(one, [3, 4]), flipped(two, [200])]))
    assert pairs.to_numpy().tolist() == [["ISIC_1", "ISIC_3", 1], ["ISIC_0", "ISIC_2", 2]]


def test_equal_hashes_make_a_chain_and_not_all_pairs() -> None:
    pairs = near_identical_pairs(table(random_hashes(1) * 1000))
    assert len(pairs) == 999
    assert set(pairs["distance"]) == {0}


def test_exact_copies_are_no_near_identical_pair() -> None:
    assert near_identical_pairs(table(random_hashes(1) * 3).assign(sha256="the same")).empty


def test_pictures_without_detail_do_not_count_as_alike() -> None:
    assert near_identical_pairs(table([b"\x80" + bytes(31)] * 3)).empty


def test_images_without_a_hash_are_passed_over() -> None:
    images = table(random_hashes(1) * 3)
    images.loc[1, ["phash", "sha256"]] = np.nan
    assert near_identical_pairs(images)[["image_id_1", "image_id_2"]].to_numpy().tolist() == [["ISIC_0", "ISIC_2"]]
    assert near_identical_pairs(images[1:2]).empty
