"""The preprocess stage as KFP sees it."""

from kfp import dsl


@dsl.container_component
def preprocess(
    manifest: dsl.Input[dsl.Dataset],
    crops: str,
    images_per_shard: int,
    maximum_quarantine_share: float,
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
