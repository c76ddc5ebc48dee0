"""The page of a conversion: parity, size, speed, interface."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from components.common.figures import finished
from components.common.report import Report
from components.convert.conversion import ONNX, Conversion
from components.convert.settings import ConvertSettings

_MEGABYTE = 1e6


def conversion_report(conversion: Conversion, settings: ConvertSettings) -> Report:
    """Everything that was measured, each figure against its named baseline."""
    parity, times = conversion.parity, conversion.milliseconds
    report = Report(
        "Conversion to ONNX",
        f"The ensemble as one ONNX file of {conversion.onnx_bytes / _MEGABYTE:.1f} MB. On {parity.images} test images "
        f"its probabilities differ from TensorFlow's by {parity.max_abs_difference:.1e} at most. It is "
        f"{conversion.size_reduction:.1%} smaller than the Keras files and {conversion.speedup:.1f} times as fast as "
        "the better of two ways to run them.",
    )
    report.heading("Parity").table(_parity(conversion, settings.maximum_difference))
    report.paragraph(
        "TensorFlow: the records' JPEG decoded, tf.image.resize, model.keras, then the ensemble's arithmetic in NumPy. "
        "ONNX: the same decoded picture; resizing, networks, ranks, calibration and heat maps are in the file."
    )
    report.heading("Size and speed").figure(_bars(conversion), "Left: size of the files. Right: one image on the CPU")
    report.table(_sizes(conversion), digits=2)
    report.paragraph(
        "Each model.keras holds the weights in float32, uncompressed, and the network's description; it holds no "
        "optimizer state, which in a training checkpoint adds twice the weights' size. ensemble.onnx holds the same "
        "weights in float32, with batch normalization folded into the convolutions where they allow it."
    )
    report.table(_speed(times), f"Batch 1, medians of {settings.latency_rounds} rounds, in turn")
    report.paragraph(
        "TensorFlow runs the three networks alone, on pictures resized beforehand; ONNX also resizes, ranks, "
        "calibrates and draws the heat maps."
    )
    _interface(report, conversion)
    return report


def _parity(conversion: Conversion, gate: float) -> pd.DataFrame:
    parity = conversion.parity
    rows = {
        "largest difference of the ensemble's probabilities": (f"{parity.max_abs_difference:.1e}", f"{gate:.1e}"),
        "largest difference of the members' probabilities": (f"{parity.member_max_abs_difference:.1e}", f"{gate:.1e}"),
        "decisions changed": (f"{parity.decisions_changed} of {parity.images}", None),
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["measured", "allowed"])


def _sizes(conversion: Conversion) -> pd.DataFrame:
    sizes = {f"{name}: model.keras": size for name, size in conversion.keras_sizes.items()}
    sizes |= {"all model.keras": conversion.keras_bytes, "ensemble.onnx": conversion.onnx_bytes}
    return pd.DataFrame({"megabytes": pd.Series(sizes) / _MEGABYTE})


def _speed(times: dict[str, float]) -> pd.DataFrame:
    table = pd.DataFrame({"milliseconds": pd.Series(times)})
    return table.assign(**{"times as long as ONNX": table["milliseconds"] / times[ONNX]})


def _interface(report: Report, conversion: Conversion) -> None:
    for what in ("inputs", "outputs"):
        rows = [
            (tensor["name"], tensor["dtype"], " × ".join(map(str, tensor["shape"])))
            for tensor in conversion.described[what]
        ]
        report.heading(what.capitalize()).table(pd.DataFrame(rows, columns=["name", "type", "shape"]).set_index("name"))
    report.heading("What made it")
    made = {"records": conversion.described["records_fingerprint"][:16], **conversion.described["versions"]}
    report.table(pd.DataFrame({"value": {key: str(value) for key, value in made.items()}}))


def _bars(conversion: Conversion) -> Figure:
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 2.2))
    megabytes = {"Keras": conversion.keras_bytes / _MEGABYTE, "ONNX": conversion.onnx_bytes / _MEGABYTE}
    for axes, values, unit in ((left, megabytes, "MB"), (right, conversion.milliseconds, "ms")):
        bars = axes.barh(
            list(values), list(values.values()), color=["#2457c5" if "ONNX" in name else "#9aa5b8" for name in values]
        )
        axes.bar_label(bars, fmt="%.1f", padding=3)
        axes.set(xlabel=unit)
        axes.invert_yaxis()
    return finished(figure)
