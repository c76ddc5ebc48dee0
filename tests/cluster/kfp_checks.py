"""What Kubeflow Pipelines refuses: packages that are none, and parameters that the pipeline does not take."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import kfp_server_api
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineDeploymentConfig, PipelineSpec, PlatformSpec

_KINDS: Mapping[str, tuple[type, ...]] = {
    "NUMBER_INTEGER": (int, float),  # JSON has one kind of number
    "NUMBER_DOUBLE": (int, float),
    "STRING": (str,),
    "BOOLEAN": (bool,),
}


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@cache
def check_package(text: bytes) -> dict[str, Any]:
    """Read a package by KFP's own protobuf definitions; returns it as the API gives it back."""
    try:
        spec, *platform = yaml.load_all(text, Loader=yaml.CSafeLoader)
        json_format.ParseDict(spec, PipelineSpec())
        json_format.ParseDict(spec["deploymentSpec"], PipelineDeploymentConfig())
        for document in platform:
            json_format.ParseDict(document, PlatformSpec())
    except (yaml.YAMLError, json_format.ParseError, ValueError, KeyError, TypeError) as error:
        raise Refused(400, f"invalid pipeline spec: {error}") from error
    return {"pipeline_spec": spec, "platform_spec": platform[0]} if platform else dict(spec)


def check_parameters(package: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Compare the parameters of a run with what the pipeline takes."""
    spec = package.get("pipeline_spec", package)
    known = spec["root"]["inputDefinitions"]["parameters"]
    if unknown := sorted(set(given) - set(known)):
        raise Refused(400, f"pipeline has no parameters {unknown}")
    required = {name for name, one in known.items() if not one.get("isOptional") and "defaultValue" not in one}
    if missing := sorted(required - set(given)):
        raise Refused(400, f"pipeline requires the parameters {missing}")
    for name, value in given.items():
        kind = known[name]["parameterType"]
        if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "BOOLEAN"):
            raise Refused(400, f"parameter {name} must be {kind}, not {value!r}")
        if kind == "NUMBER_INTEGER" and value != int(value):
            raise Refused(400, f"parameter {name} must be {kind}, not {value!r}")


def check_fields(body: Mapping[str, Any], model: type) -> None:
    """See that the body has no field that the API does not know."""
    if unknown := sorted(set(body) - set(model.attribute_map.values())):
        raise Refused(400, f"unknown fields {unknown} of {model.__name__}")


def check_recurring(body: Mapping[str, Any]) -> None:
    check_fields(body, kfp_server_api.V2beta1RecurringRun)
    cron = body.get("trigger", {}).get("cron_schedule", {}).get("cron", "")
    if len(cron.split()) != 6:
        raise Refused(400, f"cron {cron!r} must have six fields")
    if not 1 <= int(body.get("max_concurrency", 0)) <= 10:
        raise Refused(400, "max_concurrency must be from 1 to 10")
    if body.get("mode") not in ("ENABLE", "DISABLE"):
        raise Refused(400, "mode must be ENABLE or DISABLE")
