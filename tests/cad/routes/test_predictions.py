from tests.cad.pictures import jpeg
from tests.cad.server import Server, code_of


def test_a_record_says_what_was_answered(server: Server) -> None:
    answer = server.predict(jpeg(1), age="50").json()

    record = server.get(f"/v1/predictions/{answer['request_id']}").json()

    same = ("request_id", "model", "demographics", "probabilities", "malignant", "abstain", "out_of_distribution")
    assert {name: record[name] for name in same} == {name: answer[name] for name in same}
    assert record["quality"] == sorted({flaw["code"] for flaw in answer["quality"]})
    assert record["user"] is None
    assert record["feedback"] == []


def test_records_come_page_by_page_the_latest_first(server: Server) -> None:
    made = [server.predict(jpeg(1)).json()["request_id"] for _ in range(3)][::-1]

    first = server.get("/v1/predictions?limit=2").json()
    second = server.get(f"/v1/predictions?limit=1&before={first['next']}").json()

    assert [record["request_id"] for record in first["predictions"]] == made[:2]
    assert first["next"] == made[1]
    assert [record["request_id"] for record in second["predictions"]] == made[2:]
    everything = server.get("/v1/predictions?limit=200").json()
    assert everything["next"] is None


def test_what_was_found_later_is_attached(server: Server) -> None:
    request = server.predict(jpeg(1)).json()["request_id"]

    for label in ("NV", "MEL"):
        answer = server.post(
            f"/v1/predictions/{request}/feedback", json={"label": label, "source": "histology", "note": "deep"}
        )
        assert answer.status_code == 201

    found = server.get(f"/v1/predictions/{request}").json()["feedback"]
    assert [(one["label"], one["source"], one["note"]) for one in found] == [
        ("NV", "histology", "deep"),
        ("MEL", "histology", "deep"),
    ]
    assert server.get("/v1/drift").json()["judged"]["total"] >= 1


def test_drift_counts_the_served_models_predictions(server: Server) -> None:
    server.predict(jpeg(1), age="50")

    drift = server.get("/v1/drift").json()

    assert drift["records"] >= 1
    assert {"age", "sex", "site", "predicted_class"} <= {feature["name"] for feature in drift["features"]}
    assert server.get("/v1/drift?since=2999-01-01T00:00:00").json()["records"] == 0


def test_what_is_wrong_is_told_by_its_code(server: Server) -> None:
    request = server.predict(jpeg(1)).json()["request_id"]
    feedback = f"/v1/predictions/{request}/feedback"
    fine = {"label": "NV", "source": "histology"}

    assert code_of(server.get("/v1/predictions/none")) == "not_found"
    assert code_of(server.get("/v1/predictions?before=none")) == "not_found"
    assert code_of(server.get("/v1/predictions?limit=0")) == "invalid_field"
    assert code_of(server.get("/v1/drift?since=soon")) == "invalid_field"
    assert code_of(server.post("/v1/predictions/none/feedback", json=fine)) == "not_found"
    assert code_of(server.post(feedback, json={**fine, "label": "XYZ"})) == "invalid_field"
    assert code_of(server.post(feedback, json={**fine, "note": "\0"})) == "invalid_field"
    assert code_of(server.post(feedback, data="{", headers={"content-type": "application/json"})) == "malformed_request"
    assert code_of(server.post(feedback, data=fine)) == "unsupported_media_type"
