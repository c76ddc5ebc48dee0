"""The stage's description for KFP, held against its command line."""

import re
import subprocess
import sys

from components.robustness.component import robustness


def test_the_command_line_knows_every_argument_that_the_component_gives() -> None:
    usage = subprocess.run(
        [sys.executable, "-m", "components.robustness", "--help"], capture_output=True, text=True, check=True
    ).stdout
    spec = robustness.component_spec.implementation.container
    given = [argument for argument in spec.args if isinstance(argument, str) and argument.startswith("--")]
    assert len(given) == 11
    assert set(given) <= set(re.findall(r"--[a-z-]+", usage))
