"""Time of the ONNX ensemble for one image, against the better of two ways to run it in TensorFlow."""

from pathlib import Path

from components.common.onnx_model import FLOAT32
from components.convert.measuring import LATENCY_BATCHES
from tests.bench._conversion import sample_conversion
from tests.bench.harness import Result

NAME = "convert.latency"


def run(isic: Path) -> Result:
    """Milliseconds of float32; the note has every contender at both batch sizes."""
    made = sample_conversion(isic)
    one = made.milliseconds[1]
    speedup = made.speedup(FLOAT32, 1)
    parts = [
        f"batch {images}: {', '.join(f'{name} {time:.1f} ms' for name, time in made.milliseconds[images].items())}, "
        f"{made.speedup(FLOAT32, images):.2f} times as fast"
        for images in LATENCY_BATCHES
    ]
    return Result(
        NAME,
        "ms",
        one[FLOAT32],
        f"Members as in preset sample, test-time flips and all, on the CPU. {'; '.join(parts)}.",
        "the better of predict_on_batch and tf.function",
        one[FLOAT32] * speedup,
        speedup,
    )
