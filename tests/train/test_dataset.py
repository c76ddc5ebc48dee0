"""What the network is fed."""

import io
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from components.common import demographics
from components.common.errors import DataError
from components.common.records import Summary, read_shard, shard_name, shards, write_shard, write_summary
from components.common.taxonomy import CLASSES
from components.train import dataset
from components.train.augmentation import Augmenter
from components.train.dataset import Pictures, TrainingBatches, drop_demographics, serving_batches
from components.train.hyperparameters import Hyperparameters
from components.train.imbalance import class_weights
from tests.train.conftest import CROP

PLAIN = Hyperparameters(
    learning_rate=1e-3,
    dropout=0.0,
    label_smoothing=0.0,
    augmentation="flips",
    augmentation_strength=0.0,
    imbalance="none",
    imbalance_strength=0.0,
    demographics_weight=1.0,
)
STRONG = replace(PLAIN, augmentation="mix", augmentation_strength=0.5, imbalance="resampling", imbalance_strength=0.5)
AGE = demographics.FACTORS["age"].start
IN_MEMORY_OR_NOT = pytest.mark.parametrize("limit", [2**31, 0], ids=["in memory", "from the shards"])

Batch = tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]


def batches(
    pictures: Pictures, hyperparameters: Hyperparameters, epoch: int = 0, skip: int = 0, seed: int = 0
) -> list[Batch]:
    made = TrainingBatches(pictures, hyperparameters, batch_size=9, seed=seed)
    return list(made.epoch(epoch, skip).as_numpy_iterator())


def assert_equal(one: Any, other: Any) -> None:
    for left, right in zip(tf.nest.flatten(one), tf.nest.flatten(other), strict=True):
        np.testing.assert_array_equal(left, right)


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


@IN_MEMORY_OR_NOT
def test_an_epoch_is_of_whole_batches_of_known_shapes(
    records: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "_CACHE_BYTES", limit)
    made = TrainingBatches(Pictures(records, "train", CROP, 32), STRONG, batch_size=20, seed=0)
    epoch = made.epoch(0)
    inputs, targets, weights = epoch.element_spec
    assert inputs["pixels"] == tf.TensorSpec((20, 32, 32, 3), tf.float32)
    assert inputs["demographics"] == tf.TensorSpec((20, demographics.LENGTH), tf.float32)
    assert targets == tf.TensorSpec((20, 9), tf.float32)
    assert weights == tf.TensorSpec((20,), tf.float32)
    assert made.steps == int(epoch.cardinality()) == len(list(epoch)) == 2


def test_a_batch_holds_no_more_than_all_images(records: Path) -> None:
    made = TrainingBatches(Pictures(records, "test", CROP, 32), PLAIN, batch_size=64, seed=0)
    assert made.steps == 1
    assert [len(weights) for _, _, weights in made.epoch(0)] == [18]


@IN_MEMORY_OR_NOT
def test_an_epoch_shows_every_image_once_each_in_another_order(
    records: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "_CACHE_BYTES", limit)
    # Each patient here has an age of his own.
    monkeypatch.setattr(dataset, "drop_demographics", lambda encoded, seed: encoded)
    pictures = Pictures(records, "train", CROP, 32)
    orders = [
        np.concatenate([inputs["demographics"][:, AGE] for inputs, _, _ in batches(pictures, PLAIN, number)])
        for number in range(2)
    ]
    for order in orders:
        np.testing.assert_allclose(np.sort(order), np.arange(30, 75) / 100, rtol=1e-5)
    assert (orders[0] != orders[1]).any()


