"""Augmentation by keras-cv."""

import numpy as np
import pytest
import tensorflow as tf

from components.train.augmentation import Augmenter
from components.train.hyperparameters import AUGMENTATIONS

IMAGES = tf.constant(np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 3)).astype(np.float32))
TARGETS = tf.one_hot(tf.range(8), 9)
FLAT = tf.ones((64, 24, 24, 3)) * tf.constant([200.0, 140.0, 120.0])


def augmented(
    kind: str, strength: float, images: tf.Tensor = IMAGES, targets: tf.Tensor = TARGETS, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """As in training, in a graph."""
    augment = tf.function(Augmenter(kind, strength))
    pixels, mixed = augment(images, targets, tf.constant([seed, 0], tf.int64))
    return pixels.numpy(), mixed.numpy()


def flat(kind: str, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Of pictures without a pattern: their colours are all that can change. Red alternates from picture to picture."""
    reds = tf.reshape(tf.tile(tf.constant([0.0, 40.0]), (32,)), (64, 1, 1, 1)) * tf.constant([1.0, 0.0, 0.0])
    return augmented(kind, strength, FLAT + reds, tf.one_hot(tf.range(64) % 2, 9))


@pytest.mark.parametrize("kind", AUGMENTATIONS)
@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_shape_type_and_range_stay(kind: str, strength: float) -> None:
    images, targets = augmented(kind, strength)
    assert images.shape == IMAGES.shape
    assert images.dtype == np.float32
    assert 0 <= images.min() <= images.max() <= 255
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-5)
    assert targets.min() >= 0


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_the_seed_decides(kind: str) -> None:
    one, same, other = (augmented(kind, 1.0, seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 10


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_nothing_has_a_state(kind: str) -> None:
    signature = [tf.TensorSpec.from_tensor(tensor) for tensor in (IMAGES, TARGETS, tf.constant([0, 0], tf.int64))]
    graph = tf.function(Augmenter(kind, 0.5)).get_concrete_function(*signature).graph
    names = {node.op for function in graph.as_graph_def().library.function for node in function.node_def}
    names |= {operation.type for operation in graph.get_operations()}
    random = {name for name in names if "Random" in name or "Rng" in name}
    assert random
    assert all(name.startswith("Stateless") for name in random)
    # tf.data carries out maps with a state one at a time under op determinism; `While` and `If` are those with one.
    assert not names & {"ReadVariableOp", "While", "If", "Case", "StatefulPartitionedCall"}


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_no_strength_is_flips(kind: str) -> None:
    np.testing.assert_allclose(augmented(kind, 0.0)[0], augmented("flips", 0.7)[0], atol=0.01)
    np.testing.assert_array_equal(augmented(kind, 0.0)[1], TARGETS)


def test_flips_turn_about_the_middle_and_mirror() -> None:
    """A picture that is bright on its left and has a dot above its middle."""
    picture = np.zeros((33, 33, 3), np.float32)
    picture[:, :16, 0] = 200.0
    picture[4:9, 14:19, 1] = 200.0
    picture[14:19, 14:19, 2] = 200.0
    images, _ = augmented(
        "flips", 0.0, tf.constant(np.tile(picture, (64, 1, 1, 1))), tf.one_hot(tf.zeros(64, tf.int32), 9)
    )
    np.testing.assert_allclose(images[:, 16, 16, 2], 200, atol=1)
    places = np.indices((33, 33)) - 16.0
    left, up = (np.einsum("kyx,nyx->nk", places, images[..., channel]) for channel in (0, 1))
    angles = np.arctan2(up[:, 0], up[:, 1])
    assert np.histogram(angles, bins=4, range=(-np.pi, np.pi))[0].min() > 5
    mirrored = left[:, 1] * up[:, 0] - left[:, 0] * up[:, 1] < 0
    assert 16 < mirrored.sum() < 48


def test_colour_changes_light_contrast_and_colours() -> None:
    images, targets = flat("colour", 1.0)
    np.testing.assert_allclose(flat("flips", 1.0)[0][..., 1], 140, atol=0.01)
    middles = np.median(images, axis=(1, 2))
    assert middles.mean(axis=1).std() > 20
    assert (middles[:, 0] - middles[:, 1]).std() > 10
    contrasts = augmented("colour", 1.0)[0].std(axis=(1, 2, 3)) / augmented("flips", 1.0)[0].std(axis=(1, 2, 3))
    assert contrasts.max() > 1.1 > 0.9 > contrasts.min()
    np.testing.assert_array_equal(targets, tf.one_hot(np.arange(64) % 2, 9))


def test_colour_cuts_out_a_part() -> None:
    images, _ = flat("colour", 1.0)
    cut = (images == 128).all(axis=-1).mean(axis=(1, 2))
    assert 0.01 < cut.mean() < 0.06
    assert cut.max() < 0.36**2


def test_grey_stays_grey() -> None:
    images, _ = augmented("colour", 1.0, tf.fill((8, 24, 24, 3), 100.0))
    assert np.ptp(images, axis=-1).max() < 0.5


def test_randaugment_changes_some_pictures_and_leaves_others() -> None:
    images, targets = augmented("randaugment", 0.2)
    changed = np.abs(images - augmented("flips", 0.0)[0]).max(axis=(1, 2, 3)) > 1
    assert 0 < changed.sum() < 8
    np.testing.assert_array_equal(targets, TARGETS)


@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_mix_mixes_its_share_of_the_pictures_and_keeps_at_least_half_of_each(strength: float) -> None:
    _, targets = flat("mix", strength)
    kept = targets[np.arange(64), np.arange(64) % 2]
    assert kept.min() >= 0.45
    assert abs((kept < 1).mean() - strength) < 0.2


def test_mix_changes_pictures_in_proportion_to_their_targets() -> None:
    """Red tells the two kinds of pictures apart, once "colour" is undone."""
    mixed, targets = flat("mix", 0.5)
    plain, _ = flat("colour", 0.5)
    touched = targets.max(axis=1) < 1
    np.testing.assert_array_equal(mixed[~touched], plain[~touched])
    partners = np.roll(plain, 1, axis=0)
    kept = targets[np.arange(64), np.arange(64) % 2][:, None]
    expected = kept * plain.mean(axis=(1, 2)) + (1 - kept) * partners.mean(axis=(1, 2))
    np.testing.assert_allclose(mixed.mean(axis=(1, 2)), expected, atol=4)
