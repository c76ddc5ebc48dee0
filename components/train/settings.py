"""What the train stage is told, checked before long work starts."""

from dataclasses import dataclass

from components.common.errors import SettingsError
from components.common.member import PRECISIONS
from components.train.backbones import BACKBONES

_LEAST = {
    "size": 32,
    "batch_size": 1,
    "epochs": 1,
    "trials": 0,
    "trial_epochs": 1,
    "branches": 1,
    "gpus": 0,
    "parallel_trials": 0,
}


@dataclass(frozen=True)
class TrainSettings:
    """The settings of one member's training.

    Raises:
        SettingsError: a value is out of range, with the argument's name.
    """

    member: str
    backbone: str
    crop: int
    size: int
    batch_size: int
    learning_rate: float
    epochs: int
    trials: int
    trial_epochs: int
    weights: str
    seed: int
    deterministic: bool
    precision: str = "auto"
    """One of `member.PRECISIONS`."""
    xla: bool = False
    test_time_flips: bool = False
    """Serve the average over a picture's mirror images, see `network.build_network`."""
    branches: int = 1
    """Parts of a batch that are computed side by side, each with its own batch normalization."""
    gpus: int = 0
    """How many GPUs there must be; 0 takes what there is."""
    parallel_trials: int = 0
    """Trials at once; 0 runs one on each GPU."""
    workspace: str = ""
    """Folder or gs://bucket/prefix that outlives the process; empty keeps the state until the process ends."""

    def __post_init__(self) -> None:
        if self.backbone not in BACKBONES:
            raise SettingsError(f"--backbone {self.backbone!r}: it must be one of {', '.join(BACKBONES)}")
        if self.precision not in PRECISIONS:
            raise SettingsError(f"--precision {self.precision!r}: it must be one of {', '.join(PRECISIONS)}")
        if self.size > self.crop:
            raise SettingsError(f"--size {self.size} is larger than --crop {self.crop}: pictures are only shrunk")
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                option = name.replace("_", "-")
                raise SettingsError(f"--{option} {getattr(self, name)}: it must be at least {least}")
        if not 0 <= self.seed < 2**32:
            raise SettingsError(f"--seed {self.seed}: it must be from 0 to {2**32 - 1}")
        if not 0 < self.learning_rate <= 1:
            raise SettingsError(f"--learning-rate {self.learning_rate}: it must be above 0, at most 1")
