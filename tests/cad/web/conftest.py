"""The service with its page, and a person who visits it."""

import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser

from components.cad.app import create_app
from components.cad.champion import FolderSource
from components.cad.service import CARD_FILE
from components.cad.settings import CadSettings
from tests.browsers import chromium
from tests.cad.web.visitor import Visitor

CARD = """# Skin-lesion classifier

## Figures on test, with 95 % intervals

| figure | 221 images |
| --- | --- |
| macro AUC | 0.872 (0.83 to 0.90) |
"""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def site(model: Path, settings: CadSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the service, which listens on a port of this machine; its model has a card."""
    folder = tmp_path_factory.mktemp("page") / "model"
    shutil.copytree(model, folder)
    (folder / CARD_FILE).write_text(CARD, encoding="utf-8")
    records = f"sqlite:///{folder.parent}/records.db"
    app = create_app(FolderSource(folder, "skin"), replace(settings, records=records))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, proxy_headers=False))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


@pytest.fixture
def visitor(browser: Browser, site: str) -> Iterator[Visitor]:
    """On a desktop; fails the test where the browser complained."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(5000)
        visitor = Visitor(context.new_page(), site)
        yield visitor
        assert visitor.complaints == []
