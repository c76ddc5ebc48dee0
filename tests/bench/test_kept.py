"""What waits for the gradient is counted once, by what it is and not by what it is called."""

import pytest
import tensorflow as tf

from tests.bench._kept import _bytes, _waiting


def graph_of(dtype: tf.DType) -> tf.Graph:
    """The gradient of the sum of ReLU(x w) by w, x [4, 8], w [8, 16]: x waits for it, and the ReLU's answer."""
    weights = tf.Variable(tf.ones((8, 16)))

    @tf.function
    def step(inputs: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            hidden = tf.exp(inputs)
            answers = tf.nn.relu(tf.matmul(tf.identity(tf.reshape(hidden, (4, 8))), tf.cast(weights, dtype)))
            loss = tf.reduce_sum(tf.cast(answers, tf.float32))
        return tape.gradient(loss, weights)

    return step.get_concrete_function(tf.TensorSpec((4, 8), dtype)).graph


@pytest.mark.parametrize(("dtype", "size"), [(tf.float32, 4), (tf.bfloat16, 2)])
def test_the_tensors_that_the_gradient_takes_are_counted_in_their_own_type(dtype: tf.DType, size: int) -> None:
    waiting = {tensor.op.type: _bytes(tensor) for tensor in _waiting(graph_of(dtype))}
    assert waiting == {"Exp": 4 * 8 * size, "Relu": 4 * 16 * size}
