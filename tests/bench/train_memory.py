"""What a training step needs: counted in its graph, and held against the memory that steps take on a processor."""

import os
from pathlib import Path

from components.plan.memory import FLOAT32, HALF, MEASURED
from components.plan.presets import PAPER, MemberPreset
from tests.bench._kept import Kept, inputs_of, kept_by_step, learner_of
from tests.bench.harness import Result, in_own_process

NAME = "train.memory"
BY_NAME_ONLY = True

BATCHES = (1, 4)
STEPS = 2


def run(isic: Path) -> Result:
    """MB that each further image of a step takes on a processor, for the smallest member; the peer is the count.

    The note has the counts of all members, and their GPU memory by `components/plan/memory.py`.
    """
    small, large = (in_own_process(_peak, PAPER.members[0], batch) for batch in BATCHES)
    taken = (large - small) / (BATCHES[1] - BATCHES[0])
    counts = {
        (member.name, precision): in_own_process(_kept, member, precision)
        for member in PAPER.members
        for precision in (HALF, FLOAT32)
    }
    first = PAPER.members[0]
    counted = counts[first.name, FLOAT32].activations / first.batch_size / 1e6
    note = "; ".join(_line(member, counts) for member in PAPER.members)
    return Result(NAME, "MB/image", taken, note, "tensors that the gradient waits for", counted, counted / taken)


def _kept(member: MemberPreset, precision: str) -> Kept:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    return kept_by_step(member.backbone, member.size, member.batch_size, precision)


def _peak(member: MemberPreset, batch: int) -> float:
    """MB of resident memory at the most, of a process that takes a few steps in single precision."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import resource

    learner = learner_of(member.backbone, member.size, batch, FLOAT32)
    inputs = inputs_of(member.size, batch)
    for _ in range(STEPS):
        learner.train(inputs, 1e-5).numpy()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _line(member: MemberPreset, counts: dict[tuple[str, str], Kept]) -> str:
    parts = []
    for precision in (HALF, FLOAT32):
        kept = counts[member.name, precision]
        needed = MEASURED[member.backbone, member.size].gibibytes(member.batch_size, precision)
        parts.append(
            f"{precision}: {kept.activations / member.batch_size / 1e6:.0f} MB an image, largest "
            f"{kept.largest / member.batch_size / 1e6:.0f} MB, {kept.copies / 1e6:.0f} MB of copies, "
            f"{needed:.1f} GiB at batch {member.batch_size}"
        )
    kept = counts[member.name, FLOAT32]
    return (
        f"{member.backbone} at {member.size} px, {kept.parameters} weights ({kept.trained} trained): {', '.join(parts)}"
    )
