"""Assumptions have names, and can be set by them."""

import pytest

from components.cluster.assumptions import Assumptions, parse_assumptions
from components.common.errors import SettingsError


def test_what_is_set_counts_and_the_rest_stays() -> None:
    assumptions, rates = parse_assumptions(["images=1000", "b4.images_per_second=70.5"], ["b4", "b5"])
    assert assumptions == Assumptions(images=1000.0)
    assert rates == {"b4": 70.5}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("image=3", "write name=value, where name is one of images, train_share"),
        ("b6.images_per_second=3", "b4.images_per_second"),
        ("images", "'' is no number"),
        ("images=many", "'many' is no number"),
        ("images=-1", "images: it must be a number from 0, not -1.0"),
        ("images=nan", "images: it must be a number from 0, not nan"),
        ("b4.images_per_second=0", "it must be above 0"),
    ],
)
def test_what_is_wrong_is_refused(text: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        parse_assumptions([text], ["b4"])
