"""Which convolutions a variant may hold in fewer bits."""

import numpy as np

from components.convert.convolutions import inner_convolutions
from components.convert.graphs import graph
from components.convert.interface import BATCH, Tensor

X, MAPS = (Tensor(name, "float32", (BATCH, channels, 4, 4)) for name, channels in (("x", 3), ("maps", 9)))


def test_all_but_the_one_that_draws_the_heat_maps() -> None:
    w, m = np.ones((5, 3, 1, 1), np.float32), np.ones((9, 5, 1, 1), np.float32)
    model = graph("two", [X], [MAPS], "a = Conv (x, w)\nb = Relu (a)\nmaps = Conv (b, m)", w=w, m=m)
    assert [list(node.output) for node in inner_convolutions(model.graph)] == [["a"]]
