"""Run benchmarks: python -m tests.bench [NAME ...]

Each module of this folder that has a NAME is one; its `run(isic)` gives a `Result`. One that takes very long says
BY_NAME_ONLY. Peers run in the same session, in
turns with ours. Real images are those of ISIC_DATA, or of ../shared/isic.
"""

import argparse
import importlib
import os
import pkgutil
import sys
import time
from pathlib import Path

import tests.bench
from tests.bench.harness import SkippedError, table, write
from tests.conftest import ISIC_FOLDER

OUTPUT = Path("build") / "bench.json"


def main(arguments: list[str] | None = None) -> None:
    names = [info.name for info in pkgutil.iter_modules(tests.bench.__path__) if not info.name.startswith("_")]
    modules = [importlib.import_module(f"tests.bench.{name}") for name in names]
    known = {module.NAME: module for module in modules if hasattr(module, "NAME")}
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; all quick ones by default")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    args = parser.parse_args(arguments)
    if unknown := set(args.names) - set(known):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    isic = Path(os.environ.get("ISIC_DATA", ISIC_FOLDER))
    results = []
    for name in args.names or [name for name in known if not getattr(known[name], "BY_NAME_ONLY", False)]:
        print(f"{name} ...", file=sys.stderr)
        start = time.monotonic()
        try:
            results.append(known[name].run(isic))
        except SkippedError as error:
            print(f"{name}: skipped: {error}", file=sys.stderr)
        else:
            print(f"{name}: done in {time.monotonic() - start:.0f} s", file=sys.stderr)
        write(args.output, results)  # what is done is kept, should a later one fail
    print(table(results))


if __name__ == "__main__":
    main()
