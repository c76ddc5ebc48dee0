"""Size of the ONNX variants against the Keras weights and the training checkpoint, for members as in preset sample."""

from pathlib import Path

from components.common.onnx_model import FLOAT16
from tests.bench._conversion import sample_conversion
from tests.bench.harness import Result

NAME = "convert.size"


def run(isic: Path) -> Result:
    """Megabytes of float16; the note has the other variants, and all against the checkpoint."""
    made = sample_conversion(isic)
    parts = [
        f"{one.name} {one.bytes / 1e6:.1f} MB ({made.size_reduction(one):.1%} smaller than the weights, "
        f"{1 - one.bytes / made.checkpoint_bytes:.1%} than the checkpoint)"
        for one in made.variants
    ]
    (half,) = (one for one in made.variants if one.name == FLOAT16)
    return Result(
        NAME,
        "MB",
        half.bytes / 1e6,
        f"Untrained members of preset sample. Training checkpoint (weights and Adam's moments, by their shapes): "
        f"{made.checkpoint_bytes / 1e6:.1f} MB; {'; '.join(parts)}.",
        "Keras weights, float32",
        made.weights_bytes / 1e6,
        made.weights_bytes / half.bytes,
    )
