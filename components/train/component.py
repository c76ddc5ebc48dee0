"""The train stage as KFP sees it: one component for each member, so that each has its name, resources and cache key."""

from kfp import dsl
from kfp.dsl.container_component_class import ContainerComponent


def train_component(name: str) -> ContainerComponent:
    """The component that trains the member of this name."""

    def train(
        member: str,
        backbone: str,
        crop: int,
        size: int,
        batch_size: int,
        batch_size_override: int,
        learning_rate: float,
        epochs: int,
        trials: int,
        trial_epochs: int,
        weights: str,
        seed: int,
        deterministic: bool,
        precision: str,
        xla: bool,
        branches: int,
        test_time_flips: bool,
        gpus: str,
        parallel_trials: int,
        workspace: str,
        records: dsl.Input[dsl.Dataset],
        model: dsl.Output[dsl.Model],
        predictions: dsl.Output[dsl.Dataset],
        trial_table: dsl.Output[dsl.Dataset],
        curves: dsl.Output[dsl.HTML],
        search: dsl.Output[dsl.HTML],
        metrics: dsl.Output[dsl.Metrics],
    ) -> dsl.ContainerSpec:
        """Search the settings, then train in full."""
        return dsl.ContainerSpec(
            image="localhost/skin-lesion/train",
            command=["python", "-m", "components.train"],
            args=[
                "--member", member, "--backbone", backbone, "--crop", crop, "--size", size,
                "--batch-size", batch_size, "--batch-size-override", batch_size_override,
                "--learning-rate", learning_rate, "--epochs", epochs,
                "--trials", trials, "--trial-epochs", trial_epochs, "--weights", weights, "--seed", seed,
                "--deterministic", deterministic, "--precision", precision, "--xla", xla,
                "--branches", branches, "--test-time-flips", test_time_flips, "--gpus", gpus,
                "--parallel-trials", parallel_trials, "--workspace", workspace,
                "--records", records.path, "--model", model.path,
                "--predictions", predictions.path, "--trial-table", trial_table.path, "--curves", curves.path,
                "--search", search.path, "--metrics", metrics.path,
                "--executor-input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
            ],
        )  # fmt: skip

    train.__name__ = f"train_{name}"
    return dsl.container_component(train)
