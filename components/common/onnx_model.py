"""What convert writes, by name: the files of the folder, and the inputs that every caller of the ensemble fills."""

MODEL_FILE = "ensemble.onnx"
DESCRIPTION_FILE = "model.json"


def pixels_input(crop: int) -> str:
    """Name of the input that takes the pictures of one crop size."""
    return f"pixels_{crop}"
