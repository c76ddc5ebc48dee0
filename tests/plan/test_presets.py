"""The presets are whole, and what is wrong in one is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from components.plan.presets import DEMO, PAPER, PRESETS, Preset
from components.train.backbones import BACKBONES


def changed(**values: Any) -> Preset:
    return Preset(**{**DEMO.model_dump(), **values})


def test_paper_is_the_study() -> None:
    members = [(m.backbone, m.crop, m.size, m.batch_size, m.learning_rate) for m in PAPER.members]
    assert members == [
        ("EfficientNetB4", 768, 380, 8, 3e-5),
        ("EfficientNetB5", 512, 448, 4, 3e-5),
        ("EfficientNetB7", 768, 380, 4, 1e-5),
    ]
    assert (PAPER.epochs, PAPER.weights, PAPER.crops) == (15, "imagenet", [768, 512])


def test_all_presets_name_backbones_that_exist_and_never_enlarge() -> None:
    for preset in PRESETS.values():
        for member in preset.members:
            assert member.backbone in BACKBONES
            assert member.size <= member.crop


def test_a_preset_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        DEMO.epochs = 3


def test_members_of_one_name_are_refused() -> None:
    member = DEMO.members[0].model_dump()
    with pytest.raises(ValidationError, match="members need distinct names, not b0-a, b0-a, b0-a"):
        changed(members=(member, member, member))


def test_this_machine_promises_no_gpus_and_a_cluster_one_for_each_member_of_paper() -> None:
    assert [member.gpus for member in PAPER.members] == [1, 1, 1]
    assert [member.gpus for member in PAPER.on_this_machine().members] == [0, 0, 0]
    assert PAPER.on_this_machine().members[0].backbone == PAPER.members[0].backbone


@pytest.mark.parametrize(
    "values", [{"epochs": 0}, {"epochs": "4"}, {"trials": -1}, {"unknown": 1}, {"precision": "half"}, {"members": ()}]
)
def test_a_wrong_value_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        changed(**values)


def test_a_batch_size_of_all_members_takes_the_place_of_theirs() -> None:
    assert {member.batch_size for member in PRESETS["paper"].with_batch_size(6).members} == {6}
    assert PRESETS["paper"].with_batch_size(0) == PRESETS["paper"]
