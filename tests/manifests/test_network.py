"""What is needed gets through, and nothing else."""

import copy

import pytest

from tests.manifests.network import End, allowed
from tests.manifests.pods import pods
from tests.manifests.rendering import OVERLAYS, named


def app(name: str, namespace: str = "skin-lesion") -> End:
    return End({"app.kubernetes.io/name": name}, namespace)


CAD, MLFLOW, POSTGRES, MINIO = app("cad"), app("mlflow"), app("postgres"), app("minio")
STEP = {"pipelines.kubeflow.org/v2_component": "true"}
TASK, TASK_OF_KFP_ALONE = End(STEP), End(STEP, "kubeflow")
GATEWAY = End({"istio": "ingressgateway"}, "istio-system")
PROMETHEUS = app("prometheus", "monitoring")
DNS = End({"k8s-app": "kube-dns"}, "kube-system")
KFP = End({"app": "ml-pipeline"}, "kubeflow")
BUCKET, METADATA, STRANGER = End(address="142.250.1.1"), End(address="169.254.169.254"), app("notebook")

EVERYWHERE = [
    (CAD, MLFLOW, 5000), (CAD, POSTGRES, 5432), (MLFLOW, POSTGRES, 5432), (TASK, MLFLOW, 5000),
    (TASK_OF_KFP_ALONE, MLFLOW, 5000), (TASK, KFP, 8888), (TASK, KFP, 8887), (TASK, BUCKET, 443),
]  # fmt: skip
NOWHERE = [
    (STRANGER, CAD, 8080), (STRANGER, MLFLOW, 5000), (STRANGER, POSTGRES, 5432), (TASK, POSTGRES, 5432),
    (TASK, CAD, 8080), (CAD, BUCKET, 443), (POSTGRES, BUCKET, 443), (app("notebook", "default"), CAD, 8080),
    (STRANGER, BUCKET, 443), (TASK, BUCKET, 80), (CAD, METADATA, 80), (app("other", "kubeflow"), MLFLOW, 5000),
]  # fmt: skip
ALSO = {
    "gke": [(GATEWAY, CAD, 8080), (PROMETHEUS, CAD, 8080), (MLFLOW, BUCKET, 443), (MLFLOW, METADATA, 80),
            (TASK, METADATA, 988)],
    "onprem": [(GATEWAY, CAD, 8080), (PROMETHEUS, CAD, 8080), (MLFLOW, MINIO, 9000), (app("minio-setup"), MINIO, 9000)],
    "local": [(MLFLOW, MINIO, 9000), (app("minio-setup"), MINIO, 9000)],
}  # fmt: skip
NOR = {
    "gke": [(app("any", "istio-system"), CAD, 8080)],
    "onprem": [(MLFLOW, BUCKET, 443), (TASK, METADATA, 80), (TASK, MINIO, 9000), (CAD, MINIO, 9000)],
    "local": [(GATEWAY, CAD, 8080), (MLFLOW, BUCKET, 443), (MINIO, BUCKET, 443)],
}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_needed_gets_through(manifests, overlay: str) -> None:
    calls = [*EVERYWHERE, *ALSO[overlay]]
    assert [call for call in calls if not allowed(manifests(overlay), *call)] == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_else_gets_through(manifests, overlay: str) -> None:
    calls = [*NOWHERE, *NOR[overlay]]
    assert [call for call in calls if allowed(manifests(overlay), *call)] == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_can_ask_for_names(manifests, overlay: str) -> None:
    asking = [
        one for one in pods(manifests(overlay)) if not allowed(manifests(overlay), End(one.labels), DNS, 53, "UDP")
    ]
    assert asking == []


def test_a_policy_that_is_left_out_is_found(manifests) -> None:
    without = [one for one in manifests("local") if one["metadata"]["name"] != "default-deny"]
    assert allowed(without, app("any", "default"), STRANGER, 80)
    assert not allowed(manifests("local"), app("any", "default"), STRANGER, 80)


def test_a_wrong_port_is_found(manifests) -> None:
    changed = copy.deepcopy(manifests("local"))
    named(changed, "NetworkPolicy", "postgres")["spec"]["ingress"][0]["ports"][0]["port"] = 5433
    assert not allowed(changed, CAD, POSTGRES, 5432)
