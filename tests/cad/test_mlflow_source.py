from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric

from components.cad.mlflow_source import CHAMPION, MlflowSource
from components.common.errors import RegistryError, SettingsError


class Registry:
    """A real one, in a folder as the register stage keeps it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = MlflowClient(f"sqlite:///{folder}/mlflow.db", f"sqlite:///{folder}/mlflow.db")
        self.experiment = self.client.create_experiment("skin", artifact_location=(folder / "artifacts").as_uri())

    def add(self, name: str, model: Path, auc: float) -> str:
        """Register a version."""
        run = self.client.create_run(self.experiment)
        self.client.log_artifacts(run.info.run_id, str(model), "model")
        self.client.log_batch(run.info.run_id, metrics=[Metric("test_macro_auc", auc, 0, 0)])
        if not self.client.search_registered_models(f"name = '{name}'"):
            self.client.create_registered_model(name)
        source = f"{run.info.artifact_uri}/model"
        return str(self.client.create_model_version(name, source, run_id=run.info.run_id).version)

    def crown(self, name: str, version: str) -> None:
        self.client.set_registered_model_alias(name, CHAMPION, version)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(tmp_path_factory.mktemp("registry"))


def test_the_champion_is_found_and_fetched_and_followed(registry: Registry, model: Path, tmp_path: Path) -> None:
    source = MlflowSource(str(registry.folder), "")
    with pytest.raises(RegistryError, match="has no champion: run the pipeline"):
        source.current()
    for auc in (0.8, 0.9):
        registry.add("skin", model, auc)
    registry.crown("skin", "1")

    first = source.current()
    folder = source.fetch(first, tmp_path)
    registry.crown("skin", "2")
    second = source.current()

    assert (first.name, first.version, first.figures) == ("skin", "1", {"test_macro_auc": 0.8})
    assert (folder / "ensemble.onnx").read_bytes() == (model / "ensemble.onnx").read_bytes()
    assert folder.is_relative_to(tmp_path)
    assert (second.name, second.version) == ("skin", "2")
    assert second == source.current() != first


def test_of_several_models_one_is_named_or_the_last_is_served(registry: Registry, model: Path) -> None:
    registry.crown("older", registry.add("older", model, 0.7))
    registry.crown("newer", registry.add("newer", model, 0.6))

    assert MlflowSource(str(registry.folder), "").current().name == "newer"
    assert MlflowSource(f"sqlite:///{registry.folder}/mlflow.db", "older").current().name == "older"
    with pytest.raises(RegistryError, match="gave no champion"):
        MlflowSource(str(registry.folder), "none such").current()


def test_a_place_without_a_registry_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no registry at .*mlflow.db: run the pipeline"):
        MlflowSource(str(tmp_path), "")
    with pytest.raises(SettingsError, match="of no kind that is served from"):
        MlflowSource("kubeflow+http://registry:8080", "")
