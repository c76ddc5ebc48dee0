"""Training and serving see the same pixels: original files through the one path and through the other."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.cad.decoding import decode
from components.common import demographics
from components.common.member import MODEL_FILE, PROBABILITIES
from components.common.records import Summary, write_summary
from components.common.taxonomy import CLASSES
from components.convert.runtime import OnnxEnsemble
from components.convert.samples import Batch
from components.preprocess.shards import Item, make_shard, plan_shards
from components.train.dataset import Pictures, serving_batches
from tests.convert.conftest import CROPS, FINGERPRINT, Converted, Workplace
from tests.preprocess.conftest import photograph

keras = pytest.importorskip("keras")

CROP, SIZE = 48, 64
"""Of the first member, which is an EfficientNet."""


@pytest.fixture(scope="module")
def network(workplace: Workplace) -> Any:
    return keras.models.load_model(workplace.members[0] / MODEL_FILE, compile=False)


def trained_on(files: Sequence[Path], folder: Path) -> Pictures:
    """The files as preprocess keeps them and train reads them."""
    items = [
        Item(path.stem, "isic2019", str(path.parent), path.name, 0, demographics.encode("male", 10.0 * number, None))
        for number, path in enumerate(files)
    ]
    (shard,) = plan_shards({"test": items}, folder, tuple(CROPS), len(items))
    made = make_shard(shard)
    assert not made.faults
    write_summary(folder, Summary(FINGERPRINT, CROPS, {"test": {"MEL": len(items)}}, list(CLASSES), 12, "2"))
    return Pictures(folder, "test", CROP, SIZE)


def served(converted: Converted, files: Sequence[Path], patients: np.ndarray) -> dict[str, np.ndarray]:
    """As the service decodes the files and asks the model."""
    decoded = [decode(path.read_bytes(), CROPS, maximum_pixels=10**8).crops for path in files]
    pixels = {crop: np.stack([one[crop] for one in decoded]) for crop in CROPS}
    return OnnxEnsemble(converted.model / "ensemble.onnx").run(Batch(pixels, patients, np.zeros(len(files), np.int64)))


def assert_same(files: Sequence[Path], converted: Converted, network: Any, folder: Path) -> None:
    pictures = trained_on(files, folder)
    (inputs,) = serving_batches(pictures.dataset(), batch_size=len(files))
    expected = np.asarray(network(inputs, training=False)[PROBABILITIES])
    by_name = {path.stem: path for path in files}
    in_order = [by_name[name] for name in pictures.image_ids()]
    found = served(converted, in_order, np.asarray(inputs["demographics"]))["member_probabilities"][:, 0]
    assert np.ptp(expected, axis=0).max() > 0.01, "answers that are all the same prove nothing"
    assert np.abs(expected - found).max() < 1e-4  # 0.01 is what may be; the pixels are the same to the last bit


def test_generated_pictures_with_and_without_a_border(converted: Converted, network: Any, tmp_path: Path) -> None:
    files = [tmp_path / f"ISIC_{number:07d}.jpg" for number in range(6)]
    for number, file in enumerate(files):
        file.write_bytes(photograph(number, border=number % 2 == 0))
    assert_same(files, converted, network, tmp_path / "records")


def test_real_pictures(isic: Path, converted: Converted, network: Any, tmp_path: Path) -> None:
    large = sorted((isic / "high-resolution").glob("*.jpg"))[:2]
    files = [*sorted((isic / "2019").rglob("*.jpg"))[:6], *large]
    assert_same(files, converted, network, tmp_path)


ALONE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tensorflow", "keras", "tf2onnx"):
            raise ImportError(name + " is not installed here")

sys.meta_path.insert(0, Blocked())
import numpy as np
import onnxruntime
from components.common import demographics
from components.cad.decoding import decode
from components.common.onnx_ensemble import inputs_of

session = onnxruntime.InferenceSession(sys.argv[1])
with open(sys.argv[2], "rb") as file:
    crops = decode(file.read(), [48, 64], 10**8).crops
fed = inputs_of({crop: picture[None] for crop, picture in crops.items()}, demographics.MISSING[None])
print(*session.run(["probabilities"], fed)[0][0])
"""


def test_a_picture_is_answered_where_no_tensorflow_is_installed(converted: Converted, tmp_path: Path) -> None:
    file = tmp_path / "ISIC_0000001.jpg"
    file.write_bytes(photograph(1))
    command = [sys.executable, "-c", ALONE, str(converted.model / "ensemble.onnx"), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    found = np.array(done.stdout.split(), np.float64)
    here = served(converted, [file], demographics.MISSING[None])["probabilities"][0]
    np.testing.assert_allclose(found, here, atol=1e-6)
