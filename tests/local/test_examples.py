from pathlib import Path

import numpy as np
from PIL import Image

from components.local.examples import EXAMPLES, write_examples

COMMITTED = Path(__file__).resolve().parents[2] / "components/cad/web/examples"


def test_the_examples_of_the_page_are_those_that_the_command_writes(tmp_path: Path) -> None:
    written = write_examples(tmp_path)
    assert {path.name for path in written} == {path.name for path in COMMITTED.iterdir()}
    for path in written:
        ours, theirs = (np.asarray(Image.open(one), float) for one in (path, COMMITTED / path.name))
        assert np.abs(ours - theirs).mean() < 1


def test_each_example_is_small_and_of_another_class() -> None:
    assert len(set(EXAMPLES.values())) == len(EXAMPLES)
    assert all(path.stat().st_size < 20_000 for path in COMMITTED.iterdir())
