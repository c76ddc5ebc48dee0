"""Pipeline parameters from the command line: right ones are taken, wrong ones refused by name."""

from pathlib import Path
from typing import Any

import pytest

import pipeline
from components.common.errors import SettingsError
from components.local.images import source_image
from components.local.parameters import parameter_values, parse_settings
from components.plan.presets import SAMPLE
from tests.ingest.isic_folder import write_2019


@pytest.fixture(scope="module")
def built() -> Any:
    return pipeline.build_pipeline(SAMPLE, source_image)


def test_values_take_the_type_of_the_parameter(built: Any) -> None:
    settings = ["epochs=3", "minimum_test_macro_auc=0.7", "model_name=lesions", "weights="]
    assert parse_settings(built, settings) == {
        "epochs": 3,
        "minimum_test_macro_auc": 0.7,
        "model_name": "lesions",
        "weights": "",
    }


def test_a_value_may_hold_an_equals_sign(built: Any) -> None:
    assert parse_settings(built, ["data_version=a=b"]) == {"data_version": "a=b"}


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False)])
def test_a_switch_is_true_or_false(built: Any, text: str, value: bool) -> None:
    assert parse_settings(built, [f"xla={text}"]) == {"xla": value}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("epoch=3", "where name is one of batch_size, data, data_version, decisive_figure, deterministic, epochs"),
        ("epochs", "write name=value"),
        ("epochs=many", "epochs must be a whole number"),
        ("epochs=0", "epochs must be from 1 to"),
        ("trials=-1", "trials must be from 0 to"),
        ("seed=4294967296", "seed must be from 0 to 4294967295"),
        ("minimum_test_macro_auc=nan", "must be from 0 to 1"),
        ("minimum_test_macro_auc=2", "must be from 0 to 1"),
        ("maximum_quarantine_share=1.5", "must be from 0 to 1"),
        ("minimum_melanoma_sensitivity=1.1", "must be from 0 to 1"),
        ("maximum_subgroup_gap=-0.1", "must be from 0 to 1"),
        ("maximum_ece=2", "must be from 0 to 1"),
        ("method=mean", "method must be rank or probability"),
        ("precision=half", "precision must be auto or float32 or mixed_float16 or mixed_bfloat16"),
        ("xla=yes", "xla must be true or false"),
        ("model_name=a/b", "a/b"),
        ("registry=ftp://host", "ftp://host"),
        ("registry=", "registry is empty"),
        ("weights=/no/such/file.h5", "no such file or folder"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_is_right(built: Any, setting: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        parse_settings(built, [setting])


def test_what_was_not_given_is_worked_out(built: Any, tmp_path: Path) -> None:
    write_2019(tmp_path, {"ISIC_0000001": "MEL"})
    values = parameter_values(built, SAMPLE, data=str(tmp_path), settings=[], root=tmp_path / "runs")
    assert values["data"] == str(tmp_path)
    assert values["workspace"] == str(tmp_path / "runs" / "workspace" / "sample")
    assert values["registry"] == str(tmp_path / "runs" / "registry")
    assert len(values["data_version"]) == 12


def test_relative_places_are_made_absolute(built: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_2019(tmp_path / "data", {"ISIC_0000001": "MEL"})
    (tmp_path / "weights").mkdir()
    monkeypatch.chdir(tmp_path)
    data = "data, https://example.org/2020/train.csv"
    settings = ["weights=weights", "workspace=new/work", "registry=new/registry"]
    values = parameter_values(built, SAMPLE, data=data, settings=settings, root=tmp_path)
    assert values["data"] == f"{tmp_path / 'data'},https://example.org/2020/train.csv"
    assert values["weights"] == str(tmp_path / "weights")
    assert values["workspace"] == str(tmp_path / "new" / "work")
    assert values["registry"] == str(tmp_path / "new" / "registry")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("workspace=gs://bucket/work", "gs://bucket/work"),
        ("workspace=", ""),
        ("registry=http://localhost:5000", "http://localhost:5000"),
        ("registry=kubeflow+http://localhost:8080", "kubeflow+http://localhost:8080"),
        ("registry=sqlite:///new/mlflow.db", "sqlite:///{here}/new/mlflow.db"),
        ("weights=imagenet", "imagenet"),
        ("weights=gs://bucket/weights", "gs://bucket/weights"),
    ],
)
def test_addresses_stay_as_they_are(
    built: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    write_2019(tmp_path, {"ISIC_0000001": "MEL"})
    (tmp_path / "imagenet").mkdir()
    monkeypatch.chdir(tmp_path)
    values = parameter_values(built, SAMPLE, data=".", settings=[setting], root=tmp_path)
    assert values[setting.partition("=")[0]] == value.format(here=tmp_path)


@pytest.mark.parametrize("data", ["a,,b", "a,", " , a"])
def test_an_empty_source_is_refused(built: Any, tmp_path: Path, data: str) -> None:
    with pytest.raises(SettingsError, match="data has an empty entry"):
        parameter_values(built, SAMPLE, data=data, settings=[], root=tmp_path)


def test_only_the_demo_needs_no_data(built: Any, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--data is missing: preset sample"):
        parameter_values(built, SAMPLE, data=None, settings=[], root=tmp_path)
