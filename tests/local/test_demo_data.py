import csv
import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from components.common.errors import SettingsError
from components.local.cohort import COPIES, FAULTS, draw_cohort
from components.local.demo_data import EDITS, FOLDERS, MINIMUM_IMAGES, generate
from components.local.lesions import TYPICAL

IMAGES = MINIMUM_IMAGES
TABLES = (
    "2019/ISIC_2019_Training_GroundTruth.csv",
    "2019/ISIC_2019_Training_Metadata.csv",
    "2020/train.csv",
    "2020/ISIC_2020_Training_Duplicates.csv",
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated") / "demo"
    generate(folder, images=IMAGES, seed=1)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes_and_replaces_what_other_settings_gave(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text(json.dumps({"version": 1, "images": IMAGES, "seed": 7}))
    (tmp_path / "old.jpg").touch()
    generate(tmp_path, images=IMAGES, seed=1)
    assert digests(tmp_path) == digests(demo)


def test_the_columns_are_those_of_isic(demo: Path, isic: Path) -> None:
    for table in TABLES:
        assert (demo / table).read_text().splitlines()[0] == (isic / table).read_text().splitlines()[0]


def test_values_are_spelled_as_isic_spells_them(demo: Path, isic: Path) -> None:
    for table, column in ((TABLES[1], "anatom_site_general"), (TABLES[2], "anatom_site_general_challenge")):
        real = {row[column] for row in rows(isic / "full-csv" / Path(table).name)}
        assert {row[column] for row in rows(demo / table)} <= real
    (mark,) = {row["MEL"] for row in rows(demo / TABLES[0])} - {"0.0"}
    assert mark == "1.0"


def test_both_years_together_have_the_rows_asked_for(demo: Path) -> None:
    truth, metadata, new = (rows(demo / table) for table in TABLES[:3])
    assert [row["image"] for row in truth] == [row["image"] for row in metadata]
    assert len(truth) + len(new) == IMAGES


def test_all_images_open_but_the_broken_ones(demo: Path) -> None:
    for photo in draw_cohort(IMAGES, seed=1):
        path = demo / FOLDERS[photo.year] / f"{photo.image_id}.jpg"
        if photo.edit not in FAULTS:
            with Image.open(path) as image:
                image.load()
                assert (image.format, image.mode) == ("JPEG", "RGB")


@pytest.mark.parametrize("fault", ["truncated", "empty", "text"])
def test_a_broken_file_does_not_open(demo: Path, tmp_path: Path, fault: str) -> None:
    content = EDITS[fault](next((demo / FOLDERS[2019]).glob("*_downsampled.jpg")).read_bytes())
    assert content is not None
    (tmp_path / "broken.jpg").write_bytes(content)
    with pytest.raises(OSError, match="cannot identify|truncated"):
        Image.open(tmp_path / "broken.jpg").load()


def test_an_absent_image_has_no_file() -> None:
    assert EDITS["absent"](b"JPEG") is None


def test_broken_files_are_there_but_few() -> None:
    broken = Counter(photo.edit for photo in draw_cohort(360, seed=0) if photo.edit in FAULTS)
    assert set(broken) == set(FAULTS)
    assert broken.total() <= 0.03 * 360


@pytest.mark.parametrize("seed", range(5))
def test_every_class_has_at_least_twenty_intact_originals(seed: int) -> None:
    labels = Counter(photo.label for photo in draw_cohort(360, seed) if photo.edit == "none")
    assert set(labels) == set(TYPICAL)
    assert min(labels.values()) >= 20


def test_lesions_and_patients_repeat() -> None:
    photos = draw_cohort(360, seed=0)
    lesions = Counter(photo.lesion_id for photo in photos if photo.lesion_id)
    patients = Counter(photo.patient_id for photo in photos if photo.patient_id)
    assert max(lesions.values()) >= 3
    assert max(patients.values()) >= 3
    for lesion_id in lesions:
        assert len({photo.lesion for photo in photos if photo.lesion_id == lesion_id}) == 1


def test_no_name_can_be_that_of_a_real_image_lesion_or_patient() -> None:
    photos = draw_cohort(360, seed=0)
    names = {name for photo in photos for name in (photo.image_id, photo.lesion_id, photo.patient_id) if name}
    assert all(name.startswith("DEMO_") for name in names)


def test_some_sex_age_site_and_lesion_identifiers_are_missing() -> None:
    photos = draw_cohort(360, seed=0)
    assert any(photo.patient.sex is None for photo in photos)
    assert any(photo.patient.age is None for photo in photos)
    assert any(photo.site is None for photo in photos)
    assert any(photo.year == 2019 and not photo.lesion_id and photo.edit == "none" for photo in photos)


def test_each_kind_of_copy_is_there_beside_its_original(demo: Path) -> None:
    photos = draw_cohort(IMAGES, seed=1)
    assert {photo.edit for photo in photos if photo.original_id} == set(COPIES)
    for photo in (photo for photo in photos if photo.edit == "same bytes"):
        folder = demo / FOLDERS[photo.year]
        copy, original = folder / f"{photo.image_id}.jpg", folder / f"{photo.original_id}.jpg"
        assert copy.read_bytes() == original.read_bytes()


def test_the_list_of_duplicates_names_pairs_of_one_patient_and_one_absent_pair(demo: Path) -> None:
    patients = {row["image_name"]: row["patient_id"] for row in rows(demo / "2020/train.csv")}
    *pairs, absent = [tuple(row.values()) for row in rows(demo / "2020/ISIC_2020_Training_Duplicates.csv")]
    assert pairs
    assert all(patients[one] == patients[two] for one, two in pairs)
    assert not set(absent) & set(patients)


def test_a_second_call_does_nothing(demo: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in demo.rglob("*")}
    generate(demo, images=IMAGES, seed=1)
    assert {path: path.stat().st_mtime_ns for path in demo.rglob("*")} == before


def test_a_folder_of_something_else_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("the only copy")
    with pytest.raises(SettingsError, match="was not generated"):
        generate(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "the only copy"


def test_too_few_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="at least 50, so that every class has some, not 10"):
        generate(tmp_path / "demo", images=10)
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("seed", range(5))
def test_the_smallest_data_set_has_every_class(seed: int) -> None:
    assert {photo.label for photo in draw_cohort(MINIMUM_IMAGES, seed) if photo.edit == "none"} == set(TYPICAL)
