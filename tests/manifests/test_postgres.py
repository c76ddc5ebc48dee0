"""The script that makes the databases, on a real server; what the image asks of a pod."""

import os
import subprocess
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from components.cad.records.engines import make_engine, parse_url
from tests.manifests.rendering import named
from tests.postgres import PostgresServer, postgres_server


@pytest.fixture(scope="module")
def server(manifests, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """With the databases, made as the image would."""
    objects = manifests("local")
    mounted = {volume["name"]: volume for volume in _pod(objects)["volumes"]}["init"]["configMap"]["name"]
    script = tmp_path_factory.mktemp("init") / "databases.sh"
    script.write_text(named(objects, "ConfigMap", mounted)["data"]["databases.sh"], encoding="utf-8")
    with postgres_server() as running:
        address = sa.make_url(running.url("postgres"))
        told = {
            "PGHOST": str(address.query["host"]), "POSTGRES_USER": str(address.username), "POSTGRES_DB": "postgres",
            "MLFLOW_PASSWORD": "it's; a \"word\"", "CAD_PASSWORD": "another",
        }  # fmt: skip
        subprocess.run(["bash", script], env={**os.environ, **told}, check=True)
        yield running


@pytest.mark.parametrize("user", ["mlflow", "cad"])
def test_each_has_a_database_in_which_it_may_make_tables(server: PostgresServer, user: str) -> None:
    with _engine(server, user, user).begin() as connection:
        connection.execute(sa.text("CREATE TABLE mine (number integer)"))


@pytest.mark.parametrize(("user", "database"), [("cad", "mlflow"), ("mlflow", "cad"), ("cad", "postgres")])
def test_neither_gets_into_another(server: PostgresServer, user: str, database: str) -> None:
    with pytest.raises(OperationalError, match="permission denied"):
        _engine(server, user, database).connect()


def test_the_script_is_run_and_not_read_into_the_images_own(manifests) -> None:
    (mode,) = (
        volume["configMap"]["defaultMode"] for volume in _pod(manifests("gke"))["volumes"] if "configMap" in volume
    )
    assert mode & 0o111 == 0o111


def _engine(server: PostgresServer, user: str, database: str) -> sa.Engine:
    return make_engine(parse_url(server.url(database)).set(username=user), create=False)


def _pod(objects) -> dict:
    return named(objects, "StatefulSet", "postgres")["spec"]["template"]["spec"]
