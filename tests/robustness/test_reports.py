"""The page of the stage."""

import re

from components.robustness.corruptions import CORRUPTIONS
from components.robustness.explaining import SHOWN
from components.robustness.non_lesions import non_lesions
from tests.robustness.conftest import MEMBERS, SIDE, Done


def test_the_report_names_every_corruption_and_model_and_shows_pictures_and_curves(done: Done) -> None:
    page = (done.out / "report").read_text()
    for words in (*(corruption.name for corruption in CORRUPTIONS), *MEMBERS, "never", "milliseconds", "passed"):
        assert words in page
    assert page.count("data:image/svg+xml") == 4
    explained = len(re.findall(r"<figcaption>ISIC_\d+: ", page))
    assert explained > SHOWN
    things = len({one.name for one in non_lesions(SIDE)})
    # The clean one is in each family.
    assert page.count("data:image/jpeg") == 3 * len(CORRUPTIONS) + 3 + 3 * explained + things


def test_the_summary_comes_first_and_says_how_many_images_and_how_large_the_error(done: Done) -> None:
    summary = re.search('<p class="summary">(.*?)</p>', (done.out / "report").read_text(), re.DOTALL)
    assert summary
    assert summary[1].startswith("20 of 20 test images, each spoiled in 24 ways at 5 severities")
    assert f"{done.metrics()['mean_corruption_error']:.3f} (" in summary[1]


def test_the_report_asks_for_nothing_outside_of_it(done: Done) -> None:
    assert re.findall(r"<script|<link|<iframe|(?:src|href)=\"(?!data:)", (done.out / "report").read_text()) == []
