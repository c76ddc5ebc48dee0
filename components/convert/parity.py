"""Whether ONNX gives the answers that TensorFlow gives."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from components.common.ensemble import Ensemble
from components.common.errors import ConversionError
from components.common.gates import Gate
from components.common.scores import macro_auc
from components.convert.samples import Batch
from components.convert.settings import Limits

Answers = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Parity:
    """How far the answers lie apart."""

    images: int
    max_abs_difference: float
    """Of the ensemble's calibrated probabilities."""
    member_max_abs_difference: float
    """Of the members' probabilities."""
    decisions_changed: int
    """Images of another most probable class, or called malignant or left to a person by one of the two alone."""
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
    reference: Callable[[Batch], np.ndarray],
    served: Mapping[str, Callable[[Batch], Answers]],
) -> dict[str, Parity]:
    """Compare several models with TensorFlow, which is asked once for each batch.

    Args:
        batches: of images.
        ensemble: whose arithmetic follows the reference.
        reference: the members' probabilities [batch, M, 9] by TensorFlow.
        served: for each model, its outputs.
    """
    labels: list[np.ndarray] = []
    expected: list[np.ndarray] = []
    found: dict[str, list[Answers]] = {name: [] for name in served}
    for batch in batches:
        labels.append(batch.labels)
        expected.append(reference(batch))
        for name, model in served.items():
            answers = model(batch)
            found[name].append({key: answers[key] for key in ("probabilities", "member_probabilities")})
    return {
        name: _parity(ensemble, np.concatenate(labels), np.concatenate(expected), _joined(answers))
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


def _parity(ensemble: Ensemble, labels: np.ndarray, of_members: np.ndarray, answers: Answers) -> Parity:
    expected, found = ensemble.predict(of_members), answers["probabilities"]
    changed = (ensemble.decisions(expected) != ensemble.decisions(found)).any(axis=1)
    difference = _difference(expected, found)
    return Parity(
        images=len(labels),
        max_abs_difference=difference,
        member_max_abs_difference=_difference(of_members, answers["member_probabilities"]),
        decisions_changed=int(changed.sum()),
        auc_loss=macro_auc(labels, expected) - macro_auc(labels, found) if math.isfinite(difference) else math.inf,
    )


def _difference(expected: np.ndarray, found: np.ndarray) -> float:
    """Largest absolute difference; infinite where either holds what is no number."""
    difference = float(np.max(np.abs(expected.astype(np.float64) - found)))
    return difference if np.isfinite(difference) else float("inf")
