"""The stage as KFP runs it."""

import math
from pathlib import Path

import pytest

from components.common.errors import SettingsError
from components.common.gates import read_gates
from components.robustness.corruptions import CORRUPTIONS
from components.robustness.scores import FIGURES
from tests.robustness.conftest import IMAGES, MEMBERS, OUTPUTS, Done, Workplace, run, write_records


def test_every_output_is_written_and_published(done: Done) -> None:
    assert set(done.published) == set(OUTPUTS)
    assert all((done.out / name).is_file() for name in OUTPUTS)
    assert done.published["metrics"] == done.metrics()


def test_the_table_has_a_row_for_each_corruption_severity_and_model(done: Done) -> None:
    table = done.table()
    assert len(table) == (1 + 5 * len(CORRUPTIONS)) * (1 + len(MEMBERS))
    assert not table.duplicated(["corruption", "severity", "model"]).any()
    assert list(table["model"].unique()) == ["ensemble", *MEMBERS]
    assert (table["images"] == IMAGES).all()
    assert table[list(FIGURES)].apply(lambda column: column.between(0, 1)).all(axis=None)


def test_metrics_are_finite_scalars_that_follow_from_the_table(done: Done) -> None:
    metrics, table = done.metrics(), done.table()
    assert all(isinstance(value, float) and math.isfinite(value) for value in metrics.values())
    corrupted = table[(table["model"] == "ensemble") & (table["severity"] > 0)]["balanced_error"]
    assert metrics["mean_corruption_error"] == pytest.approx(corrupted.mean())
    assert metrics["worst_balanced_error"] == corrupted.max()
    rise = metrics["mean_corruption_error"] - metrics["clean_balanced_error"]
    assert metrics["relative_mean_corruption_error"] == pytest.approx(rise)
    assert min(metrics[f"seconds_{work}"] for work in ("corrupting", "inferring", "explaining")) > 0


def test_the_heat_maps_are_checked(done: Done) -> None:
    metrics = done.metrics()
    assert metrics["lesions_segmented"] == IMAGES
    assert 0 < metrics["lesion_area_share"] < 0.3
    assert metrics["map_energy_ratio"] == pytest.approx(metrics["map_energy_inside"] / metrics["lesion_area_share"])
    assert abs(metrics["maps_shuffled_correlation"]) < 0.5
    assert "Explanations" in (done.out / "report").read_text()


def test_neither_the_records_order_nor_how_they_fall_into_batches_changes_a_figure(
    workplace: Workplace, done: Done, tmp_path: Path
) -> None:
    order = [*range(7, IMAGES), *range(7)][::-1]
    shuffled = Workplace(workplace.model, write_records(tmp_path / "records", order), workplace.manifest)
    again = run(shuffled, tmp_path / "out")
    assert again.table().equals(done.table())
    timeless = {name: value for name, value in again.metrics().items() if not name.startswith("seconds")}
    assert timeless.items() <= done.metrics().items()


def test_a_failed_gate_is_recorded_and_shown_and_does_not_fail_the_stage(workplace: Workplace, tmp_path: Path) -> None:
    tried = run(workplace, tmp_path, images=9, limit=0.0)
    (gate,) = read_gates(tmp_path / "gates")
    assert not gate.passed
    assert gate.figure == tried.metrics()["relative_mean_corruption_error"]
    assert tried.metrics()["gates_failed"] == 1
    assert "A gate failed. mean corruption error above the clean error, test" in (tmp_path / "report").read_text()


def test_a_sample_without_a_class_gives_figures_over_those_it_has(workplace: Workplace, tmp_path: Path) -> None:
    labels = {number: 1 + number % 2 for number in range(4)}
    place = Workplace(workplace.model, write_records(tmp_path / "records", range(4), labels), workplace.manifest)
    tried = run(place, tmp_path / "out")
    assert tried.metrics()["mean_melanoma_sensitivity"] is None
    assert "mean_melanoma_sensitivity" not in tried.published["metrics"]
    assert 0 <= tried.metrics()["mean_corruption_error"] <= 1


def test_a_wrong_setting_is_refused_at_once(workplace: Workplace, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="images must be at least 0 \\(all\\), not -1"):
        run(workplace, tmp_path, images=-1)
