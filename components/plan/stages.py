"""The tasks of a pipeline, each with what the preset says of it: image, resources, GPUs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kfp import dsl, kubernetes

from components.plan.placing import PoolParameters, pool_of
from components.plan.presets import Preset, Resources
from components.preprocess.component import preprocess, preprocess_part
from components.train.component import train_component

ImageOf = Callable[[str], str]
"""Gives the image of a stage."""


@dataclass(frozen=True)
class Stages:
    """Gives the tasks of a pipeline what the preset says of them."""

    preset: Preset
    image_of: ImageOf
    pools: Mapping[str, Any]
    """Parameters of the pipeline, see `pool_parameters`; empty where no member trains on GPUs."""

    def prepared(self, task: dsl.PipelineTask, stage: str, resources: Resources | None = None) -> dsl.PipelineTask:
        """Set the task's image and resources."""
        task.set_container_image(self.image_of(stage))
        # All that the Pod Security Standard "restricted" asks of a task and KFP does not set itself.
        kubernetes.set_security_context(task, run_as_non_root=True)
        if asked := resources or self.preset.resources.get(stage):
            request(task, asked)
        return task

    def preprocessed(self, **shared: Any) -> dsl.PipelineTask:
        """One task; or several that leave their part in the workspace, and one that gathers them."""
        if (parts := self.preset.preprocess_parts) == 1:
            return self.prepared(preprocess(**shared), "preprocess")
        made = [
            self.prepared(preprocess_part(part=part, parts=parts, **shared), "preprocess").set_display_name(
                f"preprocess part {part + 1} of {parts}"
            )
            for part in range(parts)
        ]
        # Not `ignore_upstream_failure`: KFP's backend makes an exit hook of such a task, which no other can wait for.
        return self.prepared(preprocess(**shared).after(*made), "preprocess")

    def trained(self, **shared: Any) -> list[dsl.PipelineTask]:
        """One training task for each member: a plain loop, so that each has its own name, resources and cache key."""
        tasks = []
        for number, member in enumerate(self.preset.members, 1):
            pool = pool_of(number, self.pools)
            task = train_component(member.name)(
                member=member.name,
                backbone=member.backbone,
                crop=member.crop,
                size=member.size,
                batch_size=member.batch_size,
                learning_rate=member.learning_rate,
                trial_epochs=self.preset.trial_epochs,
                branches=self.preset.branches,
                gpus=pool.gpus if pool else str(member.gpus),
                parallel_trials=self.preset.parallel_trials,
                **shared,
            )
            self.prepared(task, "train", member.resources).set_display_name(f"train {member.backbone}")
            if pool and member.resources and member.resources.placement:
                request_pool(task, member.resources.placement.pool.resource, pool)
            tasks.append(task)
        return tasks


def request(task: dsl.PipelineTask, resources: Resources) -> None:
    """Ask Kubernetes for what a task needs."""
    task.set_cpu_request(resources.cpu).set_cpu_limit(resources.cpu)
    task.set_memory_request(resources.memory).set_memory_limit(resources.memory)
    task.set_retry(resources.retries, backoff_duration=resources.backoff, backoff_factor=2.0)
    kubernetes.set_timeout(task, resources.timeout_seconds)
    if resources.shared_memory:
        kubernetes.empty_dir_mount(task, "shm", "/dev/shm", medium="Memory", size_limit=resources.shared_memory)


def request_pool(task: dsl.PipelineTask, resource: str, pool: PoolParameters) -> None:
    """Ask for GPUs, on the nodes that parameters say."""
    task.set_accelerator_type(resource).set_accelerator_limit(pool.gpus)
    kubernetes.add_node_affinity_json(task, pool.nodes)
    kubernetes.add_toleration_json(task, pool.tolerations)
