import numpy as np
import pytest

from components.cad.quality import inspect
from components.common.pictures import square_crops
from tests.robustness.conftest import lesion


def grainy(image: np.ndarray, strength: float = 6.0) -> np.ndarray:
    """With the grain that a real photograph has."""
    noise = np.random.default_rng(0).normal(0, strength, image.shape[:2])[..., None]
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def codes(picture: np.ndarray, side: float = 1000, wanted: int = 100) -> list[str]:
    return [flaw.code for flaw in inspect(picture, side, wanted)]


def test_nothing_is_wrong_with_a_good_picture() -> None:
    assert codes(grainy(lesion(1, 256))) == []


def test_a_picture_of_fewer_pixels_than_the_model_takes_is_too_small() -> None:
    (flaw,) = inspect(grainy(lesion(1, 256)), 64, 512)

    assert flaw.code == "too_small"
    assert "64 pixels a side; the model looks at 512" in flaw.message


def test_a_smooth_picture_is_blurred() -> None:
    assert codes(lesion(1, 256)) == ["blurred"]


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (grainy(lesion(1, 256)) // 8, "underexposed"),
        (np.clip(grainy(lesion(1, 256)).astype(int) + 130, 0, 255).astype(np.uint8), "overexposed"),
    ],
)
def test_a_dark_or_washed_out_picture_is_badly_exposed(picture: np.ndarray, code: str) -> None:
    assert code in codes(picture)


def test_a_lesion_that_runs_over_the_edge_is_cut_off() -> None:
    whole = lesion(1, 512)
    corner = square_crops(whole[100:300, 100:300], [256])[256]

    assert codes(grainy(corner)) == ["lesion_cut_off"]
    assert codes(grainy(np.full((256, 256, 3), 180, np.uint8))) == []


def test_the_shadow_of_the_dermatoscope_is_no_lesion() -> None:
    rows, columns = np.mgrid[-1:1:256j, -1:1:256j]
    shadow = np.clip(1.3 - np.hypot(rows, columns) ** 2 / 2, 0, 1)[..., None]

    assert codes((grainy(lesion(1, 256)) * shadow).astype(np.uint8)) == []


def test_a_second_spot_at_the_edge_is_not_the_lesion() -> None:
    picture = grainy(lesion(1, 256))
    picture[100:150, :20] //= 3

    assert codes(picture) == []
