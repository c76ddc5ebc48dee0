"""Choosing the pool of each training: at compile time as a default, at submit time as values of parameters.

A training task has three pipeline parameters: how many GPUs, Kubernetes' NodeAffinity, and its Tolerations. Nobody
writes those by hand: `--pool efficientnet-b4=a100-spot:2` stands for them.
"""

import inspect
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.common.errors import SettingsError
from components.plan.memory import held_at_once
from components.plan.pools import Placement, Pool
from components.plan.presets import MemberPreset, Preset, Resources

log = logging.getLogger(__name__)

GPUS, NODES, TOLERATIONS = "_gpus", "_nodes", "_tolerations"
"""Endings of the names of these parameters, after `member_1` and so on."""

_CHOICE = re.compile(r"(?:(?P<member>[^=]+)=)?(?P<pool>[a-z0-9-]+)(?::(?P<gpus>[1-9][0-9]*))?")

# Of a machine's CPUs and memory, what Kubernetes and its daemons leave to pods.
_ALLOCATABLE = 0.92

_GIB = {"Mi": 1 / 1024, "Gi": 1.0, "Ti": 1024.0}


def place(preset: Preset, choices: Sequence[str], pools: Mapping[str, Pool]) -> Preset:
    """The preset with other pools.

    Args:
        preset: one that trains on GPUs.
        choices: "MEMBER=POOL[:GPUS]", or "POOL[:GPUS]" for all members; a later one wins. Who is not chosen for stays
            in the pool of the name that the preset gives.
        pools: that there are, by name.

    Raises:
        SettingsError: a choice of another form, an unknown name, or a pool that cannot hold the task.
    """
    members = {member.name: _renewed(preset, member, pools) for member in preset.members}
    for choice in choices:
        match = _CHOICE.fullmatch(choice)
        if not match:
            raise SettingsError(f"--pool {choice}: write MEMBER=POOL[:GPUS], or POOL[:GPUS] for all members")
        pool = _known(choice, match["pool"], pools, "pool")
        chosen = [_known(choice, match["member"], members, "member")] if match["member"] else list(members.values())
        for member in chosen:
            placement = Placement(pool=pool, gpus=int(match["gpus"] or 1))
            members[member.name] = _placed(choice, preset, member, placement)
    return preset.model_copy(update={"members": tuple(members.values())})


def _known(choice: str, name: str, known: Mapping[str, Any], what: str) -> Any:
    if name not in known:
        raise SettingsError(f"--pool {choice}: no {what} {name!r}; there are {', '.join(known)}")
    return known[name]


def _renewed(preset: Preset, member: MemberPreset, pools: Mapping[str, Pool]) -> MemberPreset:
    """The member in the pool of that name that there is now: a pool file may have changed it."""
    placement = member.resources.placement if member.resources else None
    if not placement or (pool := pools.get(placement.pool.name, placement.pool)) == placement.pool:
        return member
    return _placed(pool.name, preset, member, Placement(pool=pool, gpus=placement.gpus))


def _placed(choice: str, preset: Preset, member: MemberPreset, placement: Placement) -> MemberPreset:
    if not (member.resources and member.resources.placement):
        raise SettingsError(f"--pool {choice}: preset {preset.name} trains without GPUs")
    resources = member.resources.model_copy(update={"placement": placement})
    check_fits(f"--pool {choice}", member, resources)
    if not held_at_once(member, placement.pool, placement.gpus):
        log.warning(
            "--pool %s: a GPU of %s does not hold a step of %s at once; it will be taken in parts, which is slower",
            choice,
            placement.pool.name,
            member.name,
        )
    return member.model_copy(update={"resources": resources})


def check_fits(where: str, member: MemberPreset, resources: Resources) -> None:
    """Refuse what would never be scheduled, or would fail as soon as it is.

    Raises:
        SettingsError: the batch cannot be shared evenly, or the largest machine has too few GPUs, CPUs or memory.
    """
    placement = resources.placement
    if not placement:
        return
    pool, gpus = placement.pool, placement.gpus
    if gpus > pool.most_gpus:
        raise SettingsError(f"{where}: a machine of {pool.name} has at most {pool.most_gpus} GPUs, not {gpus}")
    if member.batch_size % gpus:
        raise SettingsError(f"{where}: {gpus} GPUs cannot share {member.name}'s batch of {member.batch_size} evenly")
    for what, asked, there in (
        ("CPUs", float(resources.cpu), pool.cpus),
        ("GiB", gibibytes(resources.memory), pool.memory),
    ):
        if asked > (left := there * gpus * _ALLOCATABLE):
            raise SettingsError(
                f"{where}: {member.name} asks for {asked:g} {what}, and a machine of {pool.name} with {gpus} GPUs "
                f"leaves {left:.1f} to pods"
            )


def gibibytes(quantity: str) -> float:
    """A Kubernetes quantity of memory, such as 32Gi, in GiB."""
    return float(quantity[:-2]) * _GIB[quantity[-2:]]


def pool_arguments(preset: Preset) -> dict[str, Any]:
    """Values of the parameters of all members that train on GPUs."""
    arguments: dict[str, Any] = {}
    for number, member in enumerate(preset.members, 1):
        if member.resources and (placement := member.resources.placement):
            # The number is a text: of a number, KFP's backend (2.15) makes a pod without GPUs, and says nothing.
            arguments[f"member_{number}{GPUS}"] = str(placement.gpus)
            arguments[f"member_{number}{NODES}"] = placement.affinity()
            arguments[f"member_{number}{TOLERATIONS}"] = placement.tolerations()
    return arguments


def pool_parameters(preset: Preset) -> list[inspect.Parameter]:
    """These parameters, with what the preset says as defaults."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return [
        inspect.Parameter(name, kind, default=value, annotation=type(value))
        for name, value in pool_arguments(preset).items()
    ]


def described(preset: Preset) -> dict[str, str]:
    """What each of them is, for who reads the pipeline's inputs."""
    about = {
        GPUS: "GPUs, a whole number, by which its batch can be divided evenly",
        NODES: "Kubernetes' NodeAffinity",
        TOLERATIONS: "Kubernetes' tolerations",
    }
    return {
        f"member_{number}{ending}": f"of the training of {member.name}: {text}; --pool writes it."
        for number, member in enumerate(preset.members, 1)
        for ending, text in about.items()
        if member.gpus
    }


@dataclass(frozen=True)
class PoolParameters:
    """Of one member: values, or KFP's placeholders of them."""

    gpus: Any
    nodes: Any
    tolerations: Any


def pool_of(number: int, parameters: Mapping[str, Any]) -> PoolParameters | None:
    """Those of the member of this number, from 1; None where it trains without GPUs."""
    names = [f"member_{number}{ending}" for ending in (GPUS, NODES, TOLERATIONS)]
    return PoolParameters(*(parameters[name] for name in names)) if names[0] in parameters else None
