"""KFP's client, made patient: the private names that this takes are still there."""

import pytest
import urllib3.exceptions
from kfp_server_api.exceptions import ApiException

from components.cluster.connection import Cluster
from components.cluster.kfp_client import PatientClient
from components.common import retries
from tests.cluster.kfp_server import Fault, KfpServer, once


def test_a_question_is_asked_again_where_the_server_is_busy(server: KfpServer, cluster: Cluster) -> None:
    server.plan = once("GET experiments", Fault(503), Fault(429, headers={"Retry-After": "0"}), Fault())
    assert cluster.client.list_experiments().experiments is None
    assert len(server.bodies("GET experiments")) == 4


def test_a_server_that_stays_busy_is_given_up_with_its_own_status(server: KfpServer, cluster: Cluster) -> None:
    server.plan = lambda request: Fault(503)
    with pytest.raises(ApiException) as raised:
        cluster.client.list_experiments()
    assert raised.value.status == 503


def test_an_order_is_never_repeated_by_the_network_layer(server: KfpServer, cluster: Cluster) -> None:
    server.plan = once("POST experiments", Fault(), Fault())
    with pytest.raises(urllib3.exceptions.HTTPError):
        cluster.client.create_experiment("lesions")
    assert len(server.bodies("POST experiments")) == 1


def test_a_silent_server_is_not_waited_for_for_ever(
    server: KfpServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "READ_SECONDS", 0.05)
    server.plan = lambda request: Fault(silence=0.2)
    with pytest.raises(urllib3.exceptions.HTTPError, match="timed out"):
        cluster.client.list_experiments()


def test_a_refusal_is_not_asked_for_five_times(server: KfpServer) -> None:
    server.token = "secret"
    with pytest.raises(ApiException):
        PatientClient(host=server.url)
    assert len(server.requests) == 1
