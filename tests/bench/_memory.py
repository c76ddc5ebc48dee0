"""How much memory a command takes, with all the processes that it starts."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SECONDS = 0.2


def peak_gigabytes(command: Sequence[str]) -> float:
    """Run a command; the largest sum of the resident memory of its processes, looked at five times a second.

    Raises:
        RuntimeError: it fails, with the end of what it wrote.
    """
    peak = 0
    with TemporaryFile("w+") as written:
        # All processes of a session carry the number of the first.
        with subprocess.Popen(command, start_new_session=True, stdout=written, stderr=subprocess.STDOUT) as process:
            while process.poll() is None:
                peak = max(peak, _resident(process.pid))
                time.sleep(_SECONDS)
        written.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command[:4])} failed: {written.read()[-2000:]}")
    return peak / 1e9


def _resident(session: int) -> int:
    """Bytes; see proc_pid_stat(5) for the fields."""
    total = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it just ended
        if int(fields[3]) == session:
            total += int(fields[21]) * _PAGE
    return total
