"""Champion or challenger: the one decision of this stage, on gates and two tables of test predictions."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from components.register.candidate import Candidate
from components.register.comparison import CALLED_MALIGNANT, PROBABILITIES, compare
from components.register.registry import CHALLENGER, CHAMPION
from components.register.settings import Rules

MINIMUM_SHARED = 0.5
"""Share of each model's test images that both must have been tested on for a comparison to count."""


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


def decide(candidate: Candidate, champion: Champion | None, rules: Rules) -> Decision:
    """Champion if the model passes its gates and there is no champion or it beats that one; challenger otherwise.

    Args:
        candidate: the model, with its gates and test predictions.
        champion: the present champion, if any.
        rules: when it beats the champion.
    """
    if failed := [gate for gate in candidate.gates if not gate.passed]:
        return Decision(CHALLENGER, f"{len(failed)} of its {len(candidate.gates)} gates failed: {_listed(failed)}")
    if champion is None:
        return Decision(CHAMPION, f"there was no champion, and all its gates passed: {_listed(candidate.gates)}")
    return judge(candidate.predictions, champion, rules)


def judge(predictions: pd.DataFrame, champion: Champion, rules: Rules) -> Decision:
    """Champion if a model's predictions, as `Candidate.predictions`, beat the champion's; challenger otherwise."""
    if champion.predictions is None:
        return _incomparable(champion, "that one was registered without its test predictions")
    if not set(PROBABILITIES) <= set(champion.predictions):
        return _incomparable(champion, "that one tells other classes apart")
    if CALLED_MALIGNANT not in champion.predictions:
        return _incomparable(champion, "that one was registered without its decisions")
    return _compare(predictions, champion, champion.predictions, rules)


def _compare(own: pd.DataFrame, champion: Champion, theirs: pd.DataFrame, rules: Rules) -> Decision:
    # An image whose label has changed since is not the same question, so it is not shared.
    shared = own[["image_id", "label"]].merge(theirs[["image_id", "label"]], validate="one_to_one")["image_id"]
    if len(shared) < MINIMUM_SHARED * max(len(own), len(theirs)):
        return _incomparable(
            champion,
            f"they share {len(shared)} test images, of {len(own)} here and {len(theirs)} there, and "
            f"{MINIMUM_SHARED:.0%} of each is the least",
        )
    ours, others = (table.set_index("image_id").loc[shared] for table in (own, theirs))
    if ours["label"].nunique() < 2:
        return _incomparable(champion, f"the {len(shared)} test images they share are all of one class")
    images = (
        f"the same {len(shared)} test images"
        if len(shared) == len(own) == len(theirs)
        else f"the {len(shared)} test images they share, of {len(own)} here and {len(theirs)} there"
    )
    leads = compare(ours, others, rules)
    alias, verb = (CHAMPION, "beats") if all(lead.passed for lead in leads) else (CHALLENGER, "does not beat")
    return Decision(alias, f"it {verb} the champion, version {champion.version}, on {images}: {_listed(leads)}")


def _incomparable(champion: Champion, why: str) -> Decision:
    return Decision(CHALLENGER, f"it cannot be compared with the champion, version {champion.version}: {why}")


def _listed(outcomes: Sequence[object]) -> str:
    return "; ".join(map(str, outcomes))
