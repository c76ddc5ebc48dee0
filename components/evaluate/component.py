"""The evaluate stage as KFP sees it."""

from kfp import dsl


@dsl.container_component
def evaluate(
    method: str,
    minimum_sensitivity: float,
    abstained_share: float,
    out_of_distribution_share: float,
    minimum_subgroup_images: int,
    bootstrap_rounds: int,
    seed: int,
    minimum_melanoma_sensitivity: float,
    maximum_subgroup_gap: float,
    maximum_ece: float,
    manifest: dsl.Input[dsl.Dataset],
    member_1: dsl.Input[dsl.Model],
    member_2: dsl.Input[dsl.Model],
    member_3: dsl.Input[dsl.Model],
    predictions_1: dsl.Input[dsl.Dataset],
    predictions_2: dsl.Input[dsl.Dataset],
    predictions_3: dsl.Input[dsl.Dataset],
    ensemble: dsl.Output[dsl.Model],
    confusion_matrix: dsl.Output[dsl.ClassificationMetrics],
    roc_curve: dsl.Output[dsl.ClassificationMetrics],
    table_1: dsl.Output[dsl.Markdown],
    report: dsl.Output[dsl.HTML],
    gates: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
) -> dsl.ContainerSpec:
    """Fit the ensemble on the validation split, and judge it and its members on the test split."""
    return dsl.ContainerSpec(
        image="localhost/skin-lesion/evaluate",
        command=["python", "-m", "components.evaluate"],
        args=[
            "--method", method, "--minimum-sensitivity", minimum_sensitivity, "--abstained-share", abstained_share,
            "--out-of-distribution-share", out_of_distribution_share,
            "--minimum-subgroup-images", minimum_subgroup_images, "--bootstrap-rounds", bootstrap_rounds,
            "--seed", seed, "--minimum-melanoma-sensitivity", minimum_melanoma_sensitivity,
            "--maximum-subgroup-gap", maximum_subgroup_gap, "--maximum-ece", maximum_ece, "--manifest", manifest.path,
            "--members", member_1.path, member_2.path, member_3.path,
            "--predictions", predictions_1.path, predictions_2.path, predictions_3.path,
            "--ensemble", ensemble.path, "--confusion-matrix", confusion_matrix.path, "--roc-curve", roc_curve.path,
            "--table-1", table_1.path, "--report", report.path, "--gates", gates.path,
            "--metrics", metrics.path,
            "--executor-input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
        ],
    )  # fmt: skip
