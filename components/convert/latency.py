"""How long one answer takes."""

import statistics
import time
from collections.abc import Callable, Mapping

# Seconds. onnxruntime's threads wait for more work at full speed for some 30 ms after each answer, and a contender that
# is timed meanwhile has half of the cores: 30 ms in place of 18 for one image on two of them.
_REST = 0.06


def median_milliseconds(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Time several calls in turn, round by round, so that a busy machine is busy for all of them.

    Args:
        contenders: calls by name.
        rounds: times that each is timed; each time follows a rest, in which the threads of the one before come to lie
            still, and an untimed call of the same, which warms its caches.

    Returns:
        Milliseconds by name, medians over the rounds.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            time.sleep(_REST)
            call()
            start = time.perf_counter()
            call()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}
