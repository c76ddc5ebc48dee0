"""Gates and their file."""

import math
from pathlib import Path

import pytest

from components.common.errors import DataError
from components.common.gates import Gate, gate_table, read_gates, write_gates


@pytest.mark.parametrize(
    ("figure", "at_least", "passed"),
    [(0.9, True, True), (0.89, True, False), (0.9, False, True), (0.91, False, False), (math.nan, True, False)],
)
def test_a_figure_at_the_limit_passes_and_one_that_is_none_does_not(
    figure: float, at_least: bool, passed: bool
) -> None:
    assert Gate("figure", figure, 0.9, at_least).passed == passed


def test_a_gate_says_what_was_wanted_and_what_came() -> None:
    gate = Gate("melanoma sensitivity, test", 0.853, 0.9, at_least=True)
    assert str(gate) == "melanoma sensitivity, test: 0.853, wanted at least 0.9: failed"


def test_the_table_shows_each_gates_figure_limit_and_outcome() -> None:
    table = gate_table([Gate("a", 0.9, 0.85, at_least=True), Gate("b", math.nan, 0.1, at_least=False)])
    assert list(table.loc["a"]) == [0.9, "at least 0.85", "passed"]
    assert list(table.loc["b", ["wanted", "outcome"]]) == ["at most 0.1", "failed"]
    assert math.isnan(float(str(table.loc["b", "figure"])))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    gates = [Gate("a", 0.5, 0.4, at_least=True), Gate("b", 0.5, 0.4, at_least=False)]
    write_gates(tmp_path / "gates.json", gates)
    assert read_gates(tmp_path / "gates.json") == gates
    write_gates(tmp_path / "gates.json", [Gate("c", math.nan, 1.0, at_least=False)])
    assert math.isnan(read_gates(tmp_path / "gates.json")[0].figure)


@pytest.mark.parametrize("content", ['{"a": 1}', '[{"name": "a"}]', "[1]"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "gates.json").write_text(content)
    with pytest.raises(DataError, match="gates.json holds no gates"):
        read_gates(tmp_path / "gates.json")
