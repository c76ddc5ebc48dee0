from collections.abc import Callable
from pathlib import Path

from tests.cad.pictures import jpeg
from tests.cad.server import Server, code_of


def test_a_service_with_a_model_lives_and_is_ready(server: Server) -> None:
    assert server.get("/healthz").json() == {"status": "ok"}
    assert server.get("/readyz").json() == {"status": "ok"}
    assert server.get("/v2/health/ready").json() == {"ready": True}


def test_a_service_without_a_model_lives_and_is_not_ready(start: Callable[..., Server], tmp_path: Path) -> None:
    server = start(folder=tmp_path)

    assert server.get("/healthz").status_code == 200
    for refused in (server.get("/readyz"), server.get("/v2/health/ready"), server.predict(jpeg())):
        assert (refused.status_code, code_of(refused), refused.headers["retry-after"]) == (503, "no_model", "10")


def test_a_service_that_cannot_record_answers_is_not_ready(start: Callable[..., Server], tmp_path: Path) -> None:
    server = start()
    server.app.state.cad.auditing._records.close()
    for file in tmp_path.glob("records.db*"):
        file.unlink()
    (tmp_path / "records.db").mkdir()

    for path in ("/readyz", "/v2/health/ready"):
        assert code_of(server.get(path)) == "records_unavailable"
    assert server.get("/healthz").status_code == 200


def test_requests_and_answers_are_counted(start: Callable[..., Server]) -> None:
    server = start()
    server.predict(jpeg())
    server.predict(b"hello")

    lines = server.get("/metrics").text.splitlines()

    assert 'cad_requests_total{method="POST",path="/v1/predict",status="200"} 1.0' in lines
    assert 'cad_requests_total{method="POST",path="/v1/predict",status="422"} 1.0' in lines
    assert 'cad_problems_total{code="not_an_image"} 1.0' in lines
    assert "cad_batch_rows_count 1.0" in lines
    assert any(line.startswith('cad_model_info{digest="') for line in lines)
