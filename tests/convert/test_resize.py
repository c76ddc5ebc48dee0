"""Resizing by matrices, against tf.image.resize."""

import numpy as np
import onnxruntime
import pytest

from components.convert.resize import resize_matrix, resizing_graph


@pytest.mark.parametrize(("source", "target"), [(768, 380), (512, 448), (96, 64), (64, 96), (7, 3), (5, 5)])
def test_every_row_of_weights_sums_to_one(source: int, target: int) -> None:
    matrix = resize_matrix(source, target)
    assert matrix.shape == (target, source)
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=1e-6)
    assert (matrix >= 0).all()


def test_nothing_changes_at_equal_sizes() -> None:
    np.testing.assert_array_equal(resize_matrix(6, 6), np.eye(6, dtype=np.float32))


def test_halving_weighs_four_neighbours_by_their_distance() -> None:
    np.testing.assert_allclose(resize_matrix(8, 4)[1], [0, 0.125, 0.375, 0.375, 0.125, 0, 0, 0])


@pytest.mark.parametrize(("crop", "size"), [(768, 380), (512, 448), (96, 64), (64, 96), (64, 64)])
def test_the_graph_gives_the_pixels_of_training(crop: int, size: int) -> None:
    tf = pytest.importorskip("tensorflow")
    pictures = np.random.default_rng(0).integers(0, 256, (2, crop, crop, 3), dtype=np.uint8)
    expected = tf.image.resize(pictures, (size, size), method="bilinear", antialias=True).numpy()
    session = onnxruntime.InferenceSession(resizing_graph(crop, size).SerializeToString())
    (found,) = session.run(None, {f"pixels_{crop}": pictures})
    assert found.shape == (2, 3, size, size)
    np.testing.assert_allclose(found.transpose(0, 2, 3, 1), expected, atol=1e-3)
