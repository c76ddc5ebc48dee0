"""The service with its page, and a person who visits it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from components.cad.service import CARD_FILE
from components.cad.settings import CadSettings
from components.cad.sources import FolderSource, Release
from components.common.histograms import histograms
from components.common.reference import REFERENCE_FILE, Reference, write_reference
from tests.browsers import chromium
from tests.cad.conftest import write_served
from tests.cad.server import Server, serving
from tests.cad.web.visitor import Visitor

CARD = """# Skin-lesion classifier

## Figures on test, with 95 % intervals

| figure | 221 images |
| --- | --- |
| macro AUC | 0.872 (0.83 to 0.90) |
"""
FIGURES = {
    "test_macro_auc": 0.872,
    "test_macro_auc_low": 0.83,
    "test_macro_auc_high": 0.9,
    "mean_corruption_error": 0.7,
}

SEEN = {"age": [42, 67, None] * 20, "sex": ["female", "male", None] * 20, "predicted_class": ["NV", "MEL", "UNK"] * 20}


class JudgedSource(FolderSource):
    """A folder whose model has figures, as one from a registry has."""

    def current(self) -> Release:
        return replace(super().current(), figures=FIGURES)


_PATIENCE = 60_000  # milliseconds: the machine may be busy, and what is waited for comes at once where it is not


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=_PATIENCE)
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def service(settings: CadSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Its model has a card, figures and a reference; its records are the page's own."""
    folder: Path = write_served(tmp_path_factory.mktemp("page") / "model")
    (folder / CARD_FILE).write_text(CARD, encoding="utf-8")
    write_reference(folder / REFERENCE_FILE, Reference(histograms(SEEN, {})))
    records = f"sqlite:///{folder.parent}/records.db"
    with serving(JudgedSource(folder, "skin"), replace(settings, records=records)) as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, service: Server) -> Iterator[Visitor]:
    """On a desktop; the browser must not have complained."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(_PATIENCE)
        visitor = Visitor(context.new_page(), service)
        yield visitor
        assert visitor.complaints == []
