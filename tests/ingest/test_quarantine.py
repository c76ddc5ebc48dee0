"""The quarantine counts, and stops a run when there is too much of it."""

from pathlib import Path

import pandas as pd
import pytest

from components.common.errors import DataError, SettingsError
from components.ingest import quarantine
from components.ingest.quarantine import COLUMNS, REASONS, check_share, joined, quarantined, share

ROWS = pd.DataFrame(
    {
        "image_id": ["b", "a", "c"],
        "source": "isic2019",
        "data": "folder",
        "path": ["2019/b.jpg", "2019/a.jpg", "2019/c.jpg"],
        "label": "MEL",
    }
)


def test_rows_get_one_reason_and_a_detail_each() -> None:
    table = quarantined(ROWS[:2], "missing_image", pd.Series(["first", "second", "third"]))
    assert list(table.columns) == list(COLUMNS)
    assert table["reason"].tolist() == ["missing_image", "missing_image"]
    assert table["detail"].tolist() == ["first", "second"]


def test_no_rows_stay_no_rows() -> None:
    assert quarantined(ROWS[:0], "missing_image", pd.Series(["first", "second", "third"])).empty


def test_parts_are_joined_in_the_order_of_their_images() -> None:
    table = joined([quarantined(ROWS[:1], "empty_file", "x"), quarantined(ROWS[1:], "not_an_image", "y")])
    assert table["image_id"].tolist() == ["a", "b", "c"]


def test_the_share_is_that_of_all_rows() -> None:
    refused = quarantined(ROWS[:1], "empty_file", "no bytes")
    assert share(3, refused) == 0.25
    check_share(3, refused, 0.25)


def test_too_large_a_share_is_an_error_with_the_commonest_reasons_and_an_example() -> None:
    refused = joined([quarantined(ROWS[:2], "empty_file", "no bytes"), quarantined(ROWS[2:], "missing_image", "gone")])
    message = r"3 of 10 images \(30.0%\).*is 29.0%: 2 x empty_file \(e.g. 2019/a.jpg: no bytes\); 1 x missing_image"
    with pytest.raises(DataError, match=message):
        check_share(7, refused, 0.29)


def test_nothing_left_is_an_error_whatever_the_maximum() -> None:
    with pytest.raises(DataError, match="3 of 3 images"):
        check_share(0, quarantined(ROWS, "empty_file", "no bytes"), 1.0)


@pytest.mark.parametrize("maximum", [-0.1, 1.1, float("nan")])
def test_the_maximum_is_a_share(maximum: float) -> None:
    with pytest.raises(SettingsError, match="maximum_quarantine_share must lie between 0 and 1"):
        check_share(3, quarantined(ROWS, "empty_file", "no bytes"), maximum)


def test_the_readme_names_every_reason() -> None:
    readme = Path(quarantine.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert [reason for reason in REASONS if f"`{reason}`" not in readme] == []
