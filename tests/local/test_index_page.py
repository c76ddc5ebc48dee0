"""The page of a run, and the picture of its DAG."""

import base64
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from components.local.dag import dag_svg
from components.local.index_page import write_index
from components.local.kfp_internals import TaskRun
from components.local.summary import summarize
from components.plan.presets import DEMO


@pytest.fixture
def page(runs: list[TaskRun], tmp_path: Path) -> Path:
    return write_index(summarize(DEMO, runs), runs, tmp_path / "run-1")


def test_every_report_is_copied_beside_the_page_and_linked(page: Path) -> None:
    assert 'href="reports/ingest-data_card.html"' in page.read_text()
    assert (page.parent / "reports" / "ingest-data_card.html").read_text() == "<p>page</p>"


def test_table_1_is_shown_with_its_signs_escaped(page: Path) -> None:
    assert "| Model &lt;b0&gt; |" in page.read_text()


def test_it_says_what_was_reused_and_what_took_how_long(page: Path) -> None:
    headings = re.findall("<h2>(.*)</h2>", page.read_text())
    assert headings[:2] == ["ingest: reused from an earlier run", "preprocess: 4.0 s"]


def test_the_dag_names_every_task_and_how_it_ended(runs: list[TaskRun]) -> None:
    picture = ElementTree.fromstring(dag_svg([*runs[:-1], replace(runs[-1], succeeded=False)]))
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[:4] == ["ingest", "reused", "preprocess", "4 s"]
    assert texts[-2:] == ["register", "failed"]
    arrows = list(picture.iter("{http://www.w3.org/2000/svg}path"))
    assert len(arrows) == 1 + 3 + 3 + 1 + 2


def test_the_dag_stands_in_the_page(page: Path, runs: list[TaskRun]) -> None:
    assert base64.b64encode(dag_svg(runs)).decode() in page.read_text()
