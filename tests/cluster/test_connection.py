"""Who asks, and of whom: tokens, cookies, namespaces, and what is said where the door stays shut."""

from pathlib import Path

import pytest

from components.cluster.connection import Access, connect
from components.common.errors import ClusterError, SettingsError
from tests.cluster.kfp_server import Fault, KfpServer

SECRET = "s3cr3t-t0k3n"


def test_a_token_comes_from_a_file_that_is_read_again_each_time(server: KfpServer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n")
    server.token = SECRET
    cluster = connect(Access(server.url, token_file=str(file)))
    server.token = "renewed"
    file.write_text("renewed\n")
    cluster.client.list_runs()
    assert server.requests[-1].headers["Authorization"] == "Bearer renewed"


def test_the_token_of_a_pod_is_used_with_a_host_as_well(
    server: KfpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(SECRET)
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "token"))
    server.token = SECRET
    connect(Access(server.url)).client.list_runs()


def test_the_address_may_come_from_kfps_own_variable(server: KfpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", server.url)
    assert connect(Access()).client.address == server.url


def test_istio_gets_its_cookie(server: KfpServer, tmp_path: Path) -> None:
    (tmp_path / "cookie").write_text("authservice_session=abc\n")
    server.cookie = "authservice_session=abc"
    connect(Access(server.url, cookie_file=str(tmp_path / "cookie"))).client.list_runs()


def test_only_a_server_for_several_users_has_namespaces() -> None:
    for multi_user, namespace in ((True, "skin-lesion"), (False, None)):
        with KfpServer(multi_user=multi_user).running() as server:
            assert connect(Access(server.url)).namespace == namespace


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "401 as the test wants it; it does not know you: give a valid token in --token-file"),
        (403, "403 as the test wants it; it knows you, but you may not: ask for the role kubeflow-edit"),
        (503, "503 as the test wants it; it is down or starting"),
    ],
)
def test_a_refusal_says_what_to_do_and_no_secret(
    server: KfpServer, tmp_path: Path, status: int, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "token").write_text(SECRET)
    server.plan = lambda request: Fault(status, headers={"Set-Cookie": f"session={SECRET}"})
    with pytest.raises(ClusterError, match=message) as raised:
        connect(Access(server.url, token_file=str(tmp_path / "token")))
    assert SECRET not in str(raised.value) + caplog.text


def test_a_login_page_is_told_from_an_answer(server: KfpServer) -> None:
    server.plan = lambda request: Fault(200, headers={"Content-Type": "text/html"}, body=b"<html>Log in</html>")
    with pytest.raises(ClusterError, match="401 a page in place of JSON, as a login page is"):
        connect(Access(server.url))


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(ClusterError, match="http://127.0.0.1:1 could not be reached to answer.*check --host"):
        connect(Access("http://127.0.0.1:1"))


@pytest.mark.parametrize("field", ["token_file", "cookie_file"])
def test_a_secret_that_cannot_be_read_is_named(server: KfpServer, field: str) -> None:
    with pytest.raises(SettingsError, match="cannot read the secret in /no/such/file"):
        connect(Access(server.url, **{field: "/no/such/file"}))
    assert not server.requests
