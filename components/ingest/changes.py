"""What changed between two states of the data."""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from components.common.taxonomy import CLASSES


@dataclass(frozen=True)
class Changes:
    """From one state of the data to the next."""

    added: pd.DataFrame
    """Images that are new: columns of the later state."""
    removed: pd.DataFrame
    """Images that are in the tables no more: columns of the earlier state."""
    left_out: pd.DataFrame
    """Images that are in the tables still, but in the quarantine now: columns of the earlier state."""
    relabelled: pd.DataFrame
    """image_id, and the label before and now."""
    replaced: pd.DataFrame
    """Images whose bytes are others now: columns of the later state."""
    moved: pd.DataFrame
    """image_id, and the split before and now: none, unless the splits were made anew."""
    by_class: pd.DataFrame
    """Number of images for each class: before, now, new."""

    @property
    def summary(self) -> str:
        """In a line."""
        counts = {
            "added": self.added,
            "removed": self.removed,
            "left out now": self.left_out,
            "relabelled": self.relabelled,
            "replaced": self.replaced,
        }
        return ", ".join(f"{len(rows)} {word}" for word, rows in counts.items())

    @property
    def examples(self) -> pd.DataFrame:
        """What happened to the images that are not new: columns image (its image_id) and change."""
        relabelled = "was " + self.relabelled["before"] + ", is " + self.relabelled["now"]
        parts = [
            pd.DataFrame({"image": self.relabelled["image_id"], "change": relabelled}),
            pd.DataFrame({"image": self.replaced["image_id"], "change": "other bytes"}),
            pd.DataFrame(
                {"image": self.left_out["image_id"], "change": "left out now, was in " + self.left_out["split"]}
            ),
            pd.DataFrame({"image": self.removed["image_id"], "change": "removed, was in " + self.removed["split"]}),
        ]
        return pd.concat(parts, ignore_index=True)


def changes(before: pd.DataFrame, now: pd.DataFrame, quarantined: Collection[str] = ()) -> Changes:
    """Compare two states.

    Args:
        before: columns image_id (unique), label, split and sha256.
        now: the same.
        quarantined: image_id of those that are in the tables now, but not used.
    """
    both = before.merge(now, on="image_id", suffixes=("_before", "_now"))
    gone = before[~before["image_id"].isin(now["image_id"])]
    left_out = gone["image_id"].isin(list(quarantined))
    other_bytes = both.loc[both["sha256_before"] != both["sha256_now"], "image_id"]
    added = now[~now["image_id"].isin(before["image_id"])]
    by_class = {"before": before["label"], "now": now["label"], "new": added["label"]}
    return Changes(
        added=added,
        removed=gone[~left_out],
        left_out=gone[left_out],
        relabelled=_differing(both, "label"),
        moved=_differing(both, "split"),
        replaced=now[now["image_id"].isin(other_bytes)],
        by_class=pd.DataFrame(
            {name: labels.value_counts().reindex(list(CLASSES), fill_value=0) for name, labels in by_class.items()}
        ),
    )


def _differing(both: pd.DataFrame, column: str) -> pd.DataFrame:
    """The images whose value is not what it was: image_id, before, now."""
    columns = [f"{column}_before", f"{column}_now"]
    rows = both.loc[both[columns[0]] != both[columns[1]], ["image_id", *columns]]
    return rows.set_axis(["image_id", "before", "now"], axis=1)
