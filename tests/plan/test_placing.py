"""`--pool` becomes the defaults and the values of pipeline parameters; what cannot be is refused at once."""

import pytest

from components.common.errors import SettingsError
from components.plan.placing import check_fits, described, gibibytes, place, pool_arguments, pool_of, pool_parameters
from components.plan.pools import POOLS
from components.plan.presets import DEMO, PAPER


def test_one_member_is_placed_and_the_others_stay() -> None:
    placed = place(PAPER, ["efficientnet-b7=a100-spot:2"], POOLS)
    assert [(one.resources.placement.pool.name, one.gpus) for one in placed.members if one.resources.placement] == [
        ("l4", 1),
        ("l4", 1),
        ("a100-spot", 2),
    ]


def test_without_a_name_all_members_are_placed_and_a_later_choice_wins() -> None:
    placed = place(PAPER, ["l4-spot", "efficientnet-b4=l4:2"], POOLS)
    assert [one.resources.placement.pool.name for one in placed.members] == ["l4", "l4-spot", "l4-spot"]
    assert [one.gpus for one in placed.members] == [2, 1, 1]


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ("b4=l4", "no member 'b4'; there are efficientnet-b4, efficientnet-b5, efficientnet-b7"),
        ("efficientnet-b4=t4", "no pool 't4'; there are l4, l4-spot, a100"),
        ("efficientnet-b4=l4:0", r"write MEMBER=POOL\[:GPUS\]"),
        ("efficientnet-b4=", r"write MEMBER=POOL\[:GPUS\]"),
        ("efficientnet-b4=l4:8", "a machine of l4 has at most 4 GPUs, not 8"),
        ("efficientnet-b5=a100:3", "3 GPUs cannot share efficientnet-b5's batch of 4 evenly"),
    ],
)
def test_a_wrong_choice_is_refused(choice: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=f"--pool {choice}: {problem}"):
        place(PAPER, [choice], POOLS)


def test_a_pool_that_a_file_changes_is_changed_without_being_chosen() -> None:
    rack = POOLS["l4"].model_copy(update={"labels": {"nvidia.com/gpu.product": "NVIDIA-L4"}})
    placed = place(PAPER, ["efficientnet-b4=a100"], POOLS | {"l4": rack})
    assert [one.resources.placement.pool for one in placed.members] == [POOLS["a100"], rack, rack]
    assert place(PAPER, [], POOLS) == PAPER
    assert place(DEMO, [], POOLS) == DEMO


def test_a_preset_that_trains_without_gpus_has_no_pools() -> None:
    assert pool_arguments(DEMO) == {}
    with pytest.raises(SettingsError, match="preset demo trains without GPUs"):
        place(DEMO, ["l4"], POOLS)


def test_what_a_machine_cannot_hold_is_refused_before_it_waits_for_ever() -> None:
    small = POOLS | {"small": POOLS["l4"].model_copy(update={"name": "small", "cpus": 4})}
    with pytest.raises(SettingsError, match="asks for 8 CPUs, and a machine of small with 1 GPUs leaves 3.7 to pods"):
        place(PAPER, ["efficientnet-b4=small"], small)


def test_a_gpu_that_takes_a_step_in_parts_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    small = POOLS | {"small": POOLS["l4"].model_copy(update={"name": "small", "gpu_memory": 4.0})}
    place(PAPER, ["efficientnet-b7=small"], small)
    assert "a GPU of small does not hold a step of efficientnet-b7 at once" in caplog.text


def test_every_member_of_every_preset_fits_its_pool() -> None:
    for member in PAPER.members:
        assert member.resources
        check_fits("paper", member, member.resources)


def test_every_member_of_paper_fits_every_pool() -> None:
    for pool in POOLS:
        place(PAPER, [pool], POOLS)


def test_the_arguments_are_the_parameters_defaults_and_all_are_described() -> None:
    arguments = pool_arguments(PAPER)
    assert {one.name: one.default for one in pool_parameters(PAPER)} == arguments
    assert set(described(PAPER)) == set(arguments)
    assert arguments["member_2_gpus"] == "1"
    assert list(arguments)[:3] == ["member_1_gpus", "member_1_nodes", "member_1_tolerations"]


def test_a_members_parameters_are_found_by_its_number() -> None:
    pool = pool_of(2, pool_arguments(PAPER))
    assert pool
    assert pool.gpus == "1"
    assert pool_of(2, {}) is None


@pytest.mark.parametrize(("quantity", "gib"), [("32Gi", 32.0), ("512Mi", 0.5), ("1Ti", 1024.0)])
def test_quantities_of_memory_are_read(quantity: str, gib: float) -> None:
    assert gibibytes(quantity) == gib
