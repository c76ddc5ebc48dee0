"""The nine classes and what maps to them."""

from pathlib import Path

import pandas as pd

from components.common.taxonomy import (
    CLASS_INDEX,
    CLASS_NAMES,
    CLASSES,
    DIAGNOSES_2020,
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


def test_every_diagnosis_of_2020_maps_to_a_class() -> None:
    assert set(DIAGNOSES_2020.values()) <= set(CLASSES)


def test_the_diagnoses_of_the_2020_table_are_those_that_are_mapped(isic: Path) -> None:
    table = pd.read_csv(isic / "full-csv" / "train.csv")
    assert set(table["diagnosis"]) == set(DIAGNOSES_2020)


def test_what_the_2020_table_calls_malignant_is_what_maps_to_melanoma(isic: Path) -> None:
    table = pd.read_csv(isic / "full-csv" / "train.csv")
    melanoma = table["diagnosis"].map(DIAGNOSES_2020) == "MEL"
    assert (melanoma == (table["benign_malignant"] == "malignant")).all()


def test_the_columns_of_the_2019_table_are_the_classes_in_their_order(isic: Path) -> None:
    header = pd.read_csv(isic / "full-csv" / "ISIC_2019_Training_GroundTruth.csv", nrows=0)
    assert tuple(header.columns[1:]) == CLASSES
