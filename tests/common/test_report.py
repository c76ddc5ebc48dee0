"""Reports: one page, with nothing outside of it."""

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from components.common.report import Report, Tile

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, str] = {}
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update({name: value or "" for name, value in attrs})

    def handle_data(self, data: str) -> None:
        self.text += data


def report() -> Report:
    table = pd.DataFrame({"images": [12, 3], "share": [0.80004, None]}, index=["MEL", "NV"])
    return (
        Report("Data card", "What this run was given.")
        .heading("Classes")
        .paragraph("Two of nine.")
        .table(table, "Images of each class")
        .warning("Few images.")
        .picture(PNG, "png", "One pixel")
    )


def test_all_that_was_added_is_on_the_page_from_top_to_bottom() -> None:
    text = Page(report().html()).text
    parts = [
        "Data card",
        "What this run",
        "Classes",
        "Two of nine.",
        "Images of each",
        "MEL",
        "12",
        "Few images.",
        "One",
    ]
    places = [text.rindex(part) for part in parts]
    assert places == sorted(places)


def test_a_table_rounds_floats_and_shows_what_is_missing_as_a_dash() -> None:
    html = report().html()
    assert "<td>0.800</td>" in html
    assert "<td>–</td>" in html
    assert "<td>12</td>" in html


def test_a_picture_is_inside_the_page() -> None:
    source = Page(report().html()).attributes["src"]
    assert base64.b64decode(source.removeprefix("data:image/png;base64,")) == PNG


@pytest.mark.parametrize(
    ("size", "least"), [('width="1000"', 550), ('height="9" width="720.5pt"', 528), ('viewBox="0 0 9 9"', 0)]
)
def test_a_drawing_stays_large_enough_to_read(size: str, least: int) -> None:
    drawing = f'<?xml version="1.0"?>\n<svg {size}><rect width="3"/></svg>'.encode()
    assert Page(Report("t", "s").picture(drawing, "svg+xml", "").html()).attributes["style"] == f"min-width: {least}px"


def test_a_gallery_shows_every_picture_of_every_tile_with_its_caption() -> None:
    tiles = [Tile([b"first", b"second"], "ISIC_1, MEL"), Tile([b"third"], "ISIC_2, NV")]
    html = Report("t", "s").gallery(tiles, "Before and after.").html()
    page = Page(html)
    sources = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', html)
    assert [base64.b64decode(source) for source in sources] == [b"first", b"second", b"third"]
    assert re.findall(r'alt="([^"]+)"', html) == ["ISIC_1, MEL, 1 of 2", "ISIC_1, MEL, 2 of 2", "ISIC_2, NV"]
    assert page.tags.count("figcaption") == 2
    assert page.text.index("Before and after.") < page.text.index("ISIC_1, MEL") < page.text.index("ISIC_2, NV")


@pytest.mark.parametrize("kind", ["heading", "paragraph", "warning"])
def test_text_is_text_and_never_html(kind: str) -> None:
    page = Page(getattr(Report("t", "s"), kind)("<script>alert('x')</script> & more").html())
    assert "script" not in page.tags
    assert "<script>alert('x')</script> & more" in page.text


def test_title_summary_and_captions_are_text_too() -> None:
    evil = "\"><img src=x onerror='alert(1)'>"
    table = pd.DataFrame({evil: [evil]}, index=[evil])
    report = Report(evil, evil).table(table, evil).gallery([Tile([PNG], evil)], evil).picture(PNG, "png", evil)
    page = Page(report.html())
    assert page.tags.count("img") == 2
    assert "onerror" not in page.attributes
    assert page.attributes["alt"] == evil
    # The title in the head and on the page, the summary, the captions, the table's column, row and cell.
    assert page.text.count(evil) == 2 + 1 + 4 + 3


def test_the_page_asks_for_nothing_outside_of_it() -> None:
    html = report().html()
    assert re.findall(r"https?:|//\w|@import|<link|<script|<iframe|srcset", html) == []
    assert all(
        address.startswith("data:") for address in re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?([^\"')>]+)", html)
    )


def test_a_figure_is_a_picture_without_external_address_and_the_same_every_time() -> None:
    def page() -> str:
        figure = Figure()
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], marker="o", label="ROC")
        axes.legend()
        return Report("Curves", "").figure(figure, "ROC").html()

    Figure = pytest.importorskip("matplotlib.figure").Figure
    first, second = page(), page()
    assert first == second
    svg = base64.b64decode(Page(first).attributes["src"].removeprefix("data:image/svg+xml;base64,")).decode()
    assert re.findall(r"(?:href|src)=\"(?!#)[^\"]*\"", svg) == []
    assert "<dc:date>" not in svg


def test_the_page_is_written_as_a_file(tmp_path: Path) -> None:
    report().write(tmp_path / "out" / "card.html")
    assert (tmp_path / "out" / "card.html").read_text(encoding="utf-8") == report().html()
