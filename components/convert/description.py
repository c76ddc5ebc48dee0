"""What a served model says of itself: `model.json`, and the same in the ONNX file's metadata."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import onnx

from components.common import demographics
from components.common.errors import ConversionError
from components.common.taxonomy import CLASSES, MALIGNANT
from components.convert.graphs import OPSET
from components.convert.inputs import Inputs
from components.convert.interface import Tensor, tensors
from components.convert.settings import ConvertSettings

# What made a member; paths of the machine that it was trained on are none of it.
_TRAINING = ("epochs", "batch_size", "weights", "seed", "trials", "hyperparameters", "versions")

# Settings that the model does not depend on, whatever is measured of it.
_OF_MEASUREMENTS = ("latency_rounds",)

_LIBRARIES = ("keras", "numpy", "onnx", "onnxruntime", "tensorflow", "tf2onnx")


def describe(inputs: Inputs, settings: ConvertSettings, model: onnx.ModelProto, variant: str) -> dict[str, Any]:
    """All that a caller must know, as plain JSON values.

    Args:
        inputs: that the model was made from.
        settings: that it was made and judged with.
        model: the ensemble's.
        variant: how its weights are kept.
    """
    return {
        "variant": variant,
        "classes": list(CLASSES),
        "malignant": [name for name in CLASSES if name in MALIGNANT],
        "malignant_threshold": inputs.ensemble.malignant_threshold,
        "abstain_threshold": inputs.ensemble.abstain_threshold,
        "out_of_distribution_threshold": inputs.ensemble.out_of_distribution_threshold,
        "method": inputs.ensemble.method,
        "inputs": _listed(tensors(model.graph.input)),
        "outputs": _listed(tensors(model.graph.output)),
        "members": [
            {
                **{key: getattr(member, key) for key in ("name", "backbone", "crop", "size")},
                "file": f"members/{member.name}.onnx",
                "training": {key: getattr(member, key) for key in _TRAINING},
            }
            for member in inputs.members
        ],
        "demographics": {
            "factors": {name: [part.start, part.stop] for name, part in demographics.FACTORS.items()},
            "sexes": list(demographics.SEXES),
            "sites": list(demographics.SITES),
            "missing": demographics.MISSING.tolist(),
        },
        "settings": {key: value for key, value in asdict(settings).items() if key not in _OF_MEASUREMENTS},
        "preprocessing_version": inputs.summary.preprocessing,
        "records_fingerprint": inputs.summary.fingerprint,
        "opset": OPSET,
        "versions": {name: version(name) for name in _LIBRARIES},
    }


def stamp(model: onnx.ModelProto, described: dict[str, Any]) -> None:
    """Put a description into a model's metadata: one property a key, values as JSON.

    Raises:
        ConversionError: the model uses other operators than those of ONNX, or of another version than described.
    """
    if [(used.domain, used.version) for used in model.opset_import] != [("", described["opset"])]:
        raise ConversionError(f"the model must use opset {described['opset']} alone, not {model.opset_import}")
    model.producer_name = "skin-lesion-pipeline"
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in described.items()})


def check_description(found: dict[str, Any], expected: dict[str, Any], file: str) -> None:
    """Assert that a file, as a caller loads it, says of itself what it should.

    Raises:
        ConversionError: a value is absent or another.
    """
    if wrong := sorted(key for key in {*found, *expected} if found.get(key) != expected.get(key)):
        raise ConversionError(
            f"the metadata of {file} has another {wrong[0]} than was written: {found.get(wrong[0])!r}, expected "
            f"{expected.get(wrong[0])!r}"
        )


def _listed(described: Sequence[Tensor]) -> list[dict[str, Any]]:
    return [asdict(tensor) | {"shape": list(tensor.shape)} for tensor in described]
