"""Data sets, described by small mapping files: where the tables and images lie, and what their words mean.

`datasets/*.toml` holds those that are known. A further one needs no code: put its description beside its tables as
`dataset.toml` (README.md shows one).
"""

import re
import tomllib
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from components.common.demographics import SITES
from components.common.errors import DataError
from components.common.taxonomy import CLASSES

OWN_DESCRIPTION = "dataset.toml"
"""Where a folder of data describes itself."""

_KNOWN = Path(__file__).with_name("datasets")

Further = Literal["patient_id", "lesion_id", "sex", "age", "site", "fitzpatrick"]
Attribute = Literal["diagnosis", Further]
"""What a column may tell of an image."""


def _inside(path: str) -> str:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or "\\" in path:
        raise ValueError(f"{path!r} points outside of the data set's folder")
    return path


RelativePath = Annotated[str, AfterValidator(_inside)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Table(_Frozen):
    """One CSV file: a row an image."""

    files: Annotated[list[RelativePath], Field(min_length=1)]
    """The names it may have below the data set's folder; the first that is there is read."""
    image: str
    """The column that names the image; tables are joined by it."""
    columns: dict[Attribute, str | Annotated[list[str], Field(min_length=1)]] = {}
    """The column of each attribute. A diagnosis may have several: the last one whose word is known counts."""
    optional: dict[Further, str] = {}
    """Columns that need not be there."""
    one_hot: list[str] = []
    """Columns of ones and zeros, each named after the class it stands for."""

    @field_validator("one_hot")
    @classmethod
    def _classes(cls, names: list[str]) -> list[str]:
        if unknown := set(names) - set(CLASSES):
            raise ValueError(f"{', '.join(sorted(unknown))}: not of the classes {', '.join(CLASSES)}")
        return names

    @field_validator("columns")
    @classmethod
    def _one_column_each(cls, columns: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
        if several := [name for name, of_it in columns.items() if name != "diagnosis" and isinstance(of_it, list)]:
            raise ValueError(f"{', '.join(several)}: give one column; only a diagnosis may have several")
        return columns

    @property
    def required(self) -> list[str]:
        """The columns that must be there."""
        named = [[names] if isinstance(names, str) else names for names in self.columns.values()]
        return list(dict.fromkeys([self.image, *self.one_hot, *(name for names in named for name in names)]))


class Duplicates(_Frozen):
    """A CSV file of pairs of images that the data set names as duplicates."""

    files: Annotated[list[RelativePath], Field(min_length=1)]
    columns: Annotated[list[str], Field(min_length=2, max_length=2)]


class DataSet(_Frozen):
    """A data set."""

    name: Name
    """Goes into the manifest's column `source`."""
    title: str
    licence: str
    citation: str
    folders: Annotated[list[RelativePath], Field(min_length=1)] = [""]
    """Where it may lie below the data's root; the first that holds its tables counts."""
    images: RelativePath
    """Path of an image below that folder; {image} stands for its name in the tables."""
    archives: list[RelativePath] = []
    """The files that its publisher offers for download, below the publisher's address."""
    id_prefix: str = ""
    """Put before the names of images, patients and lesions, where others may use the same ones."""
    tables: Annotated[list[Table], Field(min_length=1)]
    """The first has all the images."""
    duplicates: Duplicates | None = None
    values: dict[Literal["diagnosis", "sex", "site", "fitzpatrick"], dict[str, str]] = {}
    """For an attribute, what the data set's words mean; diagnoses as they stand, the others in any case."""

    @field_validator("images")
    @classmethod
    def _names_the_image(cls, template: str) -> str:
        if template.count("{image}") != 1 or re.search(r"[{}]", template.replace("{image}", "")):
            raise ValueError("{image} must stand in it once, and no other braces")
        return template

    @field_validator("values")
    @classmethod
    def _in_lower_case(cls, values: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        return {
            attribute: meanings if attribute == "diagnosis" else {word.lower(): meanings[word] for word in meanings}
            for attribute, meanings in values.items()
        }

    @model_validator(mode="after")
    def _complete(self) -> "DataSet":
        attributes = [name for table in self.tables for name in (*table.columns, *table.optional)]
        if twice := {name for name in attributes if attributes.count(name) > 1}:
            raise ValueError(f"more than one column is given for {', '.join(sorted(twice))}")
        labelled = [bool(table.one_hot) + ("diagnosis" in table.columns) for table in self.tables]
        if sum(labelled) != 1:
            raise ValueError("tables: give either a column for the diagnosis, or one_hot columns, in one table")
        if unknown := set(self.values.get("diagnosis", {}).values()) - set(CLASSES):
            raise ValueError(f"values.diagnosis: {', '.join(sorted(unknown))}: not of the classes {', '.join(CLASSES)}")
        if unknown := set(self.values.get("site", {}).values()) - set(SITES):
            raise ValueError(f"values.site: {', '.join(sorted(unknown))}: not of the sites {', '.join(SITES)}")
        return self

    @cached_property
    def diagnoses(self) -> dict[str, str]:
        """What each diagnosis means; a data set without such a list writes the classes' own names."""
        return self.values.get("diagnosis", {name: name for name in CLASSES})

    def ids(self, names: pd.Series) -> pd.Series:
        """The ids of images, patients or lesions that the tables call `names`: text or NaN."""
        return self.id_prefix + names.astype("str")


def known_data_sets() -> list[DataSet]:
    """Those of `datasets/`, sorted by name."""
    return [parse(path.read_text(encoding="utf-8"), path.name) for path in sorted(_KNOWN.glob("*.toml"))]


def archives() -> list[str]:
    """The files that the known data sets' publishers offer for download, below their addresses."""
    return [name for data_set in known_data_sets() for name in data_set.archives]


def parse(text: str, where: str) -> DataSet:
    """Read a description.

    Args:
        text: TOML.
        where: the file, for messages.

    Raises:
        DataError: it is not TOML, or an entry is missing, unknown or wrong.
    """
    try:
        entries: dict[str, Any] = tomllib.loads(text)
        return DataSet.model_validate(entries)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{where} is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        entry = ".".join(str(part) for part in first["loc"])
        raise DataError(
            f"{where}: {entry or 'the description'}: {first['msg']}; see components/ingest/README.md"
        ) from error
