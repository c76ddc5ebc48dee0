import base64
import json
import logging
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from components.cad.state import State
from components.common import demographics
from components.common.pictures import as_recorded, prepare
from components.common.taxonomy import CLASSES, MALIGNANT
from tests.cad.conftest import MALIGNANT_THRESHOLD
from tests.cad.pictures import PATIENT_NAME, dicom, encoded, jpeg
from tests.cad.server import Server, code_of, until
from tests.robustness.conftest import MEMBERS, THRESHOLD, lesion

Start = Callable[..., Server]

JSON = {"content-type": "application/json"}


def base64_of(image: bytes) -> str:
    return base64.b64encode(image).decode()


def model_says(model: Path, image: bytes, patient: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(model / "ensemble.onnx", providers=["CPUExecutionProvider"])
    crops = prepare(image, [16, 32]).crops
    inputs = {f"pixels_{size}": as_recorded(crop)[None] for size, crop in crops.items()}
    outputs = session.run(None, {**inputs, "demographics": patient[None]})
    return dict(zip([output.name for output in session.get_outputs()], outputs, strict=True))


def test_an_answer_is_what_the_model_says_of_the_picture_and_the_patient(server: Server, model: Path) -> None:
    image = jpeg(3)
    said = model_says(model, image, demographics.encode("female", 54, "torso"))

    answer = server.predict(image, age="54", sex="female", site="anterior torso", lesion_id="left arm").json()

    probabilities = [answer["probabilities"][name] for name in CLASSES]
    np.testing.assert_allclose(probabilities, said["probabilities"][0], atol=1e-6)
    malignant = sum(answer["probabilities"][name] for name in MALIGNANT)
    assert answer["malignant"] == {
        "probability": pytest.approx(malignant),
        "threshold": MALIGNANT_THRESHOLD,
        "decision": "malignant" if malignant >= MALIGNANT_THRESHOLD else "benign",
    }
    assert answer["out_of_distribution"]["score"] == pytest.approx(float(said["out_of_distribution"][0]), rel=1e-5)
    assert answer["out_of_distribution"]["threshold"] == THRESHOLD
    assert [member["name"] for member in answer["members"]] == MEMBERS
    assert answer["demographics"] == {"age": 54, "sex": "female", "site": "torso"}
    assert answer["lesion_id"] == "left arm"
    assert answer["model"]["name"] == "skin"
    assert answer["images"] == [
        {
            "index": 0, "width": 300, "height": 300, "crop": [0, 0, 300, 300],
            "demographics_found": None, "preview": None,
        }
    ]  # fmt: skip
    assert answer["heatmaps"] is None


def test_several_pictures_of_a_lesion_are_averaged(server: Server) -> None:
    apart = [server.predict(jpeg(number)).json() for number in (1, 2)]

    together = server.predict(jpeg(1), jpeg(2)).json()

    for name in CLASSES:
        mean = np.mean([one["probabilities"][name] for one in apart])
        assert together["probabilities"][name] == pytest.approx(mean, abs=1e-6)
    scores = [one["out_of_distribution"]["score"] for one in apart]
    assert together["out_of_distribution"]["score"] == pytest.approx(max(scores), rel=1e-5)
    assert [image["index"] for image in together["images"]] == [0, 1]


def test_heat_maps_come_where_they_are_asked_for(server: Server, model: Path) -> None:
    said = model_says(model, jpeg(1), demographics.MISSING)

    maps = server.predict(jpeg(1), jpeg(2), query="?heatmaps=true").json()["heatmaps"]

    assert [(one["image"], one["rows"], one["columns"]) for one in maps] == [(0, 4, 4), (1, 4, 4)]
    assert list(maps[0]["classes"]) == list(CLASSES)
    np.testing.assert_allclose(list(maps[0]["classes"].values()), said["heatmaps"][0], rtol=1e-4, atol=1e-4)


def test_json_is_answered_as_a_form_is(server: Server) -> None:
    form = server.predict(jpeg(), age="54", sex="male").json()

    plain = server.post("/v1/predict", json={"images": [base64_of(jpeg())], "age": 54, "sex": "male"}).json()
    url = server.post(
        "/v1/predict", json={"images": [f"data:image/jpeg;base64,{base64_of(jpeg())}"], "age": 54, "sex": "male"}
    ).json()

    for other in (plain, url):
        assert {**other, "request_id": ""} == {**form, "request_id": ""}


def test_the_lesions_of_a_batch_are_answered_apart_and_recorded(server: Server) -> None:
    lesions = [{"images": [base64_of(jpeg(1))], "age": 30}, {"images": [base64_of(jpeg(2)), base64_of(jpeg(3))]}]

    answers = server.post("/v1/predict/batch", json={"lesions": lesions}).json()["predictions"]

    assert [len(answer["images"]) for answer in answers] == [1, 2]
    assert answers[0]["probabilities"] == pytest.approx(server.predict(jpeg(1), age="30").json()["probabilities"])
    for answer in answers:
        assert server.get(f"/v1/predictions/{answer['request_id']}").json()["probabilities"] == answer["probabilities"]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_every_kind_of_picture_is_read_whatever_it_is_called(server: Server, kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    image = encoded(lesion(1, 300), kind, **options)

    answer = server.post("/v1/predict", files={"image": ("../../etc/passwd", image, "text/html")}).json()

    expected = server.predict(encoded(lesion(1, 300), "PNG")).json()["probabilities"]
    assert answer["probabilities"] == pytest.approx(expected, abs=1e-6)
    # What browsers do not show is sent back as JPEG.
    assert (answer["images"][0]["preview"] is not None) == (kind == "TIFF")


def test_a_dicom_file_tells_of_the_patient_what_the_caller_does_not(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    image = dicom(lesion(1, 300), PatientAge="054Y", PatientSex="F", BodyPartExamined="CHEST")

    with caplog.at_level(logging.DEBUG):
        answer = server.predict(image, sex="male", site="unknown")

    found = answer.json()["images"][0]["demographics_found"]
    assert found == {"age": 54, "sex": "female", "site": "torso"}
    assert answer.json()["demographics"] == {"age": 54, "sex": "male", "site": None}
    record = server.get(f"/v1/predictions/{answer.json()['request_id']}").text
    for told in (answer.text, record, caplog.text):
        assert not any(secret in told for secret in (PATIENT_NAME, "4711", "1970"))


def post_form(server: Server, **options: Any) -> Any:
    return server.post("/v1/predict", **options)


@pytest.mark.parametrize(
    ("code", "status", "request_of"),
    [
        ("no_image", 422, lambda server: post_form(server, files={"age": (None, "50")})),
        ("not_an_image", 422, lambda server: server.predict(b"hello")),
        ("not_an_image", 422, lambda server: server.predict(b"<svg xmlns='http://www.w3.org/2000/svg'/>")),
        ("truncated_image", 422, lambda server: server.predict(jpeg()[:2000])),
        ("undecodable_image", 422, lambda server: server.predict(b"II*\0" + b"\xff" * 100)),
        ("too_few_pixels", 422, lambda server: server.predict(encoded(lesion(1, 8), "PNG"))),
        ("invalid_field", 422, lambda server: server.predict(jpeg(), age="old")),
        ("invalid_field", 422, lambda server: server.predict(jpeg(), age="121")),
        ("invalid_field", 422, lambda server: server.predict(jpeg(), age="nan")),
        ("invalid_field", 422, lambda server: server.predict(jpeg(), sex="x")),
        ("invalid_field", 422, lambda server: server.predict(jpeg(), site="moon")),
        ("invalid_field", 422, lambda server: server.predict(jpeg(), name="Jane")),
        ("invalid_field", 422, lambda server: server.predict(jpeg(), lesion_id="x" * 65)),
        ("invalid_field", 422, lambda server: server.predict(jpeg(), query="?heatmaps=perhaps")),
        ("invalid_field", 422, lambda server: post_form(server, files={"image": (None, "no file name")})),
        ("invalid_field", 422, lambda server: post_form(server, json={"images": ["?"]})),
        ("invalid_field", 422, lambda server: post_form(server, json={"images": [], "age": 3})),
        ("invalid_field", 422, lambda server: post_form(server, json={"images": [base64_of(jpeg())], "age": -1})),
        ("too_many_images", 413, lambda server: server.predict(*[jpeg(side=20)] * 9)),
        ("too_many_images", 413, lambda server: post_form(server, json={"images": [base64_of(jpeg(side=20))] * 9})),
        ("malformed_request", 400, lambda server: post_form(server, data="{", headers=JSON)),
        (
            "malformed_request", 400,
            lambda server: post_form(server, data=b"x", headers={"content-type": "multipart/form-data; boundary=b"}),
        ),
        (
            "malformed_request", 400,
            lambda server: post_form(server, data=b"x", headers={"content-type": "multipart/form-data"}),
        ),
        ("unsupported_media_type", 415, lambda server: post_form(server, data={"age": "50"})),
        ("unsupported_media_type", 415, lambda server: post_form(server)),
        ("method_not_allowed", 405, lambda server: server.get("/v1/predict")),
        ("not_found", 404, lambda server: server.get("/v1/nothing")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_code(
    server: Server, code: str, status: int, request_of: Callable[[Server], Any]
) -> None:
    answer = request_of(server)

    assert (code_of(answer), answer.status_code) == (code, status)


def test_limits_of_bytes_and_pixels_hold(start: Start) -> None:
    server = start(limits={"body_bytes": 60_000, "image_bytes": 10_000, "image_pixels": 100_000, "lesions": 2})
    flat = encoded(np.full((400, 400, 3), 128, np.uint8), "PNG")

    assert len(flat) < 10_000, "few bytes make many pixels: a bomb in small"
    assert code_of(server.predict(flat)) == "too_many_pixels"
    assert code_of(server.predict(jpeg() + b"\0" * 10_000)) == "image_too_large"
    assert code_of(server.post("/v1/predict", json={"images": ["A" * 20_000]})) == "image_too_large"
    lesions = {"lesions": [{"images": [base64_of(jpeg(side=20))]}] * 3}
    assert code_of(server.post("/v1/predict/batch", json=lesions)) == "too_many_images"
    assert server.predict(jpeg(side=100)).status_code == 200


@pytest.mark.parametrize("length", ["Content-Length: 70000\r\n", "Transfer-Encoding: chunked\r\n"])
def test_a_body_beyond_the_limit_is_refused_before_all_of_it_is_read(start: Start, length: str) -> None:
    server = start(limits={"body_bytes": 60_000})
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n" if "chunked" in length else b""

    answer = spoken(server, f"Content-Type: application/json\r\n{length}", chunk)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"request_too_large"' in answer


def test_a_slow_upload_is_given_up(start: Start) -> None:
    server = start(limits={"upload_seconds": 0.2})

    began = time.monotonic()
    answer = spoken(server, "Content-Type: application/json\r\nContent-Length: 1000\r\n", b"{")

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 5


def spoken(server: Server, headers: str, body: bytes) -> bytes:
    """The answer to a request that is never finished."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(f"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode() + body)
        answer = b""
        while chunk := line.recv(65536):
            answer += chunk
            if b'"request_id"' in answer:
                break
        return answer


class Held:
    """A model that answers when it is let."""

    def __init__(self, server: Server) -> None:
        self.go = threading.Event()
        state: State = server.app.state.cad
        with state.service.using() as served:
            compute = served.batcher._compute
            served.batcher._compute = lambda inputs: (self.go.wait(10), compute(inputs))[1]


def test_requests_beyond_the_bound_are_told_to_come_again(start: Start) -> None:
    server = start(limits={"requests": 2})
    held = Held(server)

    with ThreadPoolExecutor(2) as others:
        waiting = [others.submit(server.predict, jpeg()) for _ in range(2)]
        until(lambda: "cad_requests_at_work 2.0" in server.get("/metrics").text)
        refused = server.predict(jpeg())
        held.go.set()
        answered = [one.result().status_code for one in waiting]

    assert code_of(refused) == "overloaded"
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert answered == [200, 200]
    assert server.predict(jpeg()).status_code == 200


def test_an_answer_that_takes_too_long_is_given_up(start: Start) -> None:
    server = start(limits={"request_seconds": 1.5})
    held = Held(server)

    late = server.predict(jpeg())
    held.go.set()

    assert (code_of(late), late.status_code) == ("timeout", 504)
    assert server.predict(jpeg()).status_code == 200


def test_requests_that_come_together_are_computed_together(start: Start) -> None:
    server = start()
    held = Held(server)

    with ThreadPoolExecutor(8) as callers:
        waiting = [callers.submit(server.predict, jpeg(number)) for number in range(8)]
        until(lambda: "cad_decode_seconds_count 8.0" in server.get("/metrics").text)
        held.go.set()
        together = [one.result().json()["probabilities"] for one in waiting]

    batches = next(line for line in server.get("/metrics").text.splitlines() if "cad_batch_rows_count" in line)
    assert float(batches.split()[1]) < 8
    alone = [server.predict(jpeg(number)).json()["probabilities"] for number in range(8)]
    for one, other in zip(together, alone, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_images_are_kept_only_where_a_setting_says_so(start: Start, tmp_path: Path) -> None:
    server = start(keep_images=tmp_path / "kept")
    image = jpeg(5)

    request = server.predict(image).json()["request_id"]

    (digest,) = server.get(f"/v1/predictions/{request}").json()["images"]
    assert (tmp_path / "kept" / digest[:2] / digest).read_bytes() == image


def test_a_dicom_file_is_never_kept_for_it_names_the_patient(start: Start, tmp_path: Path) -> None:
    server = start(keep_images=tmp_path / "kept")

    assert server.predict(dicom(lesion(1, 32)), jpeg(5)).status_code == 200

    (kept,) = (path for path in (tmp_path / "kept").rglob("*") if path.is_file())
    assert kept.read_bytes() == jpeg(5)


def test_an_answer_that_cannot_be_recorded_is_not_given_and_the_log_alone_says_why(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = tmp_path / "kept"
    server = start(keep_images=kept)
    kept.write_text("a file is in the way")

    answer = server.predict(jpeg())

    assert (code_of(answer), answer.status_code) == ("records_unavailable", 503)
    assert str(kept) in caplog.text
    assert str(kept) not in answer.text
    assert server.get("/v1/predictions").json()["predictions"] == []


def test_neither_images_nor_what_callers_make_up_reach_the_log(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        server.post(
            "/v1/predict?note=secret-query",
            data=json.dumps({"images": ["c2VjcmV0LWltYWdl"], "sex": "secret-field"}),
            headers={"content-type": "application/json", "authorization": "Bearer secret-token"},
        )
        server.get("/v1/secret-path")

    # The client's own; and what uvicorn tells nobody, which pytest listens to all the same.
    others = ("urllib3", "uvicorn.access")
    assert not logging.getLogger("uvicorn.access").propagate
    told = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith(others))
    assert "/v1/predict 422" in told
    assert not any(word in told for word in ("secret", "c2VjcmV0"))
