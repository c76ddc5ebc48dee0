"""The page at /docs: the API's paths as OpenAPI describes them, without a script and with nothing from elsewhere."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

_METHODS = ("get", "post")


def docs_page(schema: Mapping[str, Any]) -> str:
    """HTML for an OpenAPI document; addresses are relative, so that it may lie behind a prefix."""
    info = schema["info"]
    paths = "".join(
        _operation(method, path, described[method])
        for path, described in schema["paths"].items()
        for method in _METHODS
        if method in described
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}: interface for programs</title>"
        '<link rel="icon" href="web/icon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="web/style.css"></head><body><main>'
        f"<h1>{escape(info['title'])}: interface for programs</h1><p>{_prose(info['description'])}</p>"
        '<p><a href="openapi.json">openapi.json</a> has every field, type and example. '
        '<a href=".">The page for people</a></p>'
        f"{paths}{_codes(schema)}</main></body></html>"
    )


def _operation(method: str, path: str, described: Mapping[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{escape(one['name'])}</code> ({escape(one['in'])}): {_prose(one.get('description', ''))}</li>"
        for one in described.get("parameters", [])
    )
    bodies = described.get("requestBody", {}).get("content", {})
    return (
        f'<section class="card"><h2><code>{method.upper()} {escape(path)}</code></h2>'
        f"<p><strong>{escape(described.get('summary', ''))}.</strong> {_prose(described.get('description', ''))}</p>"
        + (f"<ul>{parameters}</ul>" if parameters else "")
        + (f"<p>Body: {' or '.join(f'<code>{escape(kind)}</code>' for kind in bodies)}</p>" if bodies else "")
        + f"<p>Answers: {', '.join(sorted(map(escape, described['responses'])))}</p></section>"
    )


def _prose(text: str) -> str:
    """Text in which `this` is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _codes(schema: Mapping[str, Any]) -> str:
    codes = schema["components"]["schemas"]["Problem"]["properties"]["code"]["examples"]
    return (
        '<section class="card"><h2>Codes of errors</h2><ul>'
        + "".join(f"<li><code>{escape(code)}</code></li>" for code in codes)
        + "</ul></section>"
    )
