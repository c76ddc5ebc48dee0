"""Give the alias champion back to the former champion, or to a version named.

python -m components.register.rollback --registry URI --model-name NAME --why "..." [--to VERSION] [--by WHO]
"""

import argparse
import getpass
import sys
from datetime import UTC, datetime

from components.common.errors import SettingsError
from components.common.executor import run_stage
from components.common.registry_address import parse_address
from components.register.connecting import connect
from components.register.rollback_arguments import add_arguments
from components.register.rolling_back import Record, roll_back
from components.register.settings import check_name


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m components.register.rollback", description=__doc__.splitlines()[0], allow_abbrev=False
    )
    add_arguments(parser)
    roll_back_as_told(parser.parse_args())


def roll_back_as_told(args: argparse.Namespace) -> None:
    """Do what the command says; raises what `roll_back` and `connect` raise."""
    record = Record(_user() if args.by is None else args.by, args.why, datetime.now(UTC).isoformat(timespec="seconds"))
    name = check_name(args.model_name)
    before, now = roll_back(connect(parse_address(args.registry)), name, args.to, record)
    moved = f"was version {before.version}" if before.version != now.version else "and was before"
    sys.stdout.write(f"{name}: champion is version {now.version}, {moved}\n")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise SettingsError("--by is missing: this user has no name, so say who rolls back") from error


if __name__ == "__main__":
    run_stage(main)
