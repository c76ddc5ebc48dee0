"""What the tests of the whole share: one run of the demo, and a browser to read its reports."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.demo import Run, newest, run


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("runs")
    done = run(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(root, done.stdout, newest(root))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window; skipped where there is none, unless `REQUIRE_BROWSER` is set."""
    chromium = shutil.which("chromium")
    if not chromium:
        lack = pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip
        lack("no chromium on the PATH: `make browser` installs it on Debian")
    with sync_playwright() as playwright:
        # In a process of its own the frame would be as sandboxed as in ours, but Playwright would not see its requests.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--disable-site-isolation-trials"])
        yield browser
        browser.close()
