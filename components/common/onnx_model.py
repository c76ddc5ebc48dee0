"""What convert writes, by name: the files of the folder, and the inputs that every caller of the ensemble fills."""

MODEL_FILE = "ensemble.onnx"
DESCRIPTION_FILE = "model.json"

FLOAT32, FLOAT16, INT8 = "float32", "float16", "int8"

VARIANTS: tuple[str, ...] = (FLOAT32, FLOAT16, INT8)
"""The same ensemble by how its weights are kept; the first is `MODEL_FILE`, the others lie beside it if offered."""


def variant_file(variant: str) -> str:
    """File name of a variant."""
    return MODEL_FILE if variant == FLOAT32 else f"ensemble.{variant}.onnx"


def pixels_input(crop: int) -> str:
    """Name of the input that takes the pictures of one crop size."""
    return f"pixels_{crop}"