def test_examples_are_the_same_from_memory_and_from_the_shards(records: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.array([[44, 3], [3, 21]])
    found = []
    for limit in (2**31, 0):
        monkeypatch.setattr(dataset, "_CACHE_BYTES", limit)
        found.append(list(Pictures(records, "train", CROP, 32).batches(rows).as_numpy_iterator()))
    assert_equal(*found)


@IN_MEMORY_OR_NOT
def test_an_epoch_is_the_same_whatever_was_read_before(
    records: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "_CACHE_BYTES", limit)
    fresh = batches(Pictures(records, "train", CROP, 32), STRONG, epoch=3)
    made = TrainingBatches(Pictures(records, "train", CROP, 32), STRONG, batch_size=9, seed=0)
    abandoned = iter(made.epoch(2))
    next(abandoned)
    assert_equal(list(made.epoch(3).as_numpy_iterator()), fresh)
    assert_equal(list(made.epoch(3).as_numpy_iterator()), fresh)


@IN_MEMORY_OR_NOT
@pytest.mark.parametrize("skip", [0, 2, 5])
def test_what_is_left_of_an_interrupted_epoch_is_what_it_would_have_been(
    records: Path, limit: int, skip: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "_CACHE_BYTES", limit)
    pictures = Pictures(records, "train", CROP, 32)
    assert_equal(batches(pictures, STRONG, epoch=1, skip=skip), batches(pictures, STRONG, epoch=1)[skip:])


def test_seed_and_epoch_decide(records: Path) -> None:
    pictures = Pictures(records, "train", CROP, 32)
    same, *others = (
        batches(pictures, STRONG, epoch, seed=seed)[0][0]["pixels"] for epoch, seed in ((0, 0), (1, 0), (0, 1))
    )
    for other in others:
        assert np.abs(same - other).max() > 10


def test_augmentation_is_traced_once_for_all_epochs(records: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    traced = []

    class Counting(Augmenter):
        def __call__(self, *arguments: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            traced.append(arguments)
            return super().__call__(*arguments)

    monkeypatch.setattr(dataset, "Augmenter", Counting)
    made = TrainingBatches(Pictures(records, "train", CROP, 32), STRONG, batch_size=9, seed=0)
    for number in range(3):
        list(made.epoch(number, skip=number))
    assert len(traced) == 1


def test_a_split_is_decoded_once_for_all_trainings(records: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(records, tmp_path / "records")
    pictures = Pictures(folder, "train", CROP, 32)
    batches(pictures, PLAIN)
    shutil.rmtree(folder / str(CROP))
    assert_equal(batches(pictures, PLAIN, seed=5), batches(Pictures(records, "train", CROP, 32), PLAIN, seed=5))
    assert len(list(pictures.dataset())) == 45


def test_label_smoothing_spreads_a_share_over_all_classes(records: Path) -> None:
    smooth = replace(PLAIN, label_smoothing=0.18)
    _, targets, weights = batches(Pictures(records, "train", CROP, 32), smooth)[0]
    np.testing.assert_allclose(np.sort(targets, axis=1)[:, -1], 0.84, rtol=1e-5)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(weights, 1, rtol=1e-5)


@pytest.fixture
def uneven(records: Path, tmp_path: Path) -> Pictures:
    """27 of class 0, 9 of class 1, 9 of class 2, and none of the others."""
    found = [record for path in shards(records, CROP, "train") for record in read_shard(path)]
    labels = [0] * 27 + [1] * 9 + [2] * 9
    write_shard(
        tmp_path / str(CROP) / shard_name("train", 0, 1),
        [replace(record, label=label) for record, label in zip(found, labels, strict=True)],
    )
    counts = dict(zip(CLASSES, (27, 9, 9), strict=False))
    write_summary(tmp_path, Summary("abc", [CROP], {"train": counts}, list(CLASSES), demographics.LENGTH, "2"))
    return Pictures(tmp_path, "train", CROP, 32)


def shown(found: list[Batch]) -> np.ndarray:
    return sum((targets.sum(axis=0) for _, targets, _ in found), np.zeros(9))


def test_resampling_shows_present_classes_alike_and_weights_them_no_more(uneven: Pictures) -> None:
    found = batches(uneven, replace(PLAIN, imbalance="resampling", imbalance_strength=1.0))
    np.testing.assert_array_equal(shown(found), [15, 15, 15, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(np.concatenate([weights for _, _, weights in found]), 1, rtol=1e-5)


def test_weights_weigh_present_classes_alike_and_show_all_images(uneven: Pictures) -> None:
    found = batches(uneven, replace(PLAIN, imbalance="weights", imbalance_strength=1.0))
    np.testing.assert_array_equal(shown(found), [27, 9, 9, 0, 0, 0, 0, 0, 0])
    weighted = sum((weights @ targets for _, targets, weights in found), np.zeros(9))
    np.testing.assert_allclose(weighted, [15, 15, 15, 0, 0, 0, 0, 0, 0], rtol=1e-5)


def test_a_mixed_picture_weighs_as_its_parts_do(uneven: Pictures) -> None:
    mixed = replace(STRONG, augmentation_strength=1.0, imbalance="weights", imbalance_strength=1.0)
    for _, targets, weights in batches(uneven, mixed):
        np.testing.assert_allclose(weights, targets @ class_weights(uneven.counts(), 1.0), rtol=1e-5)


def shared_batches(folder: Path) -> list[np.ndarray]:
    """The pixels of an epoch's batches on two devices, in a process with op determinism."""
    tf.config.experimental.enable_op_determinism()
    (processor,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    made = TrainingBatches(Pictures(folder, "train", CROP, 32), STRONG, batch_size=10, seed=0)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    parts = (
        strategy.experimental_local_results(inputs["pixels"])
        for inputs, _, _ in strategy.experimental_distribute_dataset(made.epoch(1))
    )
    return [np.concatenate([part.numpy() for part in both]) for both in parts]


def test_batches_are_the_same_in_another_process_and_shared_among_devices(records: Path) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        shared = pool.submit(shared_batches, records).result()
    made = TrainingBatches(Pictures(records, "train", CROP, 32), STRONG, batch_size=10, seed=0)
    assert_equal(shared, [inputs["pixels"] for inputs, _, _ in made.epoch(1).as_numpy_iterator()])


def test_each_factor_is_dropped_by_itself_about_one_time_in_ten() -> None:
    encoded = tf.constant(np.tile(demographics.encode("male", 50, "torso"), (4000, 1)))
    dropped = drop_demographics(encoded, tf.constant([0, 1], tf.int64)).numpy()
    for factor in demographics.FACTORS.values():
        missing = (dropped[:, factor] == demographics.MISSING[factor]).all(axis=1)
        kept = (dropped[:, factor] == encoded.numpy()[:, factor]).all(axis=1)
        assert (missing ^ kept).all()
        assert 0.08 < missing.mean() < 0.12


def test_an_empty_split_is_refused_by_name(tmp_path: Path) -> None:
    write_summary(tmp_path, Summary("abc", [CROP], {"validation": {}}, list(CLASSES), demographics.LENGTH, "2"))
    with pytest.raises(DataError, match="the validation split in .* has no images"):
        Pictures(tmp_path, "validation", CROP, 32).images()
