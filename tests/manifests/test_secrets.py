"""The secrets that the script prints are used, agree with one another, and are new each time."""

import subprocess
from urllib.parse import urlsplit

import kubernetes_validate
import pytest

from components.cad.settings import Access
from tests.manifests.pods import pods
from tests.manifests.references import names
from tests.manifests.rendering import NAMESPACE, OVERLAYS, Object, named
from tests.manifests.secrets import SCRIPT, secrets


def data(made: list[Object], name: str) -> dict[str, str]:
    return named(made, "Secret", name)["stringData"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_they_are_secrets_of_the_namespace(overlay: str) -> None:
    for one in secrets(overlay):
        kubernetes_validate.validate(one, "1.32", strict=True)
        assert one["metadata"]["namespace"] == NAMESPACE


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_is_used(manifests, overlay: str) -> None:
    used = {name.split(":")[0] for one in pods(manifests(overlay)) for _, kind, name in names(one) if kind == "Secret"}
    assert {one["metadata"]["name"] for one in secrets(overlay)} == used


def test_the_databases_have_the_passwords_of_their_users() -> None:
    made = secrets("local")
    for user in ("mlflow", "cad"):
        url = urlsplit(data(made, f"{user}-database")["url"])
        assert (url.username, url.path, url.hostname, url.port) == (user, f"/{user}", "postgres", 5432)
        assert url.password == data(made, "postgres")[f"{user}_password"]


def test_the_token_is_one_that_the_service_takes() -> None:
    assert Access("0.0.0.0", data(secrets("local"), "cad-token")["token"])


def test_every_password_is_new_and_another() -> None:
    found = [value for _ in range(2) for one in secrets("local") for value in one["stringData"].values()]
    # A database's password stands in its URL once more.
    passwords = [value for value in found if not value.startswith("postgres")]
    assert len(set(passwords)) == len(passwords)
    assert min(map(len, passwords)) >= len("root-12345678")


def test_a_token_can_be_had_for_any_overlay() -> None:
    done = subprocess.run([SCRIPT, "gke", "token"], capture_output=True, text=True, check=True)
    assert "name: cad-token" in done.stdout


def test_an_overlay_that_there_is_not_is_refused() -> None:
    done = subprocess.run([SCRIPT, "moon"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "gke|onprem|local" in done.stderr
