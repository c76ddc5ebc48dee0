from pathlib import Path

import yaml
from mlflow.models import Model

from components.register.mlflow_model import describe
from tests.register.conftest import write_onnx


def test_the_description_names_the_file_its_inputs_and_its_outputs(tmp_path: Path) -> None:
    write_onnx(tmp_path / "ensemble.onnx")

    describe(tmp_path / "ensemble.onnx", tmp_path)

    model = Model.load(tmp_path)
    assert model.flavors["onnx"]["data"] == "ensemble.onnx"
    assert [(tensor.name, tensor.type.name, tensor.shape) for tensor in model.signature.inputs] == [
        ("pixels", "float32", (-1, 4))
    ]
    assert [(tensor.name, tensor.shape) for tensor in model.signature.outputs] == [("probabilities", (-1, 9))]


def test_the_environment_is_stated(tmp_path: Path) -> None:
    write_onnx(tmp_path / "ensemble.onnx")

    describe(tmp_path / "ensemble.onnx", tmp_path)

    environment = yaml.safe_load((tmp_path / "python_env.yaml").read_text())
    packages = {line.partition("==")[0] for line in (tmp_path / "requirements.txt").read_text().splitlines()}
    assert environment["dependencies"] == ["-r requirements.txt"]
    assert packages == {"mlflow", "onnx", "onnxruntime"}
