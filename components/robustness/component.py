"""The robustness stage as KFP sees it."""

from kfp import dsl


@dsl.container_component
def robustness(
    images: int,
    seed: int,
    maximum_corruption_error: float,
    onnx_model: dsl.Input[dsl.Model],
    records: dsl.Input[dsl.Dataset],
    manifest: dsl.Input[dsl.Dataset],
    report: dsl.Output[dsl.HTML],
    metrics: dsl.Output[dsl.Metrics],
    table: dsl.Output[dsl.Dataset],
    gates: dsl.Output[dsl.Artifact],
) -> dsl.ContainerSpec:
    """Corrupt the test images in many ways, and measure what the ONNX ensemble and its members make of them."""
    return dsl.ContainerSpec(
        image="localhost/skin-lesion/robustness",
        command=["python", "-m", "components.robustness"],
        args=[
            "--images", images, "--seed", seed, "--maximum-corruption-error", maximum_corruption_error,
            "--onnx-model", onnx_model.path, "--records", records.path, "--manifest", manifest.path,
            "--report", report.path, "--metrics", metrics.path, "--table", table.path, "--gates", gates.path,
            "--executor-input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
        ],
    )  # fmt: skip
