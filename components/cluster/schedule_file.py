"""A schedule, as a file that people review: `manifests/schedules/*.yaml`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from components.cluster.cron import check_cron
from components.plan.presets import PRESETS
from components.plan.settings_file import read_settings_file


def _check_preset(name: str) -> str:
    if name not in PRESETS:
        raise ValueError(f"{name!r} is not one of {', '.join(PRESETS)}")
    return name


class Schedule(BaseModel):
    """A recurring run. What it says of the pipeline's parameters is checked against the pipeline (`parameters.py`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    """Of the recurring run: what this file is about. A file with another name is about another schedule."""
    description: str = ""
    state: Literal["present", "absent"] = "present"
    """absent: no such recurring run is to be."""
    enabled: bool = True
    """Whether it starts runs."""
    preset: Annotated[str, AfterValidator(_check_preset)]
    cron: Annotated[str, AfterValidator(check_cron)]
    """Six fields, seconds first, in the server's time zone, which is UTC unless it is told otherwise."""
    parameters: dict[str, bool | int | float | str]
    pool: tuple[str, ...] = ()
    """Where trainings run, as `--pool` has it: [MEMBER=]POOL[:GPUS]."""
    service_account: str = "pipeline-runner"
    experiment: str = "scheduled"
    pipeline_root: str = ""
    """Where the artifacts go, such as gs://bucket/runs; empty: where the server puts them."""
    max_concurrency: Annotated[int, Field(ge=1, le=10)] = 1
    """Runs of this schedule at once."""
    catch_up: bool = False
    """Whether the runs that were missed, while it was disabled or the server down, are all made good."""


def read_schedule(file: Path) -> Schedule:
    """Read a schedule.

    Raises:
        SettingsError: no such file, no YAML, or fields that are missing, unknown or wrong: all of them are named.
    """
    return read_settings_file(file, Schedule)
