"""Who may call whom, by the network policies of one namespace."""

import ipaddress
from dataclasses import dataclass, field
from typing import Any

from tests.manifests.references import fits
from tests.manifests.rendering import NAMESPACE, Object, of_kind


@dataclass(frozen=True)
class End:
    """A pod, or an address outside."""

    labels: dict[str, str] = field(default_factory=dict)
    namespace: str = NAMESPACE
    address: str = ""
    """Of what is no pod."""


def allowed(objects: list[Object], source: End, target: End, port: int, protocol: str = "TCP") -> bool:
    """Whether a call gets through: its source may make it and its target may take it."""
    policies = [one["spec"] for one in of_kind(objects, "NetworkPolicy")]
    return _passes(policies, source, target, port, protocol, "Egress") and _passes(
        policies, target, source, port, protocol, "Ingress"
    )


def _passes(policies: list[dict[str, Any]], here: End, there: End, port: int, protocol: str, way: str) -> bool:
    if here.address or here.namespace != NAMESPACE:
        return True  # none of these policies is about it
    about = [one for one in policies if way in one["policyTypes"] and fits(one["podSelector"], here.labels)]
    rules = [rule for one in about for rule in one.get(way.lower(), [])]
    peers = "to" if way == "Egress" else "from"
    return not about or any(
        any(_is(peer, there) for peer in rule[peers]) and _covers(rule["ports"], port, protocol) for rule in rules
    )


def _is(peer: dict[str, Any], end: End) -> bool:
    if "ipBlock" in peer:
        # A pod has an address too; of all addresses, it is one.
        network = ipaddress.ip_network(peer["ipBlock"]["cidr"])
        return network.prefixlen == 0 if not end.address else ipaddress.ip_address(end.address) in network
    if end.address:
        return False
    space = {"kubernetes.io/metadata.name": end.namespace}
    if "namespaceSelector" in peer:
        return fits(peer["namespaceSelector"], space) and fits(peer.get("podSelector", {}), end.labels)
    return end.namespace == NAMESPACE and fits(peer["podSelector"], end.labels)


def _covers(ports: list[dict[str, Any]], port: int, protocol: str) -> bool:
    return any(one["port"] == port and one["protocol"] == protocol for one in ports)
