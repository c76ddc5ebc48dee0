"""The figures of all models, and which of them become metrics."""

import pytest

from components.common.member import read_member
from components.evaluate.evaluation import Evaluation, evaluate
from components.evaluate.inputs import read_splits
from components.evaluate.tables import markdown, table_1
from tests.evaluate.conftest import Inputs


@pytest.fixture
def evaluation(inputs: Inputs) -> Evaluation:
    members = [read_member(folder) for folder in inputs.members]
    splits = read_splits(inputs.manifest, members, inputs.predictions)
    return evaluate(members, splits, method="rank", minimum_sensitivity=0.9, fingerprint="abc")


def test_members_and_both_ensembles_are_judged_on_every_split(evaluation: Evaluation) -> None:
    models = ["b0", "b1", "b2", "ensemble (rank)", "ensemble (probability)"]
    assert set(evaluation.figures.index) == {(m, s) for m in models for s in ("train", "validation", "test")}


def test_every_model_reaches_the_sensitivity_on_validation_at_its_own_threshold(evaluation: Evaluation) -> None:
    assert (evaluation.figures["malignant_sensitivity"].xs("validation", level="split") >= 0.9).all()


def test_the_predictions_are_of_validation_and_test_and_sum_to_one(evaluation: Evaluation) -> None:
    predictions = evaluation.predictions
    assert predictions["split"].value_counts().to_dict() == {"validation": 180, "test": 180}
    assert predictions.filter(like="p_").sum(axis=1).sub(1).abs().max() < 1e-9
    assert predictions["group"].notna().all()


def test_table_1_reads_as_plain_text_too(inputs: Inputs, evaluation: Evaluation) -> None:
    table = table_1([read_member(folder) for folder in inputs.members], evaluation)
    lines = markdown(table).splitlines()
    assert len({len(line) for line in lines}) == 1
    accuracy = evaluation.figures.loc[("b1", "test"), "accuracy"]
    assert f"{100 * accuracy:.1f} %" in lines[3]
