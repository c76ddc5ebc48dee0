import os
import sys
from collections.abc import Callable
from pathlib import Path

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


def test_a_user_without_a_name_has_to_say_who_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    with pytest.raises(SystemExit, match="--by is missing: this user has no name"):
        pipeline.main(["rollback", "--registry", str(tmp_path), "--model-name", "m", "--why", "a test"])
