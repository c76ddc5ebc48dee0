"""Names that one object says of another, and that no object has."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.manifests.pods import Pod, pods
from tests.manifests.rendering import Object, of_kind

Reference = tuple[str, str, str]
"""Who names; what kind of thing; which one. The key of a Secret or ConfigMap follows a colon."""

Labels = dict[str, str]

# Kubernetes has these itself; the storage class is a cluster's own, which the overlay onprem asks for.
_THERE = {("PriorityClass", name) for name in ("", "system-node-critical", "system-cluster-critical")} | {
    ("StorageClass", "shared")
}


def names(one: Pod) -> Iterator[Reference]:
    """What a pod names."""
    yield one.owner, "ServiceAccount", one.spec.get("serviceAccountName", "default")
    yield one.owner, "PriorityClass", one.spec.get("priorityClassName", "")
    yield from ((one.owner, "RuntimeClass", name) for name in [one.spec.get("runtimeClassName")] if name)
    for volume in one.spec.get("volumes", []):
        yield from _of_volume(one.owner, volume)
    for container in one.containers:
        yield from _of_container(one, container)


def _of_volume(owner: str, volume: dict[str, Any]) -> Iterator[Reference]:
    if "configMap" in volume:
        yield owner, "ConfigMap", volume["configMap"]["name"]
    if "secret" in volume:
        yield owner, "Secret", volume["secret"]["secretName"]
    if "persistentVolumeClaim" in volume:
        yield owner, "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]


def _of_container(one: Pod, container: dict[str, Any]) -> Iterator[Reference]:
    for variable in container.get("env", []):
        source = variable.get("valueFrom", {})
        for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            if field in source:
                yield one.owner, kind, f"{source[field]['name']}:{source[field]['key']}"
    volumes = {volume["name"] for volume in one.spec.get("volumes", [])} | set(one.claims)
    for mount in container.get("volumeMounts", []):
        if mount["name"] not in volumes:
            yield one.owner, "volume", mount["name"]
    ports = {port.get("name") for port in container.get("ports", [])}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        port = container.get(probe, {}).get("httpGet", {}).get("port")
        if port is not None and port not in ports:
            yield one.owner, f"port of {probe}", port


def known(objects: list[Object]) -> set[tuple[str, str]]:
    """The things that there are, as `Reference` names them."""
    found = {(one["kind"], one["metadata"]["name"]) for one in objects}
    for one in of_kind(objects, "Secret", "ConfigMap"):
        for field in ("data", "stringData"):
            found |= {(one["kind"], f"{one['metadata']['name']}:{key}") for key in one.get(field, {})}
    return found | _THERE


def missing(objects: list[Object], secrets: list[Object]) -> list[Reference]:
    """What is named and not there.

    Args:
        objects: an overlay's.
        secrets: that an operator makes beside them.
    """
    there = known([*objects, *secrets])
    said = [*(reference for one in pods(objects) for reference in names(one)), *_between(objects)]
    return sorted(reference for reference in said if reference[1:] not in there)


def _between(objects: list[Object]) -> Iterator[Reference]:
    for one in of_kind(objects, "RoleBinding"):
        yield "RoleBinding", one["roleRef"]["kind"], one["roleRef"]["name"]
        yield from (("RoleBinding", subject["kind"], subject["name"]) for subject in one["subjects"])
    for one in of_kind(objects, "HorizontalPodAutoscaler"):
        yield "HorizontalPodAutoscaler", one["spec"]["scaleTargetRef"]["kind"], one["spec"]["scaleTargetRef"]["name"]
    for one in of_kind(objects, "StatefulSet"):
        yield "StatefulSet", "Service", one["spec"]["serviceName"]
    for claim in claims(objects):
        yield from (("claim", "StorageClass", name) for name in [claim["spec"].get("storageClassName")] if name)
    for one in of_kind(objects, "VirtualService"):
        for route in (route for http in one["spec"]["http"] for route in http["route"]):
            yield "VirtualService", "Service", route["destination"]["host"].split(".")[0]
    for one in of_kind(objects, "PodDefault"):
        yield from (found for volume in one["spec"]["volumes"] for found in _of_volume("PodDefault", volume))


def claims(objects: list[Object]) -> list[Object]:
    """All claims of volumes."""
    made = [claim for one in of_kind(objects, "StatefulSet") for claim in one["spec"].get("volumeClaimTemplates", [])]
    return [*made, *of_kind(objects, "PersistentVolumeClaim")]


def selects_nothing(objects: list[Object], elsewhere: Iterable[Labels]) -> list[str]:
    """Selectors that fit no pod, `Kind/name` each.

    Args:
        objects: an overlay's.
        elsewhere: labels of pods that others make.
    """
    there = [*(one.labels for one in pods(objects)), *elsewhere]
    return sorted({owner for owner, selector in _selectors(objects) if not any(fits(selector, one) for one in there)})


def _selectors(objects: list[Object]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in objects:
        owner, spec = f"{one['kind']}/{one['metadata']['name']}", one.get("spec", {})
        if one["kind"] == "Service":
            yield owner, {"matchLabels": spec["selector"]}
        elif one["kind"] in ("PodDisruptionBudget", "Deployment", "StatefulSet", "DaemonSet"):
            yield owner, spec["selector"]
        elif one["kind"] == "NetworkPolicy":
            yield owner, spec["podSelector"]
            peers = [peer for way in ("ingress", "egress") for rule in spec.get(way, []) for peer in _peers(rule)]
            yield from ((owner, peer["podSelector"]) for peer in peers if "podSelector" in peer)
    for one in pods(objects):
        for spread in one.spec.get("topologySpreadConstraints", []):
            yield one.owner, spread["labelSelector"]


def _peers(rule: dict[str, Any]) -> list[dict[str, Any]]:
    return [*rule.get("from", []), *rule.get("to", [])]


def fits(selector: dict[str, Any], labels: Labels) -> bool:
    """Whether a label selector selects these labels."""
    same = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return same and all(_holds(one, labels) for one in selector.get("matchExpressions", []))


def _holds(expression: dict[str, Any], labels: Labels) -> bool:
    if expression["operator"] != "In":
        raise NotImplementedError(expression["operator"])
    return labels.get(expression["key"]) in expression["values"]


def wrong_ports(objects: list[Object]) -> list[str]:
    """Ports of services, monitors and routes that nothing listens on, in words."""
    found = []
    services = {one["metadata"]["name"]: one for one in of_kind(objects, "Service")}
    for name, service in services.items():
        there = {
            port
            for one in pods(objects)
            if fits({"matchLabels": service["spec"]["selector"]}, one.labels)
            for container in one.containers
            for known_port in container.get("ports", [])
            for port in (known_port.get("name"), known_port["containerPort"])
        }
        targets = [port.get("targetPort", port["port"]) for port in service["spec"]["ports"]]
        found += [f"Service/{name}: {target}" for target in targets if target not in there]
    for one in of_kind(objects, "ServiceMonitor"):
        selected = [s for s in services.values() if fits(one["spec"]["selector"], s["metadata"].get("labels", {}))]
        there = {port["name"] for service in selected for port in service["spec"]["ports"]}
        asked = [endpoint["port"] for endpoint in one["spec"]["endpoints"]]
        found += [f"ServiceMonitor/{one['metadata']['name']}: {port}" for port in asked if port not in there]
    for one in of_kind(objects, "VirtualService"):
        for destination in (route["destination"] for http in one["spec"]["http"] for route in http["route"]):
            service = services.get(destination["host"].split(".")[0], {"spec": {"ports": []}})
            if destination["port"]["number"] not in {port["port"] for port in service["spec"]["ports"]}:
                found.append(f"VirtualService/{one['metadata']['name']}: {destination['port']['number']}")
    return found
