"""The pipeline: its DAG, and its command line.

python pipeline.py compile --preset paper --output build/pipeline.yaml [--pool efficientnet-b4=a100-spot:2 ...]
python pipeline.py run --preset sample --data DIR [--set name=value ...] [--runner host|container] [--root runs]

What concerns a cluster (submit, schedule, runs, metrics, rollback, cost) stands in components/cluster/command_line.py.
"""

import argparse
import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfp import compiler, dsl, kubernetes

from components.cluster.command_line import add_commands, pools_parser
from components.common.errors import PipelineError, SettingsError, StorageError
from components.common.files import check_writable
from components.common.task_names import PIPELINE
from components.convert.component import convert
from components.evaluate.component import evaluate
from components.ingest.component import ingest
from components.local.images import DEFAULT_REGISTRY, source_image
from components.local.parameters import parameter_values
from components.local.revision import git_revision
from components.local.run import RUNNERS, run_locally
from components.notify.component import notify
from components.notify.sending import WEBHOOK
from components.plan.placing import GPUS, described, place, pool_parameters
from components.plan.pools import read_pools
from components.plan.presets import NOTIFYING, PRESETS, Preset
from components.plan.signatures import parameters_of, with_parameters
from components.plan.stages import ImageOf, Stages
from components.register.component import register
from components.robustness.component import robustness

STAGES: tuple[str, ...] = ("ingest", "preprocess", "train", "evaluate", "convert", "robustness", "register")

# The address that the end of a run is told to: Kubernetes' secret, and its key.
WEBHOOK_SECRET, WEBHOOK_KEY = "notification", "webhook_url"


