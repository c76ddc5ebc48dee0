"""Train one member of the ensemble: search its settings, train it in full, predict every split."""

import argparse
import os
import time
from pathlib import Path

# TensorFlow's notes on CPU instructions and absent GPUs would bury the progress lines.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from components.common.executor import boolean, publish, run_stage, settings_of, stage_parser
from components.common.files import check_writable, whole, write_json
from components.common.member import MODEL_FILE, PRECISIONS, write_member
from components.train import STARTED
from components.train.reports import curves_report
from components.train.search_report import search_report
from components.train.settings import TrainSettings
from components.train.termination import Termination
from components.train.training import train_member

_SECONDS_IMPORTING = time.monotonic() - STARTED


def main() -> None:
    args = _parser().parse_args()
    args.batch_size = args.batch_size_override or args.batch_size
    settings = settings_of(TrainSettings, args)

    check_writable(args.model.parent)
    termination = Termination()
    termination.listen()
    trained = train_member(args.records, settings, termination)
    metrics = {**trained.metrics, "seconds_importing": _SECONDS_IMPORTING}

    with whole(args.model) as folder:
        folder.mkdir()
        trained.network.save(folder / MODEL_FILE)
        write_member(folder, trained.member)
    with whole(args.predictions) as file:
        trained.predictions.to_parquet(file, index=False)
    with whole(args.trial_table) as file:
        trained.trials.to_csv(file, index=False)
    curves_report(trained, metrics).write(args.curves)
    search_report(trained.member.name, trained.trials, parallel=trained.trials_at_once).write(args.search)
    write_json(args.metrics, metrics)
    model = {"framework": "keras", "backbone": settings.backbone, "crop": settings.crop, "size": settings.size}
    publish(args.executor_input, {"model": model, "metrics": metrics})


def _parser() -> argparse.ArgumentParser:
    parser = stage_parser("train", __doc__)
    parser.add_argument("--member", required=True, help="name of the member")
    parser.add_argument("--backbone", required=True, help="EfficientNetB0 to EfficientNetB7")
    parser.add_argument("--crop", type=int, required=True, help="side of the records' pictures, in pixels")
    parser.add_argument("--size", type=int, required=True, help="side of the network's input, in pixels")
    parser.add_argument("--batch-size", type=int, required=True, help="images a step")
    parser.add_argument("--batch-size-override", type=int, default=0, help="images a step instead, unless 0")
    parser.add_argument(
        "--learning-rate", type=float, required=True, help="the study's peak rate: the search starts there"
    )
    parser.add_argument("--epochs", type=int, required=True, help="epochs of the final training")
    parser.add_argument("--trials", type=int, required=True, help="trials of the search; 0 keeps the study's settings")
    parser.add_argument("--trial-epochs", type=int, required=True, help="epochs of each trial")
    parser.add_argument("--weights", required=True, help="'imagenet', '', or a weights file's path or gs:// URI")
    parser.add_argument("--seed", type=int, required=True, help="of all that is random")
    parser.add_argument("--deterministic", type=boolean, required=True, help="same numbers every time, a little slower")
    parser.add_argument(
        "--precision",
        default="auto",
        help=f"{', '.join(PRECISIONS)}; auto: half where every GPU has matrix units for it",
    )
    parser.add_argument("--xla", type=boolean, default=False, help="compile the step with XLA")
    parser.add_argument(
        "--branches", type=int, default=1, help="parts of a batch that are computed side by side, for processors"
    )
    parser.add_argument(
        "--test-time-flips", type=boolean, default=False, help="serve the average over a picture's mirror images"
    )
    parser.add_argument("--gpus", type=int, default=0, help="how many GPUs there must be; 0 takes what there is")
    parser.add_argument("--parallel-trials", type=int, default=0, help="trials at once; 0 runs one on each GPU")
    parser.add_argument(
        "--workspace",
        default="",
        help="folder or gs:// URI that keeps the state of a training that is killed; '': none",
    )
    parser.add_argument("--records", type=Path, required=True, help="the records' folder")
    parser.add_argument("--model", type=Path, required=True, help="folder to write: the trained model")
    parser.add_argument(
        "--predictions", type=Path, required=True, help="parquet file to write: predictions of all splits"
    )
    parser.add_argument("--trial-table", type=Path, required=True, help="CSV file to write: the trials")
    parser.add_argument("--curves", type=Path, required=True, help="HTML file to write: learning curves")
    parser.add_argument("--search", type=Path, required=True, help="HTML file to write: the search")
    parser.add_argument("--metrics", type=Path, required=True, help="JSON file to write: figures")
    return parser


if __name__ == "__main__":
    run_stage(main)
