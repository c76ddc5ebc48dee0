"""Fit the ensemble on the validation split, and judge it and its members on the test split."""

import argparse
from pathlib import Path

import numpy as np

from components.common.ensemble import write_ensemble
from components.common.executor import publish, run_stage, stage_parser
from components.common.files import whole, write_json, write_text
from components.common.member import read_member
from components.common.taxonomy import MALIGNANT_INDEXES
from components.evaluate.classification import confusion_metadata, roc_metadata
from components.evaluate.evaluation import evaluate
from components.evaluate.fitting import malignant_score
from components.evaluate.inputs import read_splits
from components.evaluate.reports import evaluation_report
from components.evaluate.tables import NOTE, markdown, table_1


def main() -> None:
    args = _parser().parse_args()
    members = [read_member(folder) for folder in args.members]
    splits = read_splits(args.manifest, members, args.predictions)

    evaluation = evaluate(
        members,
        splits,
        method=args.method,
        minimum_sensitivity=args.minimum_sensitivity,
        fingerprint=members[0].records_fingerprint,
    )
    test = splits["test"]
    probabilities = evaluation.ensemble.predict(test.probabilities)
    confusion = confusion_metadata(test.labels, probabilities.argmax(axis=1))
    roc = roc_metadata(np.isin(test.labels, MALIGNANT_INDEXES), malignant_score(probabilities))
    table = table_1(members, evaluation)

    with whole(args.ensemble) as folder:
        folder.mkdir()
        write_ensemble(folder, evaluation.ensemble)
        evaluation.predictions.to_parquet(folder / "predictions.parquet", index=False)
    write_json(args.confusion_matrix, confusion)
    write_json(args.roc_curve, roc)
    write_text(args.table_1, f"{markdown(table)}\n{NOTE}\n")
    evaluation_report(table, evaluation, test).write(args.report)
    metrics = evaluation.metrics()
    write_json(args.metrics, metrics)
    scalars = {name: value for name, value in metrics.items() if value is not None}
    publish(
        args.executor_input,
        {
            "ensemble": {"method": args.method},
            "confusion_matrix": confusion,
            "roc_curve": roc,
            "metrics": scalars,
        },
    )


def _parser() -> argparse.ArgumentParser:
    parser = stage_parser("evaluate", __doc__)
    parser.add_argument("--method", required=True, help="what the ensemble averages: rank or probability")
    parser.add_argument("--minimum-sensitivity", type=float, required=True, help="for malignant lesions, on validation")
    parser.add_argument("--manifest", type=Path, required=True, help="the manifest's folder")
    parser.add_argument("--members", type=Path, nargs=3, required=True, help="the trained models' folders")
    parser.add_argument("--predictions", type=Path, nargs=3, required=True, help="their predictions, in the same order")
    parser.add_argument("--ensemble", type=Path, required=True, help="folder to write: the fitted ensemble")
    parser.add_argument("--confusion-matrix", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--roc-curve", type=Path, required=True, help="JSON file to write: malignant against benign")
    parser.add_argument("--table-1", type=Path, required=True, help="Markdown file to write: the study's Table 1")
    parser.add_argument("--report", type=Path, required=True, help="HTML file to write")
    parser.add_argument("--metrics", type=Path, required=True, help="JSON file to write: figures")
    return parser


if __name__ == "__main__":
    run_stage(main)