def build_pipeline(preset: Preset, image_of: ImageOf, revision: str = "") -> Any:
    """The pipeline of a preset, as KFP compiles it.

    Args:
        preset: the members and their settings, fixed at compile time.
        image_of: the image of each stage.
        revision: of the code; recorded with the model.
    """

    def skin_lesion(
        data: str,
        data_version: str = "1",
        workspace: str = "",
        epochs: int = preset.epochs,
        trials: int = preset.trials,
        batch_size: int = 0,
        weights: str = preset.weights,
        precision: str = preset.precision,
        xla: bool = preset.xla,
        test_time_flips: bool = preset.test_time_flips,
        deterministic: bool = preset.deterministic,
        method: str = "rank",
        seed: int = 0,
        registry: str = "http://mlflow.skin-lesion.svc.cluster.local:5000",
        model_name: str = f"skin-lesion-{preset.name}",
        minimum_test_macro_auc: float = preset.minimum_test_macro_auc,
        decisive_figure: str = preset.decisive_figure,
        maximum_auc_loss: float = preset.maximum_auc_loss,
        maximum_decision_loss: float = preset.maximum_decision_loss,
        minimum_melanoma_sensitivity: float = preset.minimum_melanoma_sensitivity,
        maximum_subgroup_gap: float = preset.maximum_subgroup_gap,
        maximum_ece: float = preset.maximum_ece,
        maximum_quarantine_share: float = preset.maximum_quarantine_share,
        float16_maximum_difference: float = preset.float16_maximum_difference,
        int8_maximum_difference: float = preset.int8_maximum_difference,
        minimum_unchanged: float = preset.minimum_unchanged,
        maximum_conversion_auc_loss: float = preset.maximum_conversion_auc_loss,
        robustness_images: int = preset.robustness_images,
        maximum_corruption_error: float = preset.maximum_corruption_error,
        **pools: Any,
    ):
        """Ingest, preprocess, train three members, evaluate, convert, measure robustness, register.

        Args:
            data: sources, separated by commas: folders or gs:// URIs laid out as ISIC lays them out, the challenge's
                archives (https://...zip, ...csv), isic://... for the ISIC Archive.
            data_version: any text; a new one makes a scheduled run read the data again.
            workspace: folder or gs:// URI that outlives the pods: what is downloaded, the states of the data (so that
                no image moves between splits), the shards of an interrupted run, the state of each training.
            epochs: of each final training.
            trials: of each search; 0 keeps the study's settings.
            batch_size: of all members; 0 keeps the preset's.
            weights: first weights: "imagenet", "" (random), a folder of <backbone>_notop.h5 files, or one file.
            precision: of training: auto, float32, mixed_float16 or mixed_bfloat16.
            xla: compile training steps with XLA.
            test_time_flips: serve the average over a picture's mirror images, at four times the computation.
            deterministic: train to the same numbers every time, somewhat slower.
            method: what the ensemble averages: rank or probability.
            seed: of all that is random.
            registry: an MLflow server's URI, or kubeflow+http(s)://HOST:PORT of a Kubeflow Model Registry.
            model_name: registered model.
            minimum_test_macro_auc: gate of the registration; a model that fails any gate does not become champion.
            decisive_figure: in which a challenger must beat the champion: macro_auc, melanoma_auc, malignant_auc,
                melanoma_sensitivity, malignant_sensitivity or malignant_specificity.
            maximum_auc_loss: by how much each AUC of a challenger may lie below the champion's.
            maximum_decision_loss: the same for sensitivity and specificity.
            minimum_melanoma_sensitivity: gate of the evaluation: share of test melanomas called malignant.
            maximum_subgroup_gap: gate of the evaluation: largest gap in sensitivity between two subgroups.
            maximum_ece: gate of the evaluation: largest expected calibration error.
            maximum_quarantine_share: more broken images than this share end the run.
            float16_maximum_difference: gate of the ONNX variant float16: largest difference from TensorFlow's
                probabilities. A variant that fails a gate is not offered.
            int8_maximum_difference: the same of the variant int8.
            minimum_unchanged: gate of both: share of test images on which no decision changes.
            maximum_conversion_auc_loss: gate of all ONNX variants: how much of the test macro AUC may be lost.
            robustness_images: test images that are corrupted, at most; 0 takes all.
            maximum_corruption_error: gate: rise of the balanced error under corruption, as a mean.
        """

        # What makes the model, for the record; an address of a registry may hold a password.
        parameters: list[Any] = [
            data, data_version, workspace, epochs, trials, batch_size, weights, precision, xla, test_time_flips,
            deterministic, method, seed, minimum_test_macro_auc, decisive_figure, maximum_auc_loss,
            maximum_decision_loss, minimum_melanoma_sensitivity, maximum_subgroup_gap, maximum_ece,
            float16_maximum_difference, int8_maximum_difference, minimum_unchanged, maximum_conversion_auc_loss,
            maximum_quarantine_share, robustness_images, maximum_corruption_error,
            *(value for name, value in pools.items() if name.endswith(GPUS)),
        ]  # fmt: skip
        stages = Stages(preset, image_of, pools)
        ingested = stages.prepared(
            ingest(
                data=data,
                data_version=data_version,
                workspace=workspace,
                seed=seed,
                maximum_quarantine_share=maximum_quarantine_share,
            ),
            "ingest",
        )
        preprocessed = stages.preprocessed(
            manifest=ingested.outputs["manifest"],
            crops=",".join(map(str, preset.crops)),
            images_per_shard=preset.images_per_shard,
            maximum_quarantine_share=maximum_quarantine_share,
            workspace=workspace,
        )
        trained = stages.trained(
            records=preprocessed.outputs["records"],
            batch_size_override=batch_size,
            epochs=epochs,
            trials=trials,
            weights=weights,
            precision=precision,
            xla=xla,
            test_time_flips=test_time_flips,
            deterministic=deterministic,
            seed=seed,
            workspace=workspace,
        )
        models = {f"member_{number}": task.outputs["model"] for number, task in enumerate(trained, 1)}
        predictions = {f"predictions_{number}": task.outputs["predictions"] for number, task in enumerate(trained, 1)}
        evaluated = stages.prepared(
            evaluate(
                method=method,
                minimum_sensitivity=preset.minimum_sensitivity,
                abstained_share=preset.abstained_share,
                out_of_distribution_share=preset.out_of_distribution_share,
                minimum_subgroup_images=preset.minimum_subgroup_images,
                bootstrap_rounds=preset.bootstrap_rounds,
                seed=seed,
                minimum_melanoma_sensitivity=minimum_melanoma_sensitivity,
                maximum_subgroup_gap=maximum_subgroup_gap,
                maximum_ece=maximum_ece,
                manifest=ingested.outputs["manifest"],
                **models,
                **predictions,
            ),
            "evaluate",
        )
        converted = stages.prepared(
            convert(
                ensemble=evaluated.outputs["ensemble"],
                **models,
                records=preprocessed.outputs["records"],
                maximum_difference=preset.maximum_difference,
                float16_maximum_difference=float16_maximum_difference,
                int8_maximum_difference=int8_maximum_difference,
                minimum_unchanged=minimum_unchanged,
                maximum_conversion_auc_loss=maximum_conversion_auc_loss,
                calibration_images=preset.calibration_images,
                parity_images=preset.parity_images,
                latency_rounds=preset.latency_rounds,
            ),
            "convert",
        )
        tried = stages.prepared(
            robustness(
                images=robustness_images,
                seed=seed,
                maximum_corruption_error=maximum_corruption_error,
                onnx_model=converted.outputs["onnx_model"],
                records=preprocessed.outputs["records"],
                manifest=ingested.outputs["manifest"],
            ),
            "robustness",
        )
        registered = stages.prepared(
            register(
                registry=registry,
                model_name=model_name,
                minimum_test_macro_auc=minimum_test_macro_auc,
                decisive_figure=decisive_figure,
                maximum_auc_loss=maximum_auc_loss,
                maximum_decision_loss=maximum_decision_loss,
                bootstrap_rounds=preset.bootstrap_rounds,
                seed=seed,
                run_name=dsl.PIPELINE_JOB_NAME_PLACEHOLDER,
                run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
                revision=revision,
                images=_lines({stage: image_of(stage) for stage in STAGES}),
                settings=_lines({**fixed_settings(preset), **{told.name: told for told in parameters}}),
                onnx_model=converted.outputs["onnx_model"],
                ensemble=evaluated.outputs["ensemble"],
                evaluation=evaluated.outputs["metrics"],
                evaluation_gates=evaluated.outputs["gates"],
                robustness=tried.outputs["metrics"],
                robustness_gates=tried.outputs["gates"],
                manifest=ingested.outputs["manifest"],
            ),
            "register",
        )
        # It changes the registry, and does nothing where that holds the model already.
        registered.set_caching_options(False)

    whole = with_parameters(skin_lesion, pool_parameters(preset), described(preset))
    return dsl.pipeline(name=PIPELINE, description=f"Skin-lesion classification, preset {preset.name}")(whole)


