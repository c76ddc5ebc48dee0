"""Build the images with docker or podman, and print their sizes.

python -m components.local.build_images [IMAGE ...] [--registry REGISTRY] [--tag TAG] [--base BASE] [--push]
"""

import argparse
import sys
from pathlib import Path

from components.common.errors import SettingsError
from components.common.executor import run_stage
from components.local.building import SECRETS, Options, build, check_names, push, size, size_table
from components.local.engine import open_engine
from components.local.images import DEFAULT_REGISTRY


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m components.local.build_images", description=__doc__.splitlines()[0], allow_abbrev=False
    )
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="folders of images/; by default all")
    parser.add_argument("--registry", default=DEFAULT_REGISTRY, help="image registry and folder")
    parser.add_argument("--tag", help="of all images; by default each one's is the fingerprint of its source")
    parser.add_argument("--base", help="image to build on, with Python 3.11; by default the Dockerfiles' own")
    parser.add_argument("--push", action="store_true", help="push them to the registry")
    for name in SECRETS:
        parser.add_argument(
            f"--{name.replace('.', '-')}", type=Path, metavar="FILE", help=f"{name} for the builds; in no image"
        )
    args = parser.parse_args()

    if args.push and args.registry == DEFAULT_REGISTRY:
        raise SettingsError(f"--push: {DEFAULT_REGISTRY} is only a name on this machine; give --registry")
    options = Options(args.registry, args.tag or None, args.base or None, _secrets(args))
    images = check_names(args.images)
    with open_engine() as engine:
        names = {image: build(engine, image, options) for image in images}
        for name in names.values() if args.push else ():
            push(engine, name)
        sizes = {image: size(engine, name) for image, name in names.items()}
    sys.stdout.write(f"{size_table(sizes)}\n")


def _secrets(args: argparse.Namespace) -> dict[str, Path]:
    """The files given, by the name that the Dockerfiles know them by."""
    files = {name: getattr(args, name.replace(".", "_")) for name in SECRETS}
    given = {name: file.resolve() for name, file in files.items() if file}
    for name, file in given.items():
        if not file.is_file():
            raise SettingsError(f"--{name.replace('.', '-')}: there is no file {file}")
    return given


if __name__ == "__main__":
    run_stage(main)
