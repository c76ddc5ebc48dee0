"""Looks for what keeps people out of a page: axe-core 4.14.1 (MPL-2.0), `axe.min.js` of the npm package, compressed.

https://github.com/dequelabs/axe-core
"""

import gzip
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Each rule of WCAG 2.2 AA, and of good practice, that the page breaks, with the first element that does."""
    page.evaluate(_source())
    found = page.evaluate("rules => axe.run({ runOnly: rules, resultTypes: ['violations'] })", _RULES)
    return [
        f"{one['id']}: {one['nodes'][0]['html']}, {one['nodes'][0]['failureSummary']}" for one in found["violations"]
    ]


@cache
def _source() -> str:
    # Evaluated from outside: the policy of the page lets no foreign script in. Its value is too large to be given back.
    return gzip.decompress(Path(__file__).with_name("axe.min.js.gz").read_bytes()).decode() + "\n;null"
