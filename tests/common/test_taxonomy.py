"""The nine classes and what maps to them."""

from pathlib import Path

import pandas as pd

from components.common.taxonomy import (
    CLASS_INDEX,
    CLASS_NAMES,
    CLASSES,
    MALIGNANT,
    MALIGNANT_INDEXES,
)


def test_the_order_of_the_classes_never_changes() -> None:
    # Every model, every record and every prediction that was ever written relies on it.
    assert CLASSES == ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK")
    assert [CLASS_INDEX[name] for name in CLASSES] == list(range(9))


def test_every_class_has_a_name() -> None:
    assert tuple(CLASS_NAMES) == CLASSES


def test_melanoma_and_the_two_carcinomas_are_malignant() -> None:
    assert {"MEL", "BCC", "SCC"} == MALIGNANT
    assert MALIGNANT_INDEXES == (0, 2, 7)


def test_the_columns_of_the_2019_table_are_the_classes_in_their_order(isic: Path) -> None:
    header = pd.read_csv(isic / "full-csv" / "ISIC_2019_Training_GroundTruth.csv", nrows=0)
    assert tuple(header.columns[1:]) == CLASSES
