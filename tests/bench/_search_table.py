"""Makes search_table.csv, on which `train.search` is measured: python -m tests.bench._search_table [POINTS]

Each row is a real short training: random settings of the search's space, and the macro AUC on validation that three
epochs of an EfficientNetB0 reach with them, at 48 px from random weights, on the sample of real images.
"""

import os
import sys
import tempfile
from pathlib import Path

import pandas as pd
from skopt.space import Space

from components.common.files import whole
from tests.bench._real_records import make_records
from tests.conftest import ISIC_FOLDER

TABLE = Path(__file__).with_name("search_table.csv")
CROP, SIZE, BATCH, EPOCHS, RATE = 64, 48, 32, 3, 1e-3


def main(points: int) -> None:
    from components.train.session import Session
    from components.train.settings import TrainSettings
    from components.train.space import from_point, space
    from components.train.termination import Termination
    from components.train.trials import Assignment, carry_out

    drawn = [from_point(point).canonical() for point in Space(space(RATE)).rvs(points, random_state=0)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        records = make_records(Path(os.environ.get("ISIC_DATA", ISIC_FOLDER)), Path(folder), CROP)
        settings = TrainSettings(
            member="table", backbone="EfficientNetB0", crop=CROP, size=SIZE, batch_size=BATCH, learning_rate=RATE,
            epochs=EPOCHS, trials=points, trial_epochs=EPOCHS, weights="", seed=0, deterministic=False,
            workspace=str(Path(folder, "work")),
        )  # fmt: skip
        trainer = Session(records, settings).trainer(Termination())
        for number, hyperparameters in enumerate(drawn, 1):
            trial = carry_out(trainer, Assignment(number, hyperparameters, ()), EPOCHS)
            rows.append({**hyperparameters.settings(), "validation_macro_auc": round(trial.objective, 5)})
            with whole(TABLE) as file:
                pd.DataFrame(rows).to_csv(file, index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 64)
