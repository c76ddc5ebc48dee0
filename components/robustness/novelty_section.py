"""The part of the page on the out-of-distribution score."""

import pandas as pd

from components.common.report import Report, Tile
from components.robustness import plots
from components.robustness.corruptions import SEVERITIES
from components.robustness.gallery import small_jpeg
from components.robustness.novelty import Stranger
from components.robustness.out_of_distribution import Detection, OutOfDistribution

_NOTE = (
    "Area under the ROC curve of the score, other pictures against the clean ones: 0.5 is chance, 1 tells all apart. "
    "Flagged: share above the threshold. 95 % intervals, bootstrapped over patients and lesions, and over the pictures "
    "of other things, the parts of one picture together. Corrupted: means over all corruptions."
)

_BY_CORRUPTION_NOTE = (
    "Area under the ROC curve by severity. Near 0.5 the score hardly notices; below it, a corrupted picture looks more "
    "usual than a clean one: a warning where the errors rise."
)

_SHOWN_NOTE = (
    "scikit-image's sample pictures, which are of no lesion, with their score; the least unusual first. What is not "
    "flagged would be answered like a lesion."
)


def novelty_section(report: Report, found: OutOfDistribution) -> None:
    """Add heading, figures, distributions and pictures to a report."""
    report.heading("Out of distribution").paragraph(_sentence(found))
    report.table(_figures(found), _NOTE)
    report.figure(plots.novelty(found), "Scores; the dotted line is the threshold. Each curve encloses the same area.")
    report.details(_BY_CORRUPTION_NOTE, found.by_corruption)
    whole = {one.shown.name: one for one in reversed(found.strangers)}
    report.gallery(
        [_tile(one, found.threshold) for one in sorted(whole.values(), key=lambda one: one.score)], _SHOWN_NOTE
    )


def _sentence(found: OutOfDistribution) -> str:
    return (
        f"How far a picture's features lie from those of the training, as a mean over the members, is the "
        f"out-of-distribution score; it says nothing of the class UNK, which is one of the nine. Of "
        f"{len(found.strangers)} pictures of other things {found.non_lesions.flagged} lie above the threshold of "
        f"{found.threshold:.2f}, chosen on validation, and of the clean pictures {found.clean_flagged}. The area under "
        f"the ROC curve is {found.non_lesions.auroc} for other things, {found.severest.auroc} for corrupted pictures "
        f"of severity {SEVERITIES[-1]} and {found.corrupted.auroc} for those of all severities."
    )


def _figures(found: OutOfDistribution) -> pd.DataFrame:
    rows: dict[str, Detection] = {
        "pictures of other things": found.non_lesions,
        f"corrupted, severity {SEVERITIES[-1]}": found.severest,
        "corrupted, all severities": found.corrupted,
    }
    table = {name: {"area": str(one.auroc), "flagged": str(one.flagged)} for name, one in rows.items()}
    table["clean"] = {"area": "–", "flagged": str(found.clean_flagged)}
    return pd.DataFrame.from_dict(table, orient="index")


def _tile(stranger: Stranger, threshold: float) -> Tile:
    outcome = "flagged" if stranger.score > threshold else "not flagged"
    name = stranger.shown.name.replace("_", " ")
    return Tile([small_jpeg(stranger.shown.picture)], f"{name}: {stranger.score:.1f}, {outcome}")
