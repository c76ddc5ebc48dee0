import sys

import pytest

from components.preprocess.__main__ import main

kfp = pytest.importorskip("kfp")

PART = {"--part", "--parts"}
GATHERED = {"--records", "--sample-sheet"}


def arguments(component: object) -> set[str]:
    container = component.component_spec.implementation.container  # type: ignore[attr-defined]
    return {word for word in container.args if str(word).startswith("--")}


def test_the_components_pass_what_the_stage_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from components.preprocess.component import preprocess, preprocess_part

    monkeypatch.setattr(sys, "argv", ["preprocess", "--help"])
    with pytest.raises(SystemExit):
        main()
    words = {word.strip(",[]") for word in capsys.readouterr().out.split() if word.strip("[").startswith("--")}
    taken = words - {"--help", "--processes"}
    assert arguments(preprocess) == taken - PART
    assert arguments(preprocess_part) == taken - GATHERED


def test_the_parts_are_gathered_by_a_task_that_others_can_wait_for() -> None:
    from components.preprocess.component import preprocess, preprocess_part

    @kfp.dsl.pipeline
    def fanned_out(workspace: str) -> None:  # type: ignore[misc]
        source = kfp.dsl.importer(artifact_uri="/manifest", artifact_class=kfp.dsl.Dataset)
        shared = {
            "manifest": source.output,
            "crops": "64",
            "images_per_shard": 8,
            "maximum_quarantine_share": 0.1,
            "workspace": workspace,
        }
        parts = [preprocess_part(part=number, parts=3, **shared) for number in range(3)]
        preprocess(**shared).after(*parts)

    tasks = fanned_out.pipeline_spec.root.dag.tasks
    names = ["preprocess-part", "preprocess-part-2", "preprocess-part-3"]
    assert set(names) < set(tasks["preprocess"].dependent_tasks)
    assert [tasks[name].inputs.parameters["part"].runtime_value.constant.number_value for name in names] == [0, 1, 2]
    policy = tasks["preprocess"].trigger_policy
    assert policy.strategy == policy.TriggerStrategy.TRIGGER_STRATEGY_UNSPECIFIED
