"""Every member of the study has been counted, and fits the GPUs that its pools have."""

import pytest

from components.plan.memory import FLOAT32, HALF, MEASURED, held_at_once, step_memory
from components.plan.pools import POOLS
from components.plan.presets import DEMO, PAPER

MEMBERS = pytest.mark.parametrize("member", PAPER.members, ids=lambda member: member.name)


@MEMBERS
@pytest.mark.parametrize("pool", POOLS)
def test_every_member_of_paper_fits_every_pool_even_in_single_precision(member, pool: str) -> None:
    memory = step_memory(member)
    assert memory
    assert memory.gibibytes(member.batch_size, HALF) < memory.gibibytes(member.batch_size, FLOAT32)
    assert memory.gibibytes(member.batch_size, FLOAT32) < POOLS[pool].gpu_memory
    assert held_at_once(member, POOLS[pool], 1)


@MEMBERS
def test_the_largest_batch_is_the_last_that_fits(member) -> None:
    memory = step_memory(member)
    assert memory
    batch = memory.largest_batch(22.5, HALF)
    assert memory.gibibytes(batch, HALF) <= 22.5 < memory.gibibytes(batch + 1, HALF)
    assert memory.largest_batch(1.0, HALF) == 0


def test_a_small_gpu_does_not_hold_the_step_and_two_of_them_may() -> None:
    member = PAPER.members[2]
    small = POOLS["l4"].model_copy(update={"gpu_memory": 7.0})
    assert not held_at_once(member, small, 1)
    assert held_at_once(member, small, 2)


def test_what_was_not_counted_is_taken_to_fit() -> None:
    assert step_memory(DEMO.members[0]) is None
    assert held_at_once(DEMO.members[0], POOLS["l4"], 1)


def test_larger_networks_and_larger_pictures_keep_more() -> None:
    b4, b5, b7 = MEASURED.values()
    assert b4.parameters < b5.parameters < b7.parameters
    assert b4.kept[HALF] < b5.kept[HALF] < b7.kept[HALF]
