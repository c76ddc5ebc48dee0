"""The fitted ensemble, and what is judged of it and the members."""

import numpy as np

from components.common.bootstrap import estimate
from components.evaluate.evaluation import Evaluation
from tests.evaluate.conftest import Inputs, read


def test_members_and_both_ensembles_are_judged_on_every_split(evaluation: Evaluation) -> None:
    models = ["b0", "b1", "b2", "ensemble (rank)", "ensemble (probability)"]
    assert evaluation.judgement.models == models
    assert set(evaluation.judgement.rounds) == {(m, s) for m in models for s in ("train", "validation", "test")}
    assert evaluation.name == "ensemble (rank)"
    assert evaluation.others == ["b0", "b1", "b2", "ensemble (probability)"]


def test_every_model_reaches_the_sensitivity_on_validation_at_its_own_threshold(evaluation: Evaluation) -> None:
    judgement = evaluation.judgement
    assert all(judgement.of_data(model, "validation")["malignant_sensitivity"] >= 0.9 for model in judgement.models)


def test_the_predictions_are_of_validation_and_test_and_sum_to_one(evaluation: Evaluation) -> None:
    predictions = evaluation.predictions
    assert predictions["split"].value_counts().to_dict() == {"validation": 180, "test": 180}
    assert predictions.filter(like="p_").sum(axis=1).sub(1).abs().max() < 1e-9
    assert predictions["group"].notna().all()


def test_abstention_and_subgroups_are_those_of_the_ensemble_on_test(inputs: Inputs, evaluation: Evaluation) -> None:
    test = read(inputs)["test"]
    predicted = evaluation.ensemble.predict(test.probabilities)
    answered = predicted.max(axis=1) >= evaluation.ensemble.abstain_threshold
    right = predicted.argmax(axis=1) == test.labels
    np.testing.assert_allclose(estimate(evaluation.abstention["abstained"]).value, 1 - answered.mean())
    np.testing.assert_allclose(estimate(evaluation.abstention["answered_accuracy"]).value, right[answered].mean())
    sexes = [one for one in evaluation.subgroups if one.attribute == "sex"]
    assert sum(one.images for one in sexes) == 180
    assert {one.attribute for one in evaluation.subgroups} > {"age", "site", "source"}


def test_the_largest_gap_of_each_figure_is_kept(evaluation: Evaluation) -> None:
    assert set(evaluation.gaps) == {"sensitivity", "specificity", "auc"}
    assert all(gap.estimate.value >= 0 for gap in evaluation.gaps.values())
