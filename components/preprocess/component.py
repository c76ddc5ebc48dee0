"""The preprocess stage as KFP sees it: in one task, or in several parts and a task that gathers them."""

from kfp import dsl


@dsl.container_component
def preprocess(
    manifest: dsl.Input[dsl.Dataset],
    crops: str,
    images_per_shard: int,
    maximum_quarantine_share: float,
    workspace: str,
    records: dsl.Output[dsl.Dataset],
    sample_sheet: dsl.Output[dsl.HTML],
    metrics: dsl.Output[dsl.Metrics],
) -> dsl.ContainerSpec:
    """Trim black borders, crop square, resize to every crop size, write sharded records."""
    return dsl.ContainerSpec(
        image="localhost/skin-lesion/preprocess",
        command=["python", "-m", "components.preprocess"],
        args=[
            "--manifest",
            manifest.path,
            "--crops",
            crops,
            "--images-per-shard",
            images_per_shard,
            "--maximum-quarantine-share",
            maximum_quarantine_share,
            "--workspace",
            workspace,
            "--records",
            records.path,
            "--sample-sheet",
            sample_sheet.path,
            "--metrics",
            metrics.path,
            "--executor-input",
            dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
        ],
    )


@dsl.container_component
def preprocess_part(
    manifest: dsl.Input[dsl.Dataset],
    crops: str,
    images_per_shard: int,
    maximum_quarantine_share: float,
    workspace: str,
    part: int,
    parts: int,
    metrics: dsl.Output[dsl.Metrics],
) -> dsl.ContainerSpec:
    """Make one part of the records and leave it in the workspace."""
    return dsl.ContainerSpec(
        image="localhost/skin-lesion/preprocess",
        command=["python", "-m", "components.preprocess"],
        args=[
            "--manifest",
            manifest.path,
            "--crops",
            crops,
            "--images-per-shard",
            images_per_shard,
            "--maximum-quarantine-share",
            maximum_quarantine_share,
            "--workspace",
            workspace,
            "--part",
            part,
            "--parts",
            parts,
            "--metrics",
            metrics.path,
            "--executor-input",
            dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
        ],
    )
