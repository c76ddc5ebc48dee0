"""The files that make a folder with `ensemble.onnx` an MLflow model, for `mlflow.onnx.load_model` and `mlflow.pyfunc`.

`mlflow.onnx.save_model` would write the model anew: other bytes, perhaps, than those that were tested and whose digest
is noted, and under another name. So the description is put beside the file as it is.
https://mlflow.org/docs/latest/ml/model/
"""

from pathlib import Path

import mlflow
import mlflow.onnx
import mlflow.pyfunc
import onnx
from mlflow.models import Model, ModelSignature
from mlflow.types import Schema, TensorSpec

from components.common.files import write_text
from components.common.onnx_model import MODEL_FILE

_PYTHON_ENVIRONMENT = "python_env.yaml"
_REQUIREMENTS = "requirements.txt"


def describe(model: Path, folder: Path) -> None:
    """Write MLflow's description of an ONNX file, to stand beside that file in the registry.

    Args:
        model: the ONNX file.
        folder: gets `MLmodel`, `requirements.txt` and `python_env.yaml`.
    """
    description = Model(signature=_signature(model), model_size_bytes=model.stat().st_size)
    description.add_flavor(
        mlflow.onnx.FLAVOR_NAME, onnx_version=onnx.__version__, data=MODEL_FILE, providers=["CPUExecutionProvider"]
    )
    mlflow.pyfunc.add_to_model(
        description, loader_module="mlflow.onnx", data=MODEL_FILE, python_env=_PYTHON_ENVIRONMENT
    )
    description.save(str(folder / "MLmodel"))
    python = description.flavors[mlflow.pyfunc.FLAVOR_NAME][mlflow.pyfunc.PY_VERSION]
    write_text(folder / _REQUIREMENTS, f"mlflow=={mlflow.__version__}\nonnx=={onnx.__version__}\nonnxruntime==1.*\n")
    write_text(
        folder / _PYTHON_ENVIRONMENT,
        f"python: {python}\nbuild_dependencies:\n- pip\ndependencies:\n- -r {_REQUIREMENTS}\n",
    )


def _signature(model: Path) -> ModelSignature:
    graph = onnx.load(model, load_external_data=False).graph
    # Files before ONNX IR version 4 list their weights among the inputs.
    weights = {weight.name for weight in graph.initializer}
    inputs = [_tensor(value) for value in graph.input if value.name not in weights]
    return ModelSignature(Schema(inputs), Schema([_tensor(value) for value in graph.output]))


def _tensor(value: onnx.ValueInfoProto) -> TensorSpec:
    tensor = value.type.tensor_type
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    shape = [size.dim_value if size.HasField("dim_value") else -1 for size in tensor.shape.dim]
    return TensorSpec(dtype, shape, value.name)
