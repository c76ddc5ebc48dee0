"""The OpenAPI document: FastAPI's, with the bodies that are read by hand, and errors as they are told."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from components.cad.guard import protected
from components.cad.problems import Problem
from components.cad.record_schemas import FeedbackIn
from components.cad.schemas import BatchIn, LesionIn
from components.cad.settings import CadSettings, Limits
from components.cad.tensor_schemas import InferenceIn
from components.cad.uploads import MULTIPART

# Of these FastAPI does not know: their bodies are read with limits, see `uploads`.
_BY_HAND = (LesionIn, BatchIn, FeedbackIn, InferenceIn, Problem)


def openapi(app: FastAPI, settings: CadSettings) -> dict[str, Any]:
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
        _say_how_many(schema, settings.limits)
        if settings.access.token:
            _say_who(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _say_how_many(schema: dict[str, Any], limits: Limits) -> None:
    """The settings' limits, which the types do not know."""
    schemas = schema["components"]["schemas"]
    form = schema["paths"]["/v1/predict"]["post"]["requestBody"]["content"][MULTIPART]["schema"]
    for described in (form["properties"]["image"], schemas[LesionIn.__name__]["properties"]["images"]):
        described["maxItems"] = limits.images
    schemas[BatchIn.__name__]["properties"]["lesions"]["maxItems"] = limits.lesions


def _say_who(schema: dict[str, Any]) -> None:
    """That a token is needed, and where it is not."""
    schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"token": []}]
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            if not protected(path):
                operation["security"] = []


def _drop_fastapis_errors(responses: dict[str, Any]) -> None:
    """What FastAPI says of 422 where a path says nothing of it: a path parameter is text, and cannot be wrong."""
    content = responses.get("422", {}).get("content", {})
    if content.get("application/json", {}).get("schema", {}).get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]
