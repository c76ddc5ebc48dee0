"""The values of a cluster's pipeline parameters: the same checks as for a local run, and places that pods can reach."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from components.common.errors import SettingsError
from components.ingest.fetch import entries
from components.local.parameters import check_value, parse_settings, signature

_TYPES: Mapping[str, tuple[type, ...]] = {
    "NUMBER_INTEGER": (int,),
    "NUMBER_DOUBLE": (int, float),
    "STRING": (str,),
    "BOOLEAN": (bool,),
    "STRUCT": (dict,),
    "LIST": (list,),
}
_TYPE_NAMES = {
    "NUMBER_INTEGER": "a whole number",
    "NUMBER_DOUBLE": "a number",
    "STRING": "a text, in quotes where it looks like a number",
    "BOOLEAN": "true or false",
    "STRUCT": "a mapping",
    "LIST": "a list",
}
_WORDS = ("", "imagenet")

VOLUME = "/workspace"
"""Where the pods of a cluster without a bucket find their shared volume, see `manifests/components/workspace`."""


def submitted_values(pipeline: Any, data: str | None, settings: list[str]) -> dict[str, Any]:
    """The parameters of a run, from the command line.

    Args:
        pipeline: as `build_notified` gives it: its signature says which parameters there are.
        data: URIs of sources, separated by commas, or None.
        settings: "name=value".

    Raises:
        SettingsError: no data, an unknown name, a wrong value, or a place that no pod reaches.
    """
    values = parse_settings(pipeline, settings)
    if data:
        values["data"] = data
    if not values.get("data"):
        raise SettingsError(
            "--data is missing: give the sources' addresses, such as gs://bucket/isic, separated by commas"
        )
    for name, value in values.items():
        _check_place(name, value)
    return values


def checked_values(pipeline: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a schedule, from its file: names and types as the pipeline has them.

    Raises:
        SettingsError: beginning with the parameter's name.
    """
    known = signature(pipeline)
    for name, value in values.items():
        if name not in known:
            raise SettingsError(f"{name}: no such parameter, but {', '.join(sorted(known))}")
        kind = known[name]
        if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "BOOLEAN"):
            raise SettingsError(f"{name}: must be {_TYPE_NAMES[kind]}, not {value!r}")
        try:
            check_value(name, value)
            _check_place(name, value)
        except SettingsError as error:
            raise SettingsError(f"{name}: {error}") from error
    if not values.get("data"):
        raise SettingsError("data: is missing: the sources' addresses, separated by commas")
    return dict(values)


def _check_place(name: str, value: Any) -> None:
    places = {"data": entries, "workspace": _one, "weights": _one, "registry": _one}
    for place in places[name](value) if name in places else []:
        if not ("://" in place or place in _WORDS or PurePosixPath(place).is_relative_to(VOLUME)):
            raise SettingsError(
                f"{name} is {place!r}, which is a place on one machine: give an address that the cluster's pods reach, "
                f"such as gs://bucket/folder, or a folder of their shared volume, {VOLUME}/folder"
            )


def _one(place: str) -> list[str]:
    return [place]
