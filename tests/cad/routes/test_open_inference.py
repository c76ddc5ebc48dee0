import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from components.common import demographics
from components.common.pictures import as_recorded, prepare
from tests.cad.pictures import jpeg
from tests.cad.server import Server, code_of

URL = "/v2/models/skin/infer"
LENGTH = "Inference-Header-Content-Length"


def arrays_of(*numbers: int, patient: np.ndarray = demographics.MISSING) -> dict[str, np.ndarray]:
    """What the model takes of some pictures."""
    crops = [prepare(jpeg(number), [16, 32]).crops for number in numbers]
    return {
        **{f"pixels_{size}": np.stack([as_recorded(one[size]) for one in crops]) for size in (16, 32)},
        "demographics": np.stack([patient] * len(numbers)),
    }


def described(name: str, array: np.ndarray) -> dict[str, Any]:
    return {
        "name": name,
        "datatype": "FP32" if array.dtype == np.float32 else "UINT8",
        "shape": list(array.shape),
    }


def inputs_of(*numbers: int, nested: bool = False) -> list[dict[str, Any]]:
    return [
        {**described(name, array), "data": array.tolist() if nested else array.ravel().tolist()}
        for name, array in arrays_of(*numbers).items()
    ]


def binary_request(arrays: dict[str, np.ndarray], **more: Any) -> dict[str, Any]:
    """Tensors as bytes behind the JSON."""
    inputs = [
        {**described(name, array), "parameters": {"binary_data_size": array.nbytes}} for name, array in arrays.items()
    ]
    head = json.dumps({"inputs": inputs, **more}).encode()
    body = b"".join([head, *(array.tobytes() for array in arrays.values())])
    return {"data": body, "headers": {"Content-Type": "application/octet-stream", LENGTH: str(len(head))}}


def binary_outputs(answer: requests.Response) -> dict[str, np.ndarray]:
    """Tensors that are bytes behind the JSON."""
    length = int(answer.headers[LENGTH])
    start, found = length, {}
    for output in json.loads(answer.content[:length])["outputs"]:
        end = start + output["parameters"]["binary_data_size"]
        found[output["name"]] = np.frombuffer(answer.content[start:end], "<f4").reshape(output["shape"])
        start = end
    assert start == len(answer.content)
    return found


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

    answer = server.post(URL, json=asked).json()

    assert (answer["id"], answer["model_name"]) == ("mine", "skin")
    (output,) = answer["outputs"]
    assert (output["name"], output["datatype"], output["shape"]) == ("probabilities", "FP32", [2, 9])
    expected = [list(server.predict(jpeg(number)).json()["probabilities"].values()) for number in (1, 2)]
    np.testing.assert_allclose(np.reshape(output["data"], (2, 9)), expected, atol=1e-6)


def test_all_outputs_come_where_none_is_named(server: Server) -> None:
    answer = server.post(URL, json={"inputs": inputs_of(1)}).json()

    assert [output["name"] for output in answer["outputs"]] == [
        "probabilities", "member_probabilities", "heatmaps", "out_of_distribution",
    ]  # fmt: skip
    assert answer["id"]


def test_tensors_may_be_bytes_behind_the_json(server: Server) -> None:
    expected = server.post(URL, json={"inputs": inputs_of(1, 2)}).json()["outputs"]

    answer = server.post(URL, **binary_request(arrays_of(1, 2), parameters={"binary_data_output": True}))

    assert answer.headers["content-type"] == "application/octet-stream"
    found = binary_outputs(answer)
    assert list(found) == [output["name"] for output in expected]
    for output in expected:
        np.testing.assert_allclose(found[output["name"]].ravel(), output["data"], atol=1e-6)


def test_each_output_comes_as_it_is_wanted(server: Server) -> None:
    wanted = [
        {"name": "probabilities", "parameters": {"binary_data": False}},
        {"name": "out_of_distribution"},
    ]

    asked = binary_request(arrays_of(1), outputs=wanted, parameters={"binary_data_output": True})
    answer = server.post(URL, **asked)

    text, binary = json.loads(answer.content[: int(answer.headers[LENGTH])])["outputs"]
    assert len(text["data"]) == 9
    assert "data" not in binary
    assert binary["parameters"] == {"binary_data_size": 4}
    assert server.get("/v2").json()["extensions"] == ["binary_tensor_data"]


def test_each_row_is_recorded_as_a_prediction(server: Server) -> None:
    patient = demographics.encode("female", 54.0, "torso")

    answer = server.post(URL, **binary_request(arrays_of(1, 2, patient=patient), id="mine"))

    request_id = answer.headers["x-request-id"]
    for number, output in enumerate(np.reshape(answer.json()["outputs"][0]["data"], (2, 9))):
        record = server.get(f"/v1/predictions/{request_id}-{number}").json()
        picture = server.predict(jpeg(number + 1), age="54", sex="female", site="torso").json()
        np.testing.assert_allclose(list(record["probabilities"].values()), output, atol=1e-6)
        assert record["demographics"] == picture["demographics"] == {"age": 54.0, "sex": "female", "site": "torso"}
        for name in ("malignant", "out_of_distribution"):
            assert record[name] == pytest.approx(picture[name], abs=1e-5)
        pixels = b"".join(arrays_of(number + 1)[f"pixels_{size}"].tobytes() for size in (16, 32))
        assert record["images"] == [hashlib.sha256(pixels).hexdigest()]
        assert (record["tensors"], record["quality"]) == (True, [])


