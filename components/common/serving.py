"""From a picture file to what the ONNX ensemble takes: the very pixels that its training would have seen.

Training: preprocess trims, crops and resizes (`pictures.prepare`), the records keep the crops as JPEG, and train reads
them. Serving does the same with the same functions, and leaves out the file. What is left to resize is in the model.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.common.errors import DataError
from components.common.member import DEMOGRAPHICS
from components.common.onnx_model import pixels_input
from components.common.pictures import PREPROCESSING_VERSION, as_recorded, prepare


def crops_of(described: Mapping[str, Any]) -> list[int]:
    """The crop sizes that a model takes, rising.

    Args:
        described: `model.json`, or the metadata of the ONNX file.

    Raises:
        DataError: the model learned from pictures that were prepared in another way than they are here.
    """
    if (version := described.get("preprocessing_version")) != PREPROCESSING_VERSION:
        raise DataError(
            f"the model learned from pictures of preprocessing version {version}, here they are prepared by version "
            f"{PREPROCESSING_VERSION}: serve it with the release that trained it, or train it again"
        )
    return sorted({member["crop"] for member in described["members"]})


def model_inputs(files: Sequence[bytes], patients: np.ndarray, crops: Sequence[int]) -> dict[str, np.ndarray]:
    """What the ONNX ensemble is fed for some pictures.

    Args:
        files: the bytes of JPEG, PNG, TIFF or WebP files.
        patients: demographics, float32 [batch, LENGTH], see `demographics.encode`.
        crops: see `crops_of`.

    Returns:
        For each crop `pixels_<crop>`: uint8 [batch, crop, crop, 3]; and `demographics`.

    Raises:
        PictureError: a file cannot be decoded, see `pictures.decode`.
    """
    prepared = [prepare(data, crops).crops for data in files]
    pixels = {pixels_input(crop): np.stack([as_recorded(one[crop]) for one in prepared]) for crop in crops}
    return {**pixels, DEMOGRAPHICS: patients}
