"""The service's pods start with what the service understands."""

import re

import pytest

from components.cad import __main__ as cad
from components.cad.records.engines import parse_url
from components.cad.settings import Access, CadSettings
from components.register.settings import check_name
from tests.manifests.references import fits
from tests.manifests.rendering import KSERVE, OVERLAYS, Object, named
from tests.manifests.secrets import secrets


def container(objects: list[Object], overlay: str) -> dict:
    kind, name = ("InferenceService", "skin-lesion") if overlay == KSERVE else ("Deployment", "cad")
    spec = named(objects, kind, name)["spec"]
    return (spec["predictor"] if overlay == KSERVE else spec["template"]["spec"])["containers"][0]


def arguments(objects: list[Object], overlay: str) -> list[str]:
    """Of the command, with the variables' values in their places, as the kubelet puts them there."""
    one = container(objects, overlay)
    values = {variable["name"]: _value(variable, [*objects, *secrets(overlay)]) for variable in one["env"]}
    return [re.sub(r"\$\((\w+)\)", lambda found: values[found[1]], argument) for argument in one["args"]]


def _value(variable: dict, objects: list[Object]) -> str:
    source = variable["valueFrom"]
    kind, reference = ("Secret", source["secretKeyRef"]) if "secretKeyRef" in source else (
        "ConfigMap", source["configMapKeyRef"],
    )  # fmt: skip
    held = named(objects, kind, reference["name"])
    return {**held.get("data", {}), **held.get("stringData", {})}[reference["key"]]


@pytest.mark.parametrize("overlay", [*OVERLAYS, KSERVE])
def test_the_command_knows_each_flag_and_takes_each_value(manifests, overlay: str, monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["cad", *arguments(manifests(overlay), overlay)])
    args = cad._arguments()
    token = "x" * 16 if args.token_file else ""
    access = Access(args.host, token, args.user_header, tuple(args.trusted_proxies or Access().proxies))
    assert not access.open
    assert not access.local
    CadSettings(records=args.records, access=access, cores=args.cores)
    assert parse_url(args.records).host == "postgres"
    assert check_name(args.model_name)


@pytest.mark.parametrize("flag", ["--user-headers=x", "--cores=two"])
def test_a_flag_or_value_that_it_does_not_know_is_found(manifests, flag: str, monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["cad", *arguments(manifests("local"), "local"), flag])
    with pytest.raises(SystemExit):
        cad._arguments()


@pytest.mark.parametrize("overlay", [*OVERLAYS, KSERVE])
def test_the_model_has_the_cores_of_its_limit(manifests, overlay: str) -> None:
    one = container(manifests(overlay), overlay)
    assert f"--cores={one['resources']['limits']['cpu']}" in one["args"]


@pytest.mark.parametrize("overlay", [*OVERLAYS, KSERVE])
def test_the_probes_ask_the_services_own_paths(manifests, overlay: str) -> None:
    one = container(manifests(overlay), overlay)
    asked = {name: one[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert asked == {"startupProbe": "/healthz", "readinessProbe": "/readyz", "livenessProbe": "/healthz"}


def test_there_is_time_to_end_what_was_begun(manifests) -> None:
    spec = named(manifests("gke"), "Deployment", "cad")["spec"]["template"]["spec"]
    before = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec["terminationGracePeriodSeconds"] > before + cad._GRACE_SECONDS


def test_the_registry_is_the_one_that_the_manifests_make(manifests) -> None:
    (registry,) = (one for one in arguments(manifests("gke"), "gke") if one.startswith("--registry="))
    host, port = registry.removeprefix("--registry=http://").split(":")
    service = named(manifests("gke"), "Service", host.split(".")[0])
    assert host == f"{service['metadata']['name']}.{service['metadata']['namespace']}.svc.cluster.local"
    assert int(port) in [one["port"] for one in service["spec"]["ports"]]
    server = named(manifests("gke"), "Deployment", "mlflow")["spec"]["template"]
    assert fits({"matchLabels": service["spec"]["selector"]}, server["metadata"]["labels"])
    (allowed,) = (one for one in server["spec"]["containers"][0]["args"] if one.startswith("--allowed-hosts="))
    assert f"{host}:{port}" in allowed.removeprefix("--allowed-hosts=").split(",")
