import io
from datetime import timedelta

import pandas as pd
import pytest

from components.cad.records import records as records_module
from components.cad.records.records import Records
from components.common.taxonomy import CLASSES
from tests.cad.records.conftest import DIGEST, NOON, feedback, full_prediction, likely, prediction


def read_parquet(records: Records, what: str = "predictions", **options: object) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(b"".join(records.export("parquet", what, **options))))


def read_csv(records: Records, what: str = "predictions") -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(b"".join(records.export("csv", what))), dtype={"model_version": "str"})


def test_a_row_holds_a_prediction_and_the_feedback_that_counts(records: Records) -> None:
    records.add(full_prediction("one"), prediction("two"))
    records.add_feedback(feedback("one", "NV"))
    records.add_feedback(feedback("one", "MEL", note="Breslow 0.4 mm"))

    table = read_parquet(records).set_index("request_id")

    one = table.loc["one"]
    assert one["time"] == NOON + timedelta(microseconds=123456)
    assert one["images"].split() == ["a" * 64, "0" * 64]
    assert (one["model_name"], one["model_version"], one["model_digest"]) == ("skin-lesion-demo", "3", DIGEST)
    assert (one["age"], one["sex"], one["site"], one["brightness"]) == (45.0, "female", "torso", 0.123)
    assert tuple(one[f"p_{name}"] for name in CLASSES) == likely("NV")
    assert (one["malignant_probability"], one["malignant"], one["malignant_threshold"]) == (1 / 3, False, 0.3)
    assert (one["quality"], one["user"]) == ("blurred too_dark", "Dr. Müller <m@example.org>")
    assert (one["feedback_label"], one["feedback_source"], one["feedback_note"]) == (
        "MEL",
        "histology",
        "Breslow 0.4 mm",
    )
    assert pd.isna(table.loc["two", "feedback_label"])


def test_all_feedback_is_exported_apart(records: Records) -> None:
    records.add(prediction("one"))
    records.add_feedback(feedback("one", "NV"))
    records.add_feedback(feedback("one", "MEL"))

    assert list(read_parquet(records, "feedback")["label"]) == ["NV", "MEL"]
    assert list(read_csv(records, "feedback")["request_id"]) == ["one", "one"]


def test_both_forms_hold_the_same(in_sqlite: Records) -> None:
    in_sqlite.add(full_prediction("one"), prediction("two"))
    in_sqlite.add_feedback(feedback("two"))

    from_csv, from_parquet = read_csv(in_sqlite), read_parquet(in_sqlite)

    from_csv["time"] = pd.to_datetime(from_csv["time"])
    from_csv["feedback_time"] = pd.to_datetime(from_csv["feedback_time"])
    assert list(from_csv.columns) == list(from_parquet.columns)
    for column in from_csv.columns.difference(["user", "feedback_user", "feedback_note", "quality"]):
        assert list(from_csv[column].dropna()) == list(from_parquet[column].dropna()), column


def test_only_what_is_of_a_time_and_later_is_exported(records: Records) -> None:
    records.add(prediction("early"), prediction("late", time=NOON + timedelta(seconds=1)))

    table = read_parquet(records, since=NOON + timedelta(microseconds=1))

    assert list(table["request_id"]) == ["late"]


def test_no_records_give_a_file_without_rows(in_sqlite: Records) -> None:
    assert "request_id" in read_parquet(in_sqlite).columns
    assert read_csv(in_sqlite).empty


def test_many_records_come_in_pieces(in_sqlite: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_module, "_CHUNK", 3)
    in_sqlite.add(*(prediction(str(number)) for number in range(8)))

    pieces = list(in_sqlite.export("parquet"))

    assert len(pieces) == 4
    assert list(pd.read_parquet(io.BytesIO(b"".join(pieces)))["id"]) == list(range(1, 9))
    assert len(read_csv(in_sqlite)) == 8


def test_a_text_that_a_spreadsheet_would_run_is_made_harmless_in_csv(in_sqlite: Records) -> None:
    in_sqlite.add(prediction("one", user="=HYPERLINK()"))
    in_sqlite.add_feedback(feedback("one", note='+1, "quoted"\nand more'))

    table = read_csv(in_sqlite)

    assert list(table["user"]) == ["'=HYPERLINK()"]
    assert list(table["feedback_note"]) == ['\'+1, "quoted"\nand more']
    assert list(read_parquet(in_sqlite)["user"]) == ["=HYPERLINK()"]
