"""A training from the first weights on, that may end early, go wrong, be told to stop, or find too little memory."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.common.errors import TrainingError
from components.common.member import IMAGE_LOGITS
from components.train.checkpoints import Checkpoints
from components.train.dataset import Pictures
from components.train.history import DivergedError, Epoch
from components.train.learner import Batch, Learner
from components.train.loop import Plan, Trainer
from components.train.termination import TerminatedError, Termination
from tests.train.conftest import BATCH, CROP, IMAGES, MILD, SIZE

STEPS = IMAGES["train"] // BATCH


@pytest.fixture
def trainer(learner: Learner, records: Path, tmp_path: Path) -> Trainer:
    splits = {split: Pictures(records, split, CROP, SIZE) for split in ("train", "validation")}
    return Trainer(
        name="a",
        learner=learner,
        seed=0,
        checkpoints=Checkpoints(str(tmp_path), "key"),
        termination=Termination(),
        **splits,
    )


def figures(history: Sequence[Epoch]) -> list[dict[str, float]]:
    """Without times."""
    return [{name: value for name, value in asdict(epoch).items() if "seconds" not in name} for epoch in history]


def test_the_same_settings_give_the_same_figures_whatever_was_trained_between(trainer: Trainer) -> None:
    first = trainer.run(Plan("first", MILD, 2))
    other = trainer.run(Plan("another", replace(MILD, learning_rate=1e-4, augmentation_strength=1.0), 1))
    again = trainer.run(Plan("again", MILD, 2))
    assert [epoch.epoch for epoch in first] == [1, 2]
    assert other[0].loss != first[0].loss
    assert figures(first) == figures(again)


def test_the_learning_rate_follows_the_schedule(trainer: Trainer) -> None:
    history = trainer.run(Plan("schedule", MILD, 2))
    assert history[0].learning_rate == pytest.approx(MILD.learning_rate)
    assert history[1].learning_rate < MILD.learning_rate


def test_waiting_is_part_of_stepping_and_stepping_of_the_epoch(trainer: Trainer) -> None:
    for epoch in trainer.run(Plan("times", MILD, 2)):
        assert 0 <= epoch.seconds_waiting <= epoch.seconds_stepping <= epoch.seconds


def test_a_training_that_is_told_to_end_early_ends_after_the_epoch(trainer: Trainer) -> None:
    history = trainer.run(Plan("early", MILD, 3, stop=lambda history: len(history) == 1))
    assert len(history) == 1


def test_told_to_stop_it_saves_the_step_and_goes_on_to_the_same_end(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = trainer.run(Plan("whole", MILD, 2))
    train, taken = trainer.learner.train, 0

    def stop_after_three(batch: Batch, rate: float) -> Any:
        nonlocal taken
        taken += 1
        if taken == STEPS + 1:
            trainer._termination.request()
        return train(batch, rate)

    monkeypatch.setattr(trainer.learner, "train", stop_after_three)
    with pytest.raises(TerminatedError, match=f"a, cut: told to stop after step {STEPS + 1}, and saved"):
        trainer.run(Plan("cut", MILD, 2))
    trainer._termination._requested.clear()
    assert figures(trainer.run(Plan("cut", MILD, 2))) == figures(expected)
    assert taken == 2 * STEPS


def test_out_of_memory_it_halves_the_batch_and_goes_on(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose memory holds 8 images a step."""
    train = trainer.learner.train

    def limited(batch: Batch, rate: float) -> Any:
        if trainer.learner.parts < 2:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return train(batch, rate)

    def divide() -> bool:
        monkeypatch.setattr(trainer.learner, "parts", 2 * trainer.learner.parts)
        return True

    monkeypatch.setattr(trainer.learner, "train", limited)
    monkeypatch.setattr(trainer.learner, "divide", divide)
    history = trainer.run(Plan("memory", MILD, 1))
    assert trainer.learner.parts == 2
    assert np.isfinite(history[0].loss)


def test_memory_for_not_even_one_image_is_told_with_what_to_do(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(batch: Batch, rate: float) -> Any:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(trainer.learner, "train", none)
    monkeypatch.setattr(trainer.learner, "divide", lambda: False)
    with pytest.raises(
        TrainingError, match="a: the memory does not hold a step with one image a device; give the task more"
    ):
        trainer.run(Plan("no memory", MILD, 1))


def test_a_loss_that_is_not_a_number_stops_the_training_by_name(trainer: Trainer) -> None:
    with pytest.raises(DivergedError, match=r"(a, too fast: the loss became|a: its prob).* lower the learning rate"):
        trainer.run(Plan("too fast", replace(MILD, learning_rate=1e30), 3))


def test_probabilities_that_are_no_numbers_stop_the_training(trainer: Trainer) -> None:
    trainer.run(Plan("whole", MILD, 1))
    kernel = trainer.learner.network.get_layer(IMAGE_LOGITS).kernel
    kernel.assign(kernel * float("nan"))
    with pytest.raises(DivergedError, match="a: its probabilities are no longer numbers"):
        trainer.validate()


def test_told_to_stop_while_it_validates_it_keeps_the_epochs_steps(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = trainer.run(Plan("whole", MILD, 1))
    validate = trainer.validate

    def stopped(interrupt: Any) -> Any:
        trainer._termination.request()
        return validate(interrupt)

    with monkeypatch.context() as patch:
        patch.setattr(trainer, "validate", stopped)
        with pytest.raises(TerminatedError, match=f"told to stop after step {STEPS}, and saved"):
            trainer.run(Plan("cut", MILD, 1))
    trainer._termination._requested.clear()
    monkeypatch.setattr(trainer.learner, "train", lambda *_: pytest.fail("no step is left"))
    assert figures(trainer.run(Plan("cut", MILD, 1))) == figures(expected)


def test_the_state_of_a_training_with_other_settings_is_left(
    trainer: Trainer, caplog: pytest.LogCaptureFixture
) -> None:
    trainer.run(Plan("trial-003", MILD, 1))
    other = replace(MILD, dropout=0.3)
    again = trainer.run(Plan("trial-003", other, 1))
    assert "it is that of a training with other settings" in caplog.text
    assert figures(again) == figures(trainer.run(Plan("fresh", other, 1)))
    assert trainer._checkpoints.load("trial-003").values["plan"]["hyperparameters"]["dropout"] == 0.3


def test_a_state_of_another_precision_is_left_and_the_training_begins_anew(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    trainer.run(Plan("moved", MILD, 1))
    state = trainer.learner.state()
    monkeypatch.setattr(trainer.learner, "_variables", trainer.learner._variables[:-1])
    monkeypatch.setattr(trainer.learner, "_first_values", state[:-1])
    assert len(trainer.run(Plan("moved", MILD, 1))) == 1
    assert "its state is of no use here, it begins anew" in caplog.text
