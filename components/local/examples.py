"""The generated lesions that the page of the CAD service offers where no image is at hand.

    python -m components.local.examples components/cad/web/examples

The same seed gives the same bytes, with the same version of Pillow.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from components.local.lesions import TYPICAL
from components.local.photographs import Skin, View, photograph

EXAMPLES: dict[str, str] = {"melanoma": "MEL", "nevus": "NV", "basal-cell-carcinoma": "BCC"}
"""File name to the class whose typical lesion it shows."""

_SKIN = Skin(melanin=0.12, blood=0.2, mottle=0.12, hairs=6, hair_length=0.5)
_VIEW = View(
    width=320,
    height=320,
    rotation=0.4,
    zoom=1.0,
    shift=(0.03, -0.02),
    light=(0.98, 0.98, 0.96),
    slope=(0.02, 0.03),
    vignette=0.15,
    frame="none",
    opening=1.0,
    ruler=False,
    grain=0.006,
    seed=0,
)
_QUALITY = 82


def write_examples(folder: Path) -> list[Path]:
    """Write one small JPEG for each of EXAMPLES into an existing folder."""
    return [_write(folder / f"{name}.jpg", label, seed) for seed, (name, label) in enumerate(EXAMPLES.items(), 1)]


def _write(path: Path, label: str, seed: int) -> Path:
    picture: np.ndarray = photograph(replace(TYPICAL[label], seed=seed), _SKIN, replace(_VIEW, seed=seed))
    Image.fromarray(picture).save(path, "JPEG", quality=_QUALITY)
    return path


if __name__ == "__main__":
    write_examples(Path(sys.argv[1]))
