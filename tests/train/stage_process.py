"""The stage in a process of its own, which a test may kill.

The process is forked from a server that has imported TensorFlow and has not used it: it starts within a second.
"""

import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

from components.common.executor import run_stage
from components.train.__main__ import main

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["__main__", __name__])


def start(arguments: dict[str, str], log: Path) -> BaseProcess:
    """Begin a run of the stage; its log is added to a file."""
    process = _context.Process(target=_run, args=(arguments, log, dict(os.environ)))
    process.start()
    return process


def _run(arguments: dict[str, str], log: Path, environment: dict[str, str]) -> None:
    os.environ.update(environment)  # the server's is as old as the server
    sys.argv = ["train", *(word for pair in arguments.items() for word in pair)]
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())
    run_stage(main)
