"""Write the service's records to a CSV or Parquet file."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from components.cad.records.exporting import WRITERS, Form
from components.cad.records.records import Records, What, open_records
from components.common.errors import SettingsError
from components.common.executor import run_stage, stage_parser
from components.common.files import whole


def export_to(file: Path, records: Records, what: What, since: datetime | None) -> None:
    """Write predictions or feedback, whole or not at all, readable by the owner only.

    Raises:
        SettingsError: the file's name ends in neither .csv nor .parquet.
        RecordsError: the database fails.
        StorageError: the file cannot be written.
    """
    form = parse_form(file)
    with whole(file) as beside:
        beside.touch(mode=0o600)
        with beside.open("wb") as out:
            out.writelines(records.export(form, what, since))


def parse_form(file: Path) -> Form:
    """The form that a file's name asks for.

    Raises:
        SettingsError: it ends in neither .csv nor .parquet.
    """
    for form in WRITERS:
        if file.suffix.lower() == f".{form}":
            return form
    raise SettingsError(f"the output {file} must end in {' or '.join(f'.{form}' for form in WRITERS)}")


def parse_since(text: str) -> datetime:
    """A day or time in ISO form; without a zone it is UTC.

    Raises:
        SettingsError: it is neither.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"since {text!r} must be a day or time such as 2026-01-31 or 2026-01-31T12:00Z") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def main() -> None:
    """Arguments to values, values to the file."""
    parser = stage_parser("cad.records.export", __doc__)
    parser.add_argument("--database", required=True, help="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")
    parser.add_argument("--output", type=Path, required=True, help="file to write: .csv or .parquet")
    parser.add_argument("--what", choices=("predictions", "feedback"), default="predictions", help="which table")
    parser.add_argument("--since", help="only rows of this day or time (ISO form, UTC if without a zone) and later")
    args = parser.parse_args()
    parse_form(args.output)
    since = None if args.since is None else parse_since(args.since)
    with closing(open_records(args.database, migrate=False)) as records:
        export_to(args.output, records, args.what, since)


if __name__ == "__main__":
    run_stage(main)
