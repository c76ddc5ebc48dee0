"""What a served model says of itself: `model.json`, and the same in the ONNX file's metadata."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import onnx

from components.common import demographics
from components.common.taxonomy import CLASSES, MALIGNANT
from components.convert.graphs import OPSET
from components.convert.inputs import Inputs
from components.convert.interface import Tensor, tensors

_LIBRARIES = ("keras", "numpy", "onnx", "onnxruntime", "tensorflow", "tf2onnx")


def describe(inputs: Inputs, model: onnx.ModelProto) -> dict[str, Any]:
    """All that a caller must know, as plain JSON values.

    Args:
        inputs: that the model was made from.
        model: the ensemble's.
    """
    return {
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
            }
            for member in inputs.members
        ],
        "demographics": {
            "factors": {name: [part.start, part.stop] for name, part in demographics.FACTORS.items()},
            "sexes": list(demographics.SEXES),
            "sites": list(demographics.SITES),
            "missing": demographics.MISSING.tolist(),
        },
        "records_fingerprint": inputs.summary.fingerprint,
        "opset": OPSET,
        "versions": {name: version(name) for name in _LIBRARIES},
    }


def stamp(model: onnx.ModelProto, described: dict[str, Any]) -> None:
    """Put a description into a model's metadata: one property a key, values as JSON."""
    model.producer_name = "skin-lesion-pipeline"
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in described.items()})


def _listed(described: Sequence[Tensor]) -> list[dict[str, Any]]:
    return [asdict(tensor) | {"shape": list(tensor.shape)} for tensor in described]
