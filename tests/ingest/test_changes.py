"""What changed from one state of the data to the next is counted and named."""

import pandas as pd

from components.ingest.changes import changes


def state(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image_id", "label", "split", "sha256"], dtype="str")


def test_every_kind_of_change_is_told_apart() -> None:
    before = state(
        ("stays", "NV", "train", "1"),
        ("goes", "MEL", "test", "2"),
        ("relabelled", "NV", "train", "3"),
        ("replaced", "NV", "train", "4"),
        ("refused", "NV", "validation", "7"),
    )
    now = state(
        ("stays", "NV", "train", "1"),
        ("relabelled", "MEL", "train", "3"),
        ("replaced", "NV", "train", "5"),
        ("new", "DF", "validation", "6"),
    )
    found = changes(before, now, quarantined={"refused", "never seen"})
    assert found.summary == "1 added, 1 removed, 1 left out now, 1 relabelled, 1 replaced"
    assert found.examples.to_numpy().tolist() == [
        ["relabelled", "was NV, is MEL"],
        ["replaced", "other bytes"],
        ["refused", "left out now, was in validation"],
        ["goes", "removed, was in test"],
    ]
    assert found.by_class.loc["DF"].to_dict() == {"before": 0, "now": 1, "new": 1}
    assert found.by_class.loc["MEL"].to_dict() == {"before": 1, "now": 1, "new": 0}


def test_nothing_changed() -> None:
    same = state(("a", "NV", "train", "1"))
    assert changes(same, same).summary == "0 added, 0 removed, 0 left out now, 0 relabelled, 0 replaced"
    assert changes(same, same).examples.empty
    assert changes(same, same).moved.empty


def test_an_image_in_another_split_is_found() -> None:
    before = state(("a", "NV", "train", "1"), ("b", "NV", "train", "2"))
    now = state(("a", "NV", "train", "1"), ("b", "NV", "test", "2"))
    assert changes(before, now).moved.to_numpy().tolist() == [["b", "train", "test"]]
