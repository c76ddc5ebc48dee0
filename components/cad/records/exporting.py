"""Rows as the bytes of a CSV or Parquet file, piece by piece: the whole is never in memory."""

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import pyarrow as pa
import sqlalchemy as sa
from pyarrow.csv import CSVWriter
from pyarrow.parquet import ParquetWriter

from components.cad.records.rows import Row, utc

Form = Literal["csv", "parquet"]

WRITERS: Mapping[Form, Any] = {"csv": CSVWriter, "parquet": ParquetWriter}

# What a spreadsheet takes for a formula when a cell begins with it (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def file_pieces(columns: Iterable[sa.ColumnElement[Any]], chunks: Iterable[list[Row]], form: Form) -> Iterator[bytes]:
    """The bytes of a file that holds all rows.

    Args:
        columns: of the query that gives the rows, by which they are named and typed.
        chunks: some rows at a time.
        form: of the file. In CSV, a text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    schema = pa.schema([(column.name, _type(column.type)) for column in columns])
    sink = io.BytesIO()
    with WRITERS[form](sink, schema) as writer:
        for chunk in chunks:
            rows = [{name: _plain(row[name], form) for name in schema.names} for row in chunk]
            writer.write_table(pa.Table.from_pylist(rows, schema))
            yield _drained(sink)
    yield _drained(sink)


def _type(kind: sa.types.TypeEngine[Any]) -> pa.DataType:
    if isinstance(kind, sa.DateTime):
        return pa.timestamp("us", "UTC")
    if isinstance(kind, sa.Boolean):
        return pa.bool_()
    if isinstance(kind, sa.Integer):
        return pa.int64()
    return pa.float64() if isinstance(kind, sa.Double) else pa.string()


def _plain(value: Any, form: Form) -> Any:
    """Lists as text, so that both forms hold the same; times with their zone."""
    if isinstance(value, list):
        return " ".join(value)
    if hasattr(value, "tzinfo"):
        return utc(value)
    if form == "csv" and isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _drained(sink: io.BytesIO) -> bytes:
    """Take out what was written; Arrow counts its place in the file by itself."""
    piece = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return piece
