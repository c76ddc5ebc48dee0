"""Time in corruptions against time in the model, on real pictures."""

import os
import tempfile
from pathlib import Path

from tests.bench._records import records_of, write_records
from tests.bench.harness import Result, SkippedError, in_own_process

NAME = "robustness.corruptions"
CROP = 96
SIZES = (96, 80, 64)
"""Of the members, as in preset sample."""
IMAGES = 16


def run(isic: Path) -> Result:
    """Milliseconds a picture, on all cores; the note has the slowest corruptions."""
    paths = sorted((isic / "2019").rglob("*.jpg"))[:IMAGES]
    if len(paths) < IMAGES:
        raise SkippedError(f"fewer than {IMAGES} pictures in {isic}")
    with tempfile.TemporaryDirectory() as folder:
        write_records(Path(folder, "records"), CROP, {"test": records_of(paths, CROP)})
        in_own_process(make_model, Path(folder))
        return in_own_process(measure_all, Path(folder))


def make_model(folder: Path) -> None:
    """Convert an ensemble of untrained networks: what they answer costs what any answer costs."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

    from components.common.member import MODEL_FILE, Member, write_member
    from components.common.records import read_summary
    from components.common.taxonomy import CLASSES
    from components.convert.conversion import write_model
    from components.convert.inputs import Inputs
    from tests.ensembles import as_if_fitted
    from tests.networks import as_if_trained, with_distance

    summary = read_summary(folder / "records")
    members, classes = [], list(CLASSES)
    for size in SIZES:
        members.append(
            Member(f"b0-{size}", "EfficientNetB0", CROP, size, 1, 1, "", {}, 0, 0, summary.fingerprint, classes, {})
        )
        write_member(folder / members[-1].name, members[-1])
        with_distance(as_if_trained(size)).save(folder / members[-1].name / MODEL_FILE)
    names = [member.name for member in members]
    ensemble = as_if_fitted(names, 256, fingerprint=summary.fingerprint)
    models = [folder / name / MODEL_FILE for name in names]
    (folder / "onnx").mkdir()
    write_model(Inputs(ensemble, members, models, folder / "records", summary), folder / "onnx")


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
