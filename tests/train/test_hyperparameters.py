"""The point that the search starts from, and the space around it."""

import pytest

from components.train.backbones import BACKBONES
from components.train.hyperparameters import Hyperparameters, space


@pytest.mark.parametrize("backbone", BACKBONES)
def test_the_published_settings_of_every_backbone_lie_in_the_space(backbone: str) -> None:
    start = Hyperparameters.published(backbone, 3e-5)
    for dimension, value in zip(space(3e-5), start.point(), strict=True):
        assert dimension.low <= value <= dimension.high


def test_the_dimensions_are_in_the_order_of_the_fields() -> None:
    assert [dimension.name for dimension in space(1e-3)] == list(Hyperparameters.__dataclass_fields__)


def test_the_learning_rate_is_searched_on_a_log_scale() -> None:
    assert space(1e-3)[0].prior == "log-uniform"
    assert (space(1e-3)[0].low, space(1e-3)[0].high) == pytest.approx((1e-4, 1e-2))
