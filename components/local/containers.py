"""A run whose stages are containers: what must be there, what they see of this machine, whose its folders are."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docker.types import Mount
from google.protobuf.json_format import MessageToDict

from components.common.files import check_writable
from components.common.registry_address import parse_address
from components.ingest.fetch import entries
from components.local import kfp_internals
from components.local.engine import open_engine
from components.local.isolation import container_user, hand_over, stage_options


@contextmanager
def locked_in(pipeline: Any, values: Mapping[str, Any], root: Path) -> Iterator[list[Mount]]:
    """Let KFP's Docker runner run the pipeline's stages, each with what it needs and no more.

    Args:
        pipeline: that will run.
        values: of its parameters.
        root: folder of the runs, which KFP itself mounts.

    Returns:
        What else is mounted.

    Raises:
        EngineError: no engine answers, or it lacks an image of the pipeline.
        StorageError: a folder that stages write to cannot be written.
    """
    images = pipeline_images(pipeline)
    written = [Path(place) for place in _written(values)]
    with open_engine() as engine:
        engine.check_images(images)
        user = container_user(engine, images[0])
        for folder in written:
            check_writable(folder)
        hand_over([root, *written, *(place for folder in written for place in folder.rglob("*"))], user)
        with kfp_internals.honest_containers(lambda image: stage_options(image, values, user)):
            yield mounts(values, root)


def pipeline_images(pipeline: Any) -> list[str]:
    """The images of the pipeline's tasks."""
    executors = MessageToDict(pipeline.pipeline_spec.deployment_spec)["executors"].values()
    return [executor["container"]["image"] for executor in executors if "container" in executor]


def mounts(values: Mapping[str, Any], root: Path) -> list[Mount]:
    """What stages need of this machine, at its own place: data and weights to read, workspace and registry to write.

    KFP mounts the pipeline root itself. A place can be mounted only if it is there, and only once.
    """
    read = _on_this_machine([*entries(values["data"]), values.get("weights", "")])
    read_only = dict.fromkeys(read, True) | dict.fromkeys(_written(values), False)
    return [Mount(place, place, type="bind", read_only=only) for place, only in read_only.items() if place != str(root)]


def _written(values: Mapping[str, Any]) -> list[str]:
    """The folders of this machine that stages write to, besides the root."""
    database = parse_address(values["registry"]).database
    return _on_this_machine([values["workspace"], str(database.parent) if database else ""])


def _on_this_machine(places: Sequence[str]) -> list[str]:
    """Those that are neither addresses nor words; `parameter_values` has made them absolute."""
    return [place for place in places if Path(place).is_absolute()]
