"""Register a model, and make it champion if it passes its gates and beats the present champion."""

import argparse
from dataclasses import asdict
from pathlib import Path

from components.common.executor import publish, run_stage, settings_of, stage_parser
from components.common.files import write_json, write_text
from components.common.registry_address import parse_address
from components.register.candidate import Inputs, read_candidate
from components.register.card import summary
from components.register.connecting import connect
from components.register.provenance import Provenance, pairs, read_data
from components.register.registration import register
from components.register.settings import FIGURES, Rules, check_minimum, check_name


def main() -> None:
    args = _parser().parse_args()

    address = parse_address(args.registry)
    name = check_name(args.model_name)
    minimum = check_minimum(args.minimum_test_macro_auc)
    rules = settings_of(Rules, args)
    provenance = Provenance(
        run_name=args.run_name,
        run_id=args.run_id,
        revision=args.revision,
        images=pairs(args.images, "images"),
        settings=pairs(args.settings, "settings"),
        model_uri=args.onnx_model_uri or str(args.onnx_model.resolve()),
        predictions_uri=args.ensemble_uri or str(args.ensemble.resolve()),
        data=read_data(args.manifest),
    )
    candidate = read_candidate(settings_of(Inputs, args), minimum, provenance)
    registration = register(connect(address), name, candidate, rules)
    write_json(args.registration, asdict(registration))
    write_text(args.summary, summary(registration, candidate))
    publish(args.executor_input, {"registration": asdict(registration)})


def _parser() -> argparse.ArgumentParser:
    parser = stage_parser("register", __doc__)
    parser.add_argument("--onnx-model", type=Path, required=True, help="folder written by convert")
    parser.add_argument("--ensemble", type=Path, required=True, help="folder written by evaluate")
    parser.add_argument("--evaluation", type=Path, required=True, help="JSON file of metrics written by evaluate")
    parser.add_argument(
        "--registry", required=True, help="a folder, sqlite:///FILE, or http(s):// or kubeflow+http(s)://"
    )
    parser.add_argument("--model-name", required=True, help="name in the registry")
    parser.add_argument(
        "--gates", type=Path, nargs="+", required=True, help="JSON files of gates, written by evaluate and robustness"
    )
    parser.add_argument("--minimum-test-macro-auc", type=float, required=True, help="one more gate")
    parser.add_argument("--decisive-figure", required=True, help=f"must be better: {', '.join(FIGURES)}")
    parser.add_argument("--maximum-auc-loss", type=float, required=True, help="against the champion")
    parser.add_argument("--maximum-decision-loss", type=float, required=True, help="of sensitivity and specificity")
    parser.add_argument("--bootstrap-rounds", type=int, required=True, help="resamples that the intervals come of")
    parser.add_argument("--seed", type=int, required=True, help="of the resamples")
    parser.add_argument("--robustness", type=Path, required=True, help="JSON file of metrics written by robustness")
    parser.add_argument("--manifest", type=Path, required=True, help="folder written by ingest")
    parser.add_argument("--onnx-model-uri", help="where the pipeline keeps that folder; by default its path")
    parser.add_argument("--ensemble-uri", help="where the pipeline keeps that folder; by default its path")
    parser.add_argument("--run-name", default="", help="of the pipeline run; these five are only recorded")
    parser.add_argument("--run-id", default="", help="of the pipeline run")
    parser.add_argument("--revision", default="", help="commit of the repository")
    parser.add_argument("--images", default="", help="stage=image, a line each")
    parser.add_argument("--settings", default="", help="name=value, a line each")
    parser.add_argument("--registration", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--summary", type=Path, required=True, help="Markdown file to write")
    return parser


if __name__ == "__main__":
    run_stage(main)
