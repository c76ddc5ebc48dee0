"""The pictures of other things."""

import numpy as np
import pytest

from components.robustness.non_lesions import non_lesions


@pytest.mark.parametrize("crop", [24, 300])
def test_each_thing_is_there_whole_and_in_four_parts_at_the_size_that_the_model_takes(crop: int) -> None:
    found = non_lesions(crop)
    names = [one.name for one in found]
    assert len(set(names)) >= 15
    assert all(names.count(name) == 5 for name in names)
    assert {(one.picture.shape, one.picture.dtype) for one in found} == {((crop, crop, 3), np.dtype(np.uint8))}
    assert len({one.picture.tobytes() for one in found}) == len(found)


def test_the_first_of_a_thing_is_the_whole_of_it() -> None:
    """The parts together hold all of its brightness, so none is far brighter or darker in the middle."""
    whole, *corners = (one.picture.mean() for one in non_lesions(64)[:5])
    assert min(corners) < whole < max(corners)
