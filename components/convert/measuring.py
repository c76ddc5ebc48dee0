"""How large the model is, and how long it takes: of each variant, and of what it is held against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from components.convert.inputs import Inputs
from components.convert.latency import median_milliseconds
from components.convert.reference import Reference
from components.convert.runtime import OnnxEnsemble
from components.convert.samples import Batch, read_batches

LATENCY_BATCHES = (1, 16)
"""Images at once."""

_SLOWER = 4
"""A batch is timed so many times less often than one image."""

Times = dict[str, float]
Contenders = Mapping[str, Callable[[], object]]


@dataclass(frozen=True)
class Sizes:
    """Bytes of what the files are held against, by member."""

    weights: dict[str, int]
    """All weights of the Keras network."""
    checkpoints: dict[str, int]
    """The same with Adam's two moments of each trained weight: what a training must keep to go on."""


def sizes(inputs: Inputs, reference: Reference) -> Sizes:
    """Work out the baselines of size."""
    names = [member.name for member in inputs.members]
    return Sizes(
        dict(zip(names, reference.weights_bytes, strict=True)),
        dict(zip(names, reference.checkpoint_bytes, strict=True)),
    )


def latency_batches(inputs: Inputs) -> list[Batch]:
    """Test images to time with, one batch for each of `LATENCY_BATCHES`; few images come again and again."""
    some = next(read_batches(inputs.records, inputs.crops, max(LATENCY_BATCHES), batch_size=max(LATENCY_BATCHES)))
    return [some.repeated(images) for images in LATENCY_BATCHES]


def latencies(
    batches: Sequence[Batch], served: Mapping[str, OnnxEnsemble], peers: Sequence[Contenders], rounds: int
) -> dict[int, Times]:
    """Median milliseconds for each batch size, by contender, all in turn.

    Args:
        batches: see `latency_batches`.
        served: the variants.
        peers: for each batch, TensorFlow's ways to take it.
        rounds: times that each contender is timed with one image.
    """
    found = {}
    for images, batch, others in zip(LATENCY_BATCHES, batches, peers, strict=True):
        ours = {name: (lambda model=model, batch=batch: model.run(batch)) for name, model in served.items()}
        times = rounds if images == 1 else max(1, rounds // _SLOWER)
        found[images] = median_milliseconds({**ours, **others}, times)
    return found
