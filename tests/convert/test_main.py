"""The stage as KFP runs it."""

from components.common.files import read_json
from tests.convert.conftest import Converted


def test_kfp_hears_of_every_output(converted: Converted) -> None:
    artifacts = read_json(converted.executor_output)["artifacts"]
    metadata = {name: listed["artifacts"][0]["metadata"] for name, listed in artifacts.items()}
    assert set(metadata) == {"onnx_model", "parity", "report"}
    assert metadata["parity"] == read_json(converted.parity)
    assert metadata["onnx_model"]["framework"] == "onnx"
