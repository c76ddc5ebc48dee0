"""Every part of the page, by day and by night, on a phone and on a desktop: nothing cut off, nobody kept out."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cad.server import Server
from tests.cad.web.axe import violations
from tests.cad.web.visitor import MELANOMA, NEVUS, Visitor

PHONE, DESKTOP = 360, 1280

_LOOK = """() => {
  const colours = getComputedStyle(document.body);
  const sum = colour => colour.match(/\\d+/g).slice(0, 3).reduce((total, one) => total + Number(one), 0);
  const root = document.documentElement;
  return { dark: sum(colours.color) > sum(colours.backgroundColor), overflow: root.scrollWidth - root.clientWidth };
}"""


@dataclass(frozen=True)
class Screen:
    """How a person looks at the page."""

    width: int
    scheme: Literal["light", "dark"]


SCREENS = [Screen(PHONE, "light"), Screen(PHONE, "dark"), Screen(DESKTOP, "light"), Screen(DESKTOP, "dark")]
AUDITED = [SCREENS[0], SCREENS[3]]
"""Colours and layout both change; axe takes its time."""


@pytest.fixture(scope="module")
def assessed(browser: Browser, service: Server) -> Any:
    """A visitor who has an answer of which all is said at once: withheld, of two photos, one of them flawed."""
    with browser.new_context() as context:
        visitor = Visitor(context.new_page(), service)
        flaw = {"image": 1, "code": "blurred", "message": "The picture seems out of focus."}
        visitor.change_answers(lambda answer: answer.update(quality=[flaw], abstain=True))
        visitor.open()
        visitor.assess(MELANOMA, NEVUS)
        yield visitor
        assert visitor.complaints == []


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen.width} {screen.scheme}")
@pytest.mark.parametrize("view", ["", "model", "records", "drift"])
def test_a_part_fits_the_screen_in_the_colours_asked_for(assessed: Visitor, view: str, screen: Screen) -> None:
    look_at(assessed.page, view, screen)
    assert assessed.page.evaluate(_LOOK) == {"dark": screen.scheme == "dark", "overflow": 0}


@pytest.mark.parametrize("screen", AUDITED, ids=lambda screen: f"{screen.width} {screen.scheme}")
@pytest.mark.parametrize("view", ["", "model", "records", "drift"])
def test_axe_finds_no_violation(assessed: Visitor, view: str, screen: Screen) -> None:
    look_at(assessed.page, view, screen)
    assert violations(assessed.page) == []


def look_at(page: Page, view: str, screen: Screen) -> None:
    """Show a part, and wait until it has its content."""
    page.set_viewport_size({"width": screen.width, "height": 800})
    page.emulate_media(color_scheme=screen.scheme, reduced_motion="reduce")
    page.evaluate("view => { location.hash = `#/${view}` }", view)
    expect(page.locator(".view:visible [aria-busy=true]")).to_have_count(0)


@pytest.mark.parametrize("screen", AUDITED, ids=lambda screen: f"{screen.width} {screen.scheme}")
def test_the_page_for_programs_is_no_worse(visitor: Visitor, screen: Screen) -> None:
    page = visitor.page
    page.set_viewport_size({"width": screen.width, "height": 800})
    page.emulate_media(color_scheme=screen.scheme)
    page.goto(f"{visitor.service.address}/docs")
    assert page.evaluate(_LOOK) == {"dark": screen.scheme == "dark", "overflow": 0}
    assert violations(page) == []


def test_the_colours_that_were_chosen_stay(visitor: Visitor) -> None:
    page = visitor.open()
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Switch to dark colours").click()
    assert page.evaluate(_LOOK)["dark"]
    page.reload()
    assert page.evaluate(_LOOK)["dark"]
    page.get_by_role("button", name="Switch to light colours").click()
    assert not page.evaluate(_LOOK)["dark"]


def test_the_page_says_that_it_does_not_replace_a_diagnosis_and_what_unk_means(visitor: Visitor) -> None:
    page = visitor.open()
    expect(page.get_by_text("Supports a diagnosis, and does not replace one.")).to_be_visible()
    expect(page.locator("footer")).to_contain_text("UNK mostly means “from the 2020 data, benign, not specified”")
