"""The register stage as KFP sees it."""

from kfp import dsl


@dsl.container_component
def register(
    registry: str,
    model_name: str,
    minimum_test_macro_auc: float,
    decisive_figure: str,
    maximum_auc_loss: float,
    maximum_decision_loss: float,
    bootstrap_rounds: int,
    seed: int,
    run_name: str,
    run_id: str,
    revision: str,
    images: str,
    settings: str,
    onnx_model: dsl.Input[dsl.Model],
    ensemble: dsl.Input[dsl.Model],
    evaluation: dsl.Input[dsl.Metrics],
    evaluation_gates: dsl.Input[dsl.Artifact],
    robustness: dsl.Input[dsl.Metrics],
    robustness_gates: dsl.Input[dsl.Artifact],
    manifest: dsl.Input[dsl.Dataset],
    registration: dsl.Output[dsl.Artifact],
    summary: dsl.Output[dsl.Markdown],
) -> dsl.ContainerSpec:
    """Register the model, and make it champion if it passes its gates and beats the present champion."""
    return dsl.ContainerSpec(
        image="localhost/skin-lesion/register",
        command=["python", "-m", "components.register"],
        args=[
            "--registry", registry, "--model-name", model_name, "--minimum-test-macro-auc", minimum_test_macro_auc,
            "--decisive-figure", decisive_figure, "--maximum-auc-loss", maximum_auc_loss,
            "--maximum-decision-loss", maximum_decision_loss, "--bootstrap-rounds", bootstrap_rounds, "--seed", seed,
            "--run-name", run_name, "--run-id", run_id, "--revision", revision, "--images", images,
            "--settings", settings,
            "--onnx-model", onnx_model.path, "--ensemble", ensemble.path,
            "--onnx-model-uri", onnx_model.uri, "--ensemble-uri", ensemble.uri,
            "--evaluation", evaluation.path,
            "--gates", evaluation_gates.path, robustness_gates.path,
            "--robustness", robustness.path, "--manifest", manifest.path,
            "--registration", registration.path, "--summary", summary.path,
            "--executor-input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
        ],
    )  # fmt: skip
