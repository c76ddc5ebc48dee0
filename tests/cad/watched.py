"""What a process holds, as Linux tells it."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Holds:
    """At one moment."""

    bytes: int
    threads: int
    handles: int
    """Open files and sockets."""


def holds(pid: int) -> Holds:
    status = Path(f"/proc/{pid}/status").read_text()
    return Holds(
        bytes=1024 * _number(r"VmRSS:\s+(\d+) kB", status),
        threads=_number(r"Threads:\s+(\d+)", status),
        handles=len(list(Path(f"/proc/{pid}/fd").iterdir())),
    )


def _number(pattern: str, text: str) -> int:
    match = re.search(pattern, text)
    assert match
    return int(match[1])
