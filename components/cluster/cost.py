"""What a run costs, estimated: hours from images, epochs, trials and a throughput, times what machines cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.cluster.assumptions import Assumptions
from components.cluster.prices import Prices
from components.cluster.tables import aligned
from components.common.errors import SettingsError
from components.plan.memory import HALF, step_memory
from components.plan.placing import gibibytes
from components.plan.pools import Pool
from components.plan.presets import MemberPreset, Preset, Resources


@dataclass(frozen=True)
class TaskCost:
    """Of one task."""

    task: str
    machine: str
    hours: float
    price: float
    """Of an hour."""
    note: str = ""

    @property
    def cost(self) -> float:
        """Of all hours."""
        return self.hours * self.price


def estimate(
    preset: Preset, prices: Prices, assumptions: Assumptions, rates: Mapping[str, float], stages: Sequence[str]
) -> list[TaskCost]:
    """Estimate each task of a run, in the order of the stages.

    Args:
        preset: with the pools that its members train in.
        prices: of machines.
        assumptions: all else that is not known.
        rates: of members, images a second that one GPU trains on, where somebody knows them.
        stages: of the pipeline.

    Raises:
        SettingsError: the preset asks for no machines, the price list lacks a GPU, or a throughput is neither given nor
            worked out.
    """
    costs = []
    for stage in stages:
        if stage == "train":
            costs += [_training(preset, member, prices, assumptions, rates) for member in preset.members]
        elif resources := preset.resources.get(stage):
            costs.append(_on_processors(stage, resources, prices, assumptions))
        else:
            raise SettingsError(f"preset {preset.name} does not say what {stage} asks for: it is not made for clusters")
    return costs


def _on_processors(stage: str, resources: Resources, prices: Prices, assumptions: Assumptions) -> TaskCost:
    cpus, memory = float(resources.cpu), gibibytes(resources.memory)
    price = cpus * prices.machines.cpu.on_demand + memory * prices.machines.memory.on_demand
    return TaskCost(stage, f"{cpus:g} CPUs, {memory:g} GiB", assumptions.stage_hours(stage), price)


def _training(
    preset: Preset, member: MemberPreset, prices: Prices, assumptions: Assumptions, rates: Mapping[str, float]
) -> TaskCost:
    placement = member.resources.placement if member.resources else None
    if not placement:
        raise SettingsError(f"preset {preset.name} trains {member.name} without a GPU: there is nothing to estimate")
    pool, gpus = placement.pool, placement.gpus
    # Trials run one on each GPU, with the whole batch; the final training shares it among all.
    alone = rates.get(member.name) or images_per_second(member, pool, member.batch_size, assumptions)
    together = alone
    if gpus > 1:
        shared = rates.get(member.name) or images_per_second(member, pool, member.batch_size // gpus, assumptions)
        together = shared * gpus * assumptions.parallel_efficiency
    seen = _images_seen(preset, assumptions)
    seconds = seen["trials"] / (alone * gpus) + (seen["final"] + seen["predicted"]) / together
    hours = (seconds / 3600 + assumptions.start_hours) * (1 + assumptions.spot_repeated * pool.spot)
    note = f"{together:.0f} images/s, {'given' if member.name in rates else 'assumed'}"
    # The pod has the machine to itself.
    gpu, machine = prices.of_gpu(pool.gpu)
    price = gpus * (
        gpu.of(pool.spot) + pool.cpus * machine.cpu.of(pool.spot) + pool.memory * machine.memory.of(pool.spot)
    )
    return TaskCost(f"train {member.name}", f"{gpus} {pool.gpu}{' spot' if pool.spot else ''}", hours, price, note)


def _images_seen(preset: Preset, assumptions: Assumptions) -> dict[str, float]:
    """Images that a member trains on in all its trials, and in the end; and what predicting costs, in such images."""
    train = assumptions.images * assumptions.train_share
    # After each epoch a sixth of the images is validated; in the end every image is predicted.
    validated = assumptions.images * (1 - assumptions.train_share) / 2 * assumptions.prediction_share
    return {
        "trials": preset.trials * preset.trial_epochs * assumptions.trial_share * (train + validated),
        "final": preset.epochs * (train + validated),
        "predicted": assumptions.images * assumptions.prediction_share,
    }


def images_per_second(member: MemberPreset, pool: Pool, batch: int, assumptions: Assumptions) -> float:
    """What one GPU may train on: an EfficientNet's step waits for memory, not for arithmetic.

    Args:
        member: with its network.
        pool: with its GPU.
        batch: images of a step on that GPU.
        assumptions: how memory becomes time.

    Raises:
        SettingsError: neither the network's memory nor the GPU's bandwidth is known.
    """
    memory = step_memory(member)
    if memory is None or pool.bandwidth is None:
        lacking = f"what {member.backbone} keeps at {member.size} px" if memory is None else f"{pool.name}'s bandwidth"
        raise SettingsError(f"{lacking} is not known: give --assume {member.name}.images_per_second=...")
    moving = batch * memory.kept[HALF] * assumptions.moved_per_kept / (pool.bandwidth * 1e9)
    return batch / max(moving, assumptions.least_step_seconds)


def table(costs: Sequence[TaskCost], prices: Prices, assumptions: Assumptions) -> str:
    """The estimate, for a person: tasks, sum, and all that it stands on."""
    money = prices.currency
    rows = [("task", "machine", "hours", f"{money}/h", money, "")]
    rows += [
        (one.task, one.machine, f"{one.hours:.1f}", f"{one.price:.2f}", f"{one.cost:.2f}", one.note) for one in costs
    ]
    total = sum(one.cost for one in costs)
    rows.append(("all", "", f"{sum(one.hours for one in costs):.1f}", "", f"{total:.2f}", ""))
    assumed = [("assumption", "value", "why")]
    assumed += [(name, f"{value:g}", why) for name, value, why in assumptions.lines()]
    return "\n".join(
        [
            aligned(rows),
            aligned(assumed),
            f"Prices as of {prices.as_of}, {prices.region}: check them. Nothing of this was measured on a GPU; "
            "--assume name=value sets an assumption, --assume MEMBER.images_per_second=N a throughput.",
        ]
    )
