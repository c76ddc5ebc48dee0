"""The look at reports in Chromium finds what is wrong with a page."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.reader import PHONE, View, faults

SOUND = """<!doctype html><meta charset="utf-8"><title>Report</title>
<style>:root { color-scheme: light dark } body { color: CanvasText; background: Canvas }</style>
<h1>Report</h1><table><tr><td>1</td></tr></table>"""


def test_a_sound_page_has_no_fault(browser: Browser) -> None:
    assert faults(browser, SOUND) == []


@pytest.mark.parametrize(
    ("added", "fault"),
    [
        ("<img src='https://example.org/a.png' alt='a'>", "request: https://example.org/a.png"),
        ("<link rel='stylesheet' href='https://example.org/a.css'>", "request: https://example.org/a.css"),
        ("<script>fetch('https://example.org/a.json')</script>", "request: https://example.org/a.json"),
        ("<img src='data:image/png;base64,AAAA' alt='a'>", "broken pictures: ['a']"),
        ("<script>throw new Error('no')</script>", "error: no"),
        ("<script>console.error('no')</script>", "console: no"),
        ("<script>localStorage.length</script>", "error: Failed to read the 'localStorage' property"),
        ("<div style='width: 500px'>wide</div>", "px wider than the frame"),
        ("<style>body { color: black; background: white }</style>", "not in the colours asked for"),
        ("<style>table { display: none }</style>", "no table and no picture"),
        ("<style>h1 { display: none }</style>", "the title 'Report' is not the heading []"),
    ],
)
def test_what_is_wrong_with_a_page_is_found(browser: Browser, added: str, fault: str) -> None:
    assert fault in "\n".join(faults(browser, SOUND + added, [View(PHONE, "dark")]))
