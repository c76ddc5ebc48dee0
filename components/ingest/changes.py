"""What changed between two states of the data."""

from dataclasses import dataclass

import pandas as pd

from components.common.taxonomy import CLASSES


@dataclass(frozen=True)
class Changes:
    """From one state of the data to the next."""

    added: pd.DataFrame
    """Images that are new: columns of the later state."""
    removed: pd.DataFrame
    """Images that are gone: columns of the earlier state."""
    relabelled: pd.DataFrame
    """image_id, and the label before and now."""
    replaced: pd.DataFrame
    """Images whose bytes are others now: columns of the later state."""
    by_class: pd.DataFrame
    """Number of images for each class: before, now, new."""

    @property
    def summary(self) -> str:
        """In a line."""
        counts = {
            "added": self.added,
            "removed": self.removed,
            "relabelled": self.relabelled,
            "replaced": self.replaced,
        }
        return ", ".join(f"{len(rows)} {word}" for word, rows in counts.items())

    @property
    def examples(self) -> pd.DataFrame:
        """Images that are gone, relabelled or replaced: image_id, and what happened. What is new is seen elsewhere."""
        relabelled = "was " + self.relabelled["before"] + ", is " + self.relabelled["now"]
        parts = [
            pd.DataFrame({"image": self.relabelled["image_id"], "change": relabelled}),
            pd.DataFrame({"image": self.replaced["image_id"], "change": "other bytes"}),
            pd.DataFrame({"image": self.removed["image_id"], "change": "removed, was in " + self.removed["split"]}),
        ]
        return pd.concat(parts, ignore_index=True)


def changes(before: pd.DataFrame, now: pd.DataFrame) -> Changes:
    """Compare two states.

    Args:
        before: columns image_id (unique), label, split and sha256.
        now: the same.
    """
    both = before.merge(now, on="image_id", suffixes=("_before", "_now"))
    other_label = both[both["label_before"] != both["label_now"]]
    other_bytes = both.loc[both["sha256_before"] != both["sha256_now"], "image_id"]
    added = now[~now["image_id"].isin(before["image_id"])]
    by_class = {"before": before["label"], "now": now["label"], "new": added["label"]}
    return Changes(
        added=added,
        removed=before[~before["image_id"].isin(now["image_id"])],
        relabelled=other_label[["image_id", "label_before", "label_now"]].set_axis(
            ["image_id", "before", "now"], axis=1
        ),
        replaced=now[now["image_id"].isin(other_bytes)],
        by_class=pd.DataFrame(
            {name: labels.value_counts().reindex(list(CLASSES), fill_value=0) for name, labels in by_class.items()}
        ),
    )
