import sys
from collections.abc import Callable

import pytest

import pipeline
from components.register.candidate import Candidate
from components.register.mlflow_registry import MlflowRegistry
from components.register.registration import register
from components.register.rollback import main
from tests.register.conftest import RULES


@pytest.mark.parametrize("command", ["rollback.py", "pipeline.py"])
def test_one_command_rolls_back(
    command: str,
    embedded: MlflowRegistry,
    name: str,
    candidate: Callable[..., Candidate],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for skill in (0.3, 1.0):
        register(embedded, name, candidate(skill), RULES)
    arguments = ["--registry", embedded.uri, "--model-name", name, "--why", "a test"]
    monkeypatch.setattr(sys, "argv", [command, *arguments])

    if command == "pipeline.py":
        pipeline.main(["rollback", *arguments])
    else:
        main()

    assert capsys.readouterr().out == f"{name}: champion is version 1, was version 2\n"
    assert embedded.holder(name, "champion").version == "1"
