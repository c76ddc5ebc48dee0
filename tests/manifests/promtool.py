"""Prometheus' own look at rules."""

import os
import shutil
import sys
from pathlib import Path

import pytest


def promtool() -> str:
    """Its program; the test is skipped where there is none, unless `REQUIRE_PROMTOOL` is set."""
    beside = Path(sys.executable).with_name("promtool")
    found = str(beside) if beside.is_file() else shutil.which("promtool")
    if not found:
        lack = pytest.fail if os.environ.get("REQUIRE_PROMTOOL") else pytest.skip
        lack("no promtool: make promtool")
    return str(found)
