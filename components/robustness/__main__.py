"""Corrupt the test images in many ways, and measure what the ONNX ensemble and its members make of them."""

from pathlib import Path

from components.common.executor import publish, run_stage, settings_of, stage_parser
from components.common.files import whole, write_json
from components.common.gates import write_gates
from components.robustness.inputs import read_inputs
from components.robustness.measuring import measure
from components.robustness.reports import robustness_report
from components.robustness.robustness import judge
from components.robustness.settings import RobustnessSettings


def main() -> None:
    parser = stage_parser("robustness", __doc__)
    parser.add_argument("--images", type=int, required=True, help="test images to corrupt, at most; 0 takes all")
    parser.add_argument("--seed", type=int, required=True, help="of the drawing of images and of the corruptions")
    parser.add_argument(
        "--maximum-corruption-error", type=float, required=True, help="gate: rise of the balanced error, as a mean"
    )
    parser.add_argument("--onnx-model", type=Path, required=True, help="folder written by convert")
    parser.add_argument("--records", type=Path, required=True, help="the records' folder")
    parser.add_argument("--manifest", type=Path, required=True, help="the manifest's folder")
    parser.add_argument("--report", type=Path, required=True, help="HTML file to write")
    parser.add_argument("--metrics", type=Path, required=True, help="JSON file to write: figures")
    parser.add_argument("--table", type=Path, required=True, help="CSV file to write: all figures")
    parser.add_argument("--gates", type=Path, required=True, help="JSON file to write: the gate and its outcome")
    args = parser.parse_args()
    settings = settings_of(RobustnessSettings, args)
    inputs = read_inputs(args.onnx_model, args.records, args.manifest, settings)

    measured = measure(inputs, settings.seed)
    robustness = judge(measured, inputs.model, inputs.groups, settings)

    with whole(args.table) as file:
        robustness.table.to_csv(file, index=False)
    write_gates(args.gates, robustness.gates)
    robustness_report(robustness, measured, settings, inputs.test_images).write(args.report)
    metrics = robustness.metrics()
    write_json(args.metrics, metrics)
    publish(args.executor_input, {"metrics": {name: value for name, value in metrics.items() if value is not None}})


if __name__ == "__main__":
    run_stage(main)
