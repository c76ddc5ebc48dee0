"""What a run in containers sees of this machine, and which images it needs."""

from pathlib import Path

from components.local.containers import mounts as mounts_of
from components.local.containers import pipeline_images
from components.plan.presets import PRESETS
from pipeline import STAGES, build_pipeline


def mounts(values: dict[str, str], root: Path) -> dict[str, bool]:
    """Each place that is mounted, and whether it is read-only."""
    found = mounts_of({"registry": "http://localhost:5000", "workspace": ""} | values, root)
    assert all(mount["Source"] == mount["Target"] and mount["Type"] == "bind" for mount in found)
    return {mount["Source"]: mount["ReadOnly"] for mount in found}


def test_data_is_read_and_the_workspace_is_written(tmp_path: Path) -> None:
    values = {"data": f"{tmp_path}/a, {tmp_path}/b", "workspace": f"{tmp_path}/work"}
    assert mounts(values, tmp_path / "runs") == {
        f"{tmp_path}/a": True,
        f"{tmp_path}/b": True,
        f"{tmp_path}/work": False,
    }


def test_registry_and_weights_of_this_machine_are_there_too(tmp_path: Path) -> None:
    values = {"data": "gs://bucket/a", "registry": f"{tmp_path}/registry", "weights": f"{tmp_path}/b0.h5"}
    assert mounts(values, tmp_path / "runs") == {f"{tmp_path}/registry": False, f"{tmp_path}/b0.h5": True}
    database = {"data": "gs://bucket/a", "registry": f"sqlite:///{tmp_path}/other/mlflow.db"}
    assert mounts(database, tmp_path / "runs") == {f"{tmp_path}/other": False}


def test_addresses_and_words_are_not_mounted(tmp_path: Path) -> None:
    values = {"data": "gs://bucket/a,isic://collections/70", "workspace": "gs://bucket/b", "weights": "imagenet"}
    assert mounts(values, tmp_path) == {}


def test_no_place_is_mounted_twice(tmp_path: Path) -> None:
    values = {"data": f"{tmp_path}/a", "workspace": f"{tmp_path}/a", "registry": f"{tmp_path}/runs"}
    assert mounts(values, tmp_path / "runs") == {f"{tmp_path}/a": False}


def test_a_pipeline_needs_the_image_of_each_of_its_tasks() -> None:
    pipeline = build_pipeline(PRESETS["demo"], lambda stage: f"localhost/{stage}:1")
    assert set(pipeline_images(pipeline)) >= {f"localhost/{stage}:1" for stage in STAGES}
