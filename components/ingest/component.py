"""The ingest stage as KFP sees it."""

from kfp import dsl


@dsl.container_component
def ingest(
    data: str,
    data_version: str,
    workspace: str,
    seed: int,
    maximum_quarantine_share: float,
    manifest: dsl.Output[dsl.Dataset],
    data_card: dsl.Output[dsl.HTML],
    metrics: dsl.Output[dsl.Metrics],
) -> dsl.ContainerSpec:
    """Read the sources, map labels, join demographics, find duplicates, split, quarantine."""
    return dsl.ContainerSpec(
        image="localhost/skin-lesion/ingest",
        command=["python", "-m", "components.ingest"],
        args=[
            "--data",
            data,
            "--data-version",
            data_version,
            "--workspace",
            workspace,
            "--seed",
            seed,
            "--maximum-quarantine-share",
            maximum_quarantine_share,
            "--manifest",
            manifest.path,
            "--data-card",
            data_card.path,
            "--metrics",
            metrics.path,
            "--executor-input",
            dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
        ],
    )
