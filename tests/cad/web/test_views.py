"""The pages beside the first: the model, the records, drift."""

import re

import pytest
from playwright.sync_api import expect

from components.common.taxonomy import CLASS_NAMES
from tests.cad.web.visitor import Visitor


@pytest.mark.parametrize(
    ("link", "heading"),
    [("Model", "About the model"), ("Records", "Records"), ("Drift", "Drift"), ("Assess", "Assess a lesion")],
)
def test_a_page_is_reached_by_its_link_and_takes_the_focus(visitor: Visitor, link: str, heading: str) -> None:
    page = visitor.open("drift" if link != "Drift" else "")
    page.get_by_role("navigation").get_by_role("link", name=link).click()
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_focused()
    expect(page).to_have_title(re.compile(heading))
    expect(page.get_by_role("navigation").locator("[aria-current=page]")).to_have_text(link)


def test_photos_and_answer_are_still_there_after_a_look_at_the_model(visitor: Visitor) -> None:
    visitor.open()
    page = visitor.assess()
    page.get_by_role("link", name="Model").click()
    page.get_by_role("link", name="Assess").click()
    expect(page.locator("#photos li")).to_have_count(1)
    expect(page.locator("#outcome-title")).to_be_visible()


def test_the_model_says_what_it_is(visitor: Visitor) -> None:
    model = visitor.service.get("/v1/model").json()
    page = visitor.open("model")
    for fact in (model["name"], model["version"], model["digest"]):
        expect(page.locator("#model .facts")).to_contain_text(fact)
    page.get_by_text("The nine diagnoses").click()
    for name in CLASS_NAMES.values():
        expect(page.get_by_role("rowheader", name=name, exact=True)).to_be_visible()


def test_a_model_that_took_over_meanwhile_is_shown(visitor: Visitor) -> None:
    page = visitor.open("model")
    expect(page.locator("#model .facts")).to_be_visible()
    later = {**visitor.service.get("/v1/model").json(), "version": "a later one"}
    page.route("**/v1/model", lambda route: route.fulfill(json=later))
    page.get_by_role("link", name="Records").click()
    page.get_by_role("link", name="Model").click()
    expect(page.locator("#model .facts")).to_contain_text("a later one")


def test_the_card_of_the_model_is_shown(visitor: Visitor) -> None:
    page = visitor.open("model")
    card = page.get_by_role("article", name="Model card")
    expect(card.get_by_role("heading", name="Skin-lesion classifier")).to_be_visible()
    expect(card.get_by_role("cell", name="0.872 (0.83 to 0.90)")).to_be_visible()


def test_figures_of_the_model_stand_with_their_intervals(visitor: Visitor) -> None:
    page = visitor.open("model")
    page.get_by_text("All figures that the registry keeps").click()
    row = page.get_by_role("row", name="test macro auc")
    expect(row.get_by_role("cell")).to_have_text(["0.872", "0.830 to 0.900"])
    expect(page.get_by_role("row", name="mean corruption error")).to_be_visible()


def test_what_histology_says_is_added_to_a_record(visitor: Visitor) -> None:
    page = visitor.open()
    visitor.assess(age="61")
    page.get_by_role("link", name="Open the record").click()
    expect(page.locator("#record .facts")).to_contain_text("age 61, sex unknown, site unknown")
    page.locator("#record").get_by_label("Diagnosis").select_option(label="melanoma")
    page.get_by_label("Note").fill("<b>Breslow</b> 0.4 mm")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    found = page.get_by_role("table", name="Found later; the last counts")
    expect(found.get_by_role("row").nth(1)).to_contain_text("melanomahistology<b>Breslow</b> 0.4 mm")
    latest = page.get_by_role("table", name="Latest first").get_by_role("row").nth(1)
    expect(latest.get_by_role("cell").last).to_have_text("melanoma")


def test_a_record_is_looked_up_by_its_request_id(visitor: Visitor) -> None:
    visitor.open()
    page = visitor.assess()
    request_id = page.locator("#result .facts code").first.inner_text()
    visitor.open("records")
    page.get_by_label("Request id").fill(request_id)
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("heading", name=f"Record {request_id}")).to_be_visible()


def test_a_record_that_is_not_there_is_said_to_be_missing(visitor: Visitor) -> None:
    page = visitor.open("records/%3Cimg%3E")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#record img")).to_have_count(0)


def test_drift_shows_each_distribution_and_what_is_known_of_the_answers(visitor: Visitor) -> None:
    visitor.open()
    page = visitor.assess()
    visitor.open("drift")
    row = page.get_by_role("table").first.get_by_role("row", name="sex")
    expect(row.get_by_role("cell").first).to_have_text(re.compile("stable|within chance|moderate|major"))
    sexes = page.locator(".tiles > li").filter(has=page.get_by_role("heading", name="sex"))
    expect(sexes.get_by_role("img").first).to_have_accessible_name(re.compile("%, reference 33.3"))
    expect(page.get_by_role("heading", name="How good the answers were")).to_be_visible()
