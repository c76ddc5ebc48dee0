"""HTML reports: self-contained pages, readable in the pipeline UI's sandboxed frame, in light and in dark."""

import base64
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pandas as pd

from components.common.files import write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TEMPLATE = Path(__file__).with_name("report.html.j2")

# At this scale the text of a plot, 8 to 10 points, can still be read.
_LEAST_SCALE = 0.55


@dataclass(frozen=True)
class Tile:
    """One place of a gallery."""

    pictures: Sequence[bytes]
    """JPEG files, shown side by side."""
    caption: str


class Report:
    """A page built from top to bottom: headings, paragraphs, tables, pictures.

    Example:
        report = Report("Data card", "What this run was given.")
        report.heading("Classes").table(counts)
        report.write(path)
    """

    def __init__(self, title: str, summary: str) -> None:
        self._title = title
        self._summary = summary
        self._blocks: list[dict[str, Any]] = []

    def heading(self, text: str) -> "Report":
        """Start a section."""
        return self._add("heading", text)

    def paragraph(self, text: str) -> "Report":
        """Add plain text."""
        return self._add("paragraph", text)

    def warning(self, text: str) -> "Report":
        """Add a text that a reader must not miss."""
        return self._add("warning", text)

    def table(self, table: pd.DataFrame, caption: str = "", *, digits: int = 3) -> "Report":
        """Add a table; floats are rounded to `digits`, missing values shown as a dash."""
        html = table.to_html(
            border=0, index_names=False, na_rep="–", float_format=f"{{:.{digits}f}}".format, justify="left"
        )
        return self._add("table", html, caption)

    def details(self, caption: str, table: pd.DataFrame) -> "Report":
        """Add a table that unfolds when its caption is clicked."""
        return self._add("details", table.to_html(border=0, index_names=False, na_rep="–", justify="left"), caption)

    def preformatted(self, text: str) -> "Report":
        """Add text in a fixed-width font, its lines kept."""
        return self._add("preformatted", text)

    def links(self, links: Mapping[str, str]) -> "Report":
        """Add a line of links, text to address; only for pages that lie beside what they link to."""
        return self._add("links", links)

    def figure(self, figure: "Figure", caption: str) -> "Report":
        """Add a matplotlib figure as an SVG picture, the same bytes for the same figure."""
        from matplotlib import rc_context  # not every image that writes reports holds it: who has a figure does

        buffer = io.BytesIO()
        # Without these the time of day and random identifiers go into the file.
        with rc_context({"svg.hashsalt": "report"}):
            figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
        return self.picture(buffer.getvalue(), "svg+xml", caption)

    def picture(self, data: bytes, subtype: str, caption: str) -> "Report":
        """Add a picture given as the bytes of a file of type image/`subtype` (png, jpeg, svg+xml).

        It shrinks with the window; a drawing (svg+xml) scrolls where its text would become too small to read.
        """
        least = round(_LEAST_SCALE * _drawn_width(data)) if subtype == "svg+xml" else 0
        return self._add("picture", _address(data, subtype), caption, least_width=least)

    def gallery(self, tiles: Sequence[Tile], caption: str = "") -> "Report":
        """Add small pictures with captions, as many in a row as the window holds."""
        content = [([_address(data, "jpeg") for data in tile.pictures], tile.caption) for tile in tiles]
        return self._add("gallery", content, caption)

    def html(self) -> str:
        """The whole page."""
        environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
        template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
        return template.render(title=self._title, summary=self._summary, blocks=self._blocks)

    def write(self, path: Path) -> None:
        """Write the page, whole or not at all."""
        write_text(path, self.html())

    def _add(self, kind: str, content: Any, caption: str = "", **more: Any) -> "Report":
        self._blocks.append({"kind": kind, "content": content, "caption": caption, **more})
        return self


def _address(data: bytes, subtype: str) -> str:
    return f"data:image/{subtype};base64,{base64.b64encode(data).decode()}"


def _drawn_width(svg: bytes) -> float:
    """The width that a drawing asks for, in CSS pixels; 0 where it names none."""
    found = re.search(rb'<svg[^>]*\swidth="([\d.]+)(pt)?"', svg)
    return float(found[1]) * (96 / 72 if found[2] else 1) if found else 0.0
