"""A compiled pipeline, named after its content."""

import hashlib
import json
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from kfp import compiler

_DIGITS = 12


@dataclass(frozen=True)
class Package:
    """What is uploaded."""

    preset: str
    documents: tuple[dict[str, Any], ...]
    """The pipeline's spec, and the platform's where there is one."""

    @property
    def name(self) -> str:
        """Of the pipeline."""
        return str(self.documents[0]["pipelineInfo"]["name"])

    @cached_property
    def digest(self) -> str:
        """First twelve hexadecimal digits of a SHA-256 over the content."""
        return hashlib.sha256(json.dumps(self.documents, sort_keys=True).encode()).hexdigest()[:_DIGITS]

    @property
    def version(self) -> str:
        """Name of the pipeline's version: the same content is the same version."""
        return f"{self.preset}-{self.digest}"

    @cached_property
    def text(self) -> str:
        """YAML, as KFP's compiler writes it."""
        # libyaml's dumper: the one in Python takes seconds.
        return yaml.dump_all(self.documents, Dumper=yaml.CSafeDumper, sort_keys=True)


def packaged(pipeline: Any, preset: str, *, uncached: Collection[str] | None = ()) -> Package:
    """Compile a pipeline.

    Args:
        pipeline: as `build_notified` gives it.
        preset: that it was built from.
        uncached: tasks that run anew whatever KFP's cache holds; None: all.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(pipeline, str(file))
        documents = tuple(yaml.load_all(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
    for name, task in tasks(documents[0]).items():
        if uncached is None or name in uncached:
            task["cachingOptions"] = {}
    return Package(preset, documents)


def tasks(spec: Mapping[str, Any]) -> dict[str, Any]:
    """All tasks of a compiled pipeline by name, those of the pipelines within it among them."""
    within = [spec["root"], *spec["components"].values()]
    return {name: task for one in within for name, task in one.get("dag", {}).get("tasks", {}).items()}
