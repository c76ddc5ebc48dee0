"""What a training computes on."""

import keras
import pytest

from components.common.errors import SettingsError
from components.train.devices import check_batch_size, check_gpus, choose_precision, find_devices


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ([], "float32"),
        ([None], "float32"),
        ([(6, 1)], "float32"),
        ([(7, 0)], "mixed_float16"),
        ([(7, 5), (8, 9)], "mixed_float16"),
        ([(8, 0)], "mixed_bfloat16"),
        ([(9, 0), (9, 0)], "mixed_bfloat16"),
    ],
)
def test_auto_takes_the_half_precision_that_every_gpu_has(capabilities: list[object], expected: str) -> None:
    assert choose_precision("auto", capabilities) == expected


def test_a_precision_that_was_asked_for_is_taken() -> None:
    assert choose_precision("float32", [(9, 0)]) == "float32"
    assert choose_precision("mixed_bfloat16", []) == "mixed_bfloat16"


def test_no_gpu_where_one_was_asked_for_is_refused_with_what_to_check() -> None:
    with pytest.raises(SettingsError, match=r"--gpus 1: TensorFlow finds no GPU; check the node.s driver"):
        check_gpus(0, 1)
    with pytest.raises(SettingsError, match="--gpus 4: TensorFlow finds 2 GPUs"):
        check_gpus(2, 4)
    check_gpus(2, 0)
    check_gpus(2, 2)


def test_networks_are_built_in_the_precision_and_the_policy_is_put_back() -> None:
    before = keras.mixed_precision.dtype_policy().name
    with find_devices("mixed_bfloat16", 0).building():
        layer = keras.layers.Dense(2)
        layer.build((None, 3))
    assert layer.compute_dtype == "bfloat16"
    assert layer.kernel.dtype == "float32"
    assert keras.mixed_precision.dtype_policy().name == before


def test_a_batch_that_gpus_cannot_share_evenly_is_refused_with_one_that_they_can() -> None:
    with pytest.raises(SettingsError, match="--batch-size 4 cannot be shared evenly by 3 GPUs; take 6, or fewer GPUs"):
        check_batch_size(4, 3, 1)
    check_batch_size(6, 3, 1)
    check_batch_size(5, 0, 1)


def test_a_batch_that_branches_cannot_share_evenly_is_refused_with_one_that_they_can() -> None:
    with pytest.raises(SettingsError, match="--batch-size 5 cannot be shared evenly by 2 branches; take 6, or fewer b"):
        check_batch_size(5, 0, 2)
    with pytest.raises(SettingsError, match="--batch-size 6 .* by 2 branches of 2 GPUs; take 8, or fewer GPUs"):
        check_batch_size(6, 2, 2)
    check_batch_size(8, 2, 2)
