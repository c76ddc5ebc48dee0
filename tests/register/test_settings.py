import dataclasses
from pathlib import Path

import pytest

from components.common.errors import SettingsError
from components.register.settings import check_minimum, check_name, parse_address
from tests.register.conftest import RULES


def test_a_folder_is_an_embedded_registry(tmp_path: Path) -> None:
    address = parse_address(str(tmp_path))

    assert address.uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert address.artifacts == tmp_path / "artifacts"


def test_a_relative_folder_is_made_absolute() -> None:
    assert parse_address("runs/registry").database == Path.cwd() / "runs" / "registry" / "mlflow.db"


def test_a_sqlite_uri_keeps_its_files_beside_the_database(tmp_path: Path) -> None:
    address = parse_address(f"sqlite:///{tmp_path}/models.db")

    assert address.uri == f"sqlite:///{tmp_path}/models.db"
    assert address.artifacts == tmp_path / "artifacts"


def test_a_server_has_its_own_place_for_files() -> None:
    address = parse_address("https://mlflow.example:8443/")

    assert address.uri == "https://mlflow.example:8443"
    assert address.artifacts is None


def test_a_kubeflow_registry_is_told_by_its_scheme() -> None:
    address = parse_address("kubeflow+https://user:secret@registry.example:8080/")

    assert address.uri == "kubeflow+https://user:secret@registry.example:8080"
    assert address.shown == "kubeflow+https://registry.example:8080"
    assert address.database is None


def test_a_password_is_not_shown() -> None:
    assert parse_address("http://user:secret@host:5000/mlflow").shown == "http://host:5000/mlflow"


@pytest.mark.parametrize("registry", ["", "  "])
def test_an_empty_registry_is_refused_with_what_to_give(registry: str) -> None:
    with pytest.raises(SettingsError, match="registry is empty: give a folder .* sqlite:///FILE, the address"):
        parse_address(registry)


@pytest.mark.parametrize("registry", ["gs://bucket/mlflow", "postgresql://host/db", "sqlite:///", "http://"])
def test_other_kinds_of_registry_are_refused(registry: str) -> None:
    with pytest.raises(SettingsError, match="give a folder"):
        parse_address(registry)


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "it's", "a@champion", " a", "a" * 129])
def test_a_name_that_cannot_stand_in_a_model_uri_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="the model name .* must begin with a letter or digit"):
        check_name(name)


def test_a_usual_name_passes() -> None:
    assert check_name("skin-lesion_v1.2 demo") == "skin-lesion_v1.2 demo"


@pytest.mark.parametrize("minimum", [-0.1, 1.1, float("nan")])
def test_a_minimum_that_is_no_auc_is_refused(minimum: float) -> None:
    with pytest.raises(SettingsError, match="minimum_test_macro_auc must be between 0 and 1"):
        check_minimum(minimum)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("decisive_figure", "accuracy"),
        ("maximum_auc_loss", -0.1),
        ("maximum_decision_loss", float("nan")),
        ("bootstrap_rounds", 99),
        ("seed", -1),
    ],
)
def test_a_rule_out_of_its_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be"):
        dataclasses.replace(RULES, **{name: value})
