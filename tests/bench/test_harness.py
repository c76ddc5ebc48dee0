"""The benchmarks' own machinery: fair turns, results as a table and as JSON."""

import json
import os
from pathlib import Path

import pytest

from tests.bench.__main__ import main
from tests.bench.harness import Result, in_own_process, in_turns, table, write

ONE = Result("a.b", "images/s", 12.0, "on two pictures", "Pillow", 4.0, 3.0)
ALONE = Result("c.d", "seconds", 1.5, "without a peer")


def test_works_take_turns() -> None:
    order: list[str] = []
    medians = in_turns([lambda: order.append("ours"), lambda: order.append("peer")], rounds=3)
    assert order == ["ours", "peer"] * 3
    assert len(medians) == 2


def test_a_process_of_its_own_is_another_one() -> None:
    assert in_own_process(os.getpid) != os.getpid()


def test_results_are_shown_with_their_notes() -> None:
    lines = table([ONE, ALONE]).splitlines()
    assert lines[1].split() == ["a.b", "12", "images/s", "4", "Pillow", "3.00"]
    assert lines[2].split() == ["c.d", "1.5", "seconds"]
    assert lines[-2:] == ["a.b: on two pictures", "c.d: without a peer"]


def test_results_are_written_with_the_fields_that_programs_expect(tmp_path: Path) -> None:
    write(tmp_path / "build" / "bench.json", [ONE])
    assert json.loads((tmp_path / "build" / "bench.json").read_text()) == [
        {
            "name": "a.b",
            "unit": "images/s",
            "ours": 12.0,
            "peer_name": "Pillow",
            "peer": 4.0,
            "ratio": 3.0,
            "note": "on two pictures",
        }
    ]


def test_without_real_images_benchmarks_are_skipped_with_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ISIC_DATA", str(tmp_path))
    main(["preprocess.crop_resize", "--output", str(tmp_path / "bench.json")])
    assert "preprocess.crop_resize: skipped: no pictures in" in capsys.readouterr().err
    assert json.loads((tmp_path / "bench.json").read_text()) == []


def test_an_unknown_benchmark_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["preprocess.crop"])
    assert "no benchmark preprocess.crop; there are" in capsys.readouterr().err
