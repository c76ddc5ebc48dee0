"""Pictures for the gallery."""

import cv2
import numpy as np
import pytest

from components.robustness.gallery import SIDE, small_jpeg


@pytest.mark.parametrize("side", [32, 160, 512])
def test_a_picture_of_any_size_is_shown_at_one_size_and_in_its_colours(side: int) -> None:
    data = small_jpeg(np.full((side, side, 3), (200, 120, 40), np.uint8))
    shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert shown.shape == (SIDE, SIDE, 3)
    assert np.abs(shown.astype(int) - (200, 120, 40)).max() < 6
