"""The component's interface against the command line."""

import sys

import pytest

from components.robustness.__main__ import main

kfp = pytest.importorskip("kfp")


def test_the_component_passes_what_the_stage_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from components.robustness.component import robustness

    monkeypatch.setattr(sys, "argv", ["robustness", "--help"])
    with pytest.raises(SystemExit):
        main()
    taken = {word.strip(",[]") for word in capsys.readouterr().out.split() if word.strip("[").startswith("--")}
    passed = {word for word in robustness.component_spec.implementation.container.args if str(word).startswith("--")}
    assert taken - {"--help"} == passed
