"""Making the server's recurring runs be what a file says.

A recurring run cannot be edited. So one that differs is replaced, in an order that never leaves two enabled, and the
old one at work until the new one is accepted: create the new one disabled, disable the old one, enable the new one,
delete the old one. A call that is cut off in between leaves what the next call takes up.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from components.cluster import recurring
from components.cluster.connection import Cluster
from components.cluster.package import Package
from components.cluster.recurring import Facts, Held
from components.cluster.schedule_file import Schedule
from components.cluster.uploading import experiment_id, uploaded


@dataclass(frozen=True)
class Plan:
    """What is to be done."""

    wanted: Facts | None
    """None: there is to be no such recurring run."""
    enabled: bool
    kept: Held | None
    """The one that is as wanted, but for being enabled; None: it is to be created."""
    others: tuple[Held, ...]
    """That differ, or are as wanted too; to be disabled, and deleted once their runs have ended."""

    def difference(self, name: str) -> str:
        """A unified diff from what the server has to what is wanted; empty where they are the same."""
        before = self.kept or next((one for one in self.others if one.enabled), next(iter(self.others), None))
        old = before.facts.text(before.enabled) if before else ""
        new = self.wanted.text(self.enabled) if self.wanted else ""
        lines = difflib.unified_diff(
            old.splitlines(), new.splitlines(), f"{name} (server)", f"{name} (file)", lineterm=""
        )
        return "".join(f"{line}\n" for line in lines)

    def steps(self) -> list[str]:
        """In words, in their order."""
        steps = []
        if self.wanted and not self.kept:
            steps.append("create the new one, disabled")
        steps += [f"disable {one.id}" for one in self.disabled]
        if self.switched:
            steps.append("enable it" if self.enabled else "disable it")
        steps += [f"delete {one.id}" for one in self.deleted]
        return steps

    def left(self) -> list[str]:
        """What stays for the next call."""
        return [
            f"{one.id} is left, disabled, until its runs have ended: call again then" for one in self.others if one.busy
        ]

    @property
    def disabled(self) -> list[Held]:
        """Of the others those that are to be disabled."""
        return [one for one in self.others if one.enabled]

    @property
    def switched(self) -> bool:
        """Whether the one that stays, or is created (disabled), is to be enabled or disabled."""
        return self.wanted is not None and self.enabled != (self.kept.enabled if self.kept else False)

    @property
    def deleted(self) -> list[Held]:
        """Of the others those that can be deleted now."""
        return [one for one in self.others if not one.busy]


def plan(schedule: Schedule, wanted: Facts | None, held: Sequence[Held]) -> Plan:
    """Compare what there is with what is wanted.

    Args:
        schedule: the file.
        wanted: its facts; None where there is to be none.
        held: the recurring runs of its name, the oldest first.
    """
    right = [one for one in held if one.facts == wanted]
    # Of several the one that needs no switching.
    kept = min(right, key=lambda one: one.enabled != schedule.enabled, default=None)
    return Plan(wanted, schedule.enabled, kept, tuple(one for one in held if one is not kept))


def planned(cluster: Cluster, schedule: Schedule, package: Package | None) -> Plan:
    """Look at the server, and change nothing.

    Args:
        cluster: where.
        schedule: the file.
        package: what it is to run; None: there is to be no such recurring run.

    Raises:
        ClusterError: the server refuses, or is down.
    """
    with cluster.explained(f"show the schedule {schedule.name}"):
        held = recurring.held_of(cluster, schedule.name)
    return plan(schedule, recurring.wanted(schedule, package.version) if package else None, held)


def carry_out(cluster: Cluster, schedule: Schedule, package: Package | None, todo: Plan) -> None:
    """Do what is planned.

    Raises:
        ClusterError: the server refuses, or is down; the next call goes on where this one ended.
    """
    kept = todo.kept.id if todo.kept else None
    if package and not kept:
        version, experiment = uploaded(cluster, package), experiment_id(cluster, schedule.experiment)
        with cluster.explained(f"create the schedule {schedule.name}"):
            kept = recurring.create(cluster, schedule, version, experiment, {one.id for one in todo.others})
    with cluster.explained(f"switch the schedule {schedule.name}"):
        for one in todo.disabled:
            recurring.disable(cluster, one.id)
        if kept and todo.switched:
            (recurring.enable if todo.enabled else recurring.disable)(cluster, kept)
        for one in todo.deleted:
            recurring.delete(cluster, one.id)
