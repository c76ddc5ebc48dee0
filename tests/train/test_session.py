"""What the trainings of a member share."""

from dataclasses import replace
from pathlib import Path

import pytest

from components.train.session import Session
from tests.train.conftest import CROP, IMAGES, SIZE
from tests.train.test_settings import GOOD


@pytest.mark.parametrize(("asked", "branches", "taken"), [(16, 2, 16), (15, 2, 15), (64, 1, 45), (64, 2, 44)])
def test_of_fewer_images_than_a_batch_those_are_taken_that_all_branches_can_share(
    records: Path, asked: int, branches: int, taken: int
) -> None:
    assert IMAGES["train"] == 45
    settings = replace(GOOD, crop=CROP, size=SIZE, batch_size=asked, branches=branches)
    assert Session(records, settings).batch_size == taken
