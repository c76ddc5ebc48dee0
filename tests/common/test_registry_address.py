from pathlib import Path

import pytest

from components.common.errors import SettingsError
from components.common.registry_address import parse_address


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
