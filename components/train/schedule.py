"""The learning rate over a training: one linear warm-up epoch from zero, then cosine decay to zero."""

import math


def cosine_with_warmup(step: int, *, peak: float, steps_per_epoch: int, epochs: int) -> float:
    """Learning rate at a step (Loshchilov and Hutter 2017, arXiv 1608.03983, without restarts).

    Args:
        step: number of steps already taken.
        peak: the rate at the end of the warm-up, the "initial rate" of the study's table.
        steps_per_epoch: optimizer steps in one epoch.
        epochs: epochs in all, the warm-up included.
    """
    warmup = steps_per_epoch
    total = steps_per_epoch * epochs
    if step < warmup:
        return peak * (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, total - warmup))
    return peak * 0.5 * (1.0 + math.cos(math.pi * done))
