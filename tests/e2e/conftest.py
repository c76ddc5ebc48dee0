"""What the tests of the whole share: one run of the demo, and a browser to read its reports."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browsers import chromium
from tests.e2e.demo import Run, newest, run


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("runs")
    done = run(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(root, done.stdout, newest(root))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser
