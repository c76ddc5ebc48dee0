"""The convert stage as KFP sees it."""

from kfp import dsl


@dsl.container_component
def convert(
    maximum_difference: float,
    float16_maximum_difference: float,
    int8_maximum_difference: float,
    minimum_unchanged: float,
    maximum_conversion_auc_loss: float,
    calibration_images: int,
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
    """Write the ensemble as one ONNX file and in smaller variants, and hold them against TensorFlow."""
    return dsl.ContainerSpec(
        image="localhost/skin-lesion/convert",
        command=["python", "-m", "components.convert"],
        args=[
            "--maximum-difference", maximum_difference,
            "--float16-maximum-difference", float16_maximum_difference,
            "--int8-maximum-difference", int8_maximum_difference,
            "--minimum-unchanged", minimum_unchanged, "--maximum-conversion-auc-loss", maximum_conversion_auc_loss,
            "--calibration-images", calibration_images, "--parity-images", parity_images,
            "--latency-rounds", latency_rounds, "--ensemble", ensemble.path,
            "--members", member_1.path, member_2.path, member_3.path, "--records", records.path,
            "--onnx-model", onnx_model.path, "--parity", parity.path, "--report", report.path,
            "--executor-input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
        ],
    )  # fmt: skip
