"""A lesion is assessed on the page, in a real browser and by the real service."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from components.common.demographics import SEXES, SITES
from components.common.taxonomy import CLASS_NAMES, CLASSES
from tests.cad.pictures import dicom
from tests.cad.web.visitor import MELANOMA, NEVUS, PREDICT, Visitor
from tests.robustness.conftest import lesion

TRANSFER = """([kind, target, name, content]) => {
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: 'image/jpeg' }));
  const event = kind === 'paste'
    ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true })
    : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
  document.querySelector(target).dispatchEvent(event);
}"""


def bars(page: Page) -> dict[str, float]:
    """Of each class the share of the width that its bar has, from the top."""
    found = page.locator("#bars li").evaluate_all(
        "rows => rows.map(row => [row.dataset.class, row.querySelector('i').style.width])"
    )
    return {code: float(width.removesuffix("%")) / 100 for code, width in found}


def pixels(page: Page) -> str:
    """What the canvas shows."""
    return str(page.locator("#heatmap").evaluate("canvas => canvas.toDataURL()"))


def uncertain(answer: dict[str, Any]) -> None:
    answer["abstain"] = True


def unusual(answer: dict[str, Any]) -> None:
    answer["out_of_distribution"]["flag"] = True


def benign(answer: dict[str, Any]) -> None:
    answer["malignant"] = {"probability": 0.04, "threshold": 0.2, "decision": "benign"}


def malignant(answer: dict[str, Any]) -> None:
    answer["malignant"] = {"probability": 0.9, "threshold": 0.2, "decision": "malignant"}


def test_nine_probabilities_are_shown_by_full_name_the_most_likely_first_or_in_class_order(visitor: Visitor) -> None:
    page = visitor.open()
    with page.expect_response(PREDICT) as answered:
        visitor.assess()
    answer = answered.value.json()["probabilities"]
    shown = bars(page)
    assert shown == pytest.approx(answer, abs=1e-4)
    assert list(shown.values()) == sorted(shown.values(), reverse=True)
    for name in CLASS_NAMES.values():
        expect(page.locator("#bars")).to_contain_text(name)
    page.get_by_text("Class order").click()
    assert tuple(bars(page)) == CLASSES


@pytest.mark.parametrize(
    ("change", "title", "value"),
    [
        (malignant, "Malignant: above the threshold", "90.0"),
        (benign, "Benign: below the threshold", "4.0"),
        (uncertain, "Uncertain", None),
        (unusual, "Not like the training images", None),
    ],
)
def test_the_outcome_is_said_against_its_threshold_or_withheld(
    visitor: Visitor, change: Any, title: str, value: str | None
) -> None:
    visitor.change_answers(change)
    visitor.open()
    page = visitor.assess()
    expect(page.locator("#outcome-title")).to_have_text(title)
    expect(page.locator("#announcement")).to_contain_text(f"Result: {title}.")
    scale = page.get_by_role("img", name=re.compile("Probability that it is malignant"))
    if value:
        expect(scale).to_have_accessible_name(re.compile(rf"malignant: {value}.*threshold is 20\.0"))


@pytest.mark.parametrize(("kind", "target"), [("paste", "body"), ("drop", "#drop"), ("drop", "footer")])
def test_a_photo_is_taken_from_the_clipboard_and_from_a_drop(visitor: Visitor, kind: str, target: str) -> None:
    page = visitor.open()
    page.evaluate(TRANSFER, [kind, target, "mole.jpg", base64.b64encode(NEVUS.read_bytes()).decode()])
    expect(page.get_by_role("img", name="Photo 1")).to_be_visible()
    expect(page.locator("#photos")).to_contain_text("mole.jpg")


def test_an_example_can_be_tried_where_no_photo_is_at_hand(visitor: Visitor) -> None:
    page = visitor.open()
    page.get_by_role("button", name="like a nevus").click()
    expect(page.get_by_role("img", name="Photo 1")).to_be_visible()
    visitor.analyse()
    expect(page.locator("#bars li")).to_have_count(len(CLASSES))


def test_several_photos_are_averaged_shown_and_taken_away(visitor: Visitor) -> None:
    page = visitor.open()
    visitor.assess(MELANOMA, NEVUS)
    expect(page.get_by_text("2, averaged")).to_be_visible()
    first = pixels(page)
    page.get_by_role("radio", name="Photo 2").check(force=True)
    expect(page.locator("#heatmap")).to_have_accessible_name(re.compile("over photo 2"))
    assert pixels(page) != first
    page.get_by_role("button", name="Remove photo 1, melanoma.jpg").click()
    expect(page.locator("#photos li")).to_have_count(1)
    expect(page.get_by_text("have been changed since")).to_be_visible()


def test_the_slider_fades_the_map_to_the_photo_and_each_class_has_a_map_of_its_own(visitor: Visitor) -> None:
    page = visitor.open()
    visitor.change_answers(
        lambda answer: answer["heatmaps"][0]["classes"].update(MEL=[[1, 0], [0, 0]], NV=[[0, 0], [0, 1]])
    )
    visitor.assess()
    page.locator("#map-class").select_option("MEL")
    expect(page.locator("#where")).to_have_text("What speaks most for melanoma: upper left.")
    melanoma = pixels(page)
    page.locator("#map-class").select_option("NV")
    nevus = pixels(page)
    page.locator("#opacity").fill("0")
    photo = pixels(page)
    page.locator("#map-class").select_option("MEL")
    assert pixels(page) == photo
    assert len({melanoma, nevus, photo}) == 3


def test_a_class_for_which_nothing_speaks_says_so(visitor: Visitor) -> None:
    page = visitor.open()
    visitor.change_answers(lambda answer: answer["heatmaps"][0]["classes"].update(DF=[[-1, -2], [-1, -1]]))
    visitor.assess()
    page.locator("#map-class").select_option("DF")
    expect(page.locator("#where")).to_have_text("Nothing in the photo speaks for dermatofibroma.")


def test_each_members_view_stands_beside_the_others(visitor: Visitor) -> None:
    page = visitor.open()
    with page.expect_response(PREDICT) as answered:
        visitor.assess()
    table = page.get_by_role("table", name=re.compile("Probabilities by member"))
    for member in answered.value.json()["members"]:
        expect(table.get_by_role("columnheader", name=member["name"])).to_be_visible()
    expect(table.get_by_role("row")).to_have_count(1 + len(CLASSES))


def test_what_is_wrong_with_a_photo_is_said_of_that_photo(visitor: Visitor) -> None:
    flaw = {"image": 1, "code": "blurred", "message": "The picture seems out of focus."}
    visitor.change_answers(lambda answer: answer.update(quality=[flaw]))
    visitor.open()
    page = visitor.assess(MELANOMA, NEVUS)
    expect(page.locator("[data-code=blurred]")).to_have_text("Photo 2: The picture seems out of focus.")


def test_the_patient_is_sent_as_far_as_known(visitor: Visitor) -> None:
    page = visitor.open()
    expect(page.locator("#sex option")).to_have_text(["unknown", *SEXES])
    expect(page.locator("#site option")).to_have_text(["unknown", *SITES])
    with page.expect_response(PREDICT) as answered:
        visitor.assess(age="61", site="torso")
    assert answered.value.json()["demographics"] == {"age": 61, "sex": None, "site": "torso"}
    page.locator("#age").fill("50")
    expect(page.get_by_text("have been changed since")).to_be_visible()


def test_what_a_dicom_file_says_of_the_patient_fills_empty_fields_and_can_be_taken_back(
    visitor: Visitor, tmp_path: Path
) -> None:
    file = tmp_path / "mole.dcm"
    file.write_bytes(dicom(lesion(1), PatientAge="061Y", PatientSex="F", BodyPartExamined="BACK"))
    page = visitor.open()
    visitor.choose(file, site="head/neck")
    expect(page.locator("#photos .frame")).to_have_text("DICOM")
    visitor.analyse()
    expect(page.locator("#found")).to_have_text("From the file: age 61, sex female.")
    assert page.locator("#site").input_value() == "head/neck"
    expect(page.locator("#where")).not_to_contain_text("cannot be shown")
    page.locator("#age").fill("")
    with page.expect_response(PREDICT) as answered:
        visitor.analyse()
    assert answered.value.json()["demographics"] == {"age": None, "sex": "female", "site": "head/neck"}


def test_without_a_photo_or_with_an_impossible_age_nothing_is_sent(visitor: Visitor) -> None:
    page = visitor.open()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    visitor.analyse()
    expect(page.get_by_role("alert")).to_contain_text("There is no photo yet")
    visitor.choose(MELANOMA, age="130")
    visitor.analyse()
    expect(page.get_by_role("alert")).to_contain_text("from 0 to 120")
    expect(page.locator("#age")).to_be_focused()
    assert not [address for address in sent if "predict" in address]


def test_a_file_that_is_no_photo_is_refused_in_words_and_the_others_stay(visitor: Visitor, tmp_path: Path) -> None:
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear colleague")
    page = visitor.open()
    visitor.choose(letter, age="61")
    expect(page.locator("#photos")).to_contain_text("no preview")
    visitor.analyse()
    expect(page.get_by_role("alert")).to_contain_text("not_an_image")
    assert page.locator("#age").input_value() == "61"
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (
            {
                "status": 429,
                "headers": {"Retry-After": "7"},
                "body": json.dumps({"title": "Too many requests at once"}),
            },
            "7 s",
        ),
        ({"status": 502, "body": "<h1>Bad gateway</h1>"}, "The service answered 502"),
        (None, "The service cannot be reached"),
    ],
)
def test_after_a_failure_nothing_is_lost_and_another_try_succeeds(
    visitor: Visitor, failure: dict[str, Any] | None, said: str
) -> None:
    page = visitor.open()

    def fail(route: Route) -> None:
        route.fulfill(**failure) if failure else route.abort()

    page.route(PREDICT, fail, times=1)
    visitor.choose(MELANOMA, NEVUS, age="61")
    visitor.analyse()
    expect(page.get_by_role("alert")).to_contain_text(said)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#bars li")).to_have_count(len(CLASSES))
    expect(page.get_by_text("2, averaged")).to_be_visible()
    expect(page.locator("#fault")).to_be_hidden()


def test_a_request_can_be_cancelled(visitor: Visitor) -> None:
    page = visitor.open()
    page.route(PREDICT, lambda route: None)
    visitor.choose(MELANOMA)
    visitor.analyse()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#progress")).to_be_hidden()
    expect(page.locator("#photos li")).to_have_count(1)


def test_a_token_is_asked_for_where_the_service_wants_one(visitor: Visitor) -> None:
    page = visitor.open()

    def guard(route: Route) -> None:
        if route.request.headers.get("authorization") == "Bearer sesame":
            route.continue_()
        else:
            route.fulfill(status=401, body=json.dumps({"title": "Who you are is not known"}))

    page.route(PREDICT, guard)
    visitor.choose(MELANOMA)
    visitor.analyse()
    page.get_by_label("Bearer token").fill("sesame")
    page.get_by_role("button", name="Use it").click()
    expect(page.locator("#bars li")).to_have_count(len(CLASSES))


def test_all_can_be_done_with_the_keyboard(visitor: Visitor) -> None:
    page = visitor.open()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_role("button", name="like a melanoma").press("Enter")
    page.locator("#age").focus()
    page.keyboard.type("61")
    page.keyboard.press("Enter")
    expect(page.locator("#bars li")).to_have_count(len(CLASSES))
    page.get_by_role("radio", name="Most likely first").press("ArrowRight")
    assert tuple(bars(page)) == CLASSES
    page.locator("#opacity").press("ArrowLeft")
    assert page.locator("#opacity").input_value() == "55"
