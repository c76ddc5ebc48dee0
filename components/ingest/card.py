"""The data card: what this run was given, for a person to read before trusting any figure that comes of it."""

import pandas as pd

from components.common.report import Report
from components.common.taxonomy import CLASSES, SPLITS
from components.ingest import quarantine
from components.ingest.manifest import Manifest

FEW_IMAGES = 20
"""A class with fewer in validation or test has figures that say little."""

_ROWS_SHOWN = 20
_DEMOGRAPHICS = ("sex", "age", "site")


def data_card(manifest: Manifest) -> Report:
    """Build the page."""
    report = Report(
        f"Data card, version {manifest.data_version}",
        f"{len(manifest.images)} images from {manifest.data}, {len(manifest.quarantine)} quarantined, "
        f"{manifest.images['group'].nunique()} groups. Fingerprint {manifest.fingerprint}.",
    )
    for warning in reader_warnings(manifest):
        report.warning(warning)
    _add_classes(report, manifest)
    _add_demographics(report, manifest.images)
    _add_duplicates(report, manifest)
    _add_quarantine(report, manifest.quarantine)
    return report


def reader_warnings(manifest: Manifest) -> list[str]:
    """What a reader must know before using the data."""
    return [*manifest.warnings, *_class_warnings(manifest.counts), *_source_warnings(manifest.images)]


def _class_warnings(counts: dict[str, dict[str, int]]) -> list[str]:
    warnings = []
    if absent := [name for name in CLASSES if not any(counts[split][name] for split in SPLITS)]:
        warnings.append(f"No image is of class {_listed(absent)}: models cannot learn it.")
    for split in SPLITS:
        here = counts[split]
        if lacking := [name for name in CLASSES if not here[name] and name not in absent]:
            warnings.append(f"No image of class {_listed(lacking)} is in {split}.")
        few = [f"{name} ({here[name]})" for name in CLASSES if 0 < here[name] < FEW_IMAGES]
        if few and split != "train":
            warnings.append(f"There are few images of {_listed(few)} in {split}: their figures are uncertain.")
    return warnings


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _source_warnings(images: pd.DataFrame) -> list[str]:
    sources = images.groupby("label")["source"].unique()
    if images["source"].nunique() < 2 or "UNK" not in sources or len(sources["UNK"]) > 1:
        return []
    return [
        f"All images of class UNK come from {sources['UNK'][0]}: a model can tell them by the look of the source. "
        "Read all figures with and without UNK."
    ]


def _add_classes(report: Report, manifest: Manifest) -> None:
    classes = pd.DataFrame(manifest.counts).reindex(list(CLASSES))
    classes["all"] = classes.sum(axis=1)
    classes.loc["all"] = classes.sum()
    sources = pd.crosstab(manifest.images["label"], manifest.images["source"]).reindex(list(CLASSES), fill_value=0)
    report.heading("Classes").table(classes, "Images by class and split.").table(
        _plain(sources), "Images by class and source."
    )


def _add_demographics(report: Report, images: pd.DataFrame) -> None:
    missing = images[list(_DEMOGRAPHICS)].isna().groupby(images["source"]).mean()
    sizes = images.groupby("source")[["width", "height"]].agg(["min", "median", "max"])
    sizes.columns = sizes.columns.map(" ".join)
    report.heading("Demographics and sizes").table(_plain(missing), "Share of images without the value.")
    for column in ("sex", "site"):
        values = pd.crosstab(images[column].fillna("missing"), images["source"])
        report.table(_plain(values), f"Images by {column}.")
    report.table(_plain(sizes), "Pixels.", digits=0)


def _add_duplicates(report: Report, manifest: Manifest) -> None:
    kinds = {name.replace("_", " "): count for name, count in manifest.duplicates.items()}
    counts = pd.DataFrame({"found": kinds})
    report.heading("Duplicates").paragraph(
        "Images of one patient or lesion, and duplicates of all kinds, form groups; a group lies in one split."
    ).table(counts)
    if len(manifest.near_identical):
        report.table(manifest.near_identical.head(_ROWS_SHOWN), "Nearest pairs; the distance is in bits of 256.")


def _add_quarantine(report: Report, refused: pd.DataFrame) -> None:
    report.heading("Quarantine")
    if refused.empty:
        report.paragraph("Nothing was left out.")
        return
    reasons = refused["reason"].value_counts().rename("images").to_frame()
    reasons["meaning"] = reasons.index.map(quarantine.REASONS)
    report.table(_plain(reasons), "Left out, by reason.")
    report.table(refused.head(_ROWS_SHOWN), f"The first {min(_ROWS_SHOWN, len(refused))} of {len(refused)}.")


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Without the names of its axes, which would take a header line of their own."""
    return table.rename_axis(index=None, columns=None)
