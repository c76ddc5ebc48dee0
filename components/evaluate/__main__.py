"""Fit the ensemble on the validation split, and judge it and its members on the test split."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from components.common.ensemble import write_ensemble
from components.common.executor import publish, run_stage, settings_of, stage_parser
from components.common.files import whole, write_json, write_text
from components.common.gates import write_gates
from components.common.member import read_member
from components.common.predictions import malignant_score
from components.common.reference import REFERENCE_FILE, make_reference, write_reference
from components.common.taxonomy import MALIGNANT_INDEXES
from components.evaluate.classification import confusion_metadata, roc_metadata
from components.evaluate.evaluation import evaluate
from components.evaluate.figures import metrics
from components.evaluate.gates import gates
from components.evaluate.inputs import read_splits
from components.evaluate.reports import Page, evaluation_report
from components.evaluate.settings import EvaluateSettings
from components.evaluate.subgroups import figures_of
from components.evaluate.tables import NOTE, markdown, table_1


def main() -> None:
    args = _parser().parse_args()
    settings = settings_of(EvaluateSettings, args)
    members = [read_member(folder) for folder in args.members]
    splits = read_splits(args.manifest, members, args.predictions)

    evaluation = evaluate(members, splits, settings, members[0].records_fingerprint)
    outcomes = gates(evaluation, settings)
    table = table_1(members, evaluation)
    page = Page(evaluation, splits, outcomes, settings, table)
    confusion = confusion_metadata(page.test.labels, page.probabilities.argmax(axis=1))
    roc = roc_metadata(np.isin(page.test.labels, MALIGNANT_INDEXES), malignant_score(page.probabilities))
    figures = metrics(evaluation)
    reference = make_reference(
        evaluation.predictions,
        pd.concat([split.images for split in splits.values()]),
        evaluation.ensemble.abstain_threshold,
        evaluation.ensemble.out_of_distribution_threshold,
    )

    with whole(args.ensemble) as folder:
        folder.mkdir()
        write_ensemble(folder, evaluation.ensemble)
        evaluation.predictions.to_parquet(folder / "predictions.parquet", index=False)
        evaluation.judgement.table().to_csv(folder / "figures.csv", index=False)
        figures_of(evaluation.subgroups).to_csv(folder / "subgroups.csv", index=False)
        write_reference(folder / REFERENCE_FILE, reference)
    write_json(args.confusion_matrix, confusion)
    write_json(args.roc_curve, roc)
    write_text(args.table_1, f"{markdown(table)}\n{NOTE}\n")
    evaluation_report(page).write(args.report)
    write_gates(args.gates, outcomes)
    write_json(args.metrics, figures)
    publish(
        args.executor_input,
        {
            "ensemble": {"method": settings.method},
            "confusion_matrix": confusion,
            "roc_curve": roc,
            "gates": {"passed": all(gate.passed for gate in outcomes), "outcomes": "; ".join(map(str, outcomes))},
            "metrics": {name: value for name, value in figures.items() if value is not None},
        },
    )


def _parser() -> argparse.ArgumentParser:
    parser = stage_parser("evaluate", __doc__)
    parser.add_argument("--method", required=True, help="what the ensemble averages: rank or probability")
    parser.add_argument("--minimum-sensitivity", type=float, required=True, help="for malignant lesions, on validation")
    parser.add_argument("--abstained-share", type=float, required=True, help="of validation images, left to a person")
    parser.add_argument(
        "--out-of-distribution-share", type=float, required=True, help="of validation images, called unusual"
    )
    parser.add_argument(
        "--minimum-subgroup-images", type=int, required=True, help="of an outcome, for a figure of a subgroup"
    )
    parser.add_argument("--bootstrap-rounds", type=int, required=True, help="resamples that the intervals come of")
    parser.add_argument("--seed", type=int, required=True, help="of the resamples")
    parser.add_argument("--minimum-melanoma-sensitivity", type=float, required=True, help="gate, on test")
    parser.add_argument("--maximum-subgroup-gap", type=float, required=True, help="gate: in sensitivity, on test")
    parser.add_argument("--maximum-ece", type=float, required=True, help="gate: calibration error, on test")
    parser.add_argument("--manifest", type=Path, required=True, help="the manifest's folder")
    parser.add_argument("--members", type=Path, nargs=3, required=True, help="the trained models' folders")
    parser.add_argument("--predictions", type=Path, nargs=3, required=True, help="their predictions, in the same order")
    parser.add_argument("--ensemble", type=Path, required=True, help="folder to write: the fitted ensemble")
    parser.add_argument("--confusion-matrix", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--roc-curve", type=Path, required=True, help="JSON file to write: malignant against benign")
    parser.add_argument("--table-1", type=Path, required=True, help="Markdown file to write: the study's Table 1")
    parser.add_argument("--report", type=Path, required=True, help="HTML file to write")
    parser.add_argument("--gates", type=Path, required=True, help="JSON file to write: limits and outcomes")
    parser.add_argument("--metrics", type=Path, required=True, help="JSON file to write: figures")
    return parser


if __name__ == "__main__":
    run_stage(main)
