"""The estimate is what its parts make, and says all that it stands on."""

import dataclasses

import pytest

from components.cluster.assumptions import Assumptions
from components.cluster.cost import TaskCost, estimate, images_per_second, table
from components.cluster.prices import Prices
from components.common.errors import SettingsError
from components.plan.placing import place
from components.plan.pools import POOLS
from components.plan.presets import DEMO, PAPER, Preset

STAGES = ("ingest", "preprocess", "train", "evaluate", "convert", "robustness", "register")
ASSUMED = Assumptions()
KNOWN = {member.name: 50.0 for member in PAPER.members}


def priced(**gpus: float) -> Prices:
    """A GPU at so much an hour, and a tenth of that on spot machines; all else costs nothing."""
    nothing = {"on_demand": 0.0, "spot": 0.0}
    free = {"cpu": nothing, "memory": nothing}
    listed = {name.replace("_", "-"): {"on_demand": price, "spot": price / 10} for name, price in gpus.items()}
    return Prices.model_validate(
        {
            "as_of": "2026-01-01", "region": "here", "currency": "EUR", "gpus": listed,
            "gpu_machines": dict.fromkeys(listed, free), "machines": free,
        },
        strict=False,
    )  # fmt: skip


def training(preset: Preset, assumptions: Assumptions = ASSUMED, rates: dict[str, float] = KNOWN) -> TaskCost:
    return estimate(preset, priced(L4=1.0, A100=10.0), assumptions, rates, ["train"])[0]


def test_every_task_of_a_run_is_there_once() -> None:
    costs = estimate(PAPER, priced(L4=1.0), ASSUMED, KNOWN, STAGES)
    assert [one.task for one in costs] == [
        "ingest", "preprocess", "train efficientnet-b4", "train efficientnet-b5", "train efficientnet-b7",
        "evaluate", "convert", "robustness", "register",
    ]  # fmt: skip


def test_hours_are_images_times_epochs_and_trials_by_the_throughput() -> None:
    simple = dataclasses.replace(
        ASSUMED, images=100_000, train_share=1.0, trial_share=0.5, prediction_share=0.0, start_hours=0.0
    )
    # Twenty trials of three epochs, of which half is left, and fifteen epochs.
    expected = (20 * 3 * 0.5 + 15) * 100_000 / 50 / 3600
    assert training(PAPER, simple).hours == pytest.approx(expected)
    assert training(PAPER, simple).cost == pytest.approx(expected * 1.0)


def test_validation_predictions_and_the_start_add_to_that() -> None:
    assert training(PAPER).hours > (20 * 3 * 0.6 + 15) * 58_000 * 0.7 / 50 / 3600 + 0.25


def test_spot_machines_cost_less_an_hour_and_take_more_hours() -> None:
    spot = training(place(PAPER, ["l4-spot"], POOLS))
    assert spot.hours == pytest.approx(1.1 * training(PAPER).hours)
    assert spot.price == pytest.approx(0.1)
    assert spot.machine == "1 L4 spot"


def test_two_gpus_halve_the_trials_and_nearly_halve_the_rest_at_twice_the_price() -> None:
    one, two = training(PAPER), training(place(PAPER, ["l4:2"], POOLS))
    assert one.hours / 2 < two.hours < one.hours / 1.6
    assert two.price == 2 * one.price


def test_a_gpu_with_twice_the_bandwidth_is_twice_as_fast_until_its_kernels_have_to_be_started() -> None:
    member, slow = PAPER.members[0], POOLS["l4"]
    fast, fastest = (slow.model_copy(update={"bandwidth": factor * 300.0}) for factor in (1.5, 100.0))
    rate = images_per_second(member, slow, 8, ASSUMED)
    assert images_per_second(member, fast, 8, ASSUMED) == pytest.approx(1.5 * rate)
    assert images_per_second(member, fastest, 8, ASSUMED) == pytest.approx(8 / ASSUMED.least_step_seconds)


def test_a_throughput_that_is_given_counts() -> None:
    rates = {"efficientnet-b4": 100.0}
    task = training(PAPER, rates=rates)
    assert task.note == "100 images/s, given"
    assert task.hours < training(PAPER).hours


def test_an_unknown_bandwidth_is_asked_for() -> None:
    pools = POOLS | {"rack": POOLS["a100"].model_copy(update={"name": "rack", "bandwidth": None})}
    with pytest.raises(SettingsError, match="rack's bandwidth is not known: give --assume efficientnet-b4.images_per"):
        training(place(PAPER, ["rack"], pools), rates={})


def test_a_gpu_without_a_price_is_named() -> None:
    with pytest.raises(SettingsError, match="the price list has no L4 under both gpus and gpu_machines, only A100"):
        estimate(PAPER, priced(A100=1.0), ASSUMED, KNOWN, STAGES)


@pytest.mark.parametrize(
    ("preset", "message"),
    [
        (DEMO, "preset demo trains b0-a without a GPU: there is nothing to estimate"),
        (PAPER.on_this_machine(), "preset paper does not say what ingest asks for"),
    ],
    ids=["no GPUs", "no cluster"],
)
def test_a_preset_without_what_costs_is_refused(preset: Preset, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        estimate(preset, priced(L4=1.0), ASSUMED, {}, STAGES)


def test_the_table_sums_up_and_names_every_assumption() -> None:
    costs = [TaskCost("one", "1 L4", 2.0, 3.0), TaskCost("two", "4 CPUs", 1.0, 0.5, "so")]
    text = table(costs, priced(L4=1.0), ASSUMED)
    lines = text.splitlines()
    assert lines[0].split() == ["task", "machine", "hours", "EUR/h", "EUR"]
    assert lines[3].split() == ["all", "3.0", "6.50"]
    assert all(name in text for name, _, _ in ASSUMED.lines())
    assert "Prices as of 2026-01-01, here: check them" in text
