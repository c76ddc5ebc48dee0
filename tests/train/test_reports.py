"""The page of a training."""

from dataclasses import asdict, replace

import keras
import pandas as pd

from components.common.member import Member
from components.common.taxonomy import CLASSES
from components.train.history import Epoch
from components.train.hyperparameters import Hyperparameters
from components.train.reports import curves_report
from components.train.settings import TrainSettings
from components.train.training import Trained

SETTINGS = TrainSettings("tiny", "EfficientNetB0", 96, 64, 16, 1e-3, 2, 2, 1, "", 0, True)
MEMBER = Member(
    name="tiny",
    backbone="EfficientNetB0",
    crop=96,
    size=64,
    batch_size=16,
    epochs=2,
    weights="",
    hyperparameters=asdict(Hyperparameters.published("EfficientNetB0", 1e-3)),
    seed=0,
    trials=2,
    records_fingerprint="abc",
    classes=list(CLASSES),
    versions={"keras": "3"},
    settings=asdict(SETTINGS),
)
HISTORY = [
    Epoch(1, 2.0, 0.2, 2.2, 0.1, 0.6, 1e-3, seconds=3.0, seconds_stepping=2.0, seconds_waiting=0.1),
    Epoch(2, 1.5, 0.5, 1.9, 0.4, 0.7, 1e-5, seconds=3.0, seconds_stepping=2.0, seconds_waiting=0.1),
]
METRICS = {
    "data_wait_share": 0.05,
    "images_per_second": 33.3,
    "seconds_importing": 4.0,
    "seconds_building": 2.0,
    "seconds_tracing": 9.0,
    "seconds_search": 20.0,
    "seconds_training": 6.0,
}
TRAINED = Trained(
    member=MEMBER,
    network=keras.Sequential(),
    history=HISTORY,
    trials=pd.DataFrame(),
    predictions=pd.DataFrame(),
    metrics=METRICS,
    steps_per_epoch=10,
    missing_classes=[],
    trials_at_once=1,
)


def test_the_curves_name_the_gap_between_the_splits() -> None:
    page = curves_report(TRAINED, METRICS).html()
    assert "accuracy +0.100, loss +0.400" in page
    assert page.count("data:image/svg+xml") == 2


def test_start_up_and_waiting_for_data_are_told_apart_from_training() -> None:
    page = curves_report(TRAINED, METRICS).html()
    assert "waited 5.0% of their time for data; 33.3 images a second" in page
    for text in ("importing TensorFlow", "building the network", "graphs are traced", "search", "final training"):
        assert text in page


def test_the_settings_that_were_chosen_are_shown_numbers_and_names() -> None:
    page = curves_report(TRAINED, METRICS).html()
    assert "<td>colour</td>" in page
    assert "<td>0.001</td>" in page


def test_classes_without_training_images_are_a_warning() -> None:
    assert "no images of" not in curves_report(TRAINED, METRICS).html()
    page = curves_report(replace(TRAINED, missing_classes=["DF", "UNK"]), METRICS).html()
    assert "The training split has no images of DF, UNK" in page
