"""Whether ONNX gives the answers that TensorFlow gives."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from components.common.ensemble import Ensemble
from components.common.errors import ConversionError
from components.convert.samples import Batch


@dataclass(frozen=True)
class Parity:
    """How far the answers lie apart."""

    images: int
    max_abs_difference: float
    """Of the ensemble's calibrated probabilities."""
    member_max_abs_difference: float
    """Of the members' probabilities."""
    decisions_changed: int
    """Images whose most probable class is another."""


def compare(
    batches: Iterable[Batch],
    ensemble: Ensemble,
    reference: Callable[[Batch], np.ndarray],
    served: Callable[[Batch], Mapping[str, np.ndarray]],
) -> Parity:
    """Compare the two paths.

    Args:
        batches: of images.
        ensemble: whose arithmetic follows the reference.
        reference: the members' probabilities [batch, M, 9] by TensorFlow.
        served: the outputs of the ONNX ensemble.
    """
    images = changed = 0
    largest = members_largest = 0.0
    for batch in batches:
        of_members, answers = reference(batch), served(batch)
        expected, found = ensemble.predict(of_members), answers["probabilities"]
        images += len(expected)
        changed += int((expected.argmax(axis=1) != found.argmax(axis=1)).sum())
        largest = max(largest, _difference(expected, found))
        members_largest = max(members_largest, _difference(of_members, answers["member_probabilities"]))
    return Parity(images, largest, members_largest, changed)


def check_gate(parity: Parity, maximum_difference: float) -> None:
    """Refuse a conversion that changes the answers.

    Raises:
        ConversionError: a probability, the ensemble's or a member's, differs by more than `maximum_difference`.
    """
    if not max(parity.max_abs_difference, parity.member_max_abs_difference) <= maximum_difference:
        raise ConversionError(
            f"ONNX and TensorFlow differ on {parity.images} test images by more than maximum_difference = "
            f"{maximum_difference:g}: the ensemble's probabilities by up to {parity.max_abs_difference:.3g}, the "
            f"members' by up to {parity.member_max_abs_difference:.3g}, {parity.decisions_changed} decisions changed"
        )


def _difference(expected: np.ndarray, found: np.ndarray) -> float:
    """Largest absolute difference; infinite where either holds what is no number."""
    difference = float(np.max(np.abs(expected.astype(np.float64) - found)))
    return difference if np.isfinite(difference) else float("inf")
