from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.common import demographics
from components.common.pictures import as_recorded, prepare
from tests.cad.pictures import jpeg
from tests.cad.server import Server, code_of


def inputs_of(*numbers: int, nested: bool = False) -> list[dict[str, Any]]:
    crops = [prepare(jpeg(number), [16, 32]).crops for number in numbers]
    arrays = {
        **{f"pixels_{size}": np.stack([as_recorded(one[size]) for one in crops]) for size in (16, 32)},
        "demographics": np.stack([demographics.MISSING] * len(numbers)),
    }
    return [
        {
            "name": name,
            "datatype": "FP32" if array.dtype == np.float32 else "UINT8",
            "shape": list(array.shape),
            "data": array.tolist() if nested else array.ravel().tolist(),
        }
        for name, array in arrays.items()
    ]


def test_the_model_and_its_tensors_are_described(server: Server) -> None:
    assert server.get("/v2").json()["name"] == "skin-lesion-cad"
    version = server.get("/v1/model").json()["version"]

    described = server.get("/v2/models/skin").json()

    assert described == server.get(f"/v2/models/skin/versions/{version}").json()
    assert described["versions"] == [version]
    assert {"name": "pixels_32", "datatype": "UINT8", "shape": [-1, 32, 32, 3]} in described["inputs"]
    assert {"name": "probabilities", "datatype": "FP32", "shape": [-1, 9]} in described["outputs"]
    assert server.get("/v2/models/skin/ready").json()["ready"]


@pytest.mark.parametrize("nested", [False, True])
def test_tensors_are_answered_as_the_pictures_are(server: Server, nested: bool) -> None:
    asked = {"id": "mine", "inputs": inputs_of(1, 2, nested=nested), "outputs": [{"name": "probabilities"}]}

    answer = server.post("/v2/models/skin/infer", json=asked).json()

    assert (answer["id"], answer["model_name"]) == ("mine", "skin")
    (output,) = answer["outputs"]
    assert (output["name"], output["datatype"], output["shape"]) == ("probabilities", "FP32", [2, 9])
    expected = [list(server.predict(jpeg(number)).json()["probabilities"].values()) for number in (1, 2)]
    np.testing.assert_allclose(np.reshape(output["data"], (2, 9)), expected, atol=1e-6)


def test_all_outputs_come_where_none_is_named(server: Server) -> None:
    answer = server.post("/v2/models/skin/infer", json={"inputs": inputs_of(1)}).json()

    assert [output["name"] for output in answer["outputs"]] == [
        "probabilities", "member_probabilities", "heatmaps", "out_of_distribution",
    ]  # fmt: skip
    assert answer["id"]


def changed(**change: Any) -> list[dict[str, Any]]:
    first, *others = inputs_of(1)
    return [{**first, **change}, *others]


@pytest.mark.parametrize(
    "inputs",
    [
        inputs_of(1)[:2],
        [*inputs_of(1), inputs_of(1)[0]],
        changed(name="pixels_64"),
        changed(datatype="FP32"),
        changed(shape=[1, 32, 32, 3]),
        changed(shape=[0, 16, 16, 3]),
        changed(shape=[2, 16, 16, 3]),
        changed(data=[1, 2, 3]),
        changed(data=[[1], [2, 3]]),
        changed(data=["x"] * 768),
        changed(data=[None] * 768),
        changed(data=[256] * 768),
        changed(data=[-1] * 768),
        changed(data=[0.5] * 768),
        changed(data=[{}]),
    ],
)
def test_other_tensors_than_the_models_are_refused(server: Server, inputs: list[dict[str, Any]]) -> None:
    assert code_of(server.post("/v2/models/skin/infer", json={"inputs": inputs})) == "invalid_field"


def test_inputs_of_which_the_model_makes_no_number_are_refused(server: Server) -> None:
    *pictures, patient = inputs_of(1)
    patient = {**patient, "data": [1e38] * len(patient["data"])}

    assert code_of(server.post("/v2/models/skin/infer", json={"inputs": [*pictures, patient]})) == "invalid_field"


def test_other_models_versions_and_outputs_are_not_there(server: Server, model: Path) -> None:
    wanted = {"inputs": inputs_of(1), "outputs": [{"name": "loss"}]}

    assert code_of(server.get("/v2/models/other")) == "not_found"
    assert code_of(server.get("/v2/models/skin/versions/7/ready")) == "not_found"
    assert code_of(server.post("/v2/models/other/infer", json={"inputs": inputs_of(1)})) == "not_found"
    assert code_of(server.post("/v2/models/skin/infer", json=wanted)) == "invalid_field"
