"""What the model says of itself."""

import json

import onnxruntime

from components.common import demographics
from components.common.files import read_json, sha256
from components.common.taxonomy import CLASSES
from tests.convert.conftest import FINGERPRINT, Converted


def test_the_description_says_all_that_a_caller_needs(converted: Converted) -> None:
    described = read_json(converted.model / "model.json")
    assert described["classes"] == list(CLASSES)
    assert described["malignant"] == ["MEL", "BCC", "SCC"]
    assert described["malignant_threshold"] == 0.4
    assert described["abstain_threshold"] == 0.3
    assert described["out_of_distribution_threshold"] == 2.0
    assert described["records_fingerprint"] == FINGERPRINT
    assert described["sha256"] == sha256(converted.model / "ensemble.onnx")
    assert described["inputs"][0] == {"name": "pixels_48", "dtype": "uint8", "shape": ["batch", 48, 48, 3]}
    assert described["outputs"][0] == {"name": "probabilities", "dtype": "float32", "shape": ["batch", 9]}
    assert [member["file"] for member in described["members"]] == [
        "members/B0-48.onnx", "members/small-64.onnx", "members/small-48.onnx",
    ]  # fmt: skip
    assert described["demographics"]["missing"] == demographics.MISSING.tolist()


def test_the_file_carries_its_description(converted: Converted) -> None:
    session = onnxruntime.InferenceSession(converted.model / "ensemble.onnx")
    properties = session.get_modelmeta().custom_metadata_map
    described = read_json(converted.model / "model.json")
    assert {key: json.loads(value) for key, value in properties.items()} == {
        key: value for key, value in described.items() if key != "sha256"
    }
