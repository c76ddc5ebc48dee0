"""The stage in a process of its own, which a test may kill.

The process is forked from a server that has imported the stage already: it starts within milliseconds.
"""

import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

from components.common.executor import run_stage
from components.preprocess.__main__ import main

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["__main__", __name__])


def start(arguments: dict[str, str], log: Path) -> BaseProcess:
    """Begin a run of the stage; its log goes to a file, in place of what is there."""
    process = _context.Process(target=_run, args=(arguments, log, dict(os.environ)))
    process.start()
    return process


def _run(arguments: dict[str, str], log: Path, environment: dict[str, str]) -> None:
    os.environ.update(environment)  # the server's is as old as the server
    sys.argv = ["preprocess", *(word for pair in arguments.items() for word in pair)]
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), sys.stderr.fileno())
    run_stage(main)
