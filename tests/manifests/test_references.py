"""What one object says of another is so."""

import copy

import pytest

from tests.manifests.references import missing, selects_nothing, wrong_ports
from tests.manifests.rendering import ALL, GPU, KSERVE, OVERLAYS, Object, composed, named
from tests.manifests.secrets import secrets

# Pods that others make: KFP, Kubeflow, Kubernetes, Istio, Prometheus' operator.
ELSEWHERE = [
    {"pipelines.kubeflow.org/v2_component": "true"},
    {"app": "ml-pipeline-ui-artifact"},
    {"k8s-app": "kube-dns"},
    {"k8s-app": "node-local-dns"},
    {"istio": "ingressgateway"},
    {"app.kubernetes.io/name": "prometheus"},
]


@pytest.mark.parametrize("overlay", ALL)
def test_what_is_named_is_there(manifests, overlay: str) -> None:
    assert missing(manifests(overlay), [] if overlay == GPU else secrets(overlay)) == []


@pytest.mark.parametrize("overlay", ALL)
def test_every_selector_fits_a_pod(manifests, overlay: str) -> None:
    assert selects_nothing(manifests(overlay), ELSEWHERE) == []


@pytest.mark.parametrize("overlay", ALL)
def test_every_port_is_listened_on(manifests, overlay: str) -> None:
    assert wrong_ports(manifests(overlay)) == []


@pytest.mark.parametrize("overlay", [*OVERLAYS, KSERVE])
def test_all_is_in_one_namespace(manifests, overlay: str) -> None:
    spaces = {one["metadata"].get("namespace") for one in manifests(overlay)}
    without = {one["kind"] for one in manifests(overlay) if "namespace" not in one["metadata"]}
    assert spaces - {None} == {"skin-lesion"}
    assert without <= {"Namespace", "PriorityClass", "Profile", "StorageClass"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_secret_is_in_the_repository(manifests, overlay: str) -> None:
    assert [one["metadata"]["name"] for one in manifests(overlay) if one["kind"] == "Secret"] == []


def test_the_alternative_is_the_same_container_under_kserves_name(manifests) -> None:
    (container,) = named(manifests("gke"), "Deployment", "cad")["spec"]["template"]["spec"]["containers"]
    (other,) = named(manifests(KSERVE), "InferenceService", "skin-lesion")["spec"]["predictor"]["containers"]
    assert other == {**container, "name": "kserve-container"}
    assert {one["kind"] for one in manifests(KSERVE) if one["metadata"]["name"] == "cad"} & {
        "Deployment",
        "HorizontalPodAutoscaler",
    } == set()


def test_components_go_together(tmp_path) -> None:
    objects = composed(tmp_path, "local", "kserve", "monitoring", "workspace")
    assert missing(objects, secrets("local")) == []
    assert selects_nothing(objects, ELSEWHERE) == []
    assert wrong_ports(objects) == []


@pytest.mark.parametrize(
    ("kind", "change", "found"),
    [
        ("Deployment", lambda spec: spec.update(serviceAccountName="cadd"), ("ServiceAccount", "cadd")),
        ("Deployment", lambda spec: spec.update(priorityClassName="high"), ("PriorityClass", "high")),
        ("Deployment", lambda spec: _secret(spec).update(name="cad-db"), ("Secret", "cad-db:url")),
        ("Deployment", lambda spec: _secret(spec).update(key="uri"), ("Secret", "cad-database:uri")),
        ("Deployment", lambda spec: spec["volumes"].clear(), ("volume", "tmp")),
        (
            "Deployment",
            lambda spec: spec["containers"][0]["livenessProbe"]["httpGet"].update(port="web"),
            ("port of livenessProbe", "web"),
        ),
    ],
)
def test_a_name_that_nothing_has_is_found(manifests, kind: str, change, found: tuple[str, str]) -> None:
    changed = copy.deepcopy(manifests("local"))
    change(named(changed, kind, "cad")["spec"]["template"]["spec"])
    assert ("Deployment/cad", *found) in missing(changed, secrets("local"))


def test_an_autoscaler_of_nothing_is_found(manifests) -> None:
    changed = copy.deepcopy(manifests("local"))
    named(changed, "HorizontalPodAutoscaler", "cad")["spec"]["scaleTargetRef"]["name"] = "card"
    assert missing(changed, secrets("local")) == [("HorizontalPodAutoscaler", "Deployment", "card")]


def test_a_storage_class_that_there_is_not_is_found(manifests) -> None:
    changed = [one for one in manifests("gke") if one["kind"] != "StorageClass"]
    assert missing(changed, secrets("gke")) == [("claim", "StorageClass", "skin-lesion-regional")]


@pytest.mark.parametrize(("kind", "field"), [("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")])
def test_a_selector_that_fits_nothing_is_found(manifests, kind: str, field: str) -> None:
    changed = copy.deepcopy(manifests("local"))
    named(changed, kind, "cad")["spec"][field]["matchLabels"] = {"app": "cad"}
    assert selects_nothing(changed, ELSEWHERE) == [f"{kind}/cad"]


def test_a_port_that_nothing_listens_on_is_found(manifests) -> None:
    changed: list[Object] = copy.deepcopy(manifests("gke"))
    named(changed, "ServiceMonitor", "cad")["spec"]["endpoints"][0]["port"] = "metrics"
    named(changed, "Service", "mlflow")["spec"]["ports"][0]["targetPort"] = 5001
    assert wrong_ports(changed) == ["Service/mlflow: 5001", "ServiceMonitor/cad: metrics"]


def _secret(spec) -> dict[str, str]:
    (reference,) = (
        one["valueFrom"]["secretKeyRef"]
        for one in spec["containers"][0]["env"]
        if "secretKeyRef" in one.get("valueFrom", {})
    )
    return reference
