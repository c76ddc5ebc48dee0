"""Reading one CSV file of a source, strictly: what is wrong with it is said at once and by name."""

import io
import warnings
from collections.abc import Sequence

import pandas as pd

from components.common.errors import DataError
from components.common.store import Store


def read_csv(store: Store, name: str, *, allow_empty: bool = False) -> pd.DataFrame:
    """Read a CSV file as text, without surrounding blanks; an empty cell is NaN.

    Args:
        store: where the file lies.
        name: its POSIX path below the store's root.
        allow_empty: whether a table without rows will do.

    Raises:
        StorageError: the file cannot be read.
        DataError: the file is empty or malformed.
    """
    where = f"{name} in {store.uri}"
    table = _parsed(store.read(name), where)
    if table.empty and not allow_empty:
        raise DataError(f"{where} has no rows; expected one row an image")
    return table.apply(lambda column: column.str.strip()).replace("", float("nan"))


def missing(table: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """The `columns` that a table lacks."""
    return [column for column in columns if column not in table.columns]


def columns_of(table: pd.DataFrame, columns: Sequence[str], where: str) -> pd.DataFrame:
    """The `columns` of a table.

    Args:
        table: as read.
        columns: the columns needed; others are passed over.
        where: the file, for the message.

    Raises:
        DataError: some are not there.
    """
    if lacking := missing(table, columns):
        raise DataError(
            f"{where} lacks the column {', '.join(lacking)}; it has: {', '.join(map(str, table.columns))}; "
            f"expected: {', '.join(columns)}"
        )
    return table[list(columns)]


def _parsed(data: bytes, where: str) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            # Fields beyond the header: pandas would shift the columns, or with index_col=False warn and drop them. An
            # empty one (a comma at the end) does no harm.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # utf-8-sig: spreadsheets put a byte order mark before the first column's name.
            return pd.read_csv(io.BytesIO(data), dtype="str", encoding="utf-8-sig", index_col=False)
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{where} is empty; expected a header line and one row an image") from error
    except pd.errors.ParserWarning as error:
        raise DataError(f"{where} has rows with more fields than its header: name each column in it") from error
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise DataError(f"{where} is not a CSV file in UTF-8: {str(error).strip()}") from error