def build_notified(preset: Preset, image_of: ImageOf, revision: str = "") -> Any:
    """The same, with a task at its end that says how it went.

    The pipeline is one task of this one, with a graph of its own: directly in a `dsl.ExitHandler` its tasks could not
    ask for resources by parameters, since KFP gives the handler's group no such input.
    """
    training = build_pipeline(preset, image_of, revision)

    def notified(ui: str = "", api: str = "http://ml-pipeline.kubeflow.svc.cluster.local:8888", **parameters: Any):
        """Run the pipeline, and say how it went.

        Args:
            ui: address of KFP's pages, for a link to the run in the message; empty: no link.
            api: address of KFP's API, which is asked which task failed and why; empty: do not.
        """
        told = notify(
            pipeline=preset.name,
            run_name=dsl.PIPELINE_JOB_NAME_PLACEHOLDER,
            run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            ui=ui,
            api=api,
        )
        Stages(preset, image_of, {}).prepared(told, "notify", NOTIFYING).set_caching_options(False)
        kubernetes.use_secret_as_env(told, WEBHOOK_SECRET, {WEBHOOK_KEY: WEBHOOK}, optional=True)
        with dsl.ExitHandler(told, name="run"):
            training(**parameters)

    descriptions = {name: one.description for name, one in training.component_spec.inputs.items()}
    whole = with_parameters(notified, parameters_of(training), descriptions)
    return dsl.pipeline(name=PIPELINE, description=training.description)(whole)


