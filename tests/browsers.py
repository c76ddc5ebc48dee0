"""The browser in which tests look at pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium, without a window; the test is skipped where there is none, unless `REQUIRE_BROWSER` is set."""
    found = shutil.which("chromium")
    if not found:
        lack = pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip
        lack("no chromium on the PATH: `make browser` installs it on Debian")
    with sync_playwright() as playwright:
        # In a process of its own a sandboxed frame would be as sandboxed as in ours, but Playwright would not see its
        # requests.
        browser = playwright.chromium.launch(executable_path=found, args=["--disable-site-isolation-trials"])
        yield browser
        browser.close()
