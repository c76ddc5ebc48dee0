"""A person at the page: opens it, assesses a lesion, and hears what the browser complains of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Response, Route

from tests.cad.server import Server

EXAMPLES = Path(__file__).resolve().parents[3] / "components/cad/web/examples"
MELANOMA, NEVUS = EXAMPLES / "melanoma.jpg", EXAMPLES / "nevus.jpg"

PREDICT = "**/v1/predict?*"

Change = Callable[[dict[str, Any]], None]


@dataclass
class Visitor:
    """A page of the service in a browser."""

    page: Page
    service: Server
    complaints: list[str] = field(default_factory=list)
    """Errors on the console, requests to elsewhere, files of the page that are missing."""
    chosen: Sequence[Path] = ()
    """The photos that were chosen last."""

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", lambda request: self._see(request.url))
        self.page.on("response", self._check)

    def open(self, view: str = "") -> Page:
        """Go to a part of the page, such as `records/ID`."""
        self.page.goto(f"{self.service.address}/#/{view}")
        return self.page

    def choose(self, *photos: Path, **patient: str) -> None:
        """Fill the form."""
        self.chosen = photos
        self.page.locator("#files").set_input_files(photos)
        for name, value in patient.items():
            tag = self.page.locator(f"#{name}")
            tag.select_option(value) if name in ("sex", "site") else tag.fill(value)

    def analyse(self) -> None:
        self.page.get_by_role("button", name="Analyse").click()

    def assess(self, *photos: Path, **patient: str) -> Page:
        """Choose photos, say what is known of the patient, and wait for the answer."""
        self.choose(*photos or [MELANOMA], **patient)
        self.analyse()
        self.page.locator("#outcome-title").wait_for()
        return self.page

    def change_answers(self, change: Change) -> None:
        """Let the service answer as if it had found something else in the photos that were chosen."""

        def changed(route: Route) -> None:
            # Asked from here: what Playwright tells of a request lacks the files.
            photos = [photo.read_bytes() for photo in self.chosen]
            answer = self.service.predict(*photos, query="?heatmaps=true").json()
            change(answer)
            route.fulfill(json=answer)

        self.page.route(PREDICT, changed)

    def _hear(self, said: ConsoleMessage) -> None:
        # What the service refuses is no fault of the page: tests ask for it.
        if said.type in ("error", "warning") and not said.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {said.text}")

    def _see(self, address: str) -> None:
        if not address.startswith((f"{self.service.address}/", "data:", "blob:")):
            self.complaints.append(f"request: {address}")

    def _check(self, response: Response) -> None:
        if response.status >= 400 and "/v1/" not in response.url:
            self.complaints.append(f"{response.status}: {response.url}")
