"""The values of a local run's pipeline parameters: given, overridden by name, or worked out."""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict

from components.common.bucket import GCS_SCHEME
from components.common.ensemble import METHODS
from components.common.errors import SettingsError
from components.common.executor import boolean
from components.common.member import PRECISIONS
from components.common.registry_address import parse_address
from components.ingest.fetch import entries
from components.local.data_version import data_version
from components.local.demo_data import generate
from components.plan.presets import Preset
from components.register.settings import FIGURES, check_name


def _json(kind: type) -> Callable[[str], Any]:
    """Reads a value of JSON of one type."""

    def read(text: str) -> Any:
        value = json.loads(text)
        if not isinstance(value, kind):
            raise ValueError(f"no {kind.__name__}")
        return value

    return read


_MAPPING, _LIST = _json(dict), _json(list)

_TYPES: Mapping[str, Any] = {
    "NUMBER_INTEGER": int,
    "NUMBER_DOUBLE": float,
    "STRING": str,
    "BOOLEAN": boolean,
    "STRUCT": _MAPPING,
    "LIST": _LIST,
}
_TYPE_NAMES = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    boolean: "true or false",
    _MAPPING: "a JSON object",
    _LIST: "a JSON list",
}

# Lowest and highest value of each number.
_RANGES: Mapping[str, tuple[float, float]] = {
    "epochs": (1, 10_000),
    "trials": (0, 10_000),
    "batch_size": (0, 65_536),
    "seed": (0, 2**32 - 1),
    "minimum_test_macro_auc": (0, 1),
    "maximum_auc_loss": (0, 1),
    "maximum_decision_loss": (0, 1),
    "maximum_quarantine_share": (0, 1),
    "minimum_melanoma_sensitivity": (0, 1),
    "maximum_subgroup_gap": (0, 1),
    "maximum_ece": (0, 1),
    "float16_maximum_difference": (1e-9, 1),
    "int8_maximum_difference": (1e-9, 1),
    "minimum_unchanged": (0, 1),
    "maximum_conversion_auc_loss": (0, 1),
    "robustness_images": (0, 1_000_000),
    "maximum_corruption_error": (0, 1),
}

KERAS_WEIGHTS = "imagenet"

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "method": METHODS,
    "precision": PRECISIONS,
    "decisive_figure": FIGURES,
}

# Checks of texts, each raising SettingsError.
_CHECKS: Mapping[str, Callable[[str], object]] = {"model_name": check_name, "registry": parse_address}


def parameter_values(
    pipeline: Any, preset: Preset, *, data: str | None, settings: list[str], root: Path
) -> dict[str, Any]:
    """Work out the parameters of a local run.

    Args:
        pipeline: the compiled pipeline: its signature says which parameters there are.
        preset: only `demo` makes its own data.
        data: URIs of sources, separated by commas, or None.
        settings: overrides, "name=value".
        root: where the registry, the workspace and the demo's data lie unless told otherwise.

    Raises:
        SettingsError: no data, or an unknown name, or a value of the wrong type or out of range.
        StorageError: the data cannot be read.
    """
    values = parse_settings(pipeline, settings)
    values["data"] = _data(values.get("data", data), preset, root)
    values.setdefault("data_version", data_version(values["data"]))
    values.setdefault("registry", str(root / "registry"))
    # The generated data and real data have nothing to do with each other: one's history is not the other's.
    values.setdefault("workspace", str(root / "workspace" / preset.name))
    values["registry"] = _absolute_registry(values["registry"])
    values["workspace"] = _absolute(values["workspace"])
    if values.get("weights") not in (None, KERAS_WEIGHTS):
        values["weights"] = _absolute(values["weights"])
    return values


def _absolute(place: str) -> str:
    """A place as stages find it that run elsewhere: what is relative here is not there. Empty, where it is."""
    return place if "://" in place or not place else str(Path(place).expanduser().resolve())


def _absolute_registry(registry: str) -> str:
    return parse_address(registry).uri if "://" in registry else _absolute(registry)


def parse_settings(pipeline: Any, settings: list[str]) -> dict[str, Any]:
    """Check "name=value" texts against the pipeline's signature.

    Raises:
        SettingsError: with the valid names, or the type or range expected.
    """
    known = {name: _TYPES[kind] for name, kind in signature(pipeline).items()}
    values = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name not in known:
            raise SettingsError(f"--set {setting}: write name=value, where name is one of {', '.join(sorted(known))}")
        values[name] = _value(name, text, known[name])
    return values


def signature(pipeline: Any) -> dict[str, str]:
    """KFP's names of the parameters' types, such as NUMBER_INTEGER, by parameter."""
    inputs = MessageToDict(pipeline.pipeline_spec.root.input_definitions)["parameters"]
    return {name: spec["parameterType"] for name, spec in inputs.items()}


def _value(name: str, text: str, kind: Callable[[str], Any]) -> Any:
    try:
        value = kind(text)
    except (ValueError, argparse.ArgumentTypeError) as error:
        raise SettingsError(f"--set {name}={text}: {name} must be {_TYPE_NAMES[kind]}") from error
    try:
        check_value(name, value)
    except SettingsError as error:
        raise SettingsError(f"--set {name}={text}: {error}") from error
    if name == "weights" and not _may_exist(text):
        raise SettingsError(f"--set {name}={text}: no such file or folder; or give imagenet, gs://..., or nothing")
    return value


def check_value(name: str, value: Any) -> None:
    """Check the value of a parameter, of the right type already, against its range and its choices.

    Raises:
        SettingsError: with what is right.
    """
    if name in _RANGES:
        least, most = _RANGES[name]
        if not least <= value <= most:  # true of NaN as well
            raise SettingsError(f"{name} must be from {least} to {most}, not {value}")
    if name in _CHECKS:
        _CHECKS[name](value)
    if name in _CHOICES and value not in _CHOICES[name]:
        raise SettingsError(f"{name} must be {' or '.join(_CHOICES[name])}, not {value}")


def _may_exist(weights: str) -> bool:
    return weights in ("", KERAS_WEIGHTS) or weights.startswith(GCS_SCHEME) or Path(weights).exists()


def _data(data: str | None, preset: Preset, root: Path) -> str:
    if data is None and preset.name == "demo":
        generate(root / "demo-data")
        return str(root / "demo-data")
    if not data:
        raise SettingsError(
            f"--data is missing: preset {preset.name} needs a folder or gs:// URI laid out as ISIC's, or another "
            "source that components/ingest/README.md names"
        )
    return ",".join(_absolute(entry) for entry in entries(data))
