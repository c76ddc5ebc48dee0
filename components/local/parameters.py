"""The values of a local run's pipeline parameters: given, overridden by name, or worked out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.common.errors import SettingsError
from components.common.storage import GCS_SCHEME
from components.local.data_version import data_version
from components.local.demo_data import generate
from components.presets import Preset

_TYPES: Mapping[str, Any] = {"NUMBER_INTEGER": int, "NUMBER_DOUBLE": float, "STRING": str}
_TYPE_NAMES = {int: "a whole number", float: "a number", str: "a text"}

_LEAST = {"epochs": 1, "trials": 0, "batch_size": 0, "seed": 0, "minimum_test_macro_auc": 0}


def parameter_values(
    pipeline: Any, preset: Preset, *, data: str | None, settings: list[str], root: Path
) -> dict[str, Any]:
    """Work out the parameters of a local run.

    Args:
        pipeline: the compiled pipeline: its signature says which parameters there are.
        preset: only `demo` makes its own data.
        data: folder or gs:// URI, or None.
        settings: overrides, "name=value".
        root: where the registry and the demo's data lie unless told otherwise.

    Raises:
        SettingsError: no data, or an unknown name, or a value of the wrong type or out of range.
        StorageError: the data cannot be read.
    """
    values = parse_settings(pipeline, settings)
    values["data"] = _data(values.get("data", data), preset, root)
    values.setdefault("data_version", data_version(values["data"]))
    values.setdefault("registry", str(root / "registry"))
    return values


def parse_settings(pipeline: Any, settings: list[str]) -> dict[str, Any]:
    """Check "name=value" texts against the pipeline's signature.

    Raises:
        SettingsError: with the valid names, or the type or range expected.
    """
    known = {name: _TYPES[spec["parameterType"]] for name, spec in _inputs(pipeline).items()}
    values = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name not in known:
            raise SettingsError(f"--set {setting}: write name=value, where name is one of {', '.join(sorted(known))}")
        values[name] = _value(name, text, known[name])
    return values


def _inputs(pipeline: Any) -> dict[str, Any]:
    from google.protobuf.json_format import MessageToDict

    return dict(MessageToDict(pipeline.pipeline_spec.root.input_definitions)["parameters"])


def _value(name: str, text: str, kind: type) -> Any:
    try:
        value = kind(text)
    except ValueError as error:
        raise SettingsError(f"--set {name}={text}: {name} must be {_TYPE_NAMES[kind]}") from error
    if name in _LEAST and value < _LEAST[name]:
        raise SettingsError(f"--set {name}={text}: {name} must be at least {_LEAST[name]}")
    if name == "method" and value not in ("rank", "probability"):
        raise SettingsError(f"--set {name}={text}: {name} must be rank or probability")
    return value


def _data(data: str | None, preset: Preset, root: Path) -> str:
    if data is None and preset.name == "demo":
        generate(root / "demo-data")
        return str(root / "demo-data")
    if not data:
        raise SettingsError(f"--data is missing: preset {preset.name} needs a folder or gs:// URI laid out as ISIC's")
    return data if data.startswith(GCS_SCHEME) else str(Path(data).resolve())
