"""The presets: what a run of the pipeline trains and on what machines, as data."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from components.common.member import PRECISIONS
from components.plan.pools import POOLS, Placement
from components.register.settings import FIGURES

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]


def _one_of(names: Sequence[str]) -> AfterValidator:
    def check(text: str) -> str:
        if text not in names:
            raise ValueError(f"{text!r} is not one of {', '.join(names)}")
        return text

    return AfterValidator(check)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Resources(_Frozen):
    """What a task's pod asks for on a cluster. A local run ignores it."""

    cpu: str
    memory: str
    placement: Placement | None = None
    """Its GPUs; None for a task without."""
    shared_memory: str | None = None
    """Size of /dev/shm, in memory; None leaves the container runtime's 64 MB."""
    timeout_seconds: Positive = 6 * 3600
    retries: Annotated[int, Field(ge=0)] = 3
    backoff: str = "60s"


class MemberPreset(_Frozen):
    """One member of the ensemble."""

    name: str
    backbone: str
    crop: Positive
    size: Positive
    batch_size: Positive
    learning_rate: Annotated[float, Field(gt=0, le=1)]
    resources: Resources | None = None

    @property
    def gpus(self) -> int:
        """How many GPUs its task is promised."""
        placement = self.resources.placement if self.resources else None
        return placement.gpus if placement else 0


class Preset(_Frozen):
    """All that a run needs to know, before a person overrides some of it."""

    name: str
    members: tuple[MemberPreset, MemberPreset, MemberPreset]
    epochs: Positive
    trials: Annotated[int, Field(ge=0)]
    trial_epochs: Positive
    weights: str
    """First weights of the backbones: "imagenet", "" (random), or the path or URI of a file or folder."""
    deterministic: bool
    """The same numbers every time, somewhat slower."""
    precision: Annotated[str, _one_of(PRECISIONS)] = "auto"
    """Of training; auto takes half precision where every GPU has matrix units for it."""
    xla: bool = False
    """Compile training steps with XLA."""
    branches: Positive = 1
    """Parts of a batch that are computed side by side: uses the cores of a machine without GPUs better."""
    test_time_flips: bool = False
    """Serve the average over a picture's mirror images: a little more accurate, four times the computation."""
    parallel_trials: Annotated[int, Field(ge=0)] = 0
    """Trials of a search at once; 0 runs one on each GPU of the task."""
    images_per_shard: Positive
    preprocess_parts: Positive = 1
    """How many tasks preprocess is spread over; more than one need a workspace."""
    maximum_quarantine_share: Share = 0.05
    minimum_sensitivity: Share = 0.9
    """For malignant lesions, on validation, at the threshold that is chosen there."""
    abstained_share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Of validation images, those of least confidence: so many lesions the ensemble leaves to a person."""
    out_of_distribution_share: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """Of validation images, those least like the training images: so many lesions are called unusual by mistake."""
    minimum_subgroup_images: Positive = 20
    """Malignant images without which a subgroup has no sensitivity, benign ones without which no specificity."""
    bootstrap_rounds: Annotated[int, Field(ge=100)] = 1000
    minimum_melanoma_sensitivity: Share
    """Gate: of the test melanomas, called malignant."""
    maximum_subgroup_gap: Share
    """Gate: in test sensitivity, between any two subgroups by one attribute."""
    maximum_ece: Share
    """Gate: expected calibration error on test."""
    minimum_test_macro_auc: Share
    """Gate: a model that fails any gate does not become champion."""
    decisive_figure: Annotated[str, _one_of(FIGURES)] = "macro_auc"
    """In which a challenger must beat the champion, at the lower end of the difference's interval."""
    maximum_auc_loss: Share = 0.01
    """By how much each AUC of a challenger may lie below the champion's, at that lower end."""
    maximum_decision_loss: Share = 0.05
    """The same for sensitivity and specificity of the malignant decision, which few images decide on."""
    maximum_difference: Annotated[float, Field(gt=0)] = 1e-4
    """Between the probabilities of the ONNX ensemble and TensorFlow's; more, or a changed decision, fails the
    conversion."""
    float16_maximum_difference: Annotated[float, Field(gt=0)] = 0.01
    """The same of the variant float16; a variant that fails a gate is not offered."""
    int8_maximum_difference: Annotated[float, Field(gt=0)] = 0.1
    """The same of the variant int8."""
    minimum_unchanged: Share = 0.99
    """Of the decisions of these variants."""
    maximum_conversion_auc_loss: Share = 0.005
    """Of the macro AUC, by any variant."""
    calibration_images: Positive = 128
    """Training images that int8 is calibrated on, at most."""
    parity_images: Annotated[int, Field(ge=0)] = 0
    """Test images that ONNX and TensorFlow are compared on, at most; 0 takes all."""
    latency_rounds: Positive = 20
    robustness_images: Annotated[int, Field(ge=0)]
    """Test images that are corrupted, at most; 0 takes all. Each goes through the ensemble over a hundred times."""
    maximum_corruption_error: Share
    """Rise of the balanced error under corruption, as a mean; more is recorded as a failed gate."""
    resources: dict[str, Resources] = {}
    """Of the stages that are not training, by name."""

    @model_validator(mode="after")
    def _distinct_names(self) -> "Preset":
        names = [member.name for member in self.members]
        if len(set(names)) < len(names):
            raise ValueError(f"members need distinct names, not {', '.join(names)}")
        return self

    def on_this_machine(self) -> "Preset":
        """The same without what only a cluster can give: a training takes the GPUs that there are."""
        members = tuple(member.model_copy(update={"resources": None}) for member in self.members)
        return self.model_copy(update={"members": members, "resources": {}})

    def with_batch_size(self, size: int) -> "Preset":
        """The same with batches of this size for all members; 0 keeps theirs."""
        if not size:
            return self
        members = tuple(member.model_copy(update={"batch_size": size}) for member in self.members)
        return self.model_copy(update={"members": members})

    @property
    def crops(self) -> list[int]:
        """The crop sizes that the members need, largest first."""
        return sorted({member.crop for member in self.members}, reverse=True)


