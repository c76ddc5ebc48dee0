"""Reading one CSV file of a source, strictly: what is wrong with it is said at once and by name."""

import io
from collections.abc import Sequence

import pandas as pd

from components.common.errors import DataError
from components.common.storage import Store


def read_csv(store: Store, name: str, columns: Sequence[str], *, allow_empty: bool = False) -> pd.DataFrame:
    """Read the `columns` of a CSV file as text, without surrounding blanks; an empty cell is NaN.

    Args:
        store: where the file lies.
        name: its POSIX path below the store's root.
        columns: the columns needed; others are passed over.
        allow_empty: whether a table without rows will do.

    Raises:
        StorageError: the file cannot be read.
        DataError: the file is empty or malformed, or lacks a column.
    """
    table = _parsed(store.read(name), f"{name} in {store.uri}")
    if missing := [column for column in columns if column not in table.columns]:
        raise DataError(
            f"{name} in {store.uri} lacks the column {', '.join(missing)}; it has: {', '.join(table.columns)}; "
            f"expected: {', '.join(columns)}"
        )
    if table.empty and not allow_empty:
        raise DataError(f"{name} in {store.uri} has no rows; expected one row an image")
    stripped = {column: table[column].str.strip() for column in columns}
    return pd.DataFrame(stripped).replace("", float("nan"))


def _parsed(data: bytes, where: str) -> pd.DataFrame:
    try:
        # utf-8-sig: spreadsheets put a byte order mark before the first column's name.
        return pd.read_csv(io.BytesIO(data), dtype="str", encoding="utf-8-sig")
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{where} is empty; expected a header line and one row an image") from error
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise DataError(f"{where} is not a CSV file in UTF-8: {str(error).strip()}") from error
