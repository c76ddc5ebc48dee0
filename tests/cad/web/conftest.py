"""The service with its page, and a person who visits it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browsers import chromium
from tests.cad.web.visitor import Visitor


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def site() -> str:
    return "http://127.0.0.1:8765/"


@pytest.fixture
def visitor(browser: Browser, site: str) -> Iterator[Visitor]:
    """On a desktop; fails the test where the browser complained."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(5000)
        visitor = Visitor(context.new_page(), site)
        yield visitor
        assert visitor.complaints == []
