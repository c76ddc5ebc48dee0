"""The edge between a stage and KFP: its arguments, its log, its errors, and the executor output that KFP reads back.

A container component gets its inputs and outputs as plain paths and values. To report metadata (metrics, confusion
matrices) it also gets KFP's executor input, which the DSL writes as `{{$}}`; where that is absent the stage runs just
the same, by hand: `python -m components.<stage> --help`.
"""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from components.common.errors import PipelineError
from components.common.files import write_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

log = logging.getLogger(__name__)

Metadata = Mapping[str, Any]

S = TypeVar("S", bound="DataclassInstance")


def stage_parser(stage: str, description: str | None) -> argparse.ArgumentParser:
    """An argument parser that knows `--executor-input`, which every stage takes."""
    parser = argparse.ArgumentParser(prog=f"python -m components.{stage}", description=description, allow_abbrev=False)
    parser.add_argument("--executor-input", help="KFP's executor input as JSON; left out when the stage is run by hand")
    return parser


def boolean(text: str) -> bool:
    """An argument's type: KFP writes a boolean as True, False, true or false."""
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{text!r} is not true or false")
    return text.lower() == "true"


def settings_of(kind: type[S], arguments: argparse.Namespace) -> S:
    """A stage's settings, a dataclass whose fields are named as the arguments are; raises what it raises."""
    return kind(**{field.name: getattr(arguments, field.name) for field in fields(kind)})


def run_stage(main: Callable[[], None]) -> None:
    """Run a stage's main function: log to standard error, and end with one clear line and status 1 on a known error."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s: %(message)s", datefmt="%H:%M:%S"
    )
    try:
        main()
    except PipelineError as error:
        log.error("%s: %s", type(error).__name__, error)
        sys.exit(1)


def publish(executor_input: str | None, metadata: Mapping[str, Metadata]) -> None:
    """Tell KFP of a stage's outputs.

    Every output artifact that the executor input names is listed, since a local run passes on only what is listed.

    Args:
        executor_input: KFP's executor input as JSON, or None when the stage is run by hand (then nothing is done).
        metadata: for each output artifact that has any, its metadata: scalars for Metrics, `confusionMatrix` or
            `confidenceMetrics` for ClassificationMetrics.

    Raises:
        ValueError: metadata for an artifact that is not an output of this stage.
    """
    if executor_input is None:
        return
    outputs = json.loads(executor_input)["outputs"]
    declared = outputs.get("artifacts", {})
    if unknown := set(metadata) - set(declared):
        raise ValueError(
            f"metadata for {', '.join(sorted(unknown))}, but the outputs are {', '.join(sorted(declared))}"
        )
    artifacts = {}
    for name, listed in declared.items():
        artifact = listed["artifacts"][0]
        artifacts[name] = {
            "artifacts": [{"name": artifact["name"], "uri": artifact["uri"], "metadata": dict(metadata.get(name, {}))}]
        }
    write_json(Path(outputs["outputFile"]), {"artifacts": artifacts})
