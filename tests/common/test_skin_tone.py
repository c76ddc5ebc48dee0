"""The typology angle: colours of known CIELAB values, and skin with what lies on skin."""

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from components.common.bootstrap import Resamples, estimate
from components.common.borders import find_border
from components.common.pictures import decode, decode_small, thumbnail
from components.common.skin_tone import CAVEAT, lab, skin_type, typology_angle

SIZE = 120
ROWS, COLUMNS = np.mgrid[:SIZE, :SIZE]
LIGHT, BROWN, DARK = (236, 200, 180), (190, 135, 95), (75, 45, 30)


def skin(colour: tuple[int, int, int] = LIGHT) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 4, (SIZE, SIZE, 3))
    return np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((255, 255, 255), (100, 0, 0)),
        ((128, 128, 128), (53.585, 0, 0)),
        ((255, 0, 0), (53.241, 80.092, 67.203)),
        ((0, 255, 0), (87.735, -86.183, 83.179)),
        ((0, 0, 255), (32.297, 79.188, -107.860)),
        ((3, 3, 3), (0.823, 0, 0)),
    ],
)
def test_cielab_has_the_published_values(colour: tuple[int, int, int], expected: tuple[float, float, float]) -> None:
    assert lab(np.array(colour, np.uint8)) == pytest.approx(expected, abs=0.02)


def test_cielab_keeps_the_shape_of_a_picture() -> None:
    values = lab(skin())
    assert values.shape == (SIZE, SIZE, 3)
    assert values.dtype == np.float32


def test_an_even_colour_has_the_angle_of_the_formula() -> None:
    lightness, _, yellowness = (float(value) for value in lab(np.array(LIGHT, np.uint8)))
    expected = math.degrees(math.atan2(lightness - 50, yellowness))
    assert typology_angle(np.full((SIZE, SIZE, 3), LIGHT, np.uint8)) == pytest.approx(expected, abs=0.01)


def test_the_lighter_the_skin_the_larger_the_angle() -> None:
    light, brown, dark = (typology_angle(skin(colour)) for colour in (LIGHT, BROWN, DARK))
    assert light > 55 > brown > 0 > dark


def with_lesion(image: np.ndarray) -> None:
    image[np.hypot(ROWS - 60, COLUMNS - 60) < 40] = (60, 30, 22)


def with_lesion_over_an_edge(image: np.ndarray) -> None:
    image[np.hypot(ROWS - 60, COLUMNS) < 60] = (90, 50, 40)


def with_hair(image: np.ndarray) -> None:
    image[(ROWS + 2 * COLUMNS) % 15 < 3] = (35, 25, 20)


def with_glare(image: np.ndarray) -> None:
    with_lesion(image)
    image[np.hypot(ROWS - 20, COLUMNS - 20) < 18] = 255


@pytest.mark.parametrize("put_on", [with_lesion, with_lesion_over_an_edge, with_hair, with_glare])
def test_what_lies_on_the_skin_leaves_the_angle_as_it_is(put_on: Callable[[np.ndarray], None]) -> None:
    image = skin()
    put_on(image)
    assert typology_angle(image) == pytest.approx(typology_angle(skin()), abs=1.5)


@pytest.mark.parametrize("value", [0, 255])
def test_a_picture_without_skin_has_no_angle(value: int) -> None:
    angle = typology_angle(np.full((SIZE, SIZE, 3), value, np.uint8))
    assert math.isnan(angle)
    assert skin_type(angle) is None


def test_a_picture_of_one_pixel_is_no_error() -> None:
    assert typology_angle(np.full((1, 1, 3), LIGHT, np.uint8)) > 55


@pytest.mark.parametrize(
    ("angle", "expected"),
    [(96, "I"), (55.1, "I"), (55, "II"), (41, "III"), (28.1, "III"), (28, "IV"), (19, "V"), (10, "VI"), (-60, "VI")],
)
def test_the_bounds_of_the_types(angle: float, expected: str) -> None:
    assert skin_type(angle) == expected


@pytest.mark.parametrize("name", ["0030440", "0033166", "0027118"])
def test_the_lesion_of_a_real_picture_is_left_out(isic: Path, name: str) -> None:
    """The skin beside these lesions, in the upper left of the crop, was found by eye."""
    file = isic / "2019" / "ISIC_2019_Training_Input" / f"ISIC_{name}.jpg"
    if not file.is_file():
        pytest.skip(f"{file} is not in this sample of ISIC images")
    picture = thumbnail(decode(file.read_bytes(), largest_crop=256))
    crop = find_border(picture).square().cut(picture)
    side = crop.shape[0]
    lightness, _, yellowness = np.moveaxis(lab(crop[side // 6 : side // 3, side // 6 : side // 3]), -1, 0)
    beside = float(np.median(np.degrees(np.arctan2(lightness - 50, yellowness))))
    assert typology_angle(crop) == pytest.approx(beside, abs=8)


def ingested_angle(file: Path) -> float:
    """The angle as ingest finds it."""
    small = decode_small(file.read_bytes()).image
    return typology_angle(find_border(small).cut(small))


def test_the_caveat_says_how_far_the_angle_agrees_with_the_types_that_doctors_noted(pad_ufes_20: Path) -> None:
    table = pd.read_csv(pad_ufes_20 / "metadata.csv").dropna(subset="fitspatrick")
    files = [pad_ufes_20 / "images" / name for name in table["img_id"]]
    if len(table) != 190 or not all(file.is_file() for file in files):
        pytest.skip(f"{pad_ufes_20} is another sample of PAD-UFES-20 than the 190 photographs of the caveat")
    types, angles = table["fitspatrick"].to_numpy(), np.array([ingested_angle(file) for file in files])

    def correlation(weights: np.ndarray) -> float:
        drawn = np.repeat(np.arange(len(table)), weights.astype(int))
        return spearmanr(angles[drawn], types[drawn]).statistic

    resamples = Resamples(table["patient_id"].to_numpy(), rounds=1000, seed=0)
    found = estimate(pd.Series([correlation(column) for some in resamples.weights() for column in some.T]))
    assert -0.15 < found.value < -0.05
    stated = re.search(r"is (\S+) \(95% interval (\S+) to (\S+)\)", CAVEAT.replace("−", "-"))
    assert stated
    # The ends of the interval vary by 0.01 with the seed.
    assert [float(figure) for figure in stated.groups()] == [
        pytest.approx(found.value, abs=0.005),
        pytest.approx(found.low, abs=0.02),
        pytest.approx(found.high, abs=0.02),
    ]
    assert f"{len(table)} smartphone photographs of {table['patient_id'].nunique()} patients" in CAVEAT
