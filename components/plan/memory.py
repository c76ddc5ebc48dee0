"""What a training step keeps in a GPU's memory, by backbone and size: counted in the traced graph of the step.

`python -m tests.bench train.memory` counts anew, and holds the count against the memory that steps take on a processor;
components/train/README.md says how.
"""

from dataclasses import dataclass

from components.plan.pools import Pool
from components.plan.presets import MemberPreset

FLOAT32, HALF = "float32", "mixed_bfloat16"

_GIB = 2**30

# What the gradient needs besides, in tensors as large as the largest one kept: those on their way, and workspaces.
_LARGEST_AT_ONCE = 6

# CUDA's context, the kernels of cuDNN and TensorFlow, and what the allocator loses; an assumption, not measured.
_OVERHEAD_BYTES = 2.5 * _GIB


@dataclass(frozen=True)
class StepMemory:
    """Of one network at one size."""

    parameters: int
    """All weights, with the averages of batch normalization."""
    trained: int
    """Weights that have a gradient and two moments."""
    kept: dict[str, float]
    """Bytes kept for the gradient by each image, by precision."""
    largest: dict[str, float]
    """Bytes of the largest tensor among them, by each image, by precision."""
    copies: dict[str, int]
    """Bytes kept whatever the batch: weights in half precision."""

    @property
    def states(self) -> int:
        """Bytes of weights, gradients and moments, in float32 whatever the precision."""
        return 4 * self.parameters + 3 * 4 * self.trained

    def gibibytes(self, batch: int, precision: str) -> float:
        """Memory of one GPU that takes so many images a step."""
        activations = batch * (self.kept[precision] + _LARGEST_AT_ONCE * self.largest[precision])
        return (self.states + self.copies[precision] + activations + _OVERHEAD_BYTES) / _GIB

    def largest_batch(self, gibibytes: float, precision: str) -> int:
        """The most images a step that one GPU's memory holds."""
        left = gibibytes * _GIB - self.states - self.copies[precision] - _OVERHEAD_BYTES
        return max(0, int(left // (self.kept[precision] + _LARGEST_AT_ONCE * self.largest[precision])))


MEASURED: dict[tuple[str, int], StepMemory] = {
    ("EfficientNetB4", 380): StepMemory(
        parameters=17_690_720,
        trained=17_565_457,
        kept={FLOAT32: 655.1e6, HALF: 426.5e6},
        largest={FLOAT32: 21.0e6, HALF: 20.8e6},
        copies={FLOAT32: 1_001_620, HALF: 35_790_564},
    ),
    ("EfficientNetB5", 448): StepMemory(
        parameters=28_532_742,
        trained=28_359_929,
        kept={FLOAT32: 1_240.1e6, HALF: 807.1e6},
        largest={FLOAT32: 29.2e6, HALF: 28.9e6},
        copies={FLOAT32: 1_381_908, HALF: 57_637_596},
    ),
    ("EfficientNetB7", 380): StepMemory(
        parameters=64_121_542,
        trained=63_810_713,
        kept={FLOAT32: 1_548.0e6, HALF: 1_006.8e6},
        largest={FLOAT32: 28.0e6, HALF: 27.7e6},
        copies={FLOAT32: 2_485_780, HALF: 129_292_186},
    ),
}
"""By backbone and size. Kept is proportional to the batch: counted at the preset's."""


def step_memory(member: MemberPreset) -> StepMemory | None:
    """Of a member's network; None where it was not counted."""
    return MEASURED.get((member.backbone, member.size))


def held_at_once(member: MemberPreset, pool: Pool, gpus: int) -> bool:
    """Whether the pool's GPUs hold the member's step in half precision; else the stage takes it in parts, slower.

    What was not counted is taken to fit.
    """
    memory = step_memory(member)
    return memory is None or memory.gibibytes(member.batch_size // gpus, HALF) <= pool.gpu_memory
