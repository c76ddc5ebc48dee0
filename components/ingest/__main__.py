"""Read ISIC images and tables: map labels, join demographics, find duplicates, split, quarantine."""

import logging
from pathlib import Path

from components.common.executor import publish, run_stage, stage_parser
from components.common.files import check_writable, write_json
from components.common.storage import open_store
from components.ingest.card import data_card, reader_warnings
from components.ingest.dataset import archives
from components.ingest.fetch import fetch
from components.ingest.history import History
from components.ingest.manifest import build_manifest, metrics, summary, write_manifest

log = logging.getLogger("components.ingest")


def main() -> None:
    parser = stage_parser("ingest", __doc__)
    parser.add_argument("--data", required=True, help="sources, separated by commas: README.md says which there are")
    parser.add_argument(
        "--workspace",
        default="",
        help="folder or gs://bucket/prefix that outlives a run: downloads and the history of the data are kept there",
    )
    parser.add_argument("--data-version", default="", help="what this state of the data is called; only recorded")
    parser.add_argument("--seed", type=int, default=0, help="decides which groups of images go into which split")
    parser.add_argument(
        "--maximum-quarantine-share", type=float, default=0.05, help="fail if more of the rows are unusable (0 to 1)"
    )
    parser.add_argument("--manifest", type=Path, required=True, help="output: folder of the manifest")
    parser.add_argument("--data-card", type=Path, required=True, help="output: HTML page about the data")
    parser.add_argument("--metrics", type=Path, required=True, help="output: JSON file of counts")
    args = parser.parse_args()

    for output in (args.manifest, args.data_card, args.metrics):
        check_writable(output.parent)
    stores = [open_store(uri) for uri in fetch(args.data, args.workspace, archives())]
    history = History(open_store(args.workspace, create=True), args.seed) if args.workspace else None
    manifest = build_manifest(stores, history, args.data_version, args.seed, args.maximum_quarantine_share)
    for warning in reader_warnings(manifest):
        log.warning("%s", warning)

    figures = metrics(manifest)
    write_manifest(args.manifest, manifest)
    data_card(manifest, stores).write(args.data_card)
    write_json(args.metrics, figures)
    described = {name: value for name, value in summary(manifest).items() if not isinstance(value, dict | list)}
    publish(args.executor_input, {"manifest": described, "metrics": figures})


if __name__ == "__main__":
    run_stage(main)
