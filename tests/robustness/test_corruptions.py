"""The corruptions: each changes a picture, more at each severity, and always in the same way."""

import cv2
import numpy as np
import pytest

from components.robustness.corruptions import CORRUPTIONS, FAMILIES, SEVERITIES, Corruption, corrupt
from tests.robustness.conftest import lesion

# A turned or moved picture is no further from the first the further it is turned; coarse pixels, and JPEG's coarse
# steps, may happen to fit the picture's own.
NOT_RISING = {"rotation", "crop shift", "pixelation", "JPEG"}

# Done to single pixels, and so the finer the larger the picture.
OF_PIXELS = {"Gaussian noise", "shot noise", "impulse noise", "JPEG", "pixelation"}

PICTURE = lesion(1)


def spoiled(corruption: Corruption, severity: int, name: str = "ISIC_1", seed: int = 0) -> np.ndarray:
    return corrupt(PICTURE, corruption, severity, name, seed)


def change(picture: np.ndarray, clean: np.ndarray = PICTURE) -> float:
    """Mean absolute difference from the clean picture."""
    return float(np.abs(picture.astype(int) - clean).mean())


def reduced(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, (len(PICTURE), len(PICTURE)), interpolation=cv2.INTER_AREA)


@pytest.fixture(params=CORRUPTIONS, ids=lambda corruption: corruption.name)
def corruption(request: pytest.FixtureRequest) -> Corruption:
    return request.param  # type: ignore[no-any-return]


@pytest.mark.parametrize("side", [64, 96, 301])
def test_a_corrupted_picture_has_the_shape_and_type_of_the_clean_one(corruption: Corruption, side: int) -> None:
    picture = lesion(2, side)
    before = picture.copy()
    for severity in (1, 5):
        after = corrupt(picture, corruption, severity, "ISIC_1", 0)
        assert (after.shape, after.dtype) == ((side, side, 3), np.uint8)
    assert np.array_equal(picture, before)


def test_every_severity_changes_the_picture_more_than_the_one_before(corruption: Corruption) -> None:
    changes = [change(spoiled(corruption, severity)) for severity in SEVERITIES]
    assert changes[0] > 0.1
    assert changes[4] > 1.2 * changes[0]
    if corruption.name not in NOT_RISING:
        assert np.all(np.diff(changes) > 0), changes


def test_one_picture_is_always_spoiled_in_the_same_way(corruption: Corruption) -> None:
    assert np.array_equal(spoiled(corruption, 3), spoiled(corruption, 3))


def test_chance_differs_by_picture_and_by_seed_where_there_is_any(corruption: Corruption) -> None:
    by_name = {spoiled(corruption, 4, name=f"ISIC_{number}").tobytes() for number in range(6)}
    by_seed = {spoiled(corruption, 4, seed=number).tobytes() for number in range(6)}
    always_alike = {"brighter", "darker", "contrast", "JPEG", "pixelation", "defocus", "zoom blur"}
    assert (len(by_name) == 1) == (len(by_seed) == 1) == (corruption.name in always_alike)


@pytest.mark.parametrize(
    "corruption", [one for one in CORRUPTIONS if one.name not in OF_PIXELS], ids=lambda one: one.name
)
def test_reduced_to_one_size_a_large_and_a_small_picture_are_spoiled_alike(corruption: Corruption) -> None:
    large = lesion(1, 480)
    spoiled_large = reduced(corrupt(large, corruption, 4, "ISIC_1", 0))
    assert change(spoiled_large, reduced(large)) == pytest.approx(change(spoiled(corruption, 4)), rel=0.5, abs=0.5)


def test_every_family_has_its_corruptions_and_no_name_comes_twice() -> None:
    assert {corruption.family for corruption in CORRUPTIONS} == set(FAMILIES)
    assert len({corruption.name for corruption in CORRUPTIONS}) == len(CORRUPTIONS)


def test_the_overlap_with_training_names_kinds_of_augmentation_that_there_are() -> None:
    from components.train.hyperparameters import AUGMENTATIONS

    named = {kind for corruption in CORRUPTIONS for kind in corruption.augmented_by}
    assert named == set(AUGMENTATIONS)
