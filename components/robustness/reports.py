"""The page of the robustness stage."""

import pandas as pd

from components.common.gates import gate_table
from components.common.report import Report, Tile
from components.robustness import plots
from components.robustness.corruptions import CORRUPTIONS, FAMILIES, SEVERITIES, Corruption, corrupt
from components.robustness.explanation_section import explanation_section
from components.robustness.gallery import small_jpeg
from components.robustness.measuring import Example, Measurement
from components.robustness.novelty_section import novelty_section
from components.robustness.robustness import Robustness, family_means, unseen
from components.robustness.scores import ENSEMBLE, FIGURES, by_corruption, clean_row, curve
from components.robustness.settings import RobustnessSettings

_SHOWN = (1, 3, 5)

_TITLES = {
    "accuracy": "accuracy",
    "balanced_error": "balanced error",
    "melanoma_sensitivity": "melanomas found",
    "changed": "changed",
}


def robustness_report(
    robustness: Robustness, measured: Measurement, settings: RobustnessSettings, test_images: int
) -> Report:
    """Summary, gate, models, corruptions, curves, pictures, heat maps, out-of-distribution score.

    Args:
        robustness: what was found.
        measured: what it was found from: the pictures to show.
        settings: of the stage.
        test_images: how many the test split has.
    """
    report, example = Report("Robustness", _summary(robustness, test_images)), measured.example
    for gate in robustness.gates:
        if not gate.passed:
            report.warning(f"A gate failed. {gate}.")
    report.heading("Gates").table(gate_table(robustness.gates))
    report.heading("Ensemble and members").table(_models(robustness), _MODELS_NOTE)
    report.heading("Families").table(_families(robustness), "Means over corruptions and severities, ensemble")
    report.heading("Corruptions").table(_corruptions(robustness), _CORRUPTIONS_NOTE, digits=2)
    members = [model.name for model in robustness.models[1:]]
    for family in FAMILIES:
        report.heading(f"{family.capitalize()}: error by severity")
        report.figure(
            plots.curves(robustness.table, members, family),
            "From left to right: severity, 0 being the clean picture. The dotted line is the ensemble's error there.",
        )
        tiles = [_tile(one, example, settings.seed) for one in CORRUPTIONS if one.family == family]
        report.gallery([Tile([small_jpeg(example.picture)], f"{example.image_id}, clean"), *tiles], _SHOWN_NOTE)
    explanation_section(report, robustness.explanations, measured.explained.shown)
    novelty_section(report, robustness.out_of_distribution)
    report.heading("Time").paragraph(_time(robustness))
    report.details("Milliseconds for one picture, by corruption", _milliseconds(robustness))
    return report


_MODELS_NOTE = (
    "Balanced errors with 95 % intervals, bootstrapped over patients and lesions, all models on the same draws. "
    "Corrupted: mean over all corruptions and severities. Rise: corrupted less clean. More than ensemble, and "
    "rise more: positive where the ensemble does better. The best member is best on these very images: that favours it."
)

_CORRUPTIONS_NOTE = (
    "Ensemble, balanced error by severity; then the mean over severities, and of other figures. Melanomas found: share "
    "of the melanomas whose most probable class is melanoma. Changed: share of pictures whose most probable class is "
    "another than that of the clean picture. In training: kinds of augmentation that do much the same; whether a "
    "member was trained with one, its hyperparameters say."
)

_SHOWN_NOTE = f"One picture, clean and at severities {', '.join(map(str, _SHOWN))}."


def _summary(robustness: Robustness, test_images: int) -> str:
    images, ensemble = clean_row(robustness.table)["images"], robustness.ensemble
    errors, changed = by_corruption(robustness.table)["balanced_error"], robustness.corrupted["changed"].mean()
    return (
        f"{images} of {test_images} test images, each spoiled in {len(CORRUPTIONS)} ways at {len(SEVERITIES)} "
        f"severities, through the ONNX ensemble that will be served. Its balanced error is "
        f"{ensemble.clean.value:.3f} on clean pictures and {ensemble.corrupted} on corrupted ones, a rise of "
        f"{ensemble.rise}. {changed:.0%} of the decisions change. Worst is {errors.idxmax()}, with an error of "
        f"{errors.max():.3f}. {_verdict(robustness)}"
    )


def _verdict(robustness: Robustness) -> str:
    best = robustness.best_member
    if best.more.low > 0:
        answer = "errs less under corruption than"
    elif best.more.high < 0:
        answer = "errs more under corruption than"
    else:
        answer = "cannot be told apart under corruption from"
    return (
        f"The ensemble {answer} its best member, {best.name}: that member's error less the ensemble's is {best.more}, "
        f"and of the rise from clean to corrupted {best.more_rise}."
    )


def _models(robustness: Robustness) -> pd.DataFrame:
    rows = {
        model.name: {
            "clean": str(model.clean),
            "corrupted": str(model.corrupted),
            "rise": str(model.rise),
            "more than ensemble": None if model is robustness.ensemble else str(model.more),
            "rise more": None if model is robustness.ensemble else str(model.more_rise),
        }
        for model in robustness.models
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def _families(robustness: Robustness) -> pd.DataFrame:
    means = by_corruption(robustness.table)
    table = family_means(means)
    table.loc["may be in training"] = means.drop(unseen()).mean()
    table.loc["never in training"] = means.loc[unseen()].mean()
    table.loc["all"] = means.mean()
    table.loc["clean"] = clean_row(robustness.table)[list(FIGURES)].astype(float)
    return table.rename(columns=_TITLES)


def _corruptions(robustness: Robustness) -> pd.DataFrame:
    means, rows = by_corruption(robustness.table), {}
    for corruption in CORRUPTIONS:
        errors = curve(robustness.table, corruption, ENSEMBLE)[1:]
        of_corruption = means.loc[corruption.name]
        rows[corruption.name] = {
            **{str(severity): error for severity, error in zip(SEVERITIES, errors, strict=True)},
            "mean": of_corruption["balanced_error"],
            **{_TITLES[name]: of_corruption[name] for name in FIGURES if name != "balanced_error"},
            "in training": ", ".join(corruption.augmented_by) or "never",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _tile(corruption: Corruption, example: Example, seed: int) -> Tile:
    pictures = [corrupt(example.picture, corruption, severity, example.image_id, seed) for severity in _SHOWN]
    strengths = ", ".join(f"{corruption.strengths[severity - 1]:.3g}" for severity in _SHOWN)
    return Tile([small_jpeg(picture) for picture in pictures], f"{corruption.name}: {strengths} ({corruption.unit})")


def _time(robustness: Robustness) -> str:
    watch = robustness.stopwatch
    corrupting = sum(watch.corrupting.values())
    return (
        f"All corruptions together took {corrupting:.1f} s, the model {watch.inferring:.1f} s, on the same pictures "
        f"and cores: {corrupting / watch.inferring:.2f} times as long. The explanations took {watch.explaining:.1f} s."
    )


def _milliseconds(robustness: Robustness) -> pd.DataFrame:
    pictures = clean_row(robustness.table)["images"] * len(SEVERITIES)
    times = {name: f"{1e3 * seconds / pictures:.2f}" for name, seconds in robustness.stopwatch.corrupting.items()}
    each = 1e3 * robustness.stopwatch.inferring / (pictures * len(CORRUPTIONS))
    return pd.DataFrame({"milliseconds": {**times, "the model": f"{each:.2f}"}})
