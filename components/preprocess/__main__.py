"""Trim black borders, crop square, resize to every crop size, write sharded records."""

from pathlib import Path

from components.common.executor import publish, run_stage, stage_parser
from components.common.files import write_json
from components.preprocess.manifest import read_manifest
from components.preprocess.pool import available_cores
from components.preprocess.preprocessing import preprocess
from components.preprocess.settings import make_settings
from components.preprocess.sheet import sample_sheet


def main() -> None:
    parser = stage_parser("preprocess", __doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="folder written by ingest")
    parser.add_argument("--crops", required=True, help="side lengths in pixels, separated by commas, such as 768,512")
    parser.add_argument("--images-per-shard", type=int, required=True, help="the most images a file of records holds")
    parser.add_argument(
        "--maximum-quarantine-share", type=float, required=True, help="stop if more of the images are broken (0 to 1)"
    )
    parser.add_argument("--processes", type=int, default=available_cores(), help="default: one for each core")
    parser.add_argument("--records", type=Path, required=True, help="folder to write")
    parser.add_argument("--sample-sheet", type=Path, required=True, help="HTML file to write")
    parser.add_argument("--metrics", type=Path, required=True, help="JSON file to write")
    args = parser.parse_args()

    settings = make_settings(args.crops, args.images_per_shard, args.maximum_quarantine_share)
    manifest = read_manifest(args.manifest)
    done = preprocess(manifest, settings, args.records, args.processes)
    sample_sheet(done, manifest.data).write(args.sample_sheet)
    write_json(args.metrics, done.metrics())
    records = {"fingerprint": done.summary.fingerprint, "crops": args.crops, "images": len(done.samples)}
    publish(args.executor_input, {"records": records, "metrics": done.metrics()})


if __name__ == "__main__":
    run_stage(main)
