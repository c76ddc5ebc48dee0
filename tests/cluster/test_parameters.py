"""Parameters for a cluster: names and types as the pipeline has them, and places that pods reach."""

from typing import Any

import pytest
import yaml

from components.cluster.parameters import VOLUME, checked_values, submitted_values
from components.common.errors import SettingsError
from components.local.images import REPOSITORY
from tests.cluster.conftest import DATA, built


def test_what_is_submitted_has_the_parameters_types() -> None:
    settings = ["epochs=3", "weights=gs://bucket/w", "xla=true"]
    values = submitted_values(built(), DATA, settings)
    assert values == {"epochs": 3, "weights": "gs://bucket/w", "xla": True, "data": DATA}


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        (None, [], "--data is missing"),
        (DATA, ["epoch=3"], "where name is one of api, batch_size"),
        (DATA, ["epochs=0"], "epochs must be from 1 to 10000"),
        ("/home/me/isic", [], "data is '/home/me/isic', which is a place on one machine"),
        (f"{DATA},isic", [], "data is 'isic', which is a place on one machine"),
        (DATA, ["workspace=runs/workspace"], "workspace is 'runs/workspace', which is a place on one machine"),
        (DATA, ["registry=runs/registry"], "registry is 'runs/registry', which is a place on one machine"),
    ],
)
def test_a_wrong_submission_is_refused(data: str | None, settings: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        submitted_values(built(), data, settings)


def test_folders_of_the_pods_shared_volume_are_taken() -> None:
    values = submitted_values(built(), f"{VOLUME}/isic", [f"workspace={VOLUME}/state"])
    assert (values["data"], values["workspace"]) == ("/workspace/isic", "/workspace/state")


def test_the_shared_volume_is_where_the_manifests_mount_it() -> None:
    file = REPOSITORY / "manifests" / "components" / "workspace" / "pod-default.yaml"
    (mount,) = yaml.safe_load(file.read_text(encoding="utf-8"))["spec"]["volumeMounts"]
    assert mount["mountPath"] == VOLUME


def test_a_schedules_values_are_taken_as_they_are() -> None:
    values = {"data": DATA, "epochs": 15, "maximum_ece": 0.1, "seed": 0, "xla": False, "maximum_auc_loss": 0}
    assert checked_values(built(), values) == values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epoch": 3}, "epoch: no such parameter, but api, batch_size, data,"),
        ({"epochs": "3"}, "epochs: must be a whole number, not '3'"),
        ({"epochs": 3.5}, "epochs: must be a whole number, not 3.5"),
        ({"epochs": True}, "epochs: must be a whole number, not True"),
        ({"maximum_ece": "0.1"}, "maximum_ece: must be a number, not '0.1'"),
        ({"data_version": 7}, "data_version: must be a text, in quotes where it looks like a number, not 7"),
        ({"xla": 1}, "xla: must be true or false, not 1"),
        ({"epochs": 0}, "epochs: epochs must be from 1 to 10000, not 0"),
        ({"method": "mean"}, "method: method must be rank or probability"),
        ({"workspace": "/mnt/work"}, "workspace: workspace is '/mnt/work', which is a place on one machine"),
        ({"data": ""}, "data: "),
        ({}, "data: is missing"),
    ],
)
def test_a_wrong_value_of_a_schedule_is_refused_by_its_name(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=f"^{message}"):
        checked_values(built(), {"data": DATA, **values} if values else {})
