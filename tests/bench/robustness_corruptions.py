"""Time in corruptions against time in the model, on real pictures."""

import os
import tempfile
from pathlib import Path

from components.plan.presets import MemberPreset
from tests.bench._conversion import settings, stage_inputs, write_networks, write_records
from tests.bench.harness import Result, SkippedError, in_own_process

NAME = "robustness.corruptions"
CROP = 96
SIZES = (96, 80, 64)
"""Of the members, as in preset sample."""
IMAGES = 16
MEMBERS = tuple(
    MemberPreset(name=f"b0-{size}", backbone="EfficientNetB0", crop=CROP, size=size, batch_size=1, learning_rate=1e-3)
    for size in SIZES
)


def run(isic: Path) -> Result:
    """Milliseconds a picture, on all cores; the note has the slowest corruptions."""
    paths = sorted((isic / "2019").rglob("*.jpg"))[:IMAGES]
    if len(paths) < IMAGES:
        raise SkippedError(f"fewer than {IMAGES} pictures in {isic}")
    with tempfile.TemporaryDirectory() as folder:
        # Converting asks for images to calibrate on; here none is.
        write_records(Path(folder, "records"), [CROP], {"train": paths[:1], "test": paths})
        in_own_process(make_model, Path(folder))
        return in_own_process(measure_all, Path(folder))


def make_model(folder: Path) -> None:
    """Convert an ensemble of untrained networks: what they answer costs what any answer costs."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from components.convert.conversion import write_model
    from tests.networks import as_if_trained, with_distance

    write_networks(folder, MEMBERS, lambda member: with_distance(as_if_trained(member.size)))
    (folder / "onnx").mkdir()
    write_model(stage_inputs(folder, MEMBERS), settings(), folder / "onnx")


def measure_all(folder: Path) -> Result:
    """The measurement of the stage itself, on all pictures."""
    from components.robustness.batches import read_labels
    from components.robustness.inputs import Inputs
    from components.robustness.measuring import measure
    from components.robustness.model import Model

    names = read_labels(folder / "records", CROP)
    inputs = Inputs(Model(folder / "onnx"), folder / "records", len(names), {name: name for name in names})
    measured = measure(inputs, seed=0)
    pictures = IMAGES * (len(measured.tally.confusion) - 1)
    times = {name: 1e3 * seconds / pictures for name, seconds in measured.stopwatch.corrupting.items()}
    each = {name: len(times) * time for name, time in times.items()}
    slowest = ", ".join(f"{name} {each[name]:.2f}" for name in sorted(each, key=each.__getitem__)[:-4:-1])
    ours, peer = sum(times.values()), 1e3 * measured.stopwatch.inferring / pictures
    return Result(
        NAME,
        "ms/picture",
        ours,
        f"All {len(times)} corruptions at five severities, {IMAGES} pictures of {CROP} px; the model has three "
        f"EfficientNetB0 at {', '.join(map(str, SIZES))} px, without mirror images. Slowest: {slowest} ms.",
        "the model on the same pictures",
        peer,
        peer / ours,
    )
