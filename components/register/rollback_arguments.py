"""What rolling back takes on a command line: apart, for what carries it out takes seconds to import."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes, here and as `pipeline.py rollback`."""
    parser.add_argument("--registry", required=True, help="as the pipeline's parameter of that name")
    parser.add_argument("--model-name", required=True, help="name in the registry")
    parser.add_argument("--to", help="number of the version; by default the former champion")
    parser.add_argument("--why", required=True, help="for those who come later")
    parser.add_argument("--by", help="who does it; by default the user's name")
