"""The notify stage as KFP sees it: the exit task of the pipeline."""

from kfp import dsl


@dsl.container_component
def notify(
    status: dsl.PipelineTaskFinalStatus,
    pipeline: str,
    run_name: str,
    run_id: str,
    ui: str,
    api: str,
) -> dsl.ContainerSpec:
    """Say how the run ended, to a Slack-compatible webhook."""
    return dsl.ContainerSpec(
        image="localhost/skin-lesion/notify",
        command=["python", "-m", "components.notify"],
        args=[
            "--status", status, "--pipeline", pipeline, "--run-name", run_name, "--run-id", run_id,
            "--ui", ui, "--api", api,
        ],
    )  # fmt: skip
