"""One spelling of a graph, whatever the order and the numbers it came with."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from components.convert.canonical import canonical

TEXT = """<ir_version: 8, opset_import: ["" : 17]>
g (float[batch, 2] x) => (float[batch, 2] y, float[batch, 2] z) {
  [add__12] a__31 = Add (x, one__7)
  [add__3] b__4 = Add (a__31, two__9)
  [neg] y = Neg (b__4)
  [mul__40] z = Mul (a__31, one__7)
}"""


def model(text: str = TEXT, **names: str) -> onnx.ModelProto:
    for old, new in names.items():
        text = text.replace(old, new)
    made = parser.parse_model(text)
    for name, value in (("one__7", 1), ("two__9", 2), ("unused__1", 5)):
        made.graph.initializer.append(numpy_helper.from_array(np.float32(value), names.get(name, name)))
    return made


def test_the_same_graph_in_another_order_and_with_other_numbers_has_the_same_bytes() -> None:
    other = model(add__12="add__99", a__31="a__2", one__7="three__8")
    nodes = list(other.graph.node)[::-1]
    del other.graph.node[:]
    other.graph.node.extend(nodes)
    assert canonical(other).SerializeToString() == canonical(model()).SerializeToString()


def test_which_of_two_equal_operations_was_kept_does_not_matter() -> None:
    one, other = model(), model()
    for made, name in ((one, "twin/slice_1"), (other, "twin/slice")):
        add, neg = made.graph.node[1], made.graph.node[2]
        add.name, add.output[0], neg.input[0] = name, f"{name}:0", f"{name}:0"
    assert canonical(one).SerializeToString() == canonical(other).SerializeToString()


def test_nodes_stand_after_what_they_need_and_the_unused_is_dropped() -> None:
    spelled = canonical(model())
    onnx.checker.check_model(spelled, full_check=True)
    graph = spelled.graph
    assert [node.name for node in graph.node] == ["add", "add__1", "neg", "mul"]
    assert len(graph.initializer) == 2


def test_inputs_and_outputs_keep_their_names() -> None:
    graph = canonical(model()).graph
    assert [value.name for value in (*graph.input, *graph.output)] == ["x", "y", "z"]
    assert list(graph.node[0].input) == ["x", "add/constant_1"]


def reshaping(shape: list[int], body: str) -> onnx.ModelProto:
    """A graph of pictures [batch, 8, 1, 1], in which `shape` may be used."""
    text = f"""<ir_version: 8, opset_import: ["" : 17]>
    g (float[batch, 8, 1, 1] x) => (float[batch, 8, 1, 1] y) {{ {body} }}"""
    made = parser.parse_model(text)
    made.graph.initializer.append(numpy_helper.from_array(np.array(shape), "shape"))
    return made


def test_reshapes_that_change_nothing_are_left_out_however_many_there_are() -> None:
    none = canonical(reshaping([-1, 8, 1, 1], "[neg] y = Neg (x)"))
    two = canonical(reshaping([-1, 8, 1, 1], "[r] a = Reshape (x, shape) [s] b = Reshape (a, shape) [neg] y = Neg (b)"))
    assert [node.op_type for node in none.graph.node] == ["Neg"]
    assert two.SerializeToString() == none.SerializeToString()


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ([-1, 4, 2, 1], "a = Reshape (x, shape) b = Neg (a) y = Identity (b)"),
        ([1, -1, 1, 1], "a = Reshape (x, shape) y = Neg (a)"),
        ([-1, 8, 1, 1], "y = Reshape (x, shape)"),
    ],
    ids=["another shape", "the batch in another place", "the graph's output"],
)
def test_other_reshapes_stay(shape: list[int], body: str) -> None:
    assert "Reshape" in [node.op_type for node in canonical(reshaping(shape, body)).graph.node]