NOTIFYING = Resources(cpu="0.25", memory="256Mi", timeout_seconds=600, retries=0)
"""What the task asks for that says how a run ended, whatever the preset."""


def _gpu(memory: str) -> Resources:
    return Resources(
        cpu="8",
        memory=memory,
        placement=Placement(pool=POOLS["l4"]),
        shared_memory="8Gi",
        timeout_seconds=5 * 24 * 3600,
    )


# A node of a laptop's cluster holds one such task, or two. A namespace's own limits, of 1 Gi, would kill a training.
_SMALL = Resources(cpu="1", memory="4Gi")

_SMALL_STAGES = dict.fromkeys(("ingest", "preprocess", "evaluate", "convert", "robustness", "register"), _SMALL)


# Small pictures, small batches: on a thousand images it is steps that are wanting, and 16 images teach as much as 32.
def _small(name: str, backbone: str, crop: int, size: int, learning_rate: float) -> MemberPreset:
    return MemberPreset(
        name=name,
        backbone=backbone,
        crop=crop,
        size=size,
        batch_size=16,
        learning_rate=learning_rate,
        resources=_SMALL,
    )


DEMO = Preset(
    name="demo",
    members=(
        _small("b0-a", "EfficientNetB0", crop=96, size=64, learning_rate=2e-3),
        _small("b0-b", "EfficientNetB0", crop=64, size=48, learning_rate=2e-3),
        _small("b0-c", "EfficientNetB0", crop=96, size=48, learning_rate=2e-3),
    ),
    epochs=8,
    trials=2,
    trial_epochs=1,
    weights="",
    deterministic=True,
    test_time_flips=True,
    images_per_shard=64,
    minimum_test_macro_auc=0.5,
    maximum_auc_loss=0.2,
    maximum_decision_loss=0.5,
    minimum_subgroup_images=5,
    minimum_melanoma_sensitivity=0.5,
    maximum_subgroup_gap=0.8,
    maximum_ece=0.4,
    calibration_images=16,
    latency_rounds=8,
    robustness_images=9,
    maximum_corruption_error=1.0,
    resources=_SMALL_STAGES,
)

SAMPLE = Preset(
    name="sample",
    members=(
        _small("b0-96", "EfficientNetB0", crop=96, size=96, learning_rate=1e-3),
        _small("b0-72", "EfficientNetB0", crop=72, size=72, learning_rate=1e-3),
        _small("b1-56", "EfficientNetB1", crop=96, size=56, learning_rate=1e-3),
    ),
    epochs=30,
    trials=3,
    trial_epochs=2,
    weights="",
    deterministic=True,
    branches=2,
    test_time_flips=True,
    images_per_shard=256,
    minimum_test_macro_auc=0.8,
    maximum_auc_loss=0.03,
    maximum_decision_loss=0.15,
    minimum_subgroup_images=10,
    minimum_melanoma_sensitivity=0.75,
    maximum_subgroup_gap=0.5,
    maximum_ece=0.15,
    robustness_images=32,
    maximum_corruption_error=0.25,
    resources=_SMALL_STAGES,
)

# The study's Table 1: models 2, 10 and 16. B5's rate is the larger of the two it names; the search tries both sides.
PAPER = Preset(
    name="paper",
    members=(
        MemberPreset(
            name="efficientnet-b4", backbone="EfficientNetB4", crop=768, size=380, batch_size=8, learning_rate=3e-5,
            resources=_gpu("24Gi"),
        ),
        MemberPreset(
            name="efficientnet-b5", backbone="EfficientNetB5", crop=512, size=448, batch_size=4, learning_rate=3e-5,
            resources=_gpu("24Gi"),
        ),
        MemberPreset(
            name="efficientnet-b7", backbone="EfficientNetB7", crop=768, size=380, batch_size=4, learning_rate=1e-5,
            resources=_gpu("32Gi"),
        ),
    ),
    epochs=15,
    trials=20,
    trial_epochs=3,
    weights="imagenet",
    deterministic=False,
    images_per_shard=512,
    minimum_test_macro_auc=0.85,
    minimum_melanoma_sensitivity=0.85,
    maximum_subgroup_gap=0.25,
    maximum_ece=0.1,
    parity_images=512,
    robustness_images=1000,
    maximum_corruption_error=0.15,
    resources={
        "ingest": Resources(cpu="8", memory="16Gi"),
        "preprocess": Resources(cpu="16", memory="32Gi"),
        "evaluate": Resources(cpu="2", memory="8Gi"),
        "convert": Resources(cpu="4", memory="24Gi"),
        "robustness": Resources(cpu="16", memory="16Gi", timeout_seconds=24 * 3600),
        "register": Resources(cpu="1", memory="4Gi"),
    },
)  # fmt: skip

PRESETS: dict[str, Preset] = {preset.name: preset for preset in (DEMO, SAMPLE, PAPER)}
