"""Say how a run ended, to a Slack-compatible webhook. It never fails because of that."""

import argparse
import logging
import os
import time

from components.common.executor import run_stage, stage_parser
from components.common.task_names import PIPELINE
from components.notify.ending import Ending, read_status
from components.notify.message import message
from components.notify.run_details import read_details
from components.notify.sending import WEBHOOK, send

log = logging.getLogger(__name__)


def main() -> None:
    args = _parser().parse_args()
    status = read_status(args.status)
    ending = Ending.of(status, read_details(args.api, args.run_id) if args.api else None, now=time.time())
    text = message(ending, pipeline=args.pipeline, run_name=args.run_name, run_id=args.run_id, ui=args.ui)
    log.info("%s", text)
    outcome = send(os.environ.get(WEBHOOK, "").strip(), text)
    log.log(logging.INFO if outcome.sent else logging.WARNING, "%s", outcome.detail)


def _parser() -> argparse.ArgumentParser:
    parser = stage_parser("notify", f"{__doc__} The webhook is read from the environment: {WEBHOOK}.")
    parser.add_argument("--status", default="", help="KFP's PipelineTaskFinalStatus as JSON")
    parser.add_argument("--pipeline", default=PIPELINE, help="what ran, such as the preset")
    parser.add_argument("--run-name", default="", help="of the pipeline run")
    parser.add_argument("--run-id", default="", help="of the pipeline run")
    parser.add_argument("--ui", default="", help="address of KFP's pages, for a link to the run; '': no link")
    parser.add_argument("--api", default="", help="address of KFP's API, to ask which task failed and why; '': do not")
    return parser


if __name__ == "__main__":
    run_stage(main)
