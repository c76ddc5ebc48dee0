"""From picture files to a model's inputs."""

import numpy as np
import pytest

from components.common import demographics
from components.common.errors import DataError
from components.common.pictures import PREPROCESSING_VERSION, PictureError
from components.common.serving import crops_of, model_inputs
from tests.preprocess.conftest import photograph

PATIENTS = np.stack([demographics.MISSING] * 2)


def described(version: str | None) -> dict[str, object]:
    return {"preprocessing_version": version, "members": [{"crop": 96}, {"crop": 64}, {"crop": 96}]}


def test_each_crop_is_made_once() -> None:
    crops = crops_of(described(PREPROCESSING_VERSION))
    fed = model_inputs([photograph(0), photograph(1, border=True)], PATIENTS, crops)
    assert {name: (values.dtype.name, values.shape) for name, values in fed.items()} == {
        "pixels_64": ("uint8", (2, 64, 64, 3)),
        "pixels_96": ("uint8", (2, 96, 96, 3)),
        "demographics": ("float32", (2, 12)),
    }


@pytest.mark.parametrize("version", ["1", None])
def test_a_model_that_learned_from_other_pixels_is_refused(version: str | None) -> None:
    with pytest.raises(DataError, match=f"learned from pictures of preprocessing version {version}, here .* version 2"):
        crops_of(described(version))


def test_a_file_that_is_no_picture_is_refused() -> None:
    with pytest.raises(PictureError, match="not a JPEG, PNG, TIFF or WebP"):
        model_inputs([b"no picture"], PATIENTS[:1], [64])
