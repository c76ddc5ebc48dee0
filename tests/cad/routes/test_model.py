from pathlib import Path

from components.common.demographics import SEXES, SITES
from components.common.files import sha256
from components.common.taxonomy import CLASS_NAMES, MALIGNANT
from tests.cad.server import Server
from tests.robustness.conftest import MEMBERS, THRESHOLD


def test_the_model_is_described(server: Server, model: Path) -> None:
    described = server.get("/v1/model").json()

    assert described["name"] == "skin"
    assert described["digest"] == sha256(model / "ensemble.onnx")
    assert {one["code"]: one["name"] for one in described["classes"]} == CLASS_NAMES
    assert {one["code"] for one in described["classes"] if one["malignant"]} == MALIGNANT
    assert described["thresholds"]["out_of_distribution"] == THRESHOLD
    assert [member["name"] for member in described["members"]] == MEMBERS
    assert (described["sexes"], described["sites"]) == (list(SEXES), list(SITES))
    assert described["limits"]["images"] == 8
