"""What machines cost: a file that a person keeps up to date."""

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from components.common.errors import SettingsError
from components.local.images import REPOSITORY
from components.plan.settings_file import read_settings_file

PRICES = REPOSITORY / "manifests" / "prices.yaml"
"""The file that comes with the project."""

Amount = Annotated[float, Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Price(_Frozen):
    """Of one thing for one hour."""

    on_demand: Amount
    spot: Amount

    def of(self, spot: bool) -> float:
        """On spot machines, or on others."""
        return self.spot if spot else self.on_demand


class Machines(_Frozen):
    """What a machine is made of."""

    cpu: Price
    """A virtual CPU."""
    memory: Price
    """A GiB."""


class Prices(_Frozen):
    """The price list."""

    as_of: date
    region: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    gpus: dict[str, Price]
    """By the pools' name of the GPU; without the machine that it is in."""
    gpu_machines: dict[str, Machines]
    """CPUs and memory of the machines with such a GPU."""
    machines: Machines
    """Without GPUs."""

    def of_gpu(self, gpu: str) -> tuple[Price, Machines]:
        """A GPU, and what its machine is made of.

        Raises:
            SettingsError: the list does not know the GPU.
        """
        if gpu not in self.gpus or gpu not in self.gpu_machines:
            raise SettingsError(
                f"the price list has no {gpu} under both gpus and gpu_machines, only {', '.join(sorted(self.gpus))}: "
                "add it"
            )
        return self.gpus[gpu], self.gpu_machines[gpu]


def read_prices(file: Path) -> Prices:
    """Read a price list.

    Raises:
        SettingsError: with the file and the field.
    """
    return read_settings_file(file, Prices)
