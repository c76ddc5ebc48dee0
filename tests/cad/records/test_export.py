import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from components.cad.records.export import main, parse_since
from components.cad.records.records import Records
from components.common.errors import RecordsError, SettingsError
from tests.cad.records.conftest import NOON, feedback, prediction


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["export", *map(str, arguments)])
    main()


def test_the_command_writes_a_file_for_its_owner_only(
    in_sqlite: Records, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_sqlite.add(prediction("early"), prediction("late", time=NOON + timedelta(days=1)))
    in_sqlite.add_feedback(feedback("early"))

    output = tmp_path / "records.parquet"
    run(monkeypatch, "--database", sqlite_url, "--output", output, "--since", "2026-05-02")
    run(monkeypatch, "--database", sqlite_url, "--output", tmp_path / "f.csv", "--what", "feedback")

    assert list(pd.read_parquet(output)["request_id"]) == ["late"]
    assert list(pd.read_csv(tmp_path / "f.csv")["request_id"]) == ["early"]
    assert output.stat().st_mode & 0o777 == 0o600


def test_an_output_of_another_form_is_refused_before_the_database_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match="records.xlsx must end in .csv or .parquet"):
        run(monkeypatch, "--database", "sqlite:///none.db", "--output", tmp_path / "records.xlsx")


def test_a_database_that_is_not_there_leaves_no_file(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RecordsError, match="No such file"):
        run(monkeypatch, "--database", sqlite_url, "--output", tmp_path / "records.csv")

    assert list(tmp_path.iterdir()) == []


def test_a_time_without_a_zone_is_utc() -> None:
    assert parse_since("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
    assert parse_since("2026-01-31T12:00-07:00") == datetime(2026, 1, 31, 19, tzinfo=UTC)


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(SettingsError, match="since 'yesterday' must be a day or time such as 2026-01-31"):
        parse_since("yesterday")
