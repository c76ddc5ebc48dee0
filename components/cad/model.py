"""The served ensemble: what it says of some pictures, with the thresholds that it is read by."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.common.errors import DataError
from components.common.onnx_ensemble import OUTPUTS, OnnxEnsemble, session_options
from components.common.pictures import PREPROCESSING_VERSION

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Thresholds:
    """Where the ensemble's figures become words; see `Ensemble` of the evaluate stage."""

    malignant: float
    abstain: float
    out_of_distribution: float


class Model(OnnxEnsemble):
    """A loaded ensemble, see `OnnxEnsemble`.

    Args:
        folder: that convert wrote.
        threads: that one batch is computed with; 0 takes all cores.

    Raises:
        StorageError, DataError: as `OnnxEnsemble`; or a threshold is missing, or the model learned from pictures that
            were prepared in another way.
    """

    def __init__(self, folder: Path, threads: int = 0) -> None:
        options = session_options()
        options.intra_op_num_threads = threads or options.intra_op_num_threads
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

    def warm_up(self) -> None:
        """Run once on nothing: the first run makes buffers, and takes longer than any other."""
        self.run({tensor.name: _zeros(tensor.type, tensor.shape[1:]) for tensor in self.session.get_inputs()})


def _zeros(kind: str, shape: list[int]) -> np.ndarray:
    return np.zeros((1, *shape), {"tensor(uint8)": np.uint8, "tensor(float)": np.float32}[kind])
