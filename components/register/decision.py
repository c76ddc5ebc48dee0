"""Champion or challenger: the one decision of this stage, on two tables of test predictions."""

from dataclasses import dataclass

import pandas as pd

from components.common.scores import macro_auc
from components.register.candidate import GATE_METRIC, PROBABILITIES, Candidate

CHAMPION = "champion"
CHALLENGER = "challenger"

MINIMUM_SHARED = 0.5
"""Share of each model's test images that both must have been tested on for a comparison to count."""

_CHAMPIONS = "_champion"


@dataclass(frozen=True)
class Champion:
    """The model that holds the alias now."""

    version: str
    predictions: pd.DataFrame | None
    """Its test predictions, as `Candidate.predictions`; None where it was registered without."""


@dataclass(frozen=True)
class Decision:
    """The alias that a model gets, and why."""

    alias: str
    """`CHAMPION` or `CHALLENGER`."""
    reason: str
    """With the figures that were compared."""


def decide(candidate: Candidate, champion: Champion | None, minimum: float) -> Decision:
    """Champion if the model passes the gate and there is no champion or it beats that one; challenger otherwise.

    Args:
        candidate: the model, with its metrics and test predictions.
        champion: the present champion, if any.
        minimum: the gate: the smallest test macro AUC with which a model may be champion.
    """
    reached = candidate.metrics[GATE_METRIC]
    # Written so that NaN fails.
    if not reached >= minimum:
        return Decision(CHALLENGER, f"its {GATE_METRIC} of {reached:.4f} does not reach the minimum of {minimum:.4f}")
    if champion is None:
        return Decision(
            CHAMPION,
            f"there was no champion, and its {GATE_METRIC} of {reached:.4f} reaches the minimum of {minimum:.4f}",
        )
    if champion.predictions is None:
        return _incomparable(champion, "that one was registered without its test predictions")
    if not set(PROBABILITIES) <= set(champion.predictions):
        return _incomparable(champion, "that one tells other classes apart")
    return _compare(candidate.predictions, champion, champion.predictions)


def _compare(own: pd.DataFrame, champion: Champion, theirs: pd.DataFrame) -> Decision:
    # An image whose label has changed since is not the same question, so it is not shared.
    shared = own.merge(theirs, on=["image_id", "label"], suffixes=("", _CHAMPIONS), validate="one_to_one")
    if len(shared) < MINIMUM_SHARED * max(len(own), len(theirs)):
        return _incomparable(
            champion,
            f"they share {len(shared)} test images, of {len(own)} here and {len(theirs)} there, and "
            f"{MINIMUM_SHARED:.0%} of each is the least",
        )
    if shared["label"].nunique() < 2:
        return _incomparable(champion, f"the {len(shared)} test images they share are all of one class")
    ours, other = _macro_auc(shared), _macro_auc(shared, _CHAMPIONS)
    images = (
        f"the same {len(shared)} test images"
        if len(shared) == len(own) == len(theirs)
        else f"the {len(shared)} test images they share, of {len(own)} here and {len(theirs)} there"
    )
    alias, verb = (CHAMPION, "beats") if ours > other else (CHALLENGER, "does not beat")
    reason = (
        f"its macro AUC of {ours:.4f} {verb} the {other:.4f} of the champion, version {champion.version}, on {images}"
    )
    return Decision(alias, reason)


def _incomparable(champion: Champion, why: str) -> Decision:
    return Decision(CHALLENGER, f"it cannot be compared with the champion, version {champion.version}: {why}")


def _macro_auc(predictions: pd.DataFrame, suffix: str = "") -> float:
    columns = [name + suffix for name in PROBABILITIES]
    return macro_auc(predictions["label"].to_numpy(), predictions[columns].to_numpy())
