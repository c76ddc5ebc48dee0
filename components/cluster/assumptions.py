"""What an estimate of a run's cost assumes: each has a name, is shown with the sum, and can be set."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components.common.errors import SettingsError


@dataclass(frozen=True)
class Assumptions:
    """Nothing here was measured on a GPU."""

    images: float = field(default=58_000, metadata={"why": "both challenge years without duplicates"})
    train_share: float = field(default=0.7, metadata={"why": "of the images that are trained on"})
    trial_share: float = field(default=0.6, metadata={"why": "of the trials' epochs that the median rule leaves"})
    moved_per_kept: float = field(
        default=8, metadata={"why": "bytes that a step moves for each byte that it keeps for its gradient"}
    )
    least_step_seconds: float = field(default=0.05, metadata={"why": "a step's kernels have to be started"})
    prediction_share: float = field(default=0.35, metadata={"why": "time to predict an image, of that to train on it"})
    parallel_efficiency: float = field(default=0.85, metadata={"why": "of each GPU where several share a batch"})
    start_hours: float = field(default=0.25, metadata={"why": "node, image, tracing, for each task on a GPU"})
    spot_repeated: float = field(default=0.1, metadata={"why": "more hours on spot machines, that are taken away"})
    ingest_hours: float = field(default=2, metadata={"why": "reading and comparing all images"})
    preprocess_hours: float = field(default=1, metadata={"why": "decoding and resizing all images"})
    evaluate_hours: float = field(default=0.2, metadata={"why": "seconds of work, and the start"})
    convert_hours: float = field(default=1, metadata={"why": "parity of the variants on processors"})
    robustness_hours: float = field(
        default=14, metadata={"why": "120,000 answers of the ensemble, scaled from small networks by their arithmetic"}
    )
    register_hours: float = field(default=0.1, metadata={"why": "an upload"})

    def __post_init__(self) -> None:
        for one in dataclasses.fields(self):
            if not 0 <= getattr(self, one.name) < float("inf"):
                raise SettingsError(f"--assume {one.name}: it must be a number from 0, not {getattr(self, one.name)}")

    def stage_hours(self, stage: str) -> float:
        """Of a stage that does not train."""
        return float(getattr(self, f"{stage}_hours"))

    def lines(self) -> list[tuple[str, float, str]]:
        """Name, value and reason of each."""
        return [(one.name, getattr(self, one.name), one.metadata["why"]) for one in dataclasses.fields(self)]


def parse_assumptions(texts: Sequence[str], members: Sequence[str]) -> tuple[Assumptions, Mapping[str, float]]:
    """Read "name=value" texts.

    Args:
        texts: of the command line.
        members: names, of which `MEMBER.images_per_second` may be set.

    Returns:
        The assumptions, and the throughput of the members that have one, in images a second on one GPU.

    Raises:
        SettingsError: an unknown name, or no number.
    """
    throughputs = {f"{member}.images_per_second": member for member in members}
    names = [one.name for one in dataclasses.fields(Assumptions)]
    values: dict[str, float] = {}
    rates: dict[str, float] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in names and name not in throughputs:
            raise SettingsError(f"--assume {text}: write name=value, where name is one of {', '.join(names)}, "
                                f"{', '.join(throughputs)}")  # fmt: skip
        try:
            number = float(value)
        except ValueError as error:
            raise SettingsError(f"--assume {text}: {value!r} is no number") from error
        if name in throughputs:
            if not 0 < number < float("inf"):
                raise SettingsError(f"--assume {text}: it must be above 0")
            rates[throughputs[name]] = number
        else:
            values[name] = number
    return Assumptions(**values), rates
