"""Whether ONNX gives the answers that TensorFlow gives."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from components.common.ensemble import Ensemble
from components.common.errors import ConversionError
from components.common.gates import Gate
from components.common.member import FEATURE_DISTANCE, PROBABILITIES
from components.common.scores import macro_auc
from components.convert.samples import Batch
from components.convert.settings import Limits

Answers = Mapping[str, np.ndarray]

_COMPARED = ("probabilities", "member_probabilities", "out_of_distribution")


@dataclass(frozen=True)
class Parity:
    """How far the answers lie apart."""

    images: int
    max_abs_difference: float
    """Of the ensemble's calibrated probabilities."""
    member_max_abs_difference: float
    """Of the members' probabilities."""
    decisions_changed: int
    """Images of another most probable class, or called malignant, left to a person or called unlike the training's by
    one of the two alone."""
    auc_loss: float
    """Macro AUC by TensorFlow less that by ONNX; NaN where the images are of one class."""

    @property
    def unchanged(self) -> float:
        """Share of images whose decisions are the same."""
        return 1.0 - self.decisions_changed / self.images

    def gates(self, limits: Limits) -> tuple[Gate, ...]:
        """The outcome of each gate; where there is no AUC, none of it."""
        difference = max(self.max_abs_difference, self.member_max_abs_difference)
        gates = (
            Gate("largest difference of a probability", difference, limits.maximum_difference, False),
            Gate("share of unchanged decisions", self.unchanged, limits.minimum_unchanged, True),
            Gate("loss of macro AUC", self.auc_loss, limits.maximum_auc_loss, False),
        )
        return gates[:2] if math.isnan(self.auc_loss) else gates


def compare(
    batches: Iterable[Batch],
    ensemble: Ensemble,
    reference: Callable[[Batch], Answers],
    served: Mapping[str, Callable[[Batch], Answers]],
) -> dict[str, Parity]:
    """Compare several models with TensorFlow, which is asked once for each batch.

    Args:
        batches: of images.
        ensemble: whose arithmetic follows the reference.
        reference: by TensorFlow the members' probabilities [batch, M, 9] and feature_distance [batch, M].
        served: for each model, its outputs.
    """
    labels: list[np.ndarray] = []
    expected: list[Answers] = []
    found: dict[str, list[Answers]] = {name: [] for name in served}
    for batch in batches:
        labels.append(batch.labels)
        expected.append(reference(batch))
        for name, model in served.items():
            answers = model(batch)
            found[name].append({key: answers[key] for key in _COMPARED})
    return {
        name: _parity(ensemble, np.concatenate(labels), _joined(expected), _joined(answers))
        for name, answers in found.items()
    }


def check_gates(parity: Parity, gates: Iterable[Gate]) -> None:
    """Refuse a conversion that changes the answers.

    Raises:
        ConversionError: a gate is not passed.
    """
    if failed := [gate for gate in gates if not gate.passed]:
        raise ConversionError(
            f"ONNX and TensorFlow differ on {parity.images} test images: {'; '.join(map(str, failed))}; the ensemble's "
            f"probabilities by up to {parity.max_abs_difference:.3g}, the members' by up to "
            f"{parity.member_max_abs_difference:.3g}, {parity.decisions_changed} decisions changed"
        )


def _joined(answers: list[Answers]) -> Answers:
    return {key: np.concatenate([one[key] for one in answers]) for key in answers[0]}


def _parity(ensemble: Ensemble, labels: np.ndarray, reference: Answers, answers: Answers) -> Parity:
    of_members = reference[PROBABILITIES]
    expected, found = ensemble.predict(of_members), answers["probabilities"]
    ours = ensemble.decisions(expected, ensemble.out_of_distribution(reference[FEATURE_DISTANCE]))
    theirs = ensemble.decisions(found, answers["out_of_distribution"])
    difference = _difference(expected, found)
    return Parity(
        images=len(labels),
        max_abs_difference=difference,
        member_max_abs_difference=_difference(of_members, answers["member_probabilities"]),
        decisions_changed=int((ours != theirs).any(axis=1).sum()),
        # Answers that are equal in float32, as ONNX gives them, are equal on both sides.
        auc_loss=(
            macro_auc(labels, expected.astype(np.float32)) - macro_auc(labels, found)
            if math.isfinite(difference)
            else math.inf
        ),
    )


def _difference(expected: np.ndarray, found: np.ndarray) -> float:
    """Largest absolute difference; infinite where either holds what is no number."""
    difference = float(np.max(np.abs(expected.astype(np.float64) - found)))
    return difference if np.isfinite(difference) else float("inf")
