"""SIGTERM, in processes of their own."""

import signal
import subprocess
import sys

START = """
import time
from components.train.termination import Termination
termination = Termination()
termination.listen()
"""
WAIT = "print('ready', flush=True); time.sleep(30)"
TRAIN = """
with termination:
    print('ready', flush=True)
    while not termination.requested:
        time.sleep(0.01)
    print('saved', flush=True)
"""


def terminated(code: str) -> tuple[int, str]:
    process = subprocess.Popen([sys.executable, "-c", START + code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=20)
    return process.returncode, output


def test_outside_of_a_training_the_process_ends_at_once() -> None:
    assert terminated(WAIT) == (128 + signal.SIGTERM, "")


def test_within_a_training_it_is_asked_and_saves_first() -> None:
    assert terminated(TRAIN) == (0, "saved\n")
