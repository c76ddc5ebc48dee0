import json
from collections.abc import Iterator
from typing import Any

import pytest

from components.cad.problems import CODES
from tests.cad.server import Server


@pytest.fixture(scope="module")
def schema(server: Server) -> dict[str, Any]:
    return dict(server.get("/openapi.json").json())


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_all_that_is_referred_to_is_there(schema: dict[str, Any]) -> None:
    names = {reference.removeprefix("#/components/schemas/") for reference in references(schema)}

    assert names
    assert names <= set(schema["components"]["schemas"])


def test_predict_is_described_as_a_form_and_as_json(schema: dict[str, Any]) -> None:
    content = schema["paths"]["/v1/predict"]["post"]["requestBody"]["content"]

    assert set(content) == {"multipart/form-data", "application/json"}
    assert content["multipart/form-data"]["schema"]["properties"]["image"]["type"] == "array"


def test_every_error_is_described_as_a_problem(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (path, status)


def test_every_parameter_is_described(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            assert all(one.get("description") for one in operation.get("parameters", [])), path


def test_examples_of_every_answer_are_given(schema: dict[str, Any]) -> None:
    schemas = schema["components"]["schemas"]

    assert "examples" in json.dumps(schemas["PredictionOut"])
    assert schemas["Problem"]["properties"]["code"]["examples"] == sorted(CODES)


def test_the_page_of_the_interface_names_every_path_and_loads_nothing_from_elsewhere(
    server: Server, schema: dict[str, Any]
) -> None:
    page = server.get("/docs").text

    assert all(path in page for path in schema["paths"])
    assert all(code in page for code in CODES)
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
