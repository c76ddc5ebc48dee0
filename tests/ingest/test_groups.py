"""Images that belong together for any reason, or for a chain of reasons, are in one group."""

import numpy as np
import pandas as pd

from components.ingest.groups import group_images

NONE = pd.DataFrame({"image_id_1": [], "image_id_2": []}, dtype="str")
COLUMNS = ("image_id", "patient_id", "lesion_id", "sha256", "phash")


def images(*rows: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame([{column: row.get(column) for column in COLUMNS} for row in rows], dtype="str")


def pairs(*of_ids: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(of_ids, columns=["image_id_1", "image_id_2"], dtype="str")


def together(rows: pd.DataFrame, duplicates: pd.DataFrame = NONE) -> list[str]:
    return rows["image_id"].map(group_images(rows, duplicates).names).tolist()


def test_an_image_of_which_nothing_is_known_is_a_group_of_its_own() -> None:
    assert together(images({"image_id": "a"}, {"image_id": "b"})) == ["a", "b"]


def test_a_patient_a_lesion_and_equal_bytes_each_make_a_group() -> None:
    for column in ("patient_id", "lesion_id", "sha256"):
        rows = images({"image_id": "b", column: "1"}, {"image_id": "c", column: "2"}, {"image_id": "a", column: "1"})
        assert together(rows) == ["a", "c", "a"]


def test_a_lesion_and_a_patient_of_the_same_name_are_two_things() -> None:
    rows = images({"image_id": "a", "patient_id": "1"}, {"image_id": "b", "lesion_id": "1"})
    assert together(rows) == ["a", "b"]


def test_near_identical_pictures_make_a_group() -> None:
    alike, almost = "f0" * 32, "f0" * 31 + "f1"
    rows = images({"image_id": "a", "sha256": "1", "phash": alike}, {"image_id": "b", "sha256": "2", "phash": almost})
    groups = group_images(rows, NONE)
    assert together(rows) == ["a", "a"]
    assert groups.near_identical["distance"].tolist() == [1]


def test_a_downsampled_twin_is_with_its_original() -> None:
    rows = images({"image_id": "ISIC_1_downsampled"}, {"image_id": "ISIC_2"}, {"image_id": "ISIC_1"})
    assert together(rows) == ["ISIC_1", "ISIC_2", "ISIC_1"]


def test_the_duplicates_that_the_source_names_are_together_even_through_an_absent_image() -> None:
    rows = images({"image_id": "a"}, {"image_id": "b"}, {"image_id": "c"})
    duplicates = pairs(("a", "absent"), ("absent", "c"))
    assert together(rows, duplicates) == ["a", "b", "a"]
    assert group_images(rows, duplicates).counts["known_duplicate_pairs"] == 0


def test_reasons_chain() -> None:
    rows = images(
        {"image_id": "a", "patient_id": "1"},
        {"image_id": "b", "patient_id": "1", "lesion_id": "1"},
        {"image_id": "c", "lesion_id": "1", "sha256": "1"},
        {"image_id": "d", "sha256": "1"},
        {"image_id": "e_downsampled"},
        {"image_id": "e"},
        {"image_id": "f"},
    )
    assert together(rows, pairs(("d", "e_downsampled"))) == ["a"] * 6 + ["f"]


def test_duplicates_are_counted_by_kind() -> None:
    rows = images(
        {"image_id": "a", "sha256": "1", "phash": "0f" * 32},
        {"image_id": "b", "sha256": "1", "phash": "0f" * 32},
        {"image_id": "c", "sha256": "2", "phash": "0f" * 32},
        {"image_id": "c_downsampled"},
    )
    assert group_images(rows, pairs(("a", "b"), ("a", "x"))).counts == {
        "known_duplicate_pairs": 1,
        "exact_copies": 1,
        "near_identical_pairs": 1,
        "downsampled_twins": 1,
    }


def test_the_order_of_the_rows_does_not_matter() -> None:
    generator = np.random.default_rng(0)
    rows = pd.DataFrame({"image_id": [f"{number:03d}" for number in range(200)], "sha256": None, "phash": None})
    rows["patient_id"] = generator.integers(0, 60, 200).astype(str)
    rows["lesion_id"] = generator.integers(0, 500, 200).astype(str)
    rows = rows.astype("str")
    shuffled = rows.sample(frac=1, random_state=1)
    pd.testing.assert_series_equal(group_images(rows, NONE).names, group_images(shuffled, NONE).names)


def test_images_of_earlier_states_tie_others_but_are_not_counted() -> None:
    rows = images({"image_id": "b", "patient_id": "1"}, {"image_id": "c", "sha256": "1"})
    earlier = images({"image_id": "a", "patient_id": "1", "sha256": "1"})
    groups = group_images(rows, pairs(("a", "b")), earlier)
    assert groups.names.to_dict() == {"a": "a", "b": "a", "c": "a"}
    assert groups.counts["exact_copies"] == groups.counts["known_duplicate_pairs"] == 0
