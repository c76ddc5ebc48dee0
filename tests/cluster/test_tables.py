"""Runs side by side, for a person and for a program."""

import json

from components.cluster.figures import Measured
from components.cluster.tables import aligned, compared

RUNS = [
    Measured("first", "SUCCEEDED", {"test_macro_auc": 0.91234567, "version": "7", "images": 32.0, "low": None}),
    Measured("second", "FAILED", note="neither evaluated nor registered"),
]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned([("a", "bc"), ("def", "")]) == "a    bc\ndef\n"


def test_a_table_has_a_column_for_each_run() -> None:
    assert compared(RUNS, "table").splitlines() == [
        "figure          first      second",
        "state           SUCCEEDED  FAILED",
        "version         7          –",
        "images          32         –",
        "low             –          –",
        "test_macro_auc  0.9123     –",
        "second: no figures: neither evaluated nor registered",
    ]


def test_a_csv_keeps_all_digits() -> None:
    assert compared(RUNS, "csv").splitlines() == [
        "figure,first,second",
        "state,SUCCEEDED,FAILED",
        "version,7,",
        "images,32.0,",
        "low,,",
        "test_macro_auc,0.91234567,",
    ]


def test_json_is_a_list_of_runs() -> None:
    first, second = json.loads(compared(RUNS, "json"))
    assert first["figures"]["low"] is None
    assert second == {"run": "second", "state": "FAILED", "note": "neither evaluated nor registered", "figures": {}}
