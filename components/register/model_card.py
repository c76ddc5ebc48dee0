"""The model card that a version carries (Mitchell et al. 2019, arXiv 1810.03993): Markdown, made from what is known."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from components.common.bootstrap import Estimate
from components.common.taxonomy import CLASS_NAMES, CLASSES
from components.register.candidate import Candidate

_FIGURES: Mapping[str, str] = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_auc": "macro AUC",
    "macro_auc_without_unk": "macro AUC, without UNK",
    "melanoma_auc": "melanoma AUC",
    "malignant_auc": "malignant AUC",
    "melanoma_sensitivity": "melanomas called malignant",
    "malignant_sensitivity": "malignant sensitivity",
    "malignant_specificity": "malignant specificity",
    "ece": "calibration error (ECE)",
    "brier": "Brier score",
}
_OF_CLASS: Mapping[str, str] = {"recall": "recall", "precision": "precision", "auc": "AUC"}
_ROBUSTNESS: Mapping[str, str] = {
    "images": "pictures that were corrupted",
    "mean_corruption_error": "balanced error, mean over the corruptions",
    "relative_mean_corruption_error": "its rise above that of clean pictures",
    "mean_melanoma_sensitivity": "melanoma sensitivity, mean over the corruptions",
}
_UNUSUAL: Mapping[str, str] = {
    "non_lesion_auroc": "pictures of other things told from lesions, area under the ROC curve",
    "non_lesion_flagged": "pictures of other things that are flagged",
    "clean_flagged": "pictures of lesions that are flagged",
}
_EXPLANATIONS: Mapping[str, str] = {
    "map_energy_inside": "share of the heat map that lies on the lesion",
    "lesion_area_share": "the lesion's share of the picture",
    "maps_shuffled_correlation": "correlation with the maps of shuffled weights",
}

_USE = """A research model for dermatoscopic pictures of single skin lesions: pixels and demographics in;
probabilities of nine classes, a malignant decision, and heat maps out. For study, and for people who know how to read
it. It is no medical device: it must not decide on a patient, nor stand in for a look at the lesion or a biopsy."""

_LIMITS = """- It was tested on data of the same sources that it was trained on: elsewhere it may be worse.
- The class UNK mostly means "from the 2020 data, benign, not specified": a model can tell the source from the picture.
- Skin tones are estimated from the picture, unreliably; dark skin is rare in the data.
- The intervals are of the sampling of test patients, not of the chance of training.
- Heat maps show where the evidence for a class lies on a coarse grid, not why."""


def model_card(candidate: Candidate) -> str:
    """The whole card."""
    sections = {
        "Intended use": [_USE],
        "Gates": _table(["gate", "figure", "wanted", "outcome"], _gates(candidate)),
        "Figures on test, with 95 % intervals": [*_figures(candidate), "", *_classes(candidate)],
        "By subgroup, on test": _subgroups(candidate.subgroups),
        "Limits": [_LIMITS],
        "Data and licences": _data(candidate.provenance.data),
        "Under corruption": _scalars(candidate.robustness, _ROBUSTNESS),
        "Out of distribution": _scalars(candidate.robustness, _UNUSUAL),
        "Explanations": _scalars(candidate.robustness, _EXPLANATIONS),
        "Model": _model(candidate),
        "Where it comes from": _provenance(candidate),
    }
    text = "\n".join("\n".join([f"\n## {title}\n", *lines]) for title, lines in sections.items())
    return f"# Skin-lesion classifier {candidate.digest[:12]}\n{text}\n"


def shortened(card: str, longest: int) -> str:
    """As many sections as fit into so many characters, and where the rest is."""
    if len(card) <= longest:
        return card
    rest = "\n\nThe rest stands in model_card.md, beside the model.\n"
    return card[: card.rindex("\n## ", 0, longest - len(rest))].rstrip() + rest


def _gates(candidate: Candidate) -> Iterator[Sequence[str]]:
    for gate in candidate.gates:
        yield gate.name, _number(gate.figure), gate.wanted, gate.outcome


def _figures(candidate: Candidate) -> list[str]:
    found = _estimates(candidate.figures)
    rows = [(title, str(found[name])) for name, title in _FIGURES.items() if name in found]
    return _table(["figure", f"{len(candidate.predictions)} images"], rows)


def _classes(candidate: Candidate) -> list[str]:
    found, counts = _estimates(candidate.figures), candidate.predictions["label"].value_counts()
    rows = [
        [f"{name}, {CLASS_NAMES[name]}", counts.get(index, 0)]
        + [found.get(f"{figure}_{name}", "–") for figure in _OF_CLASS]
        for index, name in enumerate(CLASSES)
    ]
    return _table(["class", "images", *_OF_CLASS.values()], rows)


def _estimates(figures: pd.DataFrame) -> dict[str, Estimate]:
    return {row.figure: Estimate(row.value, row.low, row.high) for row in figures.itertuples()}


def _subgroups(subgroups: pd.DataFrame) -> list[str]:
    rows = []
    for (attribute, name), found in subgroups.groupby(["attribute", "subgroup"], sort=False):
        estimates = _estimates(found)
        counts = found.iloc[0]
        figures = [estimates.get(figure, "–") for figure in ("sensitivity", "specificity", "auc")]
        rows.append([attribute, name, counts["images"], counts["malignant"], *figures])
    if not rows:
        return ["No subgroup is known."]
    columns = ["attribute", "subgroup", "images", "malignant", "sensitivity", "specificity", "malignant AUC"]
    return _table(columns, rows)


def _data(data: Mapping[str, Any]) -> list[str]:
    licences = [f"- {source}: {licence}" for source, licence in data["licences"].items()]
    counts: Mapping[str, Mapping[str, int]] = data["counts"]
    rows = [[name, *(split.get(name, 0) for split in counts.values())] for name in CLASSES]
    return [
        "Pictures and their licences, which bind those who use the model too where they forbid commercial use:",
        "",
        *licences,
        "",
        *_table(["class", *counts], rows),
        "",
        f"Fingerprint of the data: `{data['fingerprint']}`.",
    ]


def _scalars(metrics: Mapping[str, float], titles: Mapping[str, str]) -> list[str]:
    rows = []
    for name, title in titles.items():
        value, low, high = (metrics.get(name + end, math.nan) for end in ("", "_low", "_high"))
        rows.append((title, Estimate(value, low, high) if math.isfinite(low) else _number(value)))
    return _table(["figure", ""], rows)


def _model(candidate: Candidate) -> list[str]:
    described = candidate.described
    members = described.get("members", [])
    rows = [[member.get(key, "–") for key in ("name", "backbone", "crop", "size")] for member in members]
    return [
        f"Ensemble of {len(members)} networks, averaged by {described.get('method', '–')}, calibrated; malignant from "
        f"{_number(candidate.metrics['malignant_threshold'])} on.",
        "",
        *_table(["member", "backbone", "crop", "input size"], rows),
    ]


def _provenance(candidate: Candidate) -> list[str]:
    known = {"SHA-256 of ensemble.onnx": candidate.digest, **candidate.fingerprints, **candidate.provenance.tags()}
    rows = [(name.replace("_", " "), f"`{value}`") for name, value in known.items() if name != "images"]
    return [*_table(["what", ""], rows), "", "Settings and images: `provenance.json`. The code: Apache License 2.0."]


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    lines = [columns, ["---"] * len(columns), *rows]
    return [f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines]


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "–"
