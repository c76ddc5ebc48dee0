"""The collection of the out-of-distribution scores."""

import numpy as np
import pytest

from components.common import demographics
from components.robustness.batches import shrunk
from components.robustness.inputs import Inputs
from components.robustness.novelty import Novelty, ask_of_non_lesions
from components.robustness.tally import conditions


def test_the_model_is_asked_of_every_picture_that_is_of_no_lesion(inputs: Inputs) -> None:
    strangers, unknown = ask_of_non_lesions(inputs.model), demographics.encode(None, None, None)[None]
    for one in (strangers[0], strangers[-1]):
        alone = inputs.model.answer(shrunk([one.shown.picture], inputs.model.crops), unknown).out_of_distribution[0]
        assert one.score == pytest.approx(alone, rel=1e-5)
    assert len({one.score for one in strangers}) == len(strangers)


def test_scores_come_sorted_by_the_images_names_whatever_the_batches() -> None:
    novelty, steps = Novelty([]), list(conditions())
    for names, scores in ((["c", "a"], [3.0, 1.0]), (["b"], [2.0])):
        for number, condition in enumerate(steps):
            novelty.add(condition, names, np.array(scores, np.float32) + number)
    names, found = novelty.scores()
    assert names == ["a", "b", "c"]
    for number, condition in enumerate(steps):
        assert found[condition].tolist() == [1.0 + number, 2.0 + number, 3.0 + number]
