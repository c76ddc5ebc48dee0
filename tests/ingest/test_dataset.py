"""A data set is described by a small file, and what is wrong with that is said by name."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest
from isic_metadata.diagnosis_hierarchical import DiagnosisEnum

from components.common.errors import DataError
from components.common.taxonomy import CLASSES
from components.ingest.dataset import DataSet, archives, known_data_sets, parse

DESCRIPTION = """
name = "clinic"
title = "Our clinic"
licence = "ours"
citation = "nobody yet"
images = "pictures/{image}.png"

[[tables]]
files = ["lesions.csv"]
image = "picture"
columns = { diagnosis = "finding", sex = "sex" }

[values.diagnosis]
"mole" = "NV"
"cancer" = "MEL"
"""


def known(name: str) -> DataSet:
    return next(data_set for data_set in known_data_sets() if data_set.name == name)


def test_the_known_data_sets_are_described() -> None:
    assert [data_set.name for data_set in known_data_sets()] == ["isic-archive", "isic2019", "isic2020", "pad-ufes-20"]
    assert "2019/ISIC_2019_Training_Input.zip" in archives()


def test_a_description_says_what_columns_and_words_mean() -> None:
    data_set = parse(DESCRIPTION, "dataset.toml")
    assert data_set.tables[0].required == ["picture", "finding", "sex"]
    assert data_set.diagnoses == {"mole": "NV", "cancer": "MEL"}


@pytest.mark.parametrize(
    ("line", "other", "message"),
    [
        ('name = "clinic"', "", "name: Field required"),
        ('name = "clinic"', 'nome = "clinic"\nname = "clinic"', "nome: Extra inputs are not permitted"),
        ('name = "clinic"', 'name = "../clinic"', "name: String should match pattern"),
        ("pictures/{image}.png", "pictures", "images: .*{image} must stand in it once"),
        ("pictures/{image}.png", "../{image}.png", "images: .*points outside"),
        ('"lesions.csv"', '"/etc/passwd"', "tables.0.files.0: .*points outside"),
        ('"mole" = "NV"', '"mole" = "NEVUS"', "NEVUS: not of the classes MEL, NV"),
        ('diagnosis = "finding", ', "", "give either a column for the diagnosis, or one_hot columns"),
        ("diagnosis =", "finding =", "tables.0.columns.finding"),
        ('sex = "sex"', 'sex = ["sex", "gender"]', "tables.0.columns: .*sex: give one column"),
        ("columns = { ", 'optional = { diagnosis = "group" }\ncolumns = { ', "tables.0.optional.diagnosis"),
        ("columns = { ", 'one_hot = ["MEL"]\ncolumns = { ', "tables: .*or one_hot columns, in one table"),
        ("[[tables]]", "[[tables]", "is not TOML"),
    ],
)
def test_a_wrong_description_is_refused_by_the_name_of_its_entry(line: str, other: str, message: str) -> None:
    with pytest.raises(DataError, match=f"dataset.toml.*{message}"):
        parse(DESCRIPTION.replace(line, other), "dataset.toml")


def test_two_tables_that_both_give_the_class_are_refused() -> None:
    one_hot = '[[tables]]\nfiles = ["{}.csv"]\nimage = "picture"\none_hot = ["{}"]\n'
    head = DESCRIPTION.partition("[[tables]]")[0]
    with pytest.raises(DataError, match="in one table"):
        parse(head + one_hot.format("a", "MEL") + one_hot.format("b", "NV"), "dataset.toml")


def test_words_other_than_diagnoses_are_known_in_any_case() -> None:
    data_set = parse(DESCRIPTION + '[values.site]\n"Left Nose" = "head/neck"\n', "dataset.toml")
    assert data_set.values["site"] == {"left nose": "head/neck"}


def test_the_readme_shows_a_description_that_is_right() -> None:
    readme = (Path(__file__).parents[2] / "components" / "ingest" / "README.md").read_text(encoding="utf-8")
    shown = readme.split("```toml\n")[1].split("```")[0]
    assert tomllib.loads(shown)["name"] == parse(shown, "README.md").name


def test_every_diagnosis_of_the_2020_table_has_its_class(isic: Path) -> None:
    table = pd.read_csv(isic / "full-csv" / "train.csv")
    diagnoses = known("isic2020").diagnoses
    assert set(table["diagnosis"]) == set(diagnoses)
    assert ((table["diagnosis"].map(diagnoses) == "MEL") == (table["benign_malignant"] == "malignant")).all()


def test_the_classes_of_the_2019_table_are_its_columns(isic: Path) -> None:
    header = pd.read_csv(isic / "full-csv" / "ISIC_2019_Training_GroundTruth.csv", nrows=0)
    assert known("isic2019").tables[0].required == list(header.columns) == ["image", *CLASSES]


def test_the_words_for_the_isic_archive_are_its_own() -> None:
    levels = [diagnosis.value.split(":") for diagnosis in DiagnosisEnum]
    words = {word for level in levels for word in level[1:3]}
    assert set(known("isic-archive").diagnoses) <= words
    # Nothing that the archive calls malignant is mapped to a benign class, nor the other way round.
    first = {word: level[0] for level in levels for word in level[1:3]}
    for word, name in known("isic-archive").diagnoses.items():
        assert (first[word] == "Malignant") == (name in ("MEL", "BCC", "SCC")), word
