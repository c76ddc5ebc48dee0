"""The data card: what this run was given, for a person to read before trusting any figure that comes of it."""

from collections.abc import Sequence

import pandas as pd

from components.common.report import Report
from components.common.skin_tone import CAVEAT, TYPES, skin_type
from components.common.store import Store
from components.common.taxonomy import CLASSES, SPLITS
from components.ingest import quarantine
from components.ingest.gallery import contact_sheet, quarantined_pictures
from components.ingest.manifest import Manifest
from components.ingest.sources import Source

FEW_IMAGES = 20
"""A class with fewer in validation or test has figures that say little; so has a skin tone with fewer in all."""

LARGE_GROUP = 0.02
"""A larger share of all images in one group (and more than FEW_IMAGES) is no patient's."""

_ROWS_SHOWN = 20
_YEARS = 10
_LICENCE = "copyright_license"
_DEMOGRAPHICS = ("sex", "age", "site")
_DARK_TYPES = ("V", "VI")
_RECORDED = "noted by a doctor"
_ESTIMATED = "estimated"


def data_card(manifest: Manifest, stores: Sequence[Store]) -> Report:
    """Build the page.

    Args:
        manifest: what ingest found out.
        stores: the data, of which a few pictures are read again to be shown.
    """
    report = Report(
        f"Data card, version {manifest.data_version}" if manifest.data_version else "Data card",
        f"{len(manifest.images)} images from {', '.join(manifest.data)}, {len(manifest.quarantine)} quarantined, "
        f"{manifest.images['group'].nunique()} groups. Fingerprint {manifest.fingerprint}.",
    )
    for warning in reader_warnings(manifest):
        report.warning(warning)
    _add_sources(report, manifest)
    _add_changes(report, manifest)
    _add_classes(report, manifest)
    _add_demographics(report, manifest.images)
    _add_skin_tones(report, manifest.images)
    _add_sizes(report, manifest.images)
    _add_duplicates(report, manifest)
    _add_quarantine(report, manifest.quarantine, stores)
    report.heading("Before and after").gallery(
        contact_sheet(manifest.images, stores),
        "Each picture as it came, with the square that is cropped, and the crop. The widest borders come first.",
    )
    return report


def reader_warnings(manifest: Manifest) -> list[str]:
    """What a reader must know before using the data."""
    warnings = [
        *manifest.warnings,
        *_class_warnings(manifest.counts),
        *_source_warnings(manifest.images),
        *_skin_tone_warnings(manifest.images),
        *_group_warnings(manifest.images),
    ]
    if (found := manifest.changes) and len(found.moved):
        warnings.append(
            f"Images that are in another split than in the state of the data before: {len(found.moved)}, for example "
            f"{found.moved['image_id'].iloc[0]}. Models trained on the two states cannot be compared."
        )
    if manifest.unnamed:
        warnings.append(
            f"Files in the images' folders that no table names, and which are not used: {manifest.unnamed}."
        )
    if manifest.before is None:
        warnings.append(
            "No workspace was given: the splits are made from this state of the data alone, and can change with the "
            "next. Models trained on different states cannot be compared on their test images."
        )
    return warnings


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


def _skin_tone_warnings(images: pd.DataFrame) -> list[str]:
    return [
        f"There are few images of the darkest skin, types {' and '.join(_DARK_TYPES)}, {how}: {count}. "
        "What is said of all patients need not hold for theirs."
        for how, types in _skin_types(images).items()
        if (count := int(types.isin(_DARK_TYPES).sum())) < FEW_IMAGES and types.notna().any()
    ]


def _group_warnings(images: pd.DataFrame) -> list[str]:
    sizes = images["group"].value_counts()
    return [
        f"Group {name} holds {size} of the {len(images)} images ({size / len(images):.1%}), and all lie in one split. "
        'A patient or lesion id that means "unknown" may be the cause: it joins what does not belong together.'
        for name, size in sizes.items()
        if size > FEW_IMAGES and size > LARGE_GROUP * len(images)
    ]


def _skin_types(images: pd.DataFrame) -> dict[str, pd.Series]:
    return {
        _RECORDED: images["fitzpatrick"].map(lambda number: TYPES[int(number) - 1], na_action="ignore"),
        _ESTIMATED: images["typology_angle"].map(skin_type),
    }


def _add_sources(report: Report, manifest: Manifest) -> None:
    counts = manifest.images.groupby(["source", "data"]).size()
    rows = [
        {
            "data set": source.data_set.title,
            "images": int(counts.get((source.data_set.name, source.store.uri), 0)),
            "licence": source.data_set.licence,
            "from": source.store.uri,
        }
        for source in manifest.sources
    ]
    names = [source.data_set.name for source in manifest.sources]
    report.heading("Sources").table(pd.DataFrame(rows, index=names))
    for data_set in {source.data_set.name: source.data_set for source in manifest.sources}.values():
        report.paragraph(f"To cite for {data_set.name}: {data_set.citation}.")
    licences = [table for source in manifest.sources for table in _licences(source)]
    if licences:
        rows = pd.concat(licences)
        report.table(_plain(pd.crosstab(rows["licence"], rows["source"])), "Rows of the tables by licence.")


