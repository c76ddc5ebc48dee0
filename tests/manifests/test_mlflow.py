"""MLflow's server starts with what it understands."""

import click
import pytest
from mlflow.cli import server

from tests.manifests.rendering import OVERLAYS, named


def parsed(args: list[str]) -> click.Context:
    return server.make_context("server", list(args))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_server_knows_each_flag(manifests, overlay: str) -> None:
    (container,) = named(manifests(overlay), "Deployment", "mlflow")["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["mlflow", "server"]
    told = parsed(container["args"]).params
    (port,) = container["ports"]
    assert (told["host"], told["port"]) == ("0.0.0.0", port["containerPort"])


def test_its_database_comes_by_a_variable_that_it_reads(manifests) -> None:
    (option,) = (one for one in server.params if one.name == "backend_store_uri")
    (container,) = named(manifests("gke"), "Deployment", "mlflow")["spec"]["template"]["spec"]["containers"]
    assert option.envvar in {variable["name"] for variable in container["env"]}


def test_a_flag_that_it_does_not_know_is_found() -> None:
    with pytest.raises(click.NoSuchOption):
        parsed(["--allowed-host=x"])
