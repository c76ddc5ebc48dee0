from collections.abc import Callable
from typing import Any

import pytest

from components.cad.settings import Access
from tests.cad.pictures import jpeg
from tests.cad.server import Server, code_of

TOKEN = "a-token-of-enough-letters"

Start = Callable[..., Server]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", ["/docs", "/healthz", "/v1/model", "/v1/predictions/none", "/nothing"])
def test_every_answer_has_safe_headers_and_an_id(server: Server, path: str) -> None:
    headers = server.get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert len(headers["x-request-id"]) == 32
    assert "server" not in headers
    assert headers["cache-control"] == ("no-store" if path.startswith("/v1") else "no-cache")


def test_with_a_token_only_who_has_it_is_answered(start: Start) -> None:
    server = start(access=Access(token=TOKEN))

    for headers in ({}, bearer("a-token-of-other-letters"), {"Authorization": TOKEN}, bearer(""), {"X-User": "me"}):
        refused = server.predict(jpeg(), headers=headers)
        assert code_of(refused) == "unauthenticated"
        assert refused.headers["www-authenticate"] == "Bearer"
    assert server.predict(jpeg(), headers=bearer(TOKEN)).status_code == 200
    assert server.get("/v1/model", headers=bearer(TOKEN)).status_code == 200
    for path in ("/v1/model", "/v1/predictions", "/v1/drift", "/v2", "/v2/models/skin"):
        assert server.get(path).status_code == 401, path
    for path in ("/docs", "/healthz", "/readyz", "/metrics", "/v2/health/live"):
        assert server.get(path).status_code == 200, path


def test_the_user_is_whom_a_trusted_proxy_names(start: Start) -> None:
    server = start(access=Access(user_header="kubeflow-userid"))

    answer = server.predict(jpeg(), headers={"kubeflow-userid": "jane@example.org"})

    request = answer.json()["request_id"]
    record = server.get(f"/v1/predictions/{request}", headers={"kubeflow-userid": "joe@example.org"}).json()
    assert record["user"] == "jane@example.org"
    assert code_of(server.predict(jpeg())) == "unauthenticated"


def test_a_header_from_elsewhere_names_nobody(start: Start) -> None:
    server = start(access=Access(user_header="kubeflow-userid", proxies=("10.0.0.0/8",)))

    answer = server.predict(jpeg(), headers={"kubeflow-userid": "jane@example.org"})

    assert code_of(answer) == "unauthenticated"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Origin": "http://127.0.0.1:{port}"}, True),
        ({"Host": "localhost:{port}", "Origin": "http://localhost:{port}"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Host": "evil.example"}, False),  # a name that was made to lead here
        ({"Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"}, False),
        ({"Host": "["}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
    ],
)
def test_pages_of_other_sites_may_not_use_an_open_service(server: Server, headers: Any, allowed: bool) -> None:
    sent = {name: value.replace("{port}", str(server.port)) for name, value in headers.items()}

    answer = server.predict(jpeg(), headers=sent)

    assert answer.status_code == 200 if allowed else code_of(answer) == "forbidden"


def test_one_client_may_ask_so_often_a_minute(start: Start) -> None:
    server = start(limits={"requests_per_minute": 2})

    answers = [server.get("/v1/model") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert code_of(answers[-1]) == "rate_limited"
    assert int(answers[-1].headers["retry-after"]) > 0
    assert server.get("/healthz").status_code == 200


def test_a_token_cannot_be_tried_out_at_will(start: Start) -> None:
    server = start(access=Access(token=TOKEN), limits={"requests_per_minute": 3})

    answers = [server.get("/v1/model", headers=bearer(f"token-number-{number:05}")) for number in range(5)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]


def test_what_nobody_foresaw_is_told_as_a_problem_without_its_reason(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    server = start()

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret reason")

    server.app.state.cad.auditing.drift = broken
    answer = server.get("/v1/drift")

    assert (code_of(answer), answer.status_code) == ("internal_error", 500)
    assert "secret" not in answer.text
    assert "a secret reason" in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"
