"""What a training computes on: GPUs if there are any, how they are used together, and in which precision."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from components.common.cores import available_cores
from components.common.errors import SettingsError

log = logging.getLogger(__name__)

# NVIDIA's compute capabilities from which matrix units take each type (CUDA C++ Programming Guide, "Compute
# Capabilities"): Volta, and Ampere.
_FLOAT16_FROM, _BFLOAT16_FROM = (7, 0), (8, 0)


@dataclass(frozen=True)
class Devices:
    """What one process computes on."""

    gpus: int
    precision: str
    """Keras' dtype policy: float32, mixed_float16 or mixed_bfloat16."""
    strategy: tf.distribute.Strategy
    """MirroredStrategy over all GPUs where there are several: every step takes a part of the batch on each."""

    @contextmanager
    def building(self) -> Iterator[None]:
        """Networks built in this block have their variables on these devices, and compute in this precision."""
        before = keras.mixed_precision.dtype_policy()
        keras.mixed_precision.set_dtype_policy(self.precision)
        try:
            with self.strategy.scope():
                yield
        finally:
            keras.mixed_precision.set_dtype_policy(before)


def find_devices(precision: str, gpus: int, branches: int = 1) -> Devices:
    """Look what there is, and make it ready.

    Args:
        precision: one of `member.PRECISIONS`.
        gpus: how many GPUs were asked for; 0 takes what there is.
        branches: parts of a batch that are computed side by side; without a GPU they share the cores.

    Raises:
        SettingsError: there are fewer.
    """
    found = tf.config.list_physical_devices("GPU")
    check_gpus(len(found), gpus)
    for gpu in found:
        # Trials that run beside each other share the host's memory, and evaluation tools the GPU's.
        tf.config.experimental.set_memory_growth(gpu, True)
    if not found and branches > 1:
        share_cores(branches)
    capabilities = [tf.config.experimental.get_device_details(gpu).get("compute_capability") for gpu in found]
    strategy = tf.distribute.MirroredStrategy() if len(found) > 1 else tf.distribute.get_strategy()
    devices = Devices(len(found), choose_precision(precision, capabilities), strategy)
    log.info("computing on %s in %s", f"{len(found)} GPUs" if found else "the CPU", devices.precision)
    return devices


def share_cores(branches: int) -> None:
    """Give each branch of a graph its own cores, instead of all cores to each operation of it.

    It must come before TensorFlow computes anything in this process; later, nothing is changed.
    """
    try:
        tf.config.threading.set_inter_op_parallelism_threads(branches)
        tf.config.threading.set_intra_op_parallelism_threads(max(1, available_cores() // branches))
    except RuntimeError:
        log.info("TensorFlow has computed before: the branches of a step share all threads")


def check_gpus(found: int, asked: int) -> None:
    """Refuse to train for days on a processor because a driver is missing.

    Raises:
        SettingsError: fewer GPUs were found than asked for.
    """
    if found < asked:
        raise SettingsError(
            f"--gpus {asked}: TensorFlow finds {found or 'no'} GPU{'s' if found > 1 else ''}; check the node's driver, "
            "the pod's limit of nvidia.com/gpu and that the image holds CUDA (nvidia-smi in the pod); --gpus 0 takes "
            "what there is"
        )


def check_batch_size(batch_size: int, gpus: int, branches: int) -> None:
    """Refuse a batch that GPUs, or branches, cannot share evenly.

    Some would idle, and batch normalization see nothing.

    Raises:
        SettingsError: with what would do.
    """
    shares = max(1, gpus) * branches
    if batch_size % shares:
        by = [f"{gpus} GPUs"] * (gpus > 1) + [f"{branches} branches"] * (branches > 1)
        more = batch_size + shares - batch_size % shares
        raise SettingsError(
            f"--batch-size {batch_size} cannot be shared evenly by {' of '.join(reversed(by))}; take {more}, "
            f"or fewer {'GPUs' if gpus > 1 else 'branches'}"
        )


def choose_precision(asked: str, capabilities: Sequence[Any]) -> str:
    """Keras' dtype policy.

    Args:
        asked: one of `member.PRECISIONS`; "auto" takes the half precision that every GPU has matrix units for,
            bfloat16 (which needs no loss scaling) or else float16, and float32 where there is none.
        capabilities: compute capability of each GPU, (major, minor) or None.
    """
    if asked != "auto":
        return asked
    least = min((tuple(one or (0, 0)) for one in capabilities), default=(0, 0))
    if least >= _BFLOAT16_FROM:
        return "mixed_bfloat16"
    return "mixed_float16" if least >= _FLOAT16_FROM else "float32"
