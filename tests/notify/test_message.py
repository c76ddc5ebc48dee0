"""The message says what a person needs first, and mentions nobody by accident."""

import pytest

from components.notify.ending import CANCELED, ENDED, FAILED, SUCCEEDED, Ending, Failure
from components.notify.message import duration, message


def text(ending: Ending, ui: str = "") -> str:
    return message(ending, pipeline="paper", run_name="nightly 7", run_id="12-34", ui=ui)


def test_a_good_run_takes_one_line() -> None:
    assert text(Ending(SUCCEEDED, seconds=7_500)) == ":white_check_mark: *nightly 7* (paper) succeeded after 2 h 5 min"


def test_a_failed_run_names_its_tasks_and_their_errors() -> None:
    ending = Ending(FAILED, (Failure("train EfficientNetB5", "DataError: no\nimages"), Failure("convert")))
    assert text(ending).splitlines() == [
        ":x: *nightly 7* (paper) failed",
        "• `train EfficientNetB5`: DataError: no images",
        "• `convert`: its log says why",
    ]


def test_the_name_links_to_the_run_where_kfps_pages_are_known() -> None:
    line = text(Ending(CANCELED), ui="https://kubeflow.example.org/pipeline/")
    assert "*<https://kubeflow.example.org/pipeline/#/runs/details/12-34|nightly 7>* (paper) was canceled" in line


def test_a_state_that_is_not_known_is_not_called_good() -> None:
    assert text(Ending(ENDED)) == ":grey_question: *nightly 7* (paper) ended"


def test_an_error_can_mention_nobody_and_link_nowhere() -> None:
    ending = Ending(FAILED, (Failure("x", "<!channel> & <https://bad.example|click>"),))
    assert "&lt;!channel&gt; &amp; &lt;https://bad.example|click&gt;" in text(ending)


def test_long_errors_and_long_lists_are_cut() -> None:
    ending = Ending(FAILED, [Failure(f"task {number}", "long " * 1000) for number in range(9)])
    lines = text(ending).splitlines()
    assert len(lines) == 7
    assert lines[-1] == "• and 4 more"
    assert all(len(line) < 450 for line in lines)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(12.4, "12 s"), (60, "1 min"), (3_599, "59 min"), (3_600, "1 h 0 min"), (200_000, "2 d 7 h"), (-1, "0 s")],
)
def test_durations_are_said_as_people_do(seconds: float, said: str) -> None:
    assert duration(seconds) == said
