"""What the Pod Security Standard "restricted" refuses, of a pod on Linux.

https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Iterator
from typing import Any

_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip
_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}  # fmt: skip
_SECCOMP = ("RuntimeDefault", "Localhost")


def violations(spec: dict[str, Any]) -> list[str]:
    """Each control that a pod's spec does not keep, in words; none for a pod that is let in."""
    return [*_of_pod(spec), *(found for container in _containers(spec) for found in _of_container(container, spec))]


def _containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for kind in ("initContainers", "containers", "ephemeralContainers") for one in spec.get(kind, [])]


def _of_pod(spec: dict[str, Any]) -> Iterator[str]:
    context = spec.get("securityContext", {})
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield field
    for volume in spec.get("volumes", []):
        if kinds := set(volume) - {"name"} - _VOLUMES:
            yield f"volume {volume['name']}: {', '.join(sorted(kinds))}"
    if context.get("runAsUser") == 0:
        yield "runAsUser 0"
    if unsafe := {one["name"] for one in context.get("sysctls", [])} - _SYSCTLS:
        yield f"sysctls {', '.join(sorted(unsafe))}"
    if context.get("seLinuxOptions", {}).keys() & {"user", "role"}:
        yield "seLinuxOptions"


def _of_container(container: dict[str, Any], spec: dict[str, Any]) -> Iterator[str]:
    name, context, around = container["name"], container.get("securityContext", {}), spec.get("securityContext", {})
    if context.get("privileged"):
        yield f"{name}: privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield f"{name}: allowPrivilegeEscalation"
    if not context.get("runAsNonRoot", around.get("runAsNonRoot")):
        yield f"{name}: runAsNonRoot"
    if context.get("runAsUser") == 0:
        yield f"{name}: runAsUser 0"
    if context.get("seccompProfile", around.get("seccompProfile", {})).get("type") not in _SECCOMP:
        yield f"{name}: seccompProfile"
    if context.get("procMount", "Default") != "Default":
        yield f"{name}: procMount"
    capabilities = context.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield f"{name}: capabilities are not dropped"
    if more := set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield f"{name}: capabilities {', '.join(sorted(more))}"
    if any("hostPort" in port for port in container.get("ports", [])):
        yield f"{name}: hostPort"
