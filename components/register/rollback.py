"""Give the alias champion back to the former champion, or to a version named.

python -m components.register.rollback --registry URI --model-name NAME --why "..." [--to VERSION] [--by WHO]
"""

import argparse
import getpass
import sys
from datetime import UTC, datetime

from components.common.executor import run_stage
from components.common.registry_address import parse_address
from components.register.connecting import connect
from components.register.rolling_back import Record, roll_back
from components.register.settings import check_name


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m components.register.rollback", description=__doc__.splitlines()[0], allow_abbrev=False
    )
    parser.add_argument("--registry", required=True, help="as the pipeline's parameter of that name")
    parser.add_argument("--model-name", required=True, help="name in the registry")
    parser.add_argument("--to", help="number of the version; by default the former champion")
    parser.add_argument("--why", required=True, help="for those who come later")
    parser.add_argument("--by", default=getpass.getuser(), help="who does it; by default the user's name")
    args = parser.parse_args()

    record = Record(args.by, args.why, datetime.now(UTC).isoformat(timespec="seconds"))
    name = check_name(args.model_name)
    before, now = roll_back(connect(parse_address(args.registry)), name, args.to, record)
    moved = f"was version {before.version}" if before.version != now.version else "and was before"
    sys.stdout.write(f"{name}: champion is version {now.version}, {moved}\n")


if __name__ == "__main__":
    run_stage(main)
