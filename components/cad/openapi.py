"""The OpenAPI document: FastAPI's, with the bodies that are read by hand, and errors as they are told."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from components.cad.problems import Problem
from components.cad.record_schemas import FeedbackIn
from components.cad.schemas import BatchIn, LesionIn
from components.cad.settings import Access
from components.cad.tensors import InferenceIn

# Of these FastAPI does not know: their bodies are read with limits, see `uploads`.
_BY_HAND = (LesionIn, BatchIn, FeedbackIn, InferenceIn, Problem)


def openapi(app: FastAPI, access: Access) -> dict[str, Any]:
    """The document of an application, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            license_info=app.license_info,
            routes=app.routes,
        )
        _, made = models_json_schema(
            [(model, "validation") for model in _BY_HAND], ref_template="#/components/schemas/{model}"
        )
        schemas = schema["components"]["schemas"]
        schemas.update(made["$defs"])
        for operation in (operation for path in schema["paths"].values() for operation in path.values()):
            _drop_fastapis_errors(operation["responses"])
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        if access.token:
            schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            schema["security"] = [{"token": []}]
        app.openapi_schema = schema
    return app.openapi_schema


def _drop_fastapis_errors(responses: dict[str, Any]) -> None:
    """What FastAPI says of 422 where a path says nothing of it: a path parameter is text, and cannot be wrong."""
    content = responses.get("422", {}).get("content", {})
    if content.get("application/json", {}).get("schema", {}).get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]
