"""The point that the search starts from, and what makes two points the same training."""

from dataclasses import replace

import pytest

from components.train.hyperparameters import AUGMENTATIONS, IMBALANCES, Hyperparameters

START = Hyperparameters.published("EfficientNetB4", 1e-3)


def test_the_published_settings_are_the_backbones_dropout_and_the_studys_rate() -> None:
    assert START.learning_rate == 1e-3
    assert START.dropout == 0.4
    assert Hyperparameters.published("EfficientNetB0", 1e-3).dropout == 0.2
    assert Hyperparameters.published("EfficientNetB7", 1e-3).dropout == 0.5


def test_the_published_settings_are_canonical() -> None:
    assert START.canonical() == START


def test_flips_alone_have_no_strength() -> None:
    flips = replace(START, augmentation="flips", augmentation_strength=0.7)
    assert flips.canonical() == replace(flips, augmentation_strength=0.0)


@pytest.mark.parametrize("augmentation", [name for name in AUGMENTATIONS if name != "flips"])
def test_every_other_augmentation_keeps_its_strength(augmentation: str) -> None:
    stronger = replace(START, augmentation=augmentation, augmentation_strength=0.7)
    assert stronger.canonical() == stronger


def test_no_weighting_has_no_strength() -> None:
    unweighted = replace(START, imbalance="none", imbalance_strength=0.7)
    assert unweighted.canonical() == replace(unweighted, imbalance_strength=0.0)


@pytest.mark.parametrize("imbalance", [name for name in IMBALANCES if name != "none"])
def test_every_other_weighting_keeps_its_strength(imbalance: str) -> None:
    weighted = replace(START, imbalance=imbalance, imbalance_strength=0.7)
    assert weighted.canonical() == weighted


def test_settings_are_by_name_in_the_order_of_the_fields() -> None:
    assert list(START.settings()) == list(Hyperparameters.__dataclass_fields__)
    assert Hyperparameters(**START.settings()) == START  # type: ignore[arg-type]