def _licences(source: Source) -> list[pd.DataFrame]:
    """The licence of each row, of the tables that have one."""
    tables = [content.rows for content in source.contents if _LICENCE in content.rows]
    name = source.data_set.name
    return [pd.DataFrame({"licence": rows[_LICENCE].fillna("not known"), "source": name}) for rows in tables]


def _add_changes(report: Report, manifest: Manifest) -> None:
    if manifest.before is None:
        return
    report.heading("What changed")
    if not (found := manifest.changes):
        report.paragraph("This is the first state of the data in this workspace.")
        return
    name = f"version {manifest.before.data_version}" if manifest.before.data_version else "the state"
    stayed = "" if len(found.moved) else " No image moved from one split to another."
    report.paragraph(f"Since {name} ({manifest.before.fingerprint[:12]}): {found.summary}.{stayed}")
    report.table(found.by_class, "Images by class: before, now, and of these new.")
    if len(found.examples):
        report.table(found.examples.head(_ROWS_SHOWN), _first(found.examples))


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
    report.heading("Demographics").table(_plain(missing), "Share of images without the value.")
    for column in ("sex", "site"):
        values = pd.crosstab(images[column].fillna("missing"), images["source"])
        report.table(_plain(values), f"Images by {column}.")
    report.table(_plain(pd.crosstab(_age_bands(images["age"]), images["source"])), "Images by age in years.")


def _age_bands(ages: pd.Series) -> pd.Series:
    """Each age as 0 to 9, 10 to 19, ... or missing, in this order."""
    starts = range(0, 130, _YEARS)
    names = [f"{start} to {start + _YEARS - 1}" for start in starts]
    bands = pd.cut(ages, [*starts, starts.stop], right=False, labels=names)
    return bands.cat.add_categories("missing").fillna("missing")


def _add_skin_tones(report: Report, images: pd.DataFrame) -> None:
    report.heading("Skin tone").paragraph(CAVEAT)
    for how, types in _skin_types(images).items():
        counts = pd.crosstab(types.fillna("not known"), images["source"])
        rows = [*TYPES, "not known"]
        report.table(_plain(counts.reindex(rows, fill_value=0)), f"Images by Fitzpatrick type, {how}.")


def _add_sizes(report: Report, images: pd.DataFrame) -> None:
    sizes = images.assign(megapixels=images["width"] * images["height"] / 1e6, kilobytes=images["bytes"] / 1e3)
    measures = sizes.groupby("source")[["width", "height", "megapixels", "kilobytes"]].agg(["min", "median", "max"])
    measures.columns = measures.columns.map(" ".join)
    measures["with a border"] = sizes.groupby("source")["border"].agg(lambda shares: (shares > 0).mean())
    report.heading("Pictures").table(
        _plain(measures.T.map(_shortest)), "Sizes in pixels, and the share of pictures with a black border."
    )
    common = images.groupby(["width", "height"]).size().nlargest(8).rename("images").reset_index()
    report.table(common, "The commonest sizes.")


def _add_duplicates(report: Report, manifest: Manifest) -> None:
    kinds = {name.replace("_", " "): count for name, count in manifest.duplicates.items()}
    counts = pd.DataFrame({"found": kinds})
    report.heading("Duplicates").paragraph(
        "Images of one patient or lesion, and duplicates of all kinds, form groups; a group lies in one split."
    ).table(counts)
    if len(manifest.near_identical):
        report.table(manifest.near_identical.head(_ROWS_SHOWN), "Nearest pairs; the distance is in bits of 256.")


def _add_quarantine(report: Report, refused: pd.DataFrame, stores: Sequence[Store]) -> None:
    report.heading("Quarantine")
    if refused.empty:
        report.paragraph("Nothing was left out.")
        return
    reasons = refused["reason"].value_counts().rename("images").to_frame()
    reasons["meaning"] = reasons.index.map(quarantine.REASONS)
    report.table(_plain(reasons), "Left out, by reason.")
    report.table(refused.head(_ROWS_SHOWN), _first(refused))
    report.gallery(quarantined_pictures(refused, stores), "Some of them, as far as they can be shown.")


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Without the names of its axes, which would take a header line of their own."""
    return table.rename_axis(index=None, columns=None)


def _first(rows: pd.DataFrame) -> str:
    return f"The first {min(_ROWS_SHOWN, len(rows))} of {len(rows)}."


def _shortest(value: float) -> str:
    """At most three decimals, and none for a whole number."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
