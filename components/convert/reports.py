"""The page of a conversion: variants, parity, size, speed, interface."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from components.common.figures import finished
from components.common.onnx_model import VARIANTS
from components.common.report import Report
from components.convert.conversion import Conversion
from components.convert.settings import ConvertSettings
from components.convert.variants import Variant

_MEGABYTE = 1e6

_OURS, _PEER = "#2457c5", "#9aa5b8"


def conversion_report(conversion: Conversion, settings: ConvertSettings) -> Report:
    """Everything that was measured, each figure against its named baseline."""
    first = conversion.variants[0]
    report = Report(
        "Conversion to ONNX",
        f"The ensemble as one ONNX file of {first.bytes / _MEGABYTE:.1f} MB. On {first.parity.images} test images its "
        f"probabilities differ from TensorFlow's by {first.parity.max_abs_difference:.1e} at most. It is "
        f"{conversion.size_reduction(first):.1%} smaller than the Keras weights and "
        f"{conversion.speedup(first.name, 1):.1f} times as fast as the better of two ways to run them. "
        f"{_offers(conversion)}",
    )
    report.heading("Variants").table(_variants(conversion))
    report.paragraph(
        "float32: the main file. float16: the convolutions' weights are stored in half precision and computed with in "
        "single. int8: the wide convolutions in 8 bits, calibrated on up to "
        f"{settings.calibration_images} training images. Differences and changed decisions (most probable class, "
        "malignant or not, left to a person or not) are against TensorFlow. A variant that fails a gate is not "
        "offered: its file is not kept."
    )
    report.table(_gates(conversion), f"Gates, on {first.parity.images} test images")
    report.paragraph(
        "TensorFlow: the records' JPEG decoded, tf.image.resize, model.keras, then the ensemble's arithmetic in NumPy. "
        "ONNX: the same decoded picture; resizing, networks, ranks, calibration and heat maps are in the file."
    )
    _size_and_speed(report, conversion, settings.latency_rounds)
    _interface(report, conversion)
    return report


def _offers(conversion: Conversion) -> str:
    parts = [
        f"{variant.name} is {'offered' if variant.offered else 'not offered: it failed a gate'}"
        for variant in conversion.variants[1:]
    ]
    return f"Of the smaller variants, {', and '.join(parts)}."


def _variants(conversion: Conversion) -> pd.DataFrame:
    return pd.DataFrame.from_dict(
        {variant.name: _row(conversion, variant) for variant in conversion.variants}, orient="index"
    )


def _row(conversion: Conversion, variant: Variant) -> dict[str, str]:
    parity = variant.parity
    times = {f"ms, batch {images}": f"{of[variant.name]:.1f}" for images, of in conversion.milliseconds.items()}
    return {
        "MB": f"{variant.bytes / _MEGABYTE:.1f}",
        "smaller than Keras weights": f"{conversion.size_reduction(variant):.1%}",
        **times,
        "largest difference": f"{parity.max_abs_difference:.1e}",
        "decisions changed": f"{parity.decisions_changed} of {parity.images}",
        "loss of macro AUC": f"{parity.auc_loss:.4f}",
        "outcome": "offered" if variant.offered else "failed",
    }


def _gates(conversion: Conversion) -> pd.DataFrame:
    """One row for each gate of each variant; differences of a millionth are not rounded away."""
    rows = {
        f"{variant.name}: {gate.name}": (f"{gate.figure:.3g}", gate.wanted, gate.outcome)
        for variant in conversion.variants
        for gate in variant.gates
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["figure", "wanted", "outcome"])


def _size_and_speed(report: Report, conversion: Conversion, rounds: int) -> None:
    report.heading("Size and speed").figure(
        _bars(conversion), "Size of the files and of what they are held against; time on the CPU, medians"
    )
    report.table(_sizes(conversion), digits=2)
    report.paragraph(
        "Keras weights: the bytes of all variables of the three networks, float32. Training checkpoint: these and "
        "Adam's two moments of each trained one, by their shapes. In ONNX batch normalization is folded into the "
        "convolutions where they allow it."
    )
    for images, times in conversion.milliseconds.items():
        report.table(
            _speed(times), f"Batch {images}, in turn; one image is timed {rounds} times, a batch a quarter of it"
        )
    report.paragraph(
        "TensorFlow runs the three networks alone, on pictures resized beforehand; ONNX also resizes, ranks, "
        "calibrates and draws the heat maps."
    )


def _sizes(conversion: Conversion) -> pd.DataFrame:
    sizes = {f"{name}: Keras weights": size for name, size in conversion.sizes.weights.items()}
    sizes |= {"all Keras weights": conversion.weights_bytes, "training checkpoints": conversion.checkpoint_bytes}
    sizes |= {variant.file: variant.bytes for variant in conversion.variants}
    table = pd.DataFrame({"megabytes": pd.Series(sizes) / _MEGABYTE})
    return table.assign(
        **{
            "of the Keras weights": table["megabytes"] / (conversion.weights_bytes / _MEGABYTE),
            "of the checkpoints": table["megabytes"] / (conversion.checkpoint_bytes / _MEGABYTE),
        }
    )


def _speed(times: dict[str, float]) -> pd.DataFrame:
    table = pd.DataFrame({"milliseconds": pd.Series(times)})
    return table.assign(**{f"times as long as {VARIANTS[0]}": table["milliseconds"] / times[VARIANTS[0]]})


def _interface(report: Report, conversion: Conversion) -> None:
    for what in ("inputs", "outputs"):
        rows = [
            (tensor["name"], tensor["dtype"], " × ".join(map(str, tensor["shape"])))
            for tensor in conversion.described[what]
        ]
        report.heading(what.capitalize()).table(pd.DataFrame(rows, columns=["name", "type", "shape"]).set_index("name"))
    report.heading("What made it")
    made = {
        "records": conversion.described["records_fingerprint"][:16],
        "preprocessing version": conversion.described["preprocessing_version"],
        **conversion.described["versions"],
    }
    report.table(pd.DataFrame({"value": {key: str(value) for key, value in made.items()}}))


def _bars(conversion: Conversion) -> Figure:
    figure, axes = plt.subplots(1, 1 + len(conversion.milliseconds), figsize=(12.0, 2.4))
    sizes = {"checkpoint": conversion.checkpoint_bytes, "Keras weights": conversion.weights_bytes}
    sizes |= {variant.name: variant.bytes for variant in conversion.variants}
    _draw(axes[0], {name: size / _MEGABYTE for name, size in sizes.items()}, "MB")
    for place, (images, times) in zip(axes[1:], conversion.milliseconds.items(), strict=True):
        _draw(place, dict(sorted(times.items(), key=lambda one: one[0] in VARIANTS)), f"ms, batch {images}")
    return finished(figure)


def _draw(axes: Axes, values: dict[str, float], unit: str) -> None:
    bars = axes.barh(
        list(values), list(values.values()), color=[_OURS if name in VARIANTS else _PEER for name in values]
    )
    axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.set(xlabel=unit)
    axes.invert_yaxis()
