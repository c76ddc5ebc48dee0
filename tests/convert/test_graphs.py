"""Small graphs and their joining."""

import numpy as np
import onnxruntime
import pytest

from components.common.errors import ConversionError
from components.convert.graphs import beside, graph, join
from components.convert.interface import BATCH, Tensor

X, Y, Z = (Tensor(name, "float32", (BATCH, 2)) for name in "xyz")


def test_a_graph_is_what_its_text_says() -> None:
    model = graph("add", [X], [Y], "y = Add (x, w)", w=np.array([1, 2], np.float32))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    np.testing.assert_array_equal(session.run(["y"], {"x": np.zeros((3, 2), np.float32)})[0], [[1, 2]] * 3)


def test_joined_graphs_compute_one_after_the_other() -> None:
    first = graph("first", [X], [Y], "y = Neg (x)")
    second = graph("second", [Tensor("given", "float32", (BATCH, 2))], [Z], "z = Exp (given)")
    session = onnxruntime.InferenceSession(join(first, second, [("y", "given")]).SerializeToString())
    (found,) = session.run(["z"], {"x": np.ones((1, 2), np.float32)})
    np.testing.assert_allclose(found, np.exp([[-1, -1]]), rtol=1e-6)


def test_graphs_whose_names_overlap_are_not_joined() -> None:
    with pytest.raises(ConversionError, match="cannot join first and second"):
        beside([graph("first", [X], [Y], "y = Neg (x)"), graph("second", [X], [Y], "y = Exp (x)")])
