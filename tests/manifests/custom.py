"""The kinds that Kubernetes itself does not know, as far as the manifests use them.

Their own schemas are of a megabyte and more; the packages that carry some of them take seconds to load and let pass a
field that there is not. So the fields that are used stand here, from the documentation of each, and any other is
refused. What is a pod's specification in them goes to Kubernetes' own schema.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tests.manifests.rendering import Object

_Duration = Annotated[str, Field(pattern=r"^([1-9]\d*(ms|s|m|h|d))+$")]
_Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Metadata(_Strict):
    name: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class _Selector(_Strict):
    matchLabels: dict[str, str]


class _Endpoint(_Strict):
    port: _Text
    path: Annotated[str, Field(pattern="^/")]
    interval: _Duration
    scrapeTimeout: _Duration


class _Monitor(_Strict):
    selector: _Selector
    endpoints: Annotated[list[_Endpoint], Field(min_length=1)]


class ServiceMonitor(_Strict):
    """https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor"""

    apiVersion: Literal["monitoring.coreos.com/v1"]
    kind: Literal["ServiceMonitor"]
    metadata: _Metadata
    spec: _Monitor


class _Alert(_Strict):
    alert: _Text
    expr: _Text
    for_: Annotated[_Duration, Field(alias="for")]
    labels: dict[str, str]
    annotations: dict[str, _Text]


class _Group(_Strict):
    name: _Text
    rules: Annotated[list[_Alert], Field(min_length=1)]


class _Rules(_Strict):
    groups: Annotated[list[_Group], Field(min_length=1)]


class PrometheusRule(_Strict):
    """https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule"""

    apiVersion: Literal["monitoring.coreos.com/v1"]
    kind: Literal["PrometheusRule"]
    metadata: _Metadata
    spec: _Rules


class _Extension(_Strict):
    """What KServe adds to a pod's specification."""

    minReplicas: Annotated[int, Field(ge=0)]
    maxReplicas: Annotated[int, Field(ge=1)]
    scaleMetric: Literal["cpu", "memory", "concurrency", "rps"]
    scaleTarget: Annotated[int, Field(ge=1)]


class _Predictor(_Strict):
    predictor: dict[str, Any]


class InferenceService(_Strict):
    """https://kserve.github.io/website/docs/reference/crd-api#inferenceservice"""

    apiVersion: Literal["serving.kserve.io/v1beta1"]
    kind: Literal["InferenceService"]
    metadata: _Metadata
    spec: _Predictor

    def pod(self) -> Object:
        """A pod of its predictor, after a look at what is KServe's own."""
        fields = set(_Extension.model_fields)
        _Extension.model_validate({name: value for name, value in self.spec.predictor.items() if name in fields})
        spec = {name: value for name, value in self.spec.predictor.items() if name not in fields}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": self.metadata.name}, "spec": spec}


class _Port(_Strict):
    number: Annotated[int, Field(ge=1, le=65535)]


class _Destination(_Strict):
    host: _Text
    port: _Port


class _Weighted(_Strict):
    destination: _Destination


class _Http(_Strict):
    route: Annotated[list[_Weighted], Field(min_length=1)]
    timeout: _Duration


class _Routes(_Strict):
    gateways: Annotated[list[_Text], Field(min_length=1)]
    hosts: Annotated[list[_Text], Field(min_length=1)]
    http: Annotated[list[_Http], Field(min_length=1)]


class VirtualService(_Strict):
    """https://istio.io/latest/docs/reference/config/networking/virtual-service/"""

    apiVersion: Literal["networking.istio.io/v1"]
    kind: Literal["VirtualService"]
    metadata: _Metadata
    spec: _Routes


class _Owner(_Strict):
    kind: Literal["User"]
    name: _Text


class _Owned(_Strict):
    owner: _Owner


class Profile(_Strict):
    """https://www.kubeflow.org/docs/components/central-dash/profiles/"""

    apiVersion: Literal["kubeflow.org/v1"]
    kind: Literal["Profile"]
    metadata: _Metadata
    spec: _Owned


class _Injected(_Strict):
    desc: _Text
    selector: _Selector
    volumes: list[dict[str, Any]]
    volumeMounts: list[dict[str, Any]]


class PodDefault(_Strict):
    """https://github.com/kubeflow/kubeflow/blob/master/components/admission-webhook/README.md"""

    apiVersion: Literal["kubeflow.org/v1alpha1"]
    kind: Literal["PodDefault"]
    metadata: _Metadata
    spec: _Injected

    def pod(self) -> Object:
        """A pod that it was put into."""
        container = {"name": "some", "image": "some", "volumeMounts": self.spec.volumeMounts}
        spec = {"containers": [container], "volumes": self.spec.volumes}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": self.metadata.name}, "spec": spec}


MODELS: dict[str, type[_Strict]] = {
    model.__name__: model
    for model in (ServiceMonitor, PrometheusRule, InferenceService, VirtualService, Profile, PodDefault)
}
"""By kind."""
