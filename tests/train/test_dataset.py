"""What the network is fed."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from components.common import demographics
from components.common.errors import DataError
from components.common.records import Summary, read_shard, shards, write_summary
from components.common.taxonomy import CLASSES
from components.train import dataset
from components.train.dataset import Pictures, class_weights, drop_demographics, serving_batches, training_batches
from components.train.hyperparameters import Hyperparameters
from tests.train.conftest import CROP

PLAIN = Hyperparameters(1e-3, 0.0, label_smoothing=0.0, augmentation=0.0, class_weighting=0.0)


def first_batch(
    pictures: Pictures, hyperparameters: Hyperparameters, seed: int = 0
) -> tuple[dict, np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    batches = training_batches(pictures, hyperparameters, batch_size=9, seed=seed)
    return next(batches.as_numpy_iterator())


def test_pictures_are_resized_like_pillow_does(records: Path) -> None:
    pictures = Pictures(records, "test", CROP, 32)
    first = next(pictures.dataset().as_numpy_iterator())
    (record, *_) = read_shard(shards(records, CROP, "test")[0])
    expected = np.asarray(Image.open(io.BytesIO(record.image)).resize((32, 32), Image.Resampling.BILINEAR), float)
    assert first["pixels"].shape == (32, 32, 3)
    assert np.abs(first["pixels"] - expected).max() < 2.5
    assert np.abs(first["pixels"] - expected).mean() < 0.5


def test_labels_and_names_follow_the_records_order(records: Path) -> None:
    pictures = Pictures(records, "train", CROP, CROP)
    examples = list(pictures.dataset().as_numpy_iterator())
    assert [example["image_id"].decode() for example in examples] == pictures.image_ids()
    assert [int(example["label"]) for example in examples] == list(pictures.labels())
    assert len(examples) == pictures.images() == 45


def test_serving_batches_change_nothing(records: Path) -> None:
    pictures = Pictures(records, "test", CROP, CROP)
    batches = list(serving_batches(pictures.dataset(), batch_size=5).as_numpy_iterator())
    assert [len(batch["pixels"]) for batch in batches] == [5, 5, 5, 3]
    first = next(pictures.dataset().as_numpy_iterator())
    np.testing.assert_array_equal(batches[0]["pixels"][0], first["pixels"])
    np.testing.assert_array_equal(batches[0]["demographics"][0], first["demographics"])


def test_training_batches_are_whole_and_endless(records: Path) -> None:
    pictures = Pictures(records, "train", CROP, 32)
    batches = training_batches(pictures, PLAIN, batch_size=20, seed=0)
    shapes = [inputs["pixels"].shape for inputs, _, _ in batches.take(7).as_numpy_iterator()]
    assert shapes == [(20, 32, 32, 3)] * 7


@pytest.mark.parametrize("limit", [0, 2**31])
def test_every_pass_shows_every_image_once_in_another_order(
    records: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "_CACHE_BYTES", limit)
    pictures = Pictures(records, "train", CROP, 32)
    names = [example["image_id"] for example in pictures.shuffled(0).take(90).as_numpy_iterator()]
    assert set(names[:45]) == set(names[45:]) == {name.encode() for name in pictures.image_ids()}
    assert names[:45] != names[45:]


def test_a_split_is_decoded_once_for_all_trainings(records: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(records, tmp_path / "records")
    pictures = Pictures(folder, "train", CROP, 32)
    fresh = first_batch(Pictures(records, "train", CROP, 32), PLAIN, seed=5)
    list(training_batches(pictures, PLAIN, batch_size=9, seed=0).take(6))
    shutil.rmtree(folder / str(CROP))
    again = first_batch(pictures, PLAIN, seed=5)
    # The order alone: another pipeline that is still reading ahead may draw from the augmentation's generator too.
    np.testing.assert_array_equal(again[1], fresh[1])
    assert len(list(pictures.dataset())) == 45


def test_label_smoothing_spreads_a_share_over_all_classes(records: Path) -> None:
    smooth = Hyperparameters(1e-3, 0.0, label_smoothing=0.18, augmentation=0.0, class_weighting=0.0)
    _, targets, weights = first_batch(Pictures(records, "train", CROP, 32), smooth)
    np.testing.assert_allclose(np.sort(targets, axis=1)[:, -1], 0.84, rtol=1e-5)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(weights, 1, rtol=1e-5)


def test_the_seed_decides_the_order(records: Path) -> None:
    pictures = Pictures(records, "train", CROP, 32)
    one, same, other = (first_batch(pictures, PLAIN, seed)[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_full_weighting_makes_all_classes_count_alike() -> None:
    counts = np.array([80, 15, 5, 0, 0, 0, 0, 0, 0])
    weights = class_weights(counts, 1.0)
    np.testing.assert_allclose((weights * counts)[:3], 100 / 3, rtol=1e-5)
    assert weights[3] == 0
    np.testing.assert_allclose(class_weights(counts, 0.0)[:3], 1, rtol=1e-6)


def test_each_factor_is_dropped_by_itself_about_one_time_in_ten() -> None:
    encoded = tf.constant(np.tile(demographics.encode("male", 50, "torso"), (4000, 1)))
    dropped = drop_demographics(encoded, 0).numpy()
    for factor in demographics.FACTORS.values():
        missing = (dropped[:, factor] == demographics.MISSING[factor]).all(axis=1)
        kept = (dropped[:, factor] == encoded.numpy()[:, factor]).all(axis=1)
        assert (missing ^ kept).all()
        assert 0.08 < missing.mean() < 0.12


def test_an_empty_split_is_refused_by_name(tmp_path: Path) -> None:
    write_summary(tmp_path, Summary("abc", [CROP], {"validation": {}}, list(CLASSES), demographics.LENGTH))
    with pytest.raises(DataError, match="the validation split in .* has no images"):
        Pictures(tmp_path, "validation", CROP, 32).images()