def fixed_settings(preset: Preset) -> dict[str, str]:
    """The preset's settings as texts, without what machines it asks for."""
    held = preset.model_dump(mode="json", exclude={"resources": True, "members": {"__all__": {"resources"}}})
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in held.items()}


def _lines(values: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}={value}" for name, value in values.items())


def compile_to(output: Path, preset: Preset, image_of: ImageOf, revision: str = "") -> None:
    """Write the pipeline's IR.

    Raises:
        SettingsError: the file's name does not end as KFP wants it.
        StorageError: the file cannot be written.
    """
    if output.suffix not in (".yaml", ".yml"):
        raise SettingsError(f"the pipeline is written as YAML: give a name that ends in .yaml, not {output.name}")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        compiler.Compiler().compile(build_notified(preset, image_of, revision), str(output))
    except OSError as error:
        raise StorageError(f"cannot write {output}: {error.strerror}") from error


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", datefmt="%H:%M:%S")
    args = _parser().parse_args(arguments)
    try:
        args.command(args)
    except PipelineError as error:
        sys.exit(f"error: {error}")


def _compile(args: argparse.Namespace) -> None:
    preset = place(_preset(args), args.pool, read_pools(args.pools))
    compile_to(args.output, preset, _image_of(args), _revision(args))
    print(f"{args.output}: the pipeline {PIPELINE}, preset {args.preset}")


def _built(args: argparse.Namespace) -> Any:
    """The pipeline for a cluster, in the preset's pools: others are values of its parameters."""
    return build_notified(_preset(args), _image_of(args), _revision(args))


def _image_of(args: argparse.Namespace) -> ImageOf:
    return lambda stage: source_image(stage, args.registry, args.tag)


def _revision(args: argparse.Namespace) -> str:
    return git_revision() if args.revision is None else str(args.revision)


def _preset(args: argparse.Namespace) -> Preset:
    return PRESETS[args.preset].model_copy(update={"preprocess_parts": args.preprocess_parts})


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _run(args: argparse.Namespace) -> None:
    preset = _preset(args).on_this_machine()
    pipeline = build_pipeline(preset, source_image, git_revision())
    root = args.root.resolve()
    check_writable(root)
    values = parameter_values(pipeline, preset, data=args.data, settings=args.set, root=root)
    run_locally(pipeline, preset, values, runner=args.runner, root=root)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pipeline.py", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    parts = argparse.ArgumentParser(add_help=False)
    parts.add_argument(
        "--preprocess-parts", type=_positive, default=1, metavar="N", help="spread preprocess over N tasks"
    )

    compiled = argparse.ArgumentParser(add_help=False, parents=[parts])
    compiled.add_argument("--registry", default=DEFAULT_REGISTRY, help="image registry and folder")
    compiled.add_argument("--tag", help="tag of all images; by default each image's is the fingerprint of its source")
    compiled.add_argument("--revision", help="of the code, recorded with the model; by default what git says")

    pools = pools_parser()
    one = commands.add_parser("compile", parents=[compiled, pools], help="write the pipeline for a cluster")
    one.add_argument("--preset", choices=PRESETS, default="paper")
    one.add_argument("--output", type=Path, required=True, help="YAML file to write")
    one.set_defaults(command=_compile)

    one = commands.add_parser("run", parents=[parts], help="run the pipeline on this machine")
    one.add_argument("--preset", choices=PRESETS, default="sample")
    one.add_argument("--data", help="sources, separated by commas; preset demo makes its own")
    one.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help="set a pipeline parameter"
    )
    one.add_argument(
        "--runner",
        choices=RUNNERS,
        default="host",
        help="stages as processes, or in containers of their images (make images)",
    )
    one.add_argument("--root", type=Path, default=Path("runs"), help="folder that keeps the runs")
    one.set_defaults(command=_run)

    add_commands(commands, compiled, pools, _built, STAGES)
    return parser


if __name__ == "__main__":
    main()
