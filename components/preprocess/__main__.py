"""Trim black borders, crop square, resize to every crop size, write sharded records."""

import argparse
from pathlib import Path

from components.common.cores import available_cores
from components.common.executor import publish, run_stage, stage_parser
from components.common.files import write_json
from components.preprocess.manifest import read_manifest
from components.preprocess.preprocessing import preprocess, preprocess_part, work_key
from components.preprocess.settings import make_part, make_settings
from components.preprocess.sheet import sample_sheet
from components.preprocess.workspace import open_workspace


def main() -> None:
    parser = _parser()
    args = parser.parse_args()
    settings = make_settings(args.crops, args.images_per_shard, args.maximum_quarantine_share)
    part = make_part(args.part, args.parts, args.workspace)
    if not part and not (args.records and args.sample_sheet):
        parser.error("--records and --sample-sheet are required, but for a part")
    manifest = read_manifest(args.manifest)
    workspace = open_workspace(args.workspace, work_key(manifest, settings))

    if part and workspace:
        figures = preprocess_part(manifest, settings, part, workspace, args.processes)
        write_json(args.metrics, figures)
        publish(args.executor_input, {"metrics": figures})
        return

    done = preprocess(manifest, settings, args.records, args.processes, workspace)
    sample_sheet(done).write(args.sample_sheet)
    write_json(args.metrics, done.metrics())
    records = {"fingerprint": done.summary.fingerprint, "crops": args.crops, "images": len(done.samples)}
    publish(args.executor_input, {"records": records, "metrics": done.metrics()})
    if workspace:
        workspace.clear()


def _parser() -> argparse.ArgumentParser:
    parser = stage_parser("preprocess", __doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="folder written by ingest")
    parser.add_argument("--crops", required=True, help="side lengths in pixels, separated by commas, such as 768,512")
    parser.add_argument("--images-per-shard", type=int, required=True, help="the most images a file of records holds")
    parser.add_argument(
        "--maximum-quarantine-share", type=float, required=True, help="stop if more of the images are broken (0 to 1)"
    )
    parser.add_argument("--workspace", default="", help="folder or gs:// URI that keeps finished shards; '': none")
    parser.add_argument("--part", type=int, help="make only the shards of this part, 0 to PARTS - 1, in the workspace")
    parser.add_argument("--parts", type=int, help="how many parts there are")
    parser.add_argument("--processes", type=int, default=available_cores(), help="default: one for each core")
    parser.add_argument("--records", type=Path, help="folder to write; none for a part")
    parser.add_argument("--sample-sheet", type=Path, help="HTML file to write; none for a part")
    parser.add_argument("--metrics", type=Path, required=True, help="JSON file to write")
    return parser


if __name__ == "__main__":
    run_stage(main)
