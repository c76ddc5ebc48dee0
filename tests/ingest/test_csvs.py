"""A CSV file is read strictly, and what is wrong with it is said by name."""

from pathlib import Path

import pytest

from components.common.errors import DataError, StorageError
from components.common.storage import open_store
from components.ingest.csvs import columns_of, read_csv


def read(folder: Path, content: bytes, **options: bool) -> list[list[object]]:
    (folder / "table.csv").write_bytes(content)
    table = columns_of(
        read_csv(open_store(str(folder)), "table.csv", **options), ("image", "age"), f"table.csv in {folder}"
    )
    return table.astype(object).where(table.notna(), None).to_numpy().tolist()


def test_cells_are_text_without_blanks_around_them_and_empty_ones_are_missing(tmp_path: Path) -> None:
    assert read(tmp_path, b"age,image,more\n55.0, ISIC_1 ,x\n,ISIC_2,\n  ,0012,\n") == [
        ["ISIC_1", "55.0"],
        ["ISIC_2", None],
        ["0012", None],
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfimage,age\r\nISIC_1,5\r\n") == [["ISIC_1", "5"]]


def test_a_missing_column_is_named_with_the_file_and_the_columns_found(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="table.csv in .* lacks the column age; it has: image, sex"):
        read(tmp_path, b"image,sex\nISIC_1,male\n")


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_a_file_with_nothing_in_it_is_an_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match="table.csv in .* is empty"):
        read(tmp_path, content)


def test_a_header_alone_is_an_error_unless_allowed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="table.csv in .* has no rows"):
        read(tmp_path, b"image,age\n")
    assert read(tmp_path, b"image,age\n", allow_empty=True) == []


@pytest.mark.parametrize(
    "content", [b'image,age\n"ISIC_1,5\n', b"image,age\n\xff\xfe\x00,1\n", b"image,age\na,1\nb,2,3,4\n"]
)
def test_what_is_no_csv_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match="table.csv in .* is not a CSV file in UTF-8"):
        read(tmp_path, content)


@pytest.mark.parametrize("rows", [b"A,x,1\nB,y,2\n", b"A,x,1\nB,y\n", b"A,x,,\nB,y,,\n"])
def test_rows_with_more_fields_than_the_header_never_shift_the_columns(tmp_path: Path, rows: bytes) -> None:
    with pytest.raises(DataError, match="table.csv in .* has rows with more fields than its header"):
        read(tmp_path, b"image,age\n" + rows)


def test_an_empty_field_at_the_end_of_the_rows_does_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, b"image,age\nA,1,\nB,2,\n") == [["A", "1"], ["B", "2"]]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="none.csv"):
        read_csv(open_store(str(tmp_path)), "none.csv")
