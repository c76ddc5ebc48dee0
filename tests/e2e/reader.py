"""Reads a report as the pipeline UI shows it: in a sandboxed frame, where scripts may run and nothing else may.

https://github.com/kubeflow/pipelines/blob/master/frontend/src/components/viewers/HTMLViewer.tsx
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Page


@dataclass(frozen=True)
class View:
    """How a person looks at a page: the width of the frame in pixels, and the colours asked for."""

    width: int
    scheme: Literal["light", "dark"]


PHONE, DESKTOP = 390, 1280

VIEWS = [View(PHONE, "light"), View(PHONE, "dark"), View(DESKTOP, "dark"), View(DESKTOP, "light")]

_HEIGHT = 800

_FRAME = """html => new Promise(done => {
  document.body.style.margin = 0;
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.style = 'border: 0; display: block; width: 100%; height: 100vh';
  frame.onload = done;
  frame.srcdoc = html;
  document.body.append(frame);
})"""

# With all that is folded laid open; pictures decode beside the page's load event.
_LOOK = """async () => {
  document.querySelectorAll('details').forEach(details => details.open = true);
  const pictures = [...document.images];
  await Promise.all(pictures.map(picture => picture.decode().catch(() => {})));
  const shown = element => element.checkVisibility() && element.getBoundingClientRect().height > 0;
  const page = document.documentElement;
  const colours = getComputedStyle(document.body);
  return {
    isolated: window.origin === 'null',
    title: document.title,
    headings: [...document.querySelectorAll('h1')].filter(shown).map(heading => heading.innerText),
    shown: [...document.querySelectorAll('table, img')].filter(shown).length,
    broken: pictures.filter(picture => !picture.naturalWidth).map(picture => picture.alt),
    overflow: page.scrollWidth - page.clientWidth,
    ink: colours.color.match(/\\d+/g).map(Number),
    paper: colours.backgroundColor.match(/\\d+/g).map(Number),
  };
}"""


def faults(browser: Browser, html: str, views: Sequence[View] = VIEWS) -> list[str]:
    """Open a page once, without network, look at it in several ways, and say what is wrong: nothing, if all is well."""
    with browser.new_context(offline=True, viewport={"width": PHONE, "height": _HEIGHT}) as context:
        page = context.new_page()
        heard = _listen(page)
        page.evaluate(_FRAME, html)
        seen = [fault for view in views for fault in _look(page, view)]
        return seen + heard


def _listen(page: Page) -> list[str]:
    """The list to which errors and requests of the page are added as they come; data addresses are no requests."""
    heard: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            heard.append(f"console: {said.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.on("request", lambda request: heard.append(f"request: {request.url}"))
    return heard


def _look(page: Page, view: View) -> list[str]:
    page.set_viewport_size({"width": view.width, "height": _HEIGHT})
    page.emulate_media(color_scheme=view.scheme)
    found: dict[str, Any] = page.frames[1].evaluate(_LOOK)
    title, headings, broken, overflow = (found[name] for name in ("title", "headings", "broken", "overflow"))
    dark = sum(found["ink"][:3]) > sum(found["paper"][:3])
    wrong = {
        "the frame is not sandboxed": not found["isolated"],
        f"the title {title!r} is not the heading {headings}": not title or headings != [title],
        "no table and no picture": not found["shown"],
        f"broken pictures: {broken}": broken,
        f"{overflow} px wider than the frame": overflow > 0,
        "not in the colours asked for": dark != (view.scheme == "dark"),
    }
    return [f"{view}: {fault}" for fault, present in wrong.items() if present]
