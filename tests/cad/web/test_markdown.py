"""The card of a model comes from a registry: it is read as Markdown, and nothing in it becomes more than text."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.cad.server import Server
from tests.cad.web.visitor import Visitor

Reading = Callable[[str], str]

MADE = """async text => {
  const { markdown } = await import('./web/markdown.js');
  const place = document.createElement('div');
  place.append(markdown(text));
  return place.innerHTML;
}"""


@pytest.fixture(scope="module")
def read(browser: Browser, service: Server) -> Iterator[Reading]:
    """Markdown to what the page makes of it."""
    with browser.new_context() as context:
        visitor = Visitor(context.new_page(), service)
        page = visitor.open()
        yield lambda text: page.evaluate(MADE, text)
        assert visitor.complaints == []


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# Card #", "<h2>Card</h2>"),
        ("one\ntwo\n\nthree", "<p>one two</p><p>three</p>"),
        ("**strong**, *emphasis*, `a * b`", "<p><strong>strong</strong>, <em>emphasis</em>, <code>a * b</code></p>"),
        ("malignant_auc and 2 * 3 * 4", "<p>malignant_auc and 2 * 3 * 4</p>"),
        ("- one\n  more\n- two", "<ul><li>one more</li><li>two</li></ul>"),
        ("1. one\n2. two", "<ol><li>one</li><li>two</li></ol>"),
        ("> said", "<blockquote><p>said</p></blockquote>"),
        ("```python\n# no heading\n```", '<pre tabindex="0"><code># no heading</code></pre>'),
        ("---", "<hr>"),
        ("<b>no</b> &amp;", "<p>&lt;b&gt;no&lt;/b&gt; &amp;amp;</p>"),
        ("[bad](javascript:alert(1))", "<p>bad)</p>"),
        ("![a picture](https://example.org/a.png)", "<p>a picture</p>"),
        (
            "[paper](https://arxiv.org/abs/1810.03993)",
            '<p><a href="https://arxiv.org/abs/1810.03993" rel="noreferrer noopener" target="_blank">paper</a></p>',
        ),
    ],
)
def test_markdown_becomes_elements_and_html_stays_text(read: Reading, text: str, html: str) -> None:
    assert read(text) == html


def test_a_table_sets_figures_to_the_right(read: Reading) -> None:
    made = read("| figure | test |\n| --- | --- |\n| AUC | 0.87 (0.85 to 0.89) |\n| F1 | – |")
    assert '<th class="number">test</th>' in made
    assert '<td class="number">0.87 (0.85 to 0.89)</td>' in made
    assert "<td>AUC</td>" in made
