"""From a folder or a bucket to the manifest: what is good is in a split, what is not in the quarantine."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from components.common.errors import DataError, SettingsError, StorageError
from components.common.files import read_json
from components.common.storage import open_store
from components.common.taxonomy import CLASSES, SPLITS
from components.ingest.card import data_card
from components.ingest.history import History
from components.ingest.manifest import COLUMNS, Manifest, build_manifest, metrics, write_manifest
from tests.gcs import emulated_bucket
from tests.ingest.isic_folder import (
    DUPLICATES_2020,
    IMAGES_2019,
    IMAGES_2020,
    TRUTH_2019,
    TRUTH_2020,
    ids,
    picture,
    write_2019,
    write_2020,
)


def build(root: Path | str, *, seed: int = 0, maximum: float = 0.25) -> Manifest:
    return build_manifest([open_store(str(root))], None, "v1", seed, maximum)


def reasons(manifest: Manifest) -> dict[str, str]:
    return dict(zip(manifest.quarantine["image_id"], manifest.quarantine["reason"], strict=True))


def groups(manifest: Manifest) -> dict[str, str]:
    return dict(zip(manifest.images["image_id"], manifest.images["group"], strict=True))


def test_every_good_image_is_in_one_split_with_its_group(both_years: Path) -> None:
    manifest = build(both_years)
    assert list(manifest.images.columns) == list(COLUMNS)
    assert manifest.images["image_id"].tolist() == ids(0, 24) + ids(100, 16)
    assert set(manifest.images["split"]) == set(SPLITS)
    assert manifest.images.groupby("group")["split"].nunique().max() == 1
    assert groups(manifest)["ISIC_0000001"] == "ISIC_0000000"  # of one lesion
    assert groups(manifest)["ISIC_0000103"] == "ISIC_0000100"  # of one patient, who has a known duplicate
    assert manifest.quarantine.empty


def test_the_same_data_and_seed_give_the_same_manifest_byte_for_byte(both_years: Path, tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_manifest(tmp_path / name, build(both_years))
    for file in ("manifest.parquet", "quarantine.parquet", "manifest.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


def test_the_fingerprint_follows_the_content(both_years: Path) -> None:
    before = build(both_years).fingerprint
    assert build(both_years, seed=1).fingerprint != before
    (both_years / IMAGES_2019 / "ISIC_0000000.jpg").write_bytes(picture(999))
    assert build(both_years).fingerprint != before


def test_a_bucket_gives_the_same_manifest_as_a_folder(both_years: Path) -> None:
    (both_years / IMAGES_2019 / "ISIC_0000000.jpg").write_bytes(b"")
    local = build(both_years)
    files = {f"isic/{path.relative_to(both_years)}": path.read_bytes() for path in both_years.rglob("*.*")}
    with emulated_bucket(files) as uri:
        remote = build(f"{uri}/isic")
    for one, other in ((remote.images, local.images), (remote.quarantine, local.quarantine)):
        pd.testing.assert_frame_equal(one.drop(columns="data"), other.drop(columns="data"))
    assert remote.fingerprint == local.fingerprint
    assert remote.data == ["gs://data/isic"]


def test_broken_images_are_quarantined_each_with_its_reason(both_years: Path) -> None:
    folder = both_years / IMAGES_2019
    (folder / "ISIC_0000000.jpg").unlink()
    (folder / "ISIC_0000001.jpg").write_bytes(b"")
    (folder / "ISIC_0000002.jpg").write_bytes(picture(2)[:-50])
    (folder / "ISIC_0000003.jpg").write_text("not a picture")
    manifest = build(both_years)
    assert reasons(manifest) == {
        "ISIC_0000000": "missing_image",
        "ISIC_0000001": "empty_file",
        "ISIC_0000002": "truncated_image",
        "ISIC_0000003": "not_an_image",
    }
    assert len(manifest.images) == 36
    assert metrics(manifest)["quarantined_share"] == 0.1


def test_more_broken_images_than_allowed_stop_the_run(both_years: Path) -> None:
    for image_id in ids(0, 3):
        (both_years / IMAGES_2019 / f"{image_id}.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"3 of 40 images \(7.5%\).*is 5.0%: 3 x empty_file \(e.g. 2019/"):
        build(both_years, maximum=0.05)


def test_all_images_broken_is_an_error_even_if_all_of_them_may_be(both_years: Path) -> None:
    shutil.rmtree(both_years / IMAGES_2019)
    shutil.rmtree(both_years / IMAGES_2020)
    with pytest.raises(DataError, match=r"40 of 40 images \(100.0%\).*40 x missing_image"):
        build(both_years, maximum=1.0)


def test_a_share_that_is_none_is_refused(both_years: Path) -> None:
    with pytest.raises(SettingsError, match="maximum_quarantine_share"):
        build(both_years, maximum=5)


def test_an_exact_copy_is_kept_in_the_group_of_its_original(both_years: Path) -> None:
    folder = both_years / IMAGES_2019
    shutil.copy(folder / "ISIC_0000000.jpg", folder / "ISIC_0000008.jpg")  # another lesion, also MEL
    manifest = build(both_years)
    assert groups(manifest)["ISIC_0000009"] == "ISIC_0000000"
    assert metrics(manifest)["exact_copies"] == 1
    assert manifest.quarantine.empty


def test_exact_copies_with_different_labels_are_all_quarantined_but_still_tie_their_lesions(both_years: Path) -> None:
    folder = both_years / IMAGES_2019
    shutil.copy(folder / "ISIC_0000000.jpg", folder / "ISIC_0000002.jpg")
    manifest = build(both_years)
    assert reasons(manifest) == {"ISIC_0000000": "conflicting_labels", "ISIC_0000002": "conflicting_labels"}
    assert manifest.quarantine["detail"].tolist() == ["copies of these bytes are labelled MEL, NV"] * 2
    assert groups(manifest)["ISIC_0000001"] == groups(manifest)["ISIC_0000003"]


def test_a_resized_copy_is_in_the_group_of_its_original(both_years: Path) -> None:
    folder = both_years / IMAGES_2019
    (folder / "ISIC_0000000.jpg").write_bytes(picture(0, width=384, height=288))
    (folder / "ISIC_0000008.jpg").write_bytes(picture(0, width=192, height=144, quality=80))
    manifest = build(both_years)
    assert groups(manifest)["ISIC_0000009"] == "ISIC_0000000"
    assert manifest.near_identical[["image_id_1", "image_id_2"]].to_numpy().tolist() == [
        ["ISIC_0000000", "ISIC_0000008"]
    ]


def test_one_year_alone_is_enough(tmp_path: Path) -> None:
    write_2019(tmp_path / "old", {image_id: ("MEL", "NV")[n % 2] for n, image_id in enumerate(ids(0, 20))})
    write_2020(
        tmp_path / "new", [(image_id, f"IP_{n}", ("unknown", "nevus")[n % 2]) for n, image_id in enumerate(ids(0, 20))]
    )
    (tmp_path / "new" / DUPLICATES_2020).unlink()
    for name in ("old", "new"):
        manifest = build(tmp_path / name)
        assert len(manifest.images) == 20
        write_manifest(tmp_path / "manifest", manifest)
        table = pd.read_parquet(tmp_path / "manifest" / "manifest.parquet")
        pd.testing.assert_frame_equal(table, manifest.images)


def test_one_class_alone_is_an_error(tmp_path: Path) -> None:
    write_2019(tmp_path, dict.fromkeys(ids(0, 10), "MEL"))
    with pytest.raises(DataError, match="all images are of one class, MEL"):
        build(tmp_path)


def test_what_is_written_says_what_it_holds(both_years: Path, tmp_path: Path) -> None:
    (both_years / IMAGES_2019 / "ISIC_0000000.jpg").write_bytes(b"")
    manifest = build(both_years)
    write_manifest(tmp_path / "new" / "manifest", manifest)
    facts = read_json(tmp_path / "new" / "manifest" / "manifest.json")
    assert facts["data"] == [str(both_years)]
    assert (facts["data_version"], facts["images"], facts["quarantined"]) == ("v1", 39, 1)
    assert facts["fingerprint"] == manifest.fingerprint
    assert set(facts["licences"].values()) == {"CC BY-NC 4.0"}
    assert sum(facts["splits"].values()) == 39
    assert list(facts["counts"]) == list(SPLITS)
    assert list(facts["counts"]["test"]) == list(CLASSES)
    assert facts["splits"]["test"] == sum(facts["counts"]["test"].values())
    refused = pd.read_parquet(tmp_path / "new" / "manifest" / "quarantine.parquet")
    assert refused["reason"].tolist() == ["empty_file"]


def test_a_manifest_that_cannot_be_written_is_an_error_and_leaves_nothing(both_years: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write .*manifest"):
        write_manifest(tmp_path / "file" / "manifest", build(both_years))
    assert (tmp_path / "file").read_text() == "in the way"


def test_the_real_images_are_all_good_and_nothing_leaks(isic: Path) -> None:
    manifest = build(isic)
    assert len(manifest.images) == 1550
    assert manifest.quarantine.empty
    for column in ("patient_id", "lesion_id", "sha256"):
        assert manifest.images.groupby(column)["split"].nunique().max() == 1
    shares = pd.crosstab(manifest.images["label"], manifest.images["split"], normalize="index")
    assert shares["test"].between(0.12, 0.16).all()
    lesions = manifest.images.set_index("image_id")["lesion_id"]
    near = manifest.near_identical
    assert len(near) >= 9
    # All that the hash finds here are pictures of one lesion, taken moments apart: it makes no false pair.
    assert (lesions[near["image_id_1"]].to_numpy() == lesions[near["image_id_2"]].to_numpy()).all()


def with_history(root: Path, workspace: Path, version: str = "v1") -> Manifest:
    history = History(open_store(str(workspace), create=True), 0)
    return build_manifest([open_store(str(root))], history, version, 0, 0.25)


def splits(manifest: Manifest) -> dict[str, str]:
    return dict(zip(manifest.images["image_id"], manifest.images["split"], strict=True))


def add_2020(root: Path, rows: list[tuple[str, str, str]]) -> None:
    """Add images and rows to the 2020 half."""
    old = pd.read_csv(root / TRUTH_2020, dtype=str)
    write_2020(root, [*old[["image_name", "patient_id", "diagnosis"]].itertuples(index=False, name=None), *rows])


def test_new_data_does_not_move_old_images(both_years: Path, tmp_path: Path) -> None:
    before = with_history(both_years, tmp_path / "workspace")
    add_2020(both_years, [(image_id, f"IP_{n % 9}", "nevus") for n, image_id in enumerate(ids(200, 30))])
    after = with_history(both_years, tmp_path / "workspace", "v2")
    assert len(after.images) == 70
    assert splits(before).items() <= splits(after).items()
    assert after.before is not None
    assert before.before is not None
    assert (after.before.data_version, before.before.number) == ("v1", 0)
    # The new ones even the shares out, as far as their nine patients allow.
    assert 45 <= sum(split == "train" for split in splits(after).values()) <= 55


def test_an_image_that_comes_back_or_under_another_name_finds_its_split_again(both_years: Path, tmp_path: Path) -> None:
    before = splits(with_history(both_years, tmp_path / "workspace"))
    gone = next(name for name, split in before.items() if split == "test" and name < "ISIC_0000100")
    labels = pd.read_csv(both_years / TRUTH_2019, dtype=str)
    rest = labels[labels["image"] != gone]
    rest.to_csv(both_years / TRUTH_2019, index=False)
    with_history(both_years, tmp_path / "workspace", "v2")
    renamed = labels.replace({"image": {gone: "ISIC_7777777"}})
    renamed.to_csv(both_years / TRUTH_2019, index=False)
    (both_years / IMAGES_2019 / f"{gone}.jpg").rename(both_years / IMAGES_2019 / "ISIC_7777777.jpg")
    assert splits(with_history(both_years, tmp_path / "workspace", "v3"))["ISIC_7777777"] == "test"


def test_images_that_turn_out_to_belong_together_do_not_move_but_one_side_is_left_out(
    both_years: Path, tmp_path: Path
) -> None:
    before = splits(with_history(both_years, tmp_path / "workspace"))
    second = {name: split for name, split in before.items() if name >= "ISIC_0000100"}
    learnt = next(name for name, split in second.items() if split == "train")
    tested = next(name for name, split in second.items() if split == "test")
    rows = pd.read_csv(both_years / TRUTH_2020, dtype=str)[["image_name", "patient_id", "diagnosis"]]
    write_2020(both_years, rows.itertuples(index=False, name=None), duplicates=[(learnt, tested)])
    after = with_history(both_years, tmp_path / "workspace", "v2")
    assert splits(after).items() <= before.items()
    assert splits(after)[learnt] == "train"
    assert reasons(after)[tested] == "split_conflict"
    assert "was in test, and new data shows that it belongs to a group in train" in set(after.quarantine["detail"])


def test_the_same_state_again_gives_the_same_files_as_after_a_killed_run(both_years: Path, tmp_path: Path) -> None:
    with_history(both_years, tmp_path / "workspace")
    add_2020(both_years, [(image_id, f"IP_{n}", "nevus") for n, image_id in enumerate(ids(200, 9))])
    for name in ("killed after the state was added", "started again"):
        manifest = with_history(both_years, tmp_path / "workspace", "v2")
        write_manifest(tmp_path / name, manifest)
        data_card(manifest, [open_store(str(both_years))]).write(tmp_path / name / "card.html")
    one, other = ((tmp_path / name) for name in ("killed after the state was added", "started again"))
    for file in ("manifest.parquet", "quarantine.parquet", "manifest.json", "card.html"):
        assert (one / file).read_bytes() == (other / file).read_bytes()
    assert "9 added, 0 removed" in (one / "card.html").read_text()


def test_runs_at_once_agree_on_the_splits(both_years: Path, tmp_path: Path) -> None:
    data = [both_years, tmp_path / "more"]
    shutil.copytree(both_years, tmp_path / "more")
    add_2020(tmp_path / "more", [(image_id, f"IP_{n}", "nevus") for n, image_id in enumerate(ids(200, 30))])
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda root: splits(with_history(root, tmp_path / "workspace")), data * 2))
    for image_id in done[0]:
        assert len({one[image_id] for one in done}) == 1
