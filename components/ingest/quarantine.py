"""The quarantine: what is left out of the manifest, why, and how much of it is too much."""

from collections.abc import Iterable

import pandas as pd

from components.common.errors import DataError, SettingsError

COLUMNS: tuple[str, ...] = ("image_id", "source", "data", "path", "reason", "detail")

REASONS: dict[str, str] = {
    "invalid_name": "the table names no image, or one outside its folder",
    "not_one_class": "not exactly one class is set",
    "unknown_diagnosis": "the diagnosis is not of the taxonomy",
    "repeated_row": "the image has an earlier row of the same source with the same class",
    "conflicting_labels": "the image, or a byte-for-byte copy of it, has another class elsewhere",
    "split_conflict": "new data joins its group to one of another split, and no image ever moves",
    "missing_image": "the table names an image that is not there",
    "unreadable_image": "the storage does not give the file",
    "empty_file": "the file has no bytes",
    "too_many_bytes": "the file is so large that reading it could exhaust the memory",
    "not_an_image": "the file is no picture of a known format",
    "truncated_image": "the file ends too early",
    "undecodable_image": "the file is damaged",
    "too_few_pixels": "a side of the picture is too short to be of use",
    "too_many_pixels": "the picture is so large that decoding it could exhaust the memory",
}

_REASONS_IN_MESSAGE = 3


def quarantined(rows: pd.DataFrame, reason: str | pd.Series, detail: str | pd.Series) -> pd.DataFrame:
    """Give `rows` (image_id, source, path, ...) a reason and a detail: a text for all, or a series that covers them."""
    # As arrays: a series assigned to no rows would bring its own.
    values = {
        name: value if isinstance(value, str) else value.loc[rows.index].to_numpy()
        for name, value in (("reason", reason), ("detail", detail))
    }
    return rows.assign(**values)[list(COLUMNS)].astype("str")


def joined(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """One table of all `parts`, sorted, with a fresh index."""
    table = pd.concat([pd.DataFrame(columns=list(COLUMNS), dtype="str"), *parts])
    return table.sort_values(list(COLUMNS), ignore_index=True)


def share(images: int, quarantine: pd.DataFrame) -> float:
    """The quarantined part of all rows, given the number of images kept."""
    rows = images + len(quarantine)
    return len(quarantine) / rows if rows else 0.0


def check_share(images: int, quarantine: pd.DataFrame, maximum: float) -> None:
    """Stop where too little is left.

    Args:
        images: how many images are kept.
        quarantine: what is left out (`COLUMNS`).
        maximum: the largest share of all rows that may be quarantined, 0 to 1.

    Raises:
        SettingsError: `maximum` is not between 0 and 1.
        DataError: the share is larger, or no image is kept; the message gives the commonest reasons with an example.
    """
    if not 0.0 <= maximum <= 1.0:
        raise SettingsError(f"maximum_quarantine_share must lie between 0 and 1, not {maximum}")
    part = share(images, quarantine)
    if images and part <= maximum:
        return
    raise DataError(
        f"{len(quarantine)} of {images + len(quarantine)} images ({part:.1%}) are broken or unusable, "
        f"maximum_quarantine_share is {maximum:.1%}: {_commonest(quarantine)}; "
        "repair the data, or raise maximum_quarantine_share if the rest is enough"
    )


def _commonest(quarantine: pd.DataFrame) -> str:
    parts = []
    for reason, count in quarantine["reason"].value_counts().head(_REASONS_IN_MESSAGE).items():
        example = quarantine[quarantine["reason"] == reason].iloc[0]
        where = example["path"] or f"a row of {example['source']}"
        parts.append(f"{count} x {reason} (e.g. {where}: {example['detail']})")
    return "; ".join(parts)