def counted(server: Server) -> float:
    """Predictions so far, by the metrics."""
    lines = server.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("cad_predictions_total"))


def test_each_row_is_counted(start: Callable[..., Server]) -> None:
    server = start()

    server.post(URL, json={"inputs": inputs_of(1, 2, 3)})

    assert counted(server) == 3


def test_an_answer_to_tensors_that_cannot_be_recorded_is_neither_given_nor_counted(
    start: Callable[..., Server], tmp_path: Path
) -> None:
    server = start()
    server.app.state.cad.auditing._records.close()
    for file in tmp_path.glob("records.db*"):
        file.unlink()
    (tmp_path / "records.db").mkdir()

    assert code_of(server.post(URL, **binary_request(arrays_of(1)))) == "records_unavailable"
    assert counted(server) == 0


@pytest.mark.parametrize(
    "patient",
    [
        np.zeros(12, np.float32),
        np.full(12, 1e38, np.float32),
        demographics.encode("male", 121.0, None),
        demographics.encode("male", -1.0, None),
        demographics.MISSING * 0.5,
    ],
)
def test_demographics_of_no_patient_are_refused(server: Server, patient: np.ndarray) -> None:
    refused = server.post(URL, **binary_request(arrays_of(1, 2, patient=patient)))

    assert code_of(refused) == "invalid_field"
    assert "demographics, row 0: it is the code of no patient" in refused.json()["detail"]


def cut(request: dict[str, Any], end: int) -> dict[str, Any]:
    return {**request, "data": request["data"][:end]}


def with_length(request: dict[str, Any], length: str) -> dict[str, Any]:
    return {**request, "headers": {**request["headers"], LENGTH: length}}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (cut(binary_request(arrays_of(1)), -1), "invalid_field"),
        (cut(binary_request(arrays_of(1)), 20), "malformed_request"),
        (with_length(binary_request(arrays_of(1)), "9" * 11), "malformed_request"),
        (with_length(binary_request(arrays_of(1)), "-1"), "invalid_field"),
        (with_length(binary_request(arrays_of(1)), "7"), "malformed_request"),
        (binary_request({name: array[..., :-1] for name, array in arrays_of(1).items()}), "invalid_field"),
        (binary_request({**arrays_of(1), "demographics": np.full((1, 12), np.nan, np.float32)}), "invalid_field"),
        ({"data": b"{}", "headers": {"Content-Type": "application/octet-stream"}}, "unsupported_media_type"),
    ],
    ids=["cut", "cut in the JSON", "long", "negative", "short", "other shapes", "no numbers", "no length"],
)
def test_bytes_that_do_not_fit_are_refused(server: Server, request_: dict[str, Any], code: str) -> None:
    assert code_of(server.post(URL, **request_)) == code


def test_some_inputs_may_be_bytes_and_others_text(server: Server) -> None:
    arrays = arrays_of(1)
    patient = {**described("demographics", arrays["demographics"]), "data": arrays.pop("demographics").ravel().tolist()}
    whole = binary_request(arrays)
    head = json.loads(whole["data"][: int(whole["headers"][LENGTH])])
    text = json.dumps({"inputs": [patient, *head["inputs"]], "parameters": None}).encode()
    body = text + b"".join(array.tobytes() for array in arrays.values())

    mixed = server.post(URL, data=body, headers={LENGTH: str(len(text))})

    assert mixed.json()["outputs"] == server.post(URL, json={"inputs": inputs_of(1)}).json()["outputs"]


def test_sizes_beyond_all_bounds_are_refused(server: Server) -> None:
    inputs = [
        {**described(name, array), "parameters": {"binary_data_size": 10**4299}} for name, array in arrays_of(1).items()
    ]

    assert code_of(server.post(URL, json={"inputs": inputs})) == "invalid_field"


def test_an_output_is_not_given_twice(server: Server) -> None:
    asked = {"inputs": inputs_of(1), "outputs": [{"name": "heatmaps"}] * 2}

    assert code_of(server.post(URL, json=asked)) == "invalid_field"


def test_no_more_rows_are_read_than_a_batch_has_pictures(server: Server) -> None:
    arrays = {name: np.repeat(array, 129, axis=0) for name, array in arrays_of(1).items()}

    assert code_of(server.post(URL, **binary_request(arrays))) == "too_many_images"


def test_data_and_bytes_at_once_are_refused(server: Server) -> None:
    inputs = [{**one, "parameters": {"binary_data_size": 0}} for one in inputs_of(1)]

    assert code_of(server.post(URL, json={"inputs": inputs})) == "invalid_field"


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
    assert code_of(server.post(URL, json={"inputs": inputs})) == "invalid_field"


def test_other_models_versions_and_outputs_are_not_there(server: Server, model: Path) -> None:
    wanted = {"inputs": inputs_of(1), "outputs": [{"name": "loss"}]}

    assert code_of(server.get("/v2/models/other")) == "not_found"
    assert code_of(server.get("/v2/models/skin/versions/7/ready")) == "not_found"
    assert code_of(server.post("/v2/models/other/infer", json={"inputs": inputs_of(1)})) == "not_found"
    assert code_of(server.post(URL, json=wanted)) == "invalid_field"
