"""YAML files that a person edits, read strictly."""

import json
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from components.common.errors import SettingsError

M = TypeVar("M", bound=BaseModel)


def read_settings_file(file: Path, kind: type[M]) -> M:
    """Read a file as a model.

    Raises:
        SettingsError: it cannot be read, is no YAML, or holds something else: with the file and each field.
    """
    try:
        # By way of JSON, in which a list may stand for a tuple and nothing else for another type.
        return kind.model_validate_json(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8")), default=str))
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is no YAML: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{_field(one['loc'])}: {one['msg']}" for one in error.errors())
        raise SettingsError(f"{file}: {problems}") from error


def _field(place: tuple[int | str, ...]) -> str:
    return ".".join(map(str, place)) or "the whole file"
