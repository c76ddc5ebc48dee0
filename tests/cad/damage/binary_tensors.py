"""Tensors as bytes behind JSON, of which one or the other is damaged, or the length between them."""

import json

from components.common.demographics import MISSING
from tests.cad.damage.damaged import INFER, Damaged, Random, damaged, pick

_LENGTHS = ["0", "1", "-1", "", "x", "99999999999", "1e3", "0x10", "9" * 400]


def damaged_tensors(random: Random) -> Damaged:
    """A request with bytes behind its JSON."""
    parts = {"pixels_16": bytes(768), "pixels_32": bytes(3072), "demographics": MISSING.tobytes()}
    shapes = {"pixels_16": [1, 16, 16, 3], "pixels_32": [1, 32, 32, 3], "demographics": [1, len(MISSING)]}
    inputs = [
        {
            "name": name,
            "datatype": "FP32" if name == "demographics" else "UINT8",
            "shape": shapes[name],
            "parameters": {"binary_data_size": len(part)},
        }
        for name, part in parts.items()
    ]
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": bool(random.integers(2))}}).encode()
    tail = b"".join(parts.values())
    length = str(len(head))
    what = random.integers(4)
    if what == 0:
        head = damaged(head, random)
        length = str(len(head))
    elif what == 1:
        tail = damaged(tail, random)
    elif what == 2:
        tail = tail[: -len(parts["demographics"])] + random.bytes(len(parts["demographics"]))
    else:
        length = pick(random, _LENGTHS)
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": length}
    return Damaged("binary tensors", head + tail, headers, INFER)
