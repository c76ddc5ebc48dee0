"""Write the ensemble as one ONNX file and in smaller variants, and hold them against TensorFlow."""

import os
from pathlib import Path

# TensorFlow's notes on CPU instructions and absent GPUs would bury the progress lines.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Every figure is of the CPU, where the model is served.
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

from components.common.executor import publish, run_stage, settings_of, stage_parser
from components.common.files import whole, write_json
from components.common.onnx_model import FLOAT16, INT8
from components.convert.conversion import convert
from components.convert.inputs import read_inputs
from components.convert.reports import conversion_report
from components.convert.settings import ConvertSettings


def main() -> None:
    parser = stage_parser("convert", __doc__)
    parser.add_argument(
        "--maximum-difference", type=float, required=True, help="gate: between TensorFlow's and ONNX's probabilities"
    )
    for variant in (FLOAT16, INT8):
        parser.add_argument(
            f"--{variant}-maximum-difference", type=float, required=True, help=f"gate: the same of variant {variant}"
        )
    parser.add_argument(
        "--minimum-unchanged", type=float, required=True, help="gate of these: share of decisions that stay the same"
    )
    parser.add_argument(
        "--maximum-conversion-auc-loss", type=float, required=True, help="gate: macro AUC that may be lost"
    )
    parser.add_argument("--calibration-images", type=int, required=True, help="training images for int8, at most")
    parser.add_argument(
        "--parity-images", type=int, required=True, help="test images to compare on, at most; 0 takes all"
    )
    parser.add_argument("--latency-rounds", type=int, required=True, help="times that each contender is timed")
    parser.add_argument("--ensemble", type=Path, required=True, help="the fitted ensemble's folder")
    parser.add_argument("--members", type=Path, nargs=3, required=True, help="the trained models' folders, in order")
    parser.add_argument("--records", type=Path, required=True, help="the records' folder")
    parser.add_argument("--onnx-model", type=Path, required=True, help="folder to write: the ONNX models")
    parser.add_argument("--parity", type=Path, required=True, help="JSON file to write: figures")
    parser.add_argument("--report", type=Path, required=True, help="HTML file to write")
    args = parser.parse_args()
    settings = settings_of(ConvertSettings, args)
    inputs = read_inputs(args.ensemble, args.members, args.records)

    with whole(args.onnx_model) as folder:
        folder.mkdir()
        conversion = convert(inputs, settings, folder)
    metrics = conversion.metrics()
    conversion_report(conversion, settings).write(args.report)
    write_json(args.parity, metrics)
    offered = ", ".join(variant.name for variant in conversion.variants if variant.offered)
    facts = {key: conversion.described[key] for key in ("opset", "sha256")}
    model = {"framework": "onnx", "variants": offered, **facts}
    publish(args.executor_input, {"onnx_model": model, "parity": metrics})


if __name__ == "__main__":
    run_stage(main)
