from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.common import demographics
from components.common.errors import DataError, StorageError
from components.common.taxonomy import CLASS_INDEX
from components.preprocess.manifest import COLUMNS, read_manifest
from tests.preprocess.conftest import DataSet


def test_the_images_of_a_manifest_are_read_by_split(images: DataSet) -> None:
    manifest = read_manifest(images.manifest)
    assert (manifest.fingerprint, manifest.images) == ("0" * 64, 24)
    assert {split: len(items) for split, items in manifest.splits.items()} == {"train": 16, "validation": 4, "test": 4}
    first, unknown = manifest.splits["train"][0], manifest.splits["test"][0]
    assert (first.image_id, first.data, first.path, first.label) == (
        "ISIC_0000000",
        str(images.data),
        "2019/images/ISIC_0000000.jpg",
        CLASS_INDEX["MEL"],
    )
    np.testing.assert_array_equal(first.demographics, demographics.encode("female", 40.0, "torso"))
    np.testing.assert_array_equal(unknown.demographics, demographics.MISSING)


def test_an_absent_manifest_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="manifest.json"):
        read_manifest(tmp_path)


def test_a_table_that_is_no_parquet_is_an_error(images: DataSet) -> None:
    (images.manifest / "manifest.parquet").write_text("image_id,label\n")
    with pytest.raises(StorageError, match="cannot read .*manifest.parquet"):
        read_manifest(images.manifest)


def test_facts_without_the_fingerprint_are_an_error(images: DataSet) -> None:
    (images.manifest / "manifest.json").write_text('{"data": []}')
    with pytest.raises(DataError, match="manifest.json lacks the fingerprint: run ingest again"):
        read_manifest(images.manifest)


def test_an_empty_table_is_an_error(empty: DataSet) -> None:
    with pytest.raises(DataError, match="holds no image"):
        read_manifest(empty.write(pd.DataFrame(columns=list(COLUMNS))))


def test_missing_columns_are_named(images: DataSet) -> None:
    with pytest.raises(DataError, match="lacks the columns label, site"):
        read_manifest(images.write(pd.DataFrame(images.rows).drop(columns=["site", "label"])))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("label", "XYZ", "the label of ISIC_0000003 is 'XYZ', not one of MEL, NV"),
        ("label", None, "the label of ISIC_0000003 is"),
        ("split", "holdout", "the split of ISIC_0000003 is 'holdout', not one of train, validation, test"),
        ("data", None, "does not say where ISIC_0000003 lies"),
        ("data", "", "does not say where ISIC_0000003 lies"),
        ("image_id", "ISIC_0000004", "names ISIC_0000004 in more than one row"),
        ("site", "moon", "ISIC_0000003: site must be one of"),
        ("sex", "f", "ISIC_0000003: sex must be one of"),
    ],
)
def test_a_value_outside_its_vocabulary_is_an_error(
    images: DataSet, column: str, value: str | None, message: str
) -> None:
    images.rows[3][column] = value
    with pytest.raises(DataError, match=message):
        read_manifest(images.write())
