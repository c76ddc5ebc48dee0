"""A stage in a process of its own, which a test may kill.

The process is forked from a server that has imported the stages already (TensorFlow with them, which has not been
used): it starts within a second. There is one such server for all tests, and what it imports is said once, here.
"""

import multiprocessing
import os
import sys
from importlib import import_module
from multiprocessing.process import BaseProcess
from pathlib import Path

from components.common.executor import run_stage

_STAGES = ("preprocess", "train")
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["__main__", __name__, *(f"components.{stage}.__main__" for stage in _STAGES)])


def start(stage: str, arguments: dict[str, str], log: Path) -> BaseProcess:
    """Begin a run of one of `_STAGES`; its log is added to a file."""
    process = _context.Process(target=_run, args=(stage, arguments, log, dict(os.environ)))
    process.start()
    return process


def _run(stage: str, arguments: dict[str, str], log: Path, environment: dict[str, str]) -> None:
    os.environ.update(environment)  # the server's is as old as the server
    sys.argv = [stage, *(word for pair in arguments.items() for word in pair)]
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())
    run_stage(import_module(f"components.{stage}.__main__").main)
