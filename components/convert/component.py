"""The convert stage as KFP sees it."""

from kfp import dsl


@dsl.container_component
def convert(
    maximum_difference: float,
    parity_images: int,
    latency_rounds: int,
    ensemble: dsl.Input[dsl.Model],
    member_1: dsl.Input[dsl.Model],
    member_2: dsl.Input[dsl.Model],
    member_3: dsl.Input[dsl.Model],
    records: dsl.Input[dsl.Dataset],
    onnx_model: dsl.Output[dsl.Model],
    parity: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
) -> dsl.ContainerSpec:
    """Write the ensemble as one ONNX file, and hold it against TensorFlow: same answers, size, speed."""
    return dsl.ContainerSpec(
        image="localhost/skin-lesion/convert",
        command=["python", "-m", "components.convert"],
        args=[
            "--maximum-difference", maximum_difference, "--parity-images", parity_images,
            "--latency-rounds", latency_rounds, "--ensemble", ensemble.path,
            "--members", member_1.path, member_2.path, member_3.path, "--records", records.path,
            "--onnx-model", onnx_model.path, "--parity", parity.path, "--report", report.path,
            "--executor-input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
        ],
    )  # fmt: skip
