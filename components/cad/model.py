"""The served ensemble: what it says of some pictures, with the thresholds that it is read by."""

import timeit
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from components.cad.records.prediction import Thresholds
from components.common.cores import available_cores
from components.common.errors import DataError
from components.common.onnx_ensemble import OUTPUTS, OnnxEnsemble, session_options
from components.common.pictures import PREPROCESSING_VERSION

Arrays = Mapping[str, np.ndarray]


# A model that takes no longer than this, in seconds, to look at one picture with all cores, gets one of them for each
# batch: nobody would notice the difference, and handing work over between threads costs more than a third of it.
_QUICK = 0.02

# Runs that the time of one is taken from, the least of them, since others may be at work: so many, or for so long.
_TRIES, _TRYING_SECONDS = 10, 1.0


class Model(OnnxEnsemble):
    """A loaded ensemble, see `OnnxEnsemble`.

    Args:
        folder: that convert wrote.
        threads: that one batch is computed with.
        at_once: how many batches may be computed at the same time.

    Raises:
        StorageError, DataError: as `OnnxEnsemble`; or a threshold is missing, or the model learned from pictures that
            were prepared in another way.
    """

    def __init__(self, folder: Path, threads: int = 1, at_once: int = 1) -> None:
        self.threads, self.at_once = threads, at_once
        options = session_options()
        options.intra_op_num_threads = threads
        # Between two batches onnxruntime's threads would spin, on the cores that decode the next pictures.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        super().__init__(folder, options)
        if (version := self.described.get("preprocessing_version")) != PREPROCESSING_VERSION:
            raise DataError(
                f"the model in {folder} learned from pictures of preprocessing version {version}, here they are "
                f"prepared by version {PREPROCESSING_VERSION}: serve it with the release that trained it, or train it "
                "again"
            )
        try:
            malignant, abstain = (float(self.described[f"{name}_threshold"]) for name in ("malignant", "abstain"))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"the description of the model in {folder} lacks a threshold: {error!r}") from error
        self.thresholds = Thresholds(malignant, abstain, self.threshold)

    def run(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """What it says of a batch, by output; see `OUTPUTS`.

        Args:
            inputs: as `inputs_of` gives them.
        """
        return dict(zip(OUTPUTS, self.session.run(OUTPUTS, dict(inputs)), strict=True))

    def warm_up(self) -> float:
        """Run on nothing: the first run makes buffers, and takes longer than any other.

        Returns:
            The seconds that a run takes at least.
        """
        nothing = {tensor.name: _zeros(tensor.type, tensor.shape[1:]) for tensor in self.session.get_inputs()}
        self.run(nothing)
        taken: list[float] = []
        while len(taken) < _TRIES and sum(taken) < _TRYING_SECONDS:
            taken += timeit.repeat(lambda: self.run(nothing), number=1, repeat=1)
        return min(taken)


def load_model(folder: Path, cores: int = 0) -> Model:
    """Load an ensemble, warm it up, and share the cores out as suits it; raises what `Model` raises.

    Args:
        folder: that convert wrote.
        cores: that the model may use; 0 takes all.
    """
    cores = cores or available_cores()
    model = Model(folder, threads=cores)
    if model.warm_up() > _QUICK or cores == 1:
        return model
    # As many cores again decode pictures meanwhile.
    model = Model(folder, threads=1, at_once=max(cores // 2, 1))
    model.warm_up()
    return model


def _zeros(kind: str, shape: list[int]) -> np.ndarray:
    return np.zeros((1, *shape), {"tensor(uint8)": np.uint8, "tensor(float)": np.float32}[kind])
