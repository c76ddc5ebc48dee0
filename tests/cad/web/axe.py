"""Looks for what keeps people out of a page: axe-core, as axe-playwright-python carries it.

https://github.com/dequelabs/axe-core
"""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Each rule of WCAG 2.2 AA, and of good practice, that the page breaks, with the first element that does."""
    # Evaluated from outside: the page's policy lets no foreign script in. Its value is too large to be given back.
    page.evaluate(f"{AXE_SCRIPT}\n;null")
    found = page.evaluate("rules => axe.run({ runOnly: rules, resultTypes: ['violations'] })", _RULES)
    return [
        f"{one['id']}: {one['nodes'][0]['html']}, {one['nodes'][0]['failureSummary']}" for one in found["violations"]
    ]
