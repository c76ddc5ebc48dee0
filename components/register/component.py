"""The register stage as KFP sees it."""

from kfp import dsl


@dsl.container_component
def register(
    onnx_model: dsl.Input[dsl.Model],
    ensemble: dsl.Input[dsl.Model],
    evaluation: dsl.Input[dsl.Metrics],
    registry: str,
    model_name: str,
    minimum_test_macro_auc: float,
    registration: dsl.Output[dsl.Artifact],
    summary: dsl.Output[dsl.Markdown],
) -> dsl.ContainerSpec:
    """Register the model, and make it champion if it passes the gate and beats the present champion."""
    return dsl.ContainerSpec(
        image="localhost/skin-lesion/register",
        command=["python", "-m", "components.register"],
        args=[
            "--onnx-model",
            onnx_model.path,
            "--ensemble",
            ensemble.path,
            "--evaluation",
            evaluation.path,
            "--registry",
            registry,
            "--model-name",
            model_name,
            "--minimum-test-macro-auc",
            minimum_test_macro_auc,
            "--registration",
            registration.path,
            "--summary",
            summary.path,
            "--executor-input",
            dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
        ],
    )
