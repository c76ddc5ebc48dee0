"""What the model says of itself."""

import json

import onnx
import onnxruntime
import pytest

from components.common import demographics
from components.common.errors import ConversionError
from components.common.files import read_json, sha256
from components.common.taxonomy import CLASSES
from components.convert.description import check_description, stamp
from components.convert.graphs import graph
from components.convert.interface import BATCH, Tensor
from components.convert.runtime import OnnxEnsemble
from tests.convert.conftest import FINGERPRINT, PREPROCESSING, Converted

X = Tensor("x", "float32", (BATCH, 2))


def test_the_description_says_all_that_a_caller_needs(converted: Converted) -> None:
    described = read_json(converted.model / "model.json")
    assert described["classes"] == list(CLASSES)
    assert described["malignant"] == ["MEL", "BCC", "SCC"]
    assert described["malignant_threshold"] == 0.4
    assert described["abstain_threshold"] == 0.3
    assert described["out_of_distribution_threshold"] == 2.0
    assert described["records_fingerprint"] == FINGERPRINT
    assert described["preprocessing_version"] == PREPROCESSING
    assert described["opset"] == 17
    assert described["variant"] == "float32"
    assert described["settings"]["calibration_images"] == 4
    assert described["members"][0]["training"]["seed"] == 0
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
        key: value for key, value in described.items() if key not in ("sha256", "variants")
    }


def test_a_variants_file_says_the_same_but_which_variant_it_is(converted: Converted) -> None:
    metadata = OnnxEnsemble(converted.model / "ensemble.float16.onnx").metadata
    main = OnnxEnsemble(converted.model / "ensemble.onnx").metadata
    assert (metadata.pop("variant"), main.pop("variant")) == ("float16", "float32")
    assert metadata == main


def test_a_file_that_says_something_else_is_refused(converted: Converted) -> None:
    metadata = OnnxEnsemble(converted.model / "ensemble.onnx").metadata
    with pytest.raises(ConversionError, match="ensemble.onnx has another classes than was written"):
        check_description(metadata, {**metadata, "classes": metadata["classes"][::-1]}, "ensemble.onnx")


def test_a_model_of_another_opset_is_not_stamped() -> None:
    model = graph("negation", [X], [X.renamed("y_")], "y_x = Neg (x)")
    model.opset_import.append(onnx.helper.make_opsetid("com.microsoft", 1))
    with pytest.raises(ConversionError, match="must use opset 17 alone"):
        stamp(model, {"opset": 17})
