"""JSON that is damaged, nested too deep, or strange somewhere."""

import json
from base64 import b64encode
from functools import cache
from typing import Any

from components.common.demographics import LENGTH, MISSING
from tests.cad.damage.damaged import BATCH, FEEDBACK, INFER, PREDICT, Damaged, Random, damaged, pick
from tests.cad.damage.pictures import wholes

_STRANGE: list[Any] = [
    None, True, -1, 1e308, 10**400, [], {}, "", "\0", "\ud800", "x" * 100_000, [[]] * 1000, {"a": {"b": [None]}}, "=",
    "data:image/png;base64,", "data:;base64,AAAA", "AAA", "-_-_", "  ", [1, "2"], 5e-324,
]  # fmt: skip


def damaged_json(random: Random) -> Damaged:
    """JSON for one of the paths, with a strange value somewhere, or damaged bytes, or nested too deep."""
    path, whole = pick(random, _bodies())
    what = random.random()
    if what < 0.1:
        depth = pick(random, [100, 10_000, 1_000_000])
        body = pick(random, [b"[", b'{"images":', b'{"a":']) * depth
    elif what < 0.5:
        body = damaged(json.dumps(whole).encode(), random)
    else:
        body = json.dumps(_with_strange(whole, random)).encode()
    return Damaged("JSON", body, {"Content-Type": "application/json"}, path)


@cache
def _bodies() -> list[tuple[str, dict[str, Any]]]:
    lesion_in = {"images": [b64encode(wholes()[0]).decode()], "age": 50, "sex": "male", "site": "torso"}
    tensors = {
        "inputs": [
            {"name": "pixels_16", "datatype": "UINT8", "shape": [1, 16, 16, 3], "data": [0] * 768},
            {"name": "pixels_32", "datatype": "UINT8", "shape": [1, 32, 32, 3], "data": [0] * 3072},
            {"name": "demographics", "datatype": "FP32", "shape": [1, LENGTH], "data": MISSING.tolist()},
        ]
    }
    feedback = {"label": "NV", "source": "histology", "note": "x"}
    return [(PREDICT, lesion_in), (BATCH, {"lesions": [lesion_in] * 2}), (INFER, tensors), (FEEDBACK, feedback)]


def _with_strange(node: Any, random: Random) -> Any:
    """A copy in which one value, anywhere, is a strange one."""
    if isinstance(node, dict) and node and random.random() < 0.9:
        key = pick(random, list(node))
        return {**node, key: _with_strange(node[key], random)}
    if isinstance(node, list) and node and random.random() < 0.8:
        at = int(random.integers(len(node)))
        return [*node[:at], _with_strange(node[at], random), *node[at + 1 :]]
    return pick(random, _STRANGE)
